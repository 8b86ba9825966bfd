// What the machine needs of coroutines (lua/fibers.cpp).
#pragma once

#include <lua5.4/lua.hpp>

#include "lua/task.hpp"

namespace wippy::lua {

// The lowest C function of every task. Stack: the function, its arguments. Catches what nobody else caught, so that <close>
// variables run and a traceback is at hand, and reports the end to the machine. [-n, +0, e]
int task_body(lua_State* L);

}  // namespace wippy::lua
