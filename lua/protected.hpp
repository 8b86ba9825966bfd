// Calls that may raise, made from frames that own C++ objects: the error comes back as a status, the objects are destroyed,
// and the caller raises it again (rethrow, lua/state.hpp) from a frame that owns nothing.
#pragma once

#include <lua5.4/lua.hpp>

#include "lua/state.hpp"

namespace wippy::lua {

// Runs `function` with `argument` as a light pointer; a Lua status. Pushes its results, or the error. [-0, +n, -]; needs two
// free slots
inline int call_protected(lua_State* L, lua_CFunction function, void* argument) noexcept {
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, argument);
  return lua_pcall(L, 1, LUA_MULTRET, 0);
}

}  // namespace wippy::lua
