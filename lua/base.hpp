// The base functions and the list of everything a script can name (spec/process.md §6.1-6.2).
#pragma once

#include <lua5.4/lua.hpp>

namespace wippy::lua {

// Pushes the value of a global that was not asked for before; false: there is none. [-0, +(0|1), e]
bool find_global(lua_State* L, const char* name);

// Own pcall and xpcall (lua/fibers.cpp). [-n, +m, e]
int own_pcall(lua_State* L);
int own_xpcall(lua_State* L);

// [-0, +1, m]
int open_coroutine(lua_State* L);
int open_os(lua_State* L);

// require(name): a module or import of the running program, or an always-present global. [-1, +1, e]
int own_require(lua_State* L);

}  // namespace wippy::lua
