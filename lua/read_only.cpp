// Library tables: read-only views and tables whose functions appear on first use.
//
// A view is an empty table whose metatable leads to the real one: about 10 ns per access more than a plain table, and the
// only form in which an assignment to an existing field raises too.
#include <cstring>

#include "lua/state.hpp"

namespace wippy::lua {

namespace {

constexpr char kLazyKey = 0;  // its address: in a lazy table's metatable, leads to the entries

int refuse_assignment(lua_State* L) {
  const char* key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
  return luaL_error(L, "cannot assign field '%s' of a read-only table", key);
}

// [-0, +1, e]
void push_entry(lua_State* L, const LibraryEntry& e) {
  if (e.function == nullptr) {
    if (e.text != nullptr) {
      lua_pushstring(L, e.text);
    } else {
      lua_pushinteger(L, e.integer);
    }
    return;
  }
  lua_pushcfunction(L, e.function);
  if (e.makes_value) lua_call(L, 0, 1);
}

// __index of a lazy table; upvalue: the entries. [-2, +1, m]
int find_lazy(lua_State* L) {
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  const char* name = lua_tostring(L, 2);
  for (auto* e = static_cast<const LibraryEntry*>(lua_touserdata(L, lua_upvalueindex(1))); e->name != nullptr; ++e) {
    if (!same_name(e->name, name)) continue;
    push_entry(L, *e);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, 1);
    return 1;
  }
  return 0;
}

// Makes a lazy table at `index` complete. [-0, +0, e]
void fill(lua_State* L, int index) {
  if (!lua_getmetatable(L, index)) return;
  if (lua_rawgetp(L, -1, &kLazyKey) == LUA_TLIGHTUSERDATA) {
    for (auto* e = static_cast<const LibraryEntry*>(lua_touserdata(L, -1)); e->name != nullptr; ++e) {
      push_entry(L, *e);
      lua_setfield(L, index, e->name);
    }
  }
  lua_pop(L, 2);
}

// upvalue: the real table [-2, +2, e]
int next_of_view(lua_State* L) {
  lua_settop(L, 2);
  if (lua_next(L, lua_upvalueindex(1)) != 0) return 2;
  lua_pushnil(L);
  return 1;
}

// [-1, +3, m]
int pairs_of_view(lua_State* L) {
  lua_getmetatable(L, 1);
  lua_getfield(L, -1, "__index");
  fill(L, lua_gettop(L));
  lua_pushcclosure(L, next_of_view, 1);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

}  // namespace

void push_read_only(lua_State* L) {
  lua_newtable(L);           // real, view
  lua_createtable(L, 0, 4);  // real, view, meta
  lua_rotate(L, -3, -1);     // view, meta, real
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, refuse_assignment);
  lua_setfield(L, -2, "__newindex");
  lua_pushcfunction(L, pairs_of_view);
  lua_setfield(L, -2, "__pairs");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
}

void push_lazy_table(lua_State* L, const LibraryEntry* entries) {
  void* const list = const_cast<LibraryEntry*>(entries);
  lua_newtable(L);
  lua_createtable(L, 0, 2);
  lua_pushlightuserdata(L, list);
  lua_pushcclosure(L, find_lazy, 1);
  lua_setfield(L, -2, "__index");
  lua_pushlightuserdata(L, list);
  lua_rawsetp(L, -2, &kLazyKey);
  lua_setmetatable(L, -2);
}

}  // namespace wippy::lua
