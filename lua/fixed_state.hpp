// lua_newstate, but repeatable in simulation.
//
// Lua seeds its string hashes (hence the order of pairs over string keys) from time(), the address of the new state and
// the address of a local variable (lstate.c, luai_makeseed). In simulation the binary is linked non-PIE with its own time(),
// and this function creates states at fixed addresses, on a stack at a fixed address (rulings.md S9 and "Simulation").
#pragma once

#include <lua5.4/lua.hpp>

namespace wippy::lua {

#if defined(WIPPY_SIM)
// `f` serves every allocation but the state block itself, which lies in a table of cells that are used again in LIFO order;
// give it back with free_lua_state_cell when the arena of the process is dropped.
lua_State* new_lua_state(lua_Alloc f, void* ud) noexcept;
void free_lua_state_cell(lua_State* L) noexcept;
#else
inline lua_State* new_lua_state(lua_Alloc f, void* ud) noexcept { return lua_newstate(f, ud); }
inline void free_lua_state_cell(lua_State*) noexcept {}
#endif

}  // namespace wippy::lua
