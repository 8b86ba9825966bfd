// One call of a function on its way: it stands in the function's queue, then runs as a process of its own that the caller
// watches, then has a result. In a userdata: on the stack of funcs.call, or as the Future of funcs.async.
#pragma once

#include <cstdint>
#include <string_view>

#include <lua5.4/lua.hpp>

#include "lua/channel.hpp"
#include "lua/function_directory.hpp"
#include "lua/machine.hpp"
#include "lua/resource_user.hpp"
#include "lua/user_type.hpp"

namespace wippy::lua {

enum class CallState : uint8_t { kNew, kStanding, kRunning, kFailed, kComplete, kCanceled };

// The machine's resource from begin_call to end_call: the end of the caller cancels it.
struct FunctionCall final : Resource, ChannelSource {
  static constexpr std::size_t kTextBytes = 500;

  CallTarget target;
  FramePtr frame;              // null: the caller's
  std::string_view arguments;  // of a Lua string in the user value
  uint64_t ticket = 0;         // kStanding
  Pid pid;                     // kRunning
  uint64_t watch_ref = 0;      // kRunning
  CallState state = CallState::kNew;
  bool crowded = false;     // kStanding, beyond the buffer
  bool held = false;        // among the machine's resources
  Status status;            // kFailed
  uint32_t text_bytes = 0;  // kFailed; 0: status.message says it
  char text[kTextBytes];

  // Of a Future only.
  Channel* channel = nullptr;
  int anchor = 0;            // while it is under way
  Signal* result = nullptr;  // kComplete; decoded anew for everybody who asks
  bool delivered = false;    // the channel has given it

  bool ready(uint64_t&) noexcept override;
  void take(lua_State* L) override;
};

inline constexpr int kCallArgumentsSlot = 1;
inline constexpr int kCallChannelSlot = 2;
inline constexpr int kCallSlots = 2;

extern const UserType kFutureType;

// Arguments are on the stack from base + 1: the id, then the function's; base 1: an executor at 1. Pushes the call, which stands
// in the queue, runs or has failed. False: nil and the error are pushed. [-0, +(1|2), e]
bool begin_call(lua_State* L, int base, const char* function);
// The seat has come.
void start_call(LuaMachine& machine, FunctionCall& call) noexcept;
// Nothing is under way any more: lets go of everything, its result too.
void end_call(LuaMachine& machine, FunctionCall& call) noexcept;
// CANCEL for a process, a place in the queue given up. No state but what it was.
void cancel_call(Context& self, FunctionCall& call) noexcept;
// The call on top becomes a Future with a channel. [-0, +0, e]
void make_future(lua_State* L);
// kFailed: pushes nil and the error. [-0, +2, m]
int return_call_error(lua_State* L, const FunctionCall& call);

}  // namespace wippy::lua
