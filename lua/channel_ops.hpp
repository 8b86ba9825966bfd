// Shared by channel.cpp and select.cpp: operations that never block, and the case object.
#pragma once

#include <cstdint>

#include <lua5.4/lua.hpp>

#include "lua/channel.hpp"

namespace wippy::lua {

inline constexpr int kCaseChannelSlot = 1;  // user values of a case object
inline constexpr int kCaseValueSlot = 2;

// A full userdata; opaque for scripts.
struct SelectCase {
  Channel* channel;
  bool is_send;
};

enum class [[nodiscard]] Received : uint8_t{kValue, kClosed, kNothing};

// kValue pushes the value. [-0, +(0|1), e]
Received try_receive(lua_State* L, Channel* ch, int channel_index);
// False: it would block. Raises on a closed channel and on one with a source. [-0, +0, e]
[[nodiscard]] bool try_send(lua_State* L, Channel* ch, int channel_index, int value_index);
bool ready_to_receive(Channel* ch, uint64_t& arrival) noexcept;
bool ready_to_send(const Channel* ch) noexcept;
// Between prepare_block() and block(); task.waiters has room. `value_index`: of what is sent, 0 to receive.
void add_waiter(Task& task, Channel* channel, int outcome, int value_index) noexcept;
// [-0, +0, -]
bool has_metatable(lua_State* L, int index, const void* metatable);

int channel_select(lua_State* L);

}  // namespace wippy::lua
