// lua_newstate, but repeatable in simulation.
//
// Lua seeds its string hashes (hence the order of pairs over string keys) from time(), the address of the new state, of a
// local variable and of lua_newstate (lstate.c, luai_makeseed). In simulation the binary is linked non-PIE with its own
// time(), fibers have stacks at fixed addresses, and slab memory lies at fixed addresses; the state block, which is too
// large for the arena's chunks and would come from malloc, is therefore taken from the slab here (rulings.md S9).
#pragma once

#include <lua5.4/lua.hpp>

namespace wippy::lua {

#if defined(WIPPY_SIM)
// `f` serves every allocation but the state block, which goes back by free_lua_state_cell when the process's heap is dropped.
lua_State* new_lua_state(lua_Alloc f, void* ud) noexcept;
void free_lua_state_cell(lua_State* L) noexcept;
#else
inline lua_State* new_lua_state(lua_Alloc f, void* ud) noexcept { return lua_newstate(f, ud); }
inline void free_lua_state_cell(lua_State*) noexcept {}
#endif

}  // namespace wippy::lua
