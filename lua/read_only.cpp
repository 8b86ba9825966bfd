// Library tables: read-only views and tables whose functions appear on first use.
//
// A view is an empty table whose metatable leads to the real one: about 10 ns per access more than a plain table, and the
// only form in which an assignment to an existing field raises too. Most processes use one function of a library once: until
// the second access a library made of entries is a bare view, without a real table and a metatable of its own.
//
// The lazy metatable, one per process, belongs to _G, to lazy tables and to bare views; its functions tell them apart. Scripts
// never see a lazy table itself. What locks it and the metatables of views is their __newindex (is_locked), which costs a
// process less than a field __metatable: own getmetatable, setmetatable and pairs ask for it.
#include <cmath>
#include <cstring>

#include "lua/base.hpp"
#include "lua/hooks.hpp"
#include "lua/state.hpp"
#include "lua/type_value.hpp"

namespace wippy::lua {

namespace {

constexpr char kLazyKey = 0;  // its address: in a lazy table, leads to the entries

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

const LibraryEntry* find_entry(const LibraryEntry* entries, const char* name) noexcept {
  for (auto* e = entries; e->name != nullptr; ++e) {
    if (same_name(e->name, name)) return e;
  }
  return nullptr;
}

// The entries of the lazy table at `index`, null: it is none. [-0, +0, -]
const LibraryEntry* entries_of(lua_State* L, int index) noexcept {
  lua_rawgetp(L, index, &kLazyKey);
  auto* const entries = static_cast<const LibraryEntry*>(lua_touserdata(L, -1));
  lua_pop(L, 1);
  return entries;
}

bool is_globals(lua_State* L, int index) noexcept {
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  const bool same = lua_rawequal(L, -1, index) != 0;
  lua_pop(L, 1);
  return same;
}

// Gives the table at `index` the metatable of a view of the table on top. [-1, +0, m]
void lead_to(lua_State* L, int index) {
  lua_createtable(L, 0, 2);
  lua_insert(L, -2);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, refuse_assignment);
  lua_setfield(L, -2, "__newindex");
  lua_setmetatable(L, index);
}

// [-0, +(0|1), e]
int index_bare_view(lua_State* L, const char* name) {
  bool first = false;
  const LibraryEntry* const entries = use_bare_view(L, 1, first);
  if (entries == nullptr) return 0;
  const LibraryEntry* const e = find_entry(entries, name);
  if (first && (e == nullptr || !e->makes_value)) return e != nullptr && (push_entry(L, *e), true);
  complete_view(L, 1, entries);
  lua_pushvalue(L, 2);
  lua_gettable(L, 1);
  return 1;
}

// [-2, +1, e]
int index_lazily(lua_State* L) {
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  const char* name = lua_tostring(L, 2);
  if (const LibraryEntry* const entries = entries_of(L, 1)) {
    const LibraryEntry* const e = find_entry(entries, name);
    if (e == nullptr) return 0;
    push_entry(L, *e);
  } else if (!is_globals(L, 1)) {
    return index_bare_view(L, name);
  } else if (!find_global(L, name)) {
    return push_reified(L, name) ? 1 : 0;  // not kept: every program has its own
  } else if (lua_tocfunction(L, -1) == own_require) {
    return 1;  // asked for a few times, at the start: a place in _G would stay
  }
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -2);
  lua_rawset(L, 1);
  return 1;
}

// A new global, a field of a bare view, or the host fills a lazy table. [-3, +0, e]
int assign_lazily(lua_State* L) {
  if (entries_of(L, 1) == nullptr && !is_globals(L, 1)) return refuse_assignment(L);
  if (lua_isnil(L, 2)) return luaL_error(L, "table index is nil");
  if (lua_type(L, 2) == LUA_TNUMBER && std::isnan(lua_tonumber(L, 2))) return luaL_error(L, "table index is NaN");
  lua_rawset(L, 1);
  return 0;
}

// Gives the table on top the lazy metatable, which a state without the sandbox (tests) does not have yet. [-0, +0, m]
void make_lazy(lua_State* L) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  if (!lua_getmetatable(L, -1)) push_lazy_metatable(L);
  lua_setmetatable(L, -3);
  lua_pop(L, 1);
}

// What locks the metatable of the value at `index`; null: none of ours. [-0, +0, m]
lua_CFunction lock_of(lua_State* L, int index) {
  if (luaL_getmetafield(L, index, "__newindex") == LUA_TNIL) return nullptr;
  const lua_CFunction f = lua_tocfunction(L, -1);
  lua_pop(L, 1);
  return f == refuse_assignment || f == assign_lazily ? f : nullptr;
}

// upvalue: the real table [-2, +2, e]
int next_of_view(lua_State* L) {
  lua_settop(L, 2);
  while (lua_next(L, lua_upvalueindex(1)) != 0) {
    if (lua_type(L, -2) != LUA_TLIGHTUSERDATA) return 2;
    lua_pop(L, 1);
  }
  lua_pushnil(L);
  return 1;
}

}  // namespace

void push_lazy_metatable(lua_State* L) {
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, index_lazily);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, assign_lazily);
  lua_setfield(L, -2, "__newindex");
}

void push_read_only(lua_State* L) {
  lua_newtable(L);
  lua_insert(L, -2);
  lead_to(L, lua_gettop(L) - 1);
}

void push_lazy_table(lua_State* L, const LibraryEntry* entries) {
  lua_createtable(L, 0, 2);
  lua_pushlightuserdata(L, const_cast<LibraryEntry*>(entries));
  lua_rawsetp(L, -2, &kLazyKey);
  make_lazy(L);
}

void push_bare_view(lua_State* L) {
  lua_newtable(L);
  make_lazy(L);
}

void complete_view(lua_State* L, int index, const LibraryEntry* entries) {
  push_lazy_table(L, entries);
  lead_to(L, index);
}

bool is_locked(lua_State* L, int index) { return lua_type(L, index) == LUA_TSTRING || lock_of(L, index) != nullptr; }

bool push_pairs_of_view(lua_State* L) {
  const lua_CFunction lock = lua_type(L, 1) == LUA_TTABLE ? lock_of(L, 1) : nullptr;
  if (lock == nullptr || is_globals(L, 1)) return false;
  bool first = false;
  if (lock == assign_lazily) complete_view(L, 1, use_bare_view(L, 1, first));
  luaL_getmetafield(L, 1, "__index");
  if (const LibraryEntry* e = entries_of(L, lua_gettop(L))) {
    for (; e->name != nullptr; ++e) {
      push_entry(L, *e);
      lua_setfield(L, -2, e->name);
    }
  }
  lua_pushcclosure(L, next_of_view, 1);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return true;
}

}  // namespace wippy::lua
