// Ends that no script can catch (docs/internals/isolation.md): out of memory, recursion without bound, a pattern that takes
// too long. Each marks the process as killed, says why in slice.fatal, and unwinds through everything that catches.
//
// Recursion. Lua reports two limits by an ordinary error, "stack overflow" (a million slots) and "C stack overflow" (200
// nested C calls). What makes them fatal is the state they leave, never their text alone: a script's own
// error("stack overflow") stays an ordinary error.
// - The Lua stack: liblua then asks for a stack of one fixed size, which the allocator sees.
// - The C stack: the message handlers of own pcall, xpcall and tasks run on top of the failed call and measure how deep it is;
//   a coroutine that failed still has its frames, and they are counted.
// An error handler that itself keeps failing is Lua's own affair: status LUA_ERRERR, an ordinary error.
#pragma once

#include <cstddef>

#include <lua5.4/lua.hpp>

#include "lua/slice.hpp"

namespace wippy::lua {

struct ProcessRoot;

// The allocator's question: is the running coroutine getting the stack of its last size, the one for the error message? It asks
// for a new block and copies. [-0, +0, -]
bool is_stack_overflow(const ProcessRoot& root, const void* block, std::size_t bytes) noexcept;
// Marks the process; the error that is under way becomes the fatal one when something catches it. [-0, +0, -]
void mark_fatal(ProcessRoot& root, Fatal cause) noexcept;

// Message handlers: pcall's, and what xpcall puts between an error and the script's handler, its upvalue. A kill gets past that.
// [-1, +1, e]
int pcall_handler(lua_State* L);
int guard_handler(lua_State* L);

// For message handlers, with the error value at 1: marks the process if recursion without bound is what failed. [-0, +0, v]
void judge_error(lua_State* L);
// The same for `co`, a coroutine that L resumed and that failed with the value on top of its stack. [-0, +0, v]
void judge_coroutine(lua_State* L, lua_State* co);
// The same for a coroutine whose closing failed: nothing is left of its frames, so the text decides, unless it is `before`,
// what the coroutine had failed with already. [-0, +0, v]
void judge_closing(lua_State* L, lua_State* co, const char* before);

// What the process dies of; the EXIT has the place before it, "app:it:3: stack overflow", when one was noted.
const char* fatal_text(Fatal cause) noexcept;

}  // namespace wippy::lua
