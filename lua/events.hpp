// Event tables and exit results (spec/process.md §1.11).
#pragma once

#include <cstdint>

#include <lua5.4/lua.hpp>

#include "mailbox/signal.hpp"

namespace wippy::lua {

inline constexpr char kEventCancel[] = "pid.cancel";
inline constexpr char kEventExit[] = "pid.exit";
inline constexpr char kEventLinkDown[] = "pid.link.down";

// Pushes the event table of a kExit, kLinkDown or kCancel. [-0, +1, e]
void push_event(lua_State* L, const Signal& s, int64_t at_unix_s);
// Pushes value and error of a kExit or kLinkDown; exactly one of them is nil, or both. [-0, +2, e]
void push_exit_result(lua_State* L, const Signal& s);

}  // namespace wippy::lua
