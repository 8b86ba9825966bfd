// time.after, timers and tickers: channels whose items are made by timer signals.
//
// Who keeps whom: the channel and its timer object refer to each other, the machine's registration refers to neither. A
// timer that no script can reach any more is therefore collected, and its __gc takes it back from the runtime: a loop that
// makes a time.after() per round does not pile them up. (__gc runs only while the process lives, which is enough: at exit
// the runtime stops all timers of the process.)
#pragma once

#include <cstdint>

#include <lua5.4/lua.hpp>

#include "lua/user_type.hpp"

namespace wippy::lua {

extern const UserType kTimerType;
extern const UserType kTickerType;

// Pushes the channel of a new one-shot timer. [-0, +1, e]
void push_after(lua_State* L, int64_t ns);
// Pushes a Timer; a Ticker when `periodic`. [-0, +1, e]
void push_timer(lua_State* L, int64_t ns, bool periodic);

}  // namespace wippy::lua
