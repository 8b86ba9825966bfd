// The string, table, math and utf8 libraries of a process: Lua 5.4's, rewritten so that every long operation is sliced.
//
// Each open_* pushes the new library table [-0, +1, m] and needs set_state_root() first. The tables are plain: making them
// read-only is the sandbox's work. Differences from the stock libraries, all wanted: no string.dump, no %p in string.format;
// userdata with __tostring (error objects) serve as subject strings; table.sort is stable, leaves the table alone when the
// comparator raises, and never reports an "invalid order function"; math.random is seeded by StateRoot::random_seed only;
// and the 5.1 names math.pow/log10/atan2/sinh/cosh/tanh and table.create exist.
//
// What cannot be interrupted: one allocation with its copy (bounded by the memory limit: string.rep, `..`, the end of every long
// result), a plain find over two lengths of a long needle, what takes or gives an argument each (byte, char, select, pack and
// unpack of table, utf8.char and codepoint: a million at most), tonumber of a long numeral, and metamethods called by table
// functions (killable through the hook). A pattern that takes too long is fatal (lua/pattern.hpp, kAllowance).
#pragma once

#include <cstdint>
#include <string_view>

#include <lua5.4/lua.hpp>

namespace wippy::lua {

// If strings have no metatable yet, also gives them one: __index = the new table, arithmetic, and a locked __metatable.
int open_string(lua_State* L);
int open_table(lua_State* L);
int open_math(lua_State* L);
int open_utf8(lua_State* L);

// Operators of strings (lua/lib_string_operators.cpp), as bits: those that may occur in `source`, and giving them to a state
// whose strings have their metatable. [-0, +0, m]
inline constexpr uint32_t kAllStringOperators = 0xff;
uint32_t string_operators_in(std::string_view source) noexcept;
void add_string_operators(lua_State* L, uint32_t operators);

// Gives strings their metatable without opening the library: `loader` [-0, +1, m] (e.g. one that fetches the read-only
// string table, opening it if need be) runs at the first method call; its result then is __index for good. [-0, +0, m]
void install_string_metatable(lua_State* L, lua_CFunction loader, uint32_t operators = kAllStringOperators);

// The value on top becomes __index of strings. [-1, +0, m]
void give_to_strings(lua_State* L, uint32_t operators);

// Parts of open_string, in files of their own.
int string_find(lua_State* L);
int string_match(lua_State* L);
int string_gmatch(lua_State* L);
int string_gsub(lua_State* L);
int string_format(lua_State* L);
int string_pack(lua_State* L);
int string_packsize(lua_State* L);
int string_unpack(lua_State* L);

// The string at `arg`; a userdata with __tostring is replaced on the stack by its text first. [-0, +0, v]
const char* check_subject(lua_State* L, int arg, size_t* length);

}  // namespace wippy::lua
