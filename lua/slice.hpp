// How a long C function takes part in preemption: it polls, and leaves by a system yield when its slice is over.
//
// Every lua_State of a process carries one pointer in its extra space (copied by Lua from the main thread into each new
// coroutine): the StateRoot of the process. lua_State made without set_state_root() must not call these functions.
//
// Threads: everything here belongs to the worker that runs the process; `expired` is also written by the tick's signal
// handler, on that same thread, hence volatile sig_atomic_t and no atomics.
//
// Errors of Lua are longjmp: no frame that calls slice_yield or slice_check_killed may hold an object with a destructor.
#pragma once

#include <csignal>
#include <cstdint>
#include <cstring>

#include <lua5.4/lua.hpp>

namespace wippy::lua {

// Why a process ends by itself without being able to catch it (lua/fatal.hpp).
enum class Fatal : uint8_t { kNone, kMemory, kStack, kPattern };

struct SliceState {
  // Set by the tick (or by the poll count below), cleared by whoever starts the next slice of the process.
  volatile std::sig_atomic_t expired = 0;
  // The process is to die: nothing may catch, nothing may go on. Never cleared.
  bool killed = false;
  // Set together with a yield that user code must not see; the resumer (own coroutine.resume, LuaMachine) reads and clears it.
  bool system_yield = false;
  // Not 0: somewhere below the running coroutine lies a C frame that a system yield cannot cross (lua/fibers.cpp). Counts
  // them: Lua has 200 at most.
  uint8_t no_yield = 0;
  // Set together with `killed` when nobody but the process itself is to blame.
  Fatal fatal = Fatal::kNone;
  // 0: the tick ends slices. Otherwise a slice ends after so many polls: deterministic, for simulation, TSan and tests.
  uint32_t polls_per_slice = 0;
  uint32_t polls = 0;
  // Looks at the kill word of the owner; asked only when a slice is over and the function cannot yield. May be null.
  bool (*poll_killed)(void* owner) noexcept = nullptr;
  void* owner = nullptr;
  // Armed at count 1 when a kill is raised, so that no handler and no <close> variable gets further. May be null.
  lua_Hook kill_hook = nullptr;
};

// One per process, owned by whoever owns the lua_State, and alive longer than it. Extend by derivation.
struct StateRoot {
  SliceState slice;
  // Seed of math.random; the only source of its randomness.
  uint64_t random_seed = 0;
  // tostring without addresses: pushes the text of the value at `index` [-0, +1, e]. Null: luaL_tolstring.
  const char* (*push_text)(lua_State* L, int index, size_t* length) = nullptr;
  // Pushes what becomes __index of strings (install_string_metatable) [-0, +1, e].
  lua_CFunction load_string_library = nullptr;
};

static_assert(LUA_EXTRASPACE >= sizeof(StateRoot*));

// The low bits of the pointer say what a coroutine is, as seen by coroutine.status, resume and close (lua/fibers.cpp). The main
// thread never has them, so that new coroutines start without.
inline constexpr uintptr_t kSystemSuspended =
    1;                                       // left by a system yield: for user code it is "normal", not "suspended"
inline constexpr uintptr_t kTaskThread = 2;  // made by coroutine.spawn: only the machine resumes it
inline constexpr uintptr_t kThreadFlags = 3;
static_assert(alignof(StateRoot) > kThreadFlags);

// Call on the main thread of the state before any coroutine exists. [-0, +0, -]
inline void set_state_root(lua_State* L, StateRoot* root) noexcept {
  std::memcpy(lua_getextraspace(L), &root, sizeof root);
}

// [-0, +0, -]
inline StateRoot* state_root(lua_State* L) noexcept {
  uintptr_t word;
  std::memcpy(&word, lua_getextraspace(L), sizeof word);
  return reinterpret_cast<StateRoot*>(word & ~kThreadFlags);
}

// [-0, +0, -]
inline uintptr_t thread_flags(lua_State* L) noexcept {
  uintptr_t word;
  std::memcpy(&word, lua_getextraspace(L), sizeof word);
  return word & kThreadFlags;
}
inline void set_thread_flags(lua_State* L, uintptr_t flags) noexcept {
  const uintptr_t word = reinterpret_cast<uintptr_t>(state_root(L)) | flags;
  std::memcpy(lua_getextraspace(L), &word, sizeof word);
}

// May a system yield leave the running coroutine L? Unlike lua_isyieldable this sees the coroutines around it. [-0, +0, -]
inline bool slice_may_yield(lua_State* L) noexcept {
  return state_root(L)->slice.no_yield == 0 && lua_isyieldable(L) != 0;
}

// The error value of a kill: recognised by own pcall, xpcall and resume, which pass it on. Compare the address.
inline constexpr char kKillToken = 'k';

// True when the current slice is over or the process was killed. [-0, +0, -]
inline bool slice_expired(lua_State* L) noexcept {
  SliceState& slice = state_root(L)->slice;
  if (slice.expired != 0 || slice.killed) return true;
  if (slice.polls_per_slice == 0) return false;
  if (++slice.polls < slice.polls_per_slice) return false;
  slice.polls = 0;
  slice.expired = 1;
  return true;
}

// Raises the uncatchable kill when the process was killed, otherwise returns. [-0, +0, v]
inline void slice_check_killed(lua_State* L) {
  SliceState& slice = state_root(L)->slice;
  if (!slice.killed && slice.poll_killed != nullptr) slice.killed = slice.poll_killed(slice.owner);
  if (!slice.killed) return;
  if (slice.kill_hook != nullptr) lua_sethook(L, slice.kill_hook, LUA_MASKCOUNT, 1);
  lua_pushlightuserdata(L, const_cast<char*>(&kKillToken));
  lua_error(L);
}

// Where a fatal end came about: its address is a registry key, for "chunk:line: ".
inline constexpr char kFatalPlaceKey = 'p';
// Keeps the place of the function at `level` of `where`, which may be a failed coroutine. [-0, +0, m]
inline void note_fatal_place(lua_State* L, lua_State* where, int level) {
  lua_Debug ar;
  if (lua_getstack(where, level, &ar) == 0) return;
  lua_getinfo(where, "Sl", &ar);
  if (ar.currentline <= 0) return;
  lua_pushfstring(L, "%s:%d: ", ar.short_src, ar.currentline);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &kFatalPlaceKey);
}

// Ends the process for `cause`, with the place of the running C function's caller. [-0, +0, v]
inline void slice_fail(lua_State* L, Fatal cause) {
  SliceState& slice = state_root(L)->slice;
  if (!slice.killed) slice.fatal = cause;
  slice.killed = true;
  note_fatal_place(L, L, 1);
  slice_check_killed(L);
}

// The question a sliced loop asks every few thousand steps. True: park your state and `return slice_yield(...)`.
// Where L cannot yield the loop simply goes on, unless it was killed. [-0, +0, v]
inline bool slice_must_yield(lua_State* L) {
  if (!slice_expired(L)) [[likely]]
    return false;
  if (slice_may_yield(L)) return true;
  slice_check_killed(L);
  return false;
}

// Leaves the running C function; it does not return here. When the process is resumed, `k` finds the stack as it is now.
// A killed process is never resumed. Only when slice_may_yield(L). [-0, +0, v]
inline int slice_yield(lua_State* L, lua_KContext ctx, lua_KFunction k) {
  state_root(L)->slice.system_yield = true;
  return lua_yieldk(L, 0, ctx, k);
}

}  // namespace wippy::lua
