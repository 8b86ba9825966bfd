// Payload objects (spec/process.md §1.12, §6.5): a value in an envelope that behaves as much like the value as Lua allows.
#pragma once

#include <lua5.4/lua.hpp>

#include "lua/user_type.hpp"

namespace wippy::lua {

struct PayloadObject {
  bool received;  // came in a message: shown as its data; otherwise as payload{format=…}
};
inline constexpr int kPayloadDataSlot = 1;
extern const UserType kPayloadType;

// Wraps the value on top. [-1, +1, m]
void wrap_payload(lua_State* L, bool received);
// The Payload on top is replaced by its data; false: it is none. [-1, +1, -]
bool unwrap_payload(lua_State* L) noexcept;

// The library. [-0, +1, e]
int open_payload(lua_State* L);

}  // namespace wippy::lua
