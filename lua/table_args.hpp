// Argument checks that the table functions share.
#pragma once

#include <lua5.4/lua.hpp>

namespace wippy::lua {

// Raises unless `arg` is a table, or has these metamethods and so can act as one. [-0, +0, v]
inline void check_table_like(lua_State* L, int arg, bool reads, bool writes, bool has_length) {
  if (lua_type(L, arg) == LUA_TTABLE) return;
  const int top = lua_gettop(L);
  if (lua_getmetatable(L, arg)) {
    const auto has = [L, top](const char* event) {
      lua_pushstring(L, event);
      return lua_rawget(L, top + 1) != LUA_TNIL;
    };
    const bool usable = (!reads || has("__index")) && (!writes || has("__newindex")) && (!has_length || has("__len"));
    lua_settop(L, top);
    if (usable) return;
  }
  luaL_checktype(L, arg, LUA_TTABLE);
}

// Length of the table-like first argument. [-0, +0, e]
inline lua_Integer check_length(lua_State* L, bool writes) {
  check_table_like(L, 1, true, writes, true);
  return luaL_len(L, 1);
}

}  // namespace wippy::lua
