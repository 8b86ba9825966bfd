// The base functions of Lua 5.4 (manual §6.1) as the sandbox has them. Absent on purpose, as a security property: load,
// loadstring, loadfile, dofile, debug, io; the collector cannot be stopped; __gc cannot be set, since a finalizer runs with
// hooks off and could neither be preempted nor killed.
#include "lua/base.hpp"

#include <cstring>
#include <string_view>

#include "lua/hooks.hpp"
#include "lua/state.hpp"
#include "lua/type_value.hpp"

namespace wippy::lua {

namespace {

// [-n, +n, v]
int base_assert(lua_State* L) {
  if (lua_toboolean(L, 1)) return lua_gettop(L);
  luaL_checkany(L, 1);
  lua_remove(L, 1);
  lua_pushliteral(L, "assertion failed!");
  lua_settop(L, 1);
  return lua_error(L);
}

// [-2, +0, v]
int base_error(lua_State* L) {
  const int level = static_cast<int>(luaL_optinteger(L, 2, 1));
  lua_settop(L, 1);
  if (lua_type(L, 1) == LUA_TSTRING && level > 0) {
    luaL_where(L, level);
    lua_insert(L, 1);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

int base_getmetatable(lua_State* L) {
  luaL_checkany(L, 1);
  if (is_locked(L, 1)) {
    lua_pushboolean(L, 0);
  } else if (!lua_getmetatable(L, 1)) {
    lua_pushnil(L);
  } else {
    luaL_getmetafield(L, 1, "__metatable");  // pushes nothing when absent: the metatable itself is on top
  }
  return 1;
}

int base_setmetatable(lua_State* L) {
  const int type = lua_type(L, 2);
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
  if (is_locked(L, 1) || luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) {
    return luaL_error(L, "cannot change a protected metatable");
  }
  if (type == LUA_TTABLE) {
    lua_pushliteral(L, "__gc");
    if (lua_rawget(L, 2) != LUA_TNIL) return luaL_error(L, "finalizers ('__gc') are not available");
    lua_pop(L, 1);
  }
  lua_settop(L, 2);
  lua_setmetatable(L, 1);
  return 1;
}

int ipairs_step(lua_State* L) {
  const auto i = static_cast<lua_Integer>(static_cast<lua_Unsigned>(luaL_checkinteger(L, 2)) + 1u);
  lua_pushinteger(L, i);
  return lua_geti(L, 1, i) == LUA_TNIL ? 1 : 2;
}

int base_ipairs(lua_State* L) {
  luaL_checkany(L, 1);
  lua_pushcfunction(L, ipairs_step);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, 0);
  return 3;
}

int base_next(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  if (lua_next(L, 1) != 0) return 2;
  lua_pushnil(L);
  return 1;
}

int pairs_done(lua_State*, int, lua_KContext) { return 3; }

int base_pairs(lua_State* L) {
  luaL_checkany(L, 1);
  if (push_pairs_of_view(L)) return 3;
  if (luaL_getmetafield(L, 1, "__pairs") == LUA_TNIL) {
    lua_pushcfunction(L, base_next);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
  } else {
    lua_pushvalue(L, 1);
    lua_callk(L, 1, 3, 0, pairs_done);
  }
  return 3;
}

int base_rawequal(lua_State* L) {
  luaL_checkany(L, 1);
  luaL_checkany(L, 2);
  lua_pushboolean(L, lua_rawequal(L, 1, 2));
  return 1;
}

int base_rawget(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkany(L, 2);
  lua_settop(L, 2);
  lua_rawget(L, 1);
  return 1;
}

int base_rawlen(lua_State* L) {
  const int type = lua_type(L, 1);
  luaL_argexpected(L, type == LUA_TTABLE || type == LUA_TSTRING, 1, "table or string");
  lua_pushinteger(L, static_cast<lua_Integer>(lua_rawlen(L, 1)));
  return 1;
}

int base_rawset(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkany(L, 2);
  luaL_checkany(L, 3);
  lua_settop(L, 3);
  lua_rawset(L, 1);
  return 1;
}

int base_select(lua_State* L) {
  const int n = lua_gettop(L);
  if (lua_type(L, 1) == LUA_TSTRING && *lua_tostring(L, 1) == '#') {
    lua_pushinteger(L, n - 1);
    return 1;
  }
  lua_Integer i = luaL_checkinteger(L, 1);
  if (i < 0) i += n;
  if (i > n) i = n;
  luaL_argcheck(L, i >= 1, 1, "index out of range");
  return n - static_cast<int>(i);
}

int digit_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return 99;
}

// The numeral `text` in `base`, surrounded by white space at most. False: it is none. Wraps around like Lua's integers.
bool numeral_in_base(std::string_view text, int base, lua_Integer& out) noexcept {
  constexpr std::string_view kSpace = " \f\n\r\t\v";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return false;
  text = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
  const bool negative = text.front() == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty()) return false;
  lua_Unsigned value = 0;
  for (const char c : text) {
    const int digit = digit_value(c);
    if (digit >= base) return false;
    value = value * static_cast<lua_Unsigned>(base) + static_cast<lua_Unsigned>(digit);
  }
  out = static_cast<lua_Integer>(negative ? 0u - value : value);
  return true;
}

int base_tonumber(lua_State* L) {
  if (lua_isnoneornil(L, 2)) {
    luaL_checkany(L, 1);
    if (lua_type(L, 1) == LUA_TNUMBER) {
      lua_settop(L, 1);
      return 1;
    }
    std::size_t length = 0;
    const char* text = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &length) : nullptr;
    if (text == nullptr || lua_stringtonumber(L, text) != length + 1) lua_pushnil(L);
    return 1;
  }
  const lua_Integer base = luaL_checkinteger(L, 2);
  luaL_checktype(L, 1, LUA_TSTRING);
  luaL_argcheck(L, base >= 2 && base <= 36, 2, "base out of range");
  std::size_t length = 0;
  const char* text = lua_tolstring(L, 1, &length);
  lua_Integer value = 0;
  if (numeral_in_base({text, length}, static_cast<int>(base), value)) {
    lua_pushinteger(L, value);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

int base_tostring(lua_State* L) {
  luaL_checkany(L, 1);
  std::size_t length = 0;
  push_text(L, 1, &length);
  return 1;
}

int base_type(lua_State* L) {
  luaL_checkany(L, 1);
  lua_pushstring(L, luaL_typename(L, 1));
  return 1;
}

// Only what cannot harm: "count", "collect", "step"; everything else does nothing.
int base_collectgarbage(lua_State* L) {
  const char* what = luaL_optstring(L, 1, "collect");
  if (std::strcmp(what, "count") == 0) {
    lua_pushnumber(L, lua_gc(L, LUA_GCCOUNT) + lua_gc(L, LUA_GCCOUNTB) / 1024.0);
    return 1;
  }
  if (std::strcmp(what, "collect") == 0 || std::strcmp(what, "step") == 0) lua_gc(L, LUA_GCCOLLECT);
  lua_pushinteger(L, 0);
  return 1;
}

int base_print(lua_State* L) {
  const int n = lua_gettop(L);
  luaL_Buffer line;
  luaL_buffinit(L, &line);
  for (int i = 1; i <= n; ++i) {
    if (i > 1) luaL_addchar(&line, '\t');
    std::size_t length = 0;
    push_text(L, i, &length);
    luaL_addvalue(&line);
  }
  luaL_pushresult(&line);
  std::size_t length = 0;
  const char* text = lua_tolstring(L, -1, &length);
  const ProcessRoot& root = root_of(L);
  if (root.hooks != nullptr && root.hooks->print != nullptr) root.hooks->print(*root.context, {text, length});
  return 0;
}

// --- names

constexpr LibraryEntry kBase[] = {
    {"assert", base_assert},     {"collectgarbage", base_collectgarbage},
    {"error", base_error},       {"getmetatable", base_getmetatable},
    {"ipairs", base_ipairs},     {"next", base_next},
    {"pairs", base_pairs},       {"pcall", own_pcall},
    {"print", base_print},       {"rawequal", base_rawequal},
    {"rawget", base_rawget},     {"rawlen", base_rawlen},
    {"rawset", base_rawset},     {"require", own_require},
    {"select", base_select},     {"setmetatable", base_setmetatable},
    {"tonumber", base_tonumber}, {"tostring", base_tostring},
    {"type", base_type},         {"xpcall", own_xpcall},
    {nullptr, nullptr},
};

}  // namespace

const LibraryEntry* base_functions() noexcept { return kBase; }

bool find_global(lua_State* L, const char* name) {
  if (std::strcmp(name, "_G") == 0) return lua_pushglobaltable(L), true;
  if (std::strcmp(name, "_VERSION") == 0) return lua_pushliteral(L, LUA_VERSION), true;
  return push_global(L, name) || push_basic_type(L, name);
}

}  // namespace wippy::lua
