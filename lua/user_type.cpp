#include "lua/user_type.hpp"

#include "lua/state.hpp"

namespace wippy::lua {

namespace {

// [-0, +1, m]
void push_metatable(lua_State* L, const UserType& type) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &type) == LUA_TTABLE) return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushstring(L, type.name);
  lua_setfield(L, -2, "__name");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  type.fill(L);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &type);
}

// [-0, +0, v]
void check_operand(lua_State* L, int index) {
  const int type = lua_type(L, index);
  if (type == LUA_TSTRING || type == LUA_TNUMBER) return;
  if (luaL_getmetafield(L, index, "__tostring") == LUA_TNIL) {
    luaL_error(L, "attempt to concatenate a %s value", luaL_typename(L, index));
  }
  lua_pop(L, 1);
}

}  // namespace

void* new_user(lua_State* L, const UserType& type, std::size_t bytes, int user_values) {
  void* const block = lua_newuserdatauv(L, bytes, user_values);
  push_metatable(L, type);
  lua_setmetatable(L, -2);
  return block;
}

void* to_user(lua_State* L, int index, const UserType& type) {
  void* const block = lua_touserdata(L, index);
  if (block == nullptr || !lua_getmetatable(L, index)) return nullptr;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &type);
  const bool same = lua_rawequal(L, -1, -2) != 0;
  lua_pop(L, 2);
  return same ? block : nullptr;
}

void* check_user(lua_State* L, int index, const UserType& type) {
  void* const block = to_user(L, index, type);
  luaL_argexpected(L, block != nullptr, index, type.name);
  return block;
}

int concat_texts(lua_State* L) {
  check_operand(L, 1);
  check_operand(L, 2);
  std::size_t length = 0;
  push_text(L, 1, &length);
  push_text(L, 2, &length);
  lua_concat(L, 2);
  return 1;
}

void set_methods(lua_State* L, const LibraryEntry* methods) {
  push_lazy_table(L, methods);
  lua_setfield(L, -2, "__index");
}

void set_function(lua_State* L, const char* name, lua_CFunction function) {
  lua_pushcfunction(L, function);
  lua_setfield(L, -2, name);
}

}  // namespace wippy::lua
