// Names: from the static lists, the hooks' libraries, the program's modules and imports, to values that are made once per
// process. Made libraries are kept in the registry under the address of their list entry, so that require() and the
// global always give the same table, whatever a script assigns to its globals.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "lua/base.hpp"
#include "lua/channel.hpp"
#include "lua/hooks.hpp"
#include "lua/machine.hpp"
#include "lua/program.hpp"
#include "lua/state.hpp"
#include "lua/stdlib.hpp"
#include "lua/type_value.hpp"

namespace wippy::lua {

const LibraryEntry* base_functions() noexcept;  // base.cpp

namespace {

// `open` pushes the plain table; the view is made here.
template <lua_CFunction open>
int open_view(lua_State* L) {
  open(L);
  push_read_only(L);
  return 1;
}

// __call of the view on top. [-0, +0, m]
void set_string_call(lua_State* L) {
  lua_getmetatable(L, -1);
  lua_pushcfunction(L, call_string);
  lua_setfield(L, -2, "__call");
  lua_pop(L, 1);
}

// [-0, +1, e]
int open_string_view(lua_State* L) {
  open_view<open_string>(L);
  if (root_of(L).calls_string) set_string_call(L);
  return 1;
}

int open_package(lua_State* L) {
  lua_newtable(L);
  return 1;
}

int open_unpack(lua_State* L) {
  push_global(L, "table");
  lua_getfield(L, -1, "unpack");
  return 1;
}

constexpr LuaLibrary kBuiltin[] = {
    {"string", open_string_view, true},
    {"table", open_view<open_table>, true},
    {"math", open_view<open_math>, true},
    {"coroutine", open_view<open_coroutine>, true},
    {"channel", open_view<open_channel>, true},
    {"os", open_view<open_os>, true},
    {"utf8", open_view<open_utf8>, true},
    {"package", open_view<open_package>, true},
    {"unpack", open_unpack, true},
};

// [-0, +1, e]
void push_library(lua_State* L, const LuaLibrary& library) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &library) != LUA_TNIL) return;
  lua_pop(L, 1);
  luaL_checkstack(L, LUA_MINSTACK, nullptr);
  if (library.entries != nullptr) {
    push_bare_view(L);
  } else {
    library.open(L);  // in this frame: a call of its own would cost the process a CallInfo for good
  }
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &library);
}

bool lists_module(const LuaProgram* program, const char* name) noexcept {
  if (program == nullptr) return false;
  const auto& m = program->modules;
  return std::find(m.begin(), m.end(), std::string_view(name)) != m.end();
}

// The library program that `program` or, failing that, one of its imports calls `alias`.
const LuaProgram* find_import(const LuaProgram* program, std::string_view alias, int depth) noexcept {
  if (program == nullptr || depth == 0) return nullptr;
  for (const auto& i : program->imports) {
    if (i.alias == alias) return i.program.get();
  }
  for (const auto& i : program->imports) {
    if (const LuaProgram* found = find_import(i.program.get(), alias, depth - 1)) return found;
  }
  return nullptr;
}

constexpr int kImportDepth = 16;

// The program of that entry among `program` and what it imports.
const LuaProgram* find_entry(const LuaProgram* program, std::string_view entry, int depth) noexcept {
  if (program == nullptr || depth == 0) return nullptr;
  if (program->entry_id == entry) return program;
  for (const auto& i : program->imports) {
    if (const LuaProgram* found = find_entry(i.program.get(), entry, depth - 1)) return found;
  }
  return nullptr;
}

// Whose text calls this host function: chunks are named by their entries. [-0, +0, -]
const LuaProgram* calling_program(lua_State* L) noexcept {
  constexpr int kMostFrames = 8;  // pcall(require, "x") and the like
  const LuaProgram* const main = root_of(L).machine()->program();
  if (main == nullptr || main->imports.empty()) return main;
  lua_Debug frame;
  for (int level = 1; level <= kMostFrames && lua_getstack(L, level, &frame) != 0; ++level) {
    lua_getinfo(L, "S", &frame);
    if (*frame.what == 'C') continue;
    const char* const name = *frame.source == '=' || *frame.source == '@' ? frame.source + 1 : frame.source;
    const LuaProgram* const found = find_entry(main, name, kImportDepth);
    return found != nullptr ? found : main;
  }
  return main;
}
constexpr char kRunning = 'r';  // its address marks an import whose chunk is running

int import_done(lua_State* L, int, lua_KContext key) {
  if (lua_isnil(L, -1)) {  // like package.loaded: true
    lua_pop(L, 1);
    lua_pushboolean(L, 1);
  }
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, reinterpret_cast<const void*>(key));
  return 1;
}

// Runs a library's chunk once per process; may block in it. [-0, +1, e]
int push_import(lua_State* L, const LuaProgram& program) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &program);
  if (lua_touserdata(L, -1) == &kRunning)
    return luaL_error(L, "recursive or failed import of '%s'", program.entry_id.c_str());
  if (!lua_isnil(L, -1)) return 1;
  lua_pop(L, 1);
  push_chunk(L, program.bytecode, program.entry_id.c_str());
  lua_pushlightuserdata(L, const_cast<char*>(&kRunning));
  lua_rawsetp(L, LUA_REGISTRYINDEX, &program);
  const auto key = reinterpret_cast<lua_KContext>(&program);
  lua_callk(L, 0, 1, key, import_done);
  return import_done(L, LUA_OK, key);
}

}  // namespace

const LuaLibrary* builtin_libraries(std::size_t& count) noexcept {
  count = sizeof kBuiltin / sizeof kBuiltin[0];
  return kBuiltin;
}

const LibraryEntry* use_bare_view(lua_State* L, int index, bool& first) noexcept {
  ProcessRoot& root = root_of(L);
  for (std::size_t i = 0; root.hooks != nullptr && i < root.hooks->library_count; ++i) {
    const LuaLibrary& library = root.hooks->libraries[i];
    if (library.entries == nullptr) continue;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &library);
    const bool same = lua_rawequal(L, -1, index) != 0;
    lua_pop(L, 1);
    if (!same) continue;
    first = i < 16 && (root.used_libraries >> i & 1) == 0;
    if (first) root.used_libraries = static_cast<uint16_t>(root.used_libraries | 1u << i);
    return library.entries;
  }
  return nullptr;
}

void make_string_callable(lua_State* L) {
  if (root_of(L).calls_string) return;
  root_of(L).calls_string = true;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kBuiltin[0]) == LUA_TTABLE) set_string_call(L);
  lua_pop(L, 1);
}

bool push_global(lua_State* L, const char* name) {
  for (const LibraryEntry* e = base_functions(); e->name != nullptr; ++e) {
    if (same_name(e->name, name)) return lua_pushcfunction(L, e->function), true;
  }
  for (const LuaLibrary& library : kBuiltin) {
    if (same_name(library.name, name)) return push_library(L, library), true;
  }
  ProcessRoot& root = root_of(L);
  for (std::size_t i = 0; root.hooks != nullptr && i < root.hooks->library_count; ++i) {
    const LuaLibrary& library = root.hooks->libraries[i];
    if (!same_name(library.name, name)) continue;
    if (!library.always && !lists_module(root.machine()->program(), name)) return false;
    if (same_name(name, "io")) return false;  // by require only: never a global, as in Lua it would be another thing
    return push_library(L, library), true;
  }
  if (const LuaProgram* import = find_import(root.machine()->program(), name, kImportDepth))
    return push_import(L, *import), true;
  return false;
}

namespace {

// A library of the hooks that a program may list. Null: there is none of that name. [-0, +0, -]
const LuaLibrary* listed_library(lua_State* L, const char* name) noexcept {
  const LuaHooks* const hooks = root_of(L).hooks;
  for (std::size_t i = 0; hooks != nullptr && i < hooks->library_count; ++i) {
    if (!hooks->libraries[i].always && same_name(hooks->libraries[i].name, name)) return &hooks->libraries[i];
  }
  return nullptr;
}

}  // namespace

// Aliases and modules are those of the entry whose text calls (host.md §2.1).
int own_require(lua_State* L) {
  const char* name = luaL_checkstring(L, 1);
  lua_settop(L, 1);
  const LuaProgram* const caller = calling_program(L);
  if (const LuaProgram* import = find_import(caller, name, kImportDepth)) return push_import(L, *import);
  const LuaLibrary* const library = listed_library(L, name);
  if (library == nullptr) {
    if (push_global(L, name)) return 1;
    return luaL_error(L, "module '%s' not found", name);
  }
  if (lists_module(caller, name)) return push_library(L, *library), 1;
  return luaL_error(L, "module '%s' not found: it is not among the modules of entry %s", name,
                    caller != nullptr ? caller->entry_id.c_str() : "?");
}

// Objects without __tostring get a serial number in the order in which they are first shown; the weak table keeps it as
// long as the object lives.
const char* push_text(lua_State* L, int index, std::size_t* length) {
  static constexpr char kIdsKey = 0;
  const int type = lua_type(L, index);
  const bool has_address = type == LUA_TTABLE || type == LUA_TFUNCTION || type == LUA_TUSERDATA ||
                           type == LUA_TTHREAD || type == LUA_TLIGHTUSERDATA;
  if (!has_address) return luaL_tolstring(L, index, length);
  index = lua_absindex(L, index);
  if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
    lua_pop(L, 1);
    return luaL_tolstring(L, index, length);
  }
  luaL_checkstack(L, 6, nullptr);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kIdsKey) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &kIdsKey);
  }
  lua_pushvalue(L, index);
  if (lua_rawget(L, -2) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_pushinteger(L, static_cast<lua_Integer>(root_of(L).next_object_id++));
    lua_pushvalue(L, index);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);
  }
  const int name_type = luaL_getmetafield(L, index, "__name");
  const char* kind = name_type == LUA_TSTRING ? lua_tostring(L, -1) : luaL_typename(L, index);
  const auto id = static_cast<unsigned long>(lua_tointeger(L, name_type == LUA_TNIL ? -1 : -2));
  lua_pushfstring(L, "%s: 0x", kind);
  char digits[17];
  const int n = std::snprintf(digits, sizeof digits, "%08lx", id);
  lua_pushlstring(L, digits, static_cast<std::size_t>(n));
  lua_concat(L, 2);
  const int top = lua_gettop(L);
  lua_rotate(L, top - (name_type == LUA_TNIL ? 2 : 3), 1);  // the text below ids, number and name
  lua_pop(L, name_type == LUA_TNIL ? 2 : 3);
  return lua_tolstring(L, -1, length);
}

}  // namespace wippy::lua
