// The lua_State of one process: creation, memory limit, sandboxed globals.
//
// Memory: everything in the state comes from the machine's own Arena and is dropped with it; lua_close is never called, so
// no object may rely on __gc (scripts cannot set it; host objects with outside resources join the machine's resource list).
//
// The limit: an allocation that would pass `memory_limit` is refused. Lua then collects and asks once more; the second
// refusal is fatal (lua/fatal.hpp): own pcall, xpcall and resume pass it on.
//
// Laziness: a new state holds no library at all. _G has a metatable whose __index finds a name in the static lists below
// (or among the program's modules), makes the value and stores it in _G: the second access is a plain hit. Names that
// nobody uses cost nothing. Measured sizes are in state.cpp.
//
// Thread-safety: everything here belongs to the worker that runs the process. Errors of Lua are longjmp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lua5.4/lua.hpp>

#include "lua/slice.hpp"
#include "memory/arena.hpp"

namespace wippy {
class Context;
}

namespace wippy::lua {

class LuaMachine;
struct LuaHooks;

// What every lua_State of a process points to (lua_getextraspace).
struct ProcessRoot : StateRoot {
  static constexpr std::size_t kInMachine = 8;  // where it lies in the machine; checked in machine.cpp
  LuaMachine* machine() noexcept { return reinterpret_cast<LuaMachine*>(reinterpret_cast<char*>(this) - kInMachine); }
  Context* context = nullptr;
  const LuaHooks* hooks = nullptr;
  std::size_t memory_limit = 0;  // bytes; 0: none
  // The innermost running coroutine, null between steps: the tick's signal handler arms its hook (lua/preempt.cpp).
  lua_State* volatile running = nullptr;
  uint32_t load_instructions = 0;
  uint16_t used_libraries = 0;  // a bit for each bare view that was asked for a field (lua/globals.cpp)
  uint8_t close_depth = 0;
  bool loading : 1 = false;       // the chunk's top level runs inside spawn, under an instruction limit
  bool done : 1 = false;          // Context::finish was called
  bool calls_string : 1 = false;  // a program may call the table `string`
  bool stopping : 1 = false;      // stop_here: no task runs any more
  // Identity of the metatables of channels and their cases: compared by address, each made on first use.
  const void* channel_metatable = nullptr;
  const void* case_metatable = nullptr;
  // The allocation refused last: the same request again is Lua's second and last attempt.
  void* refused_block = nullptr;
  std::size_t refused_bytes = 0;
  uint64_t next_object_id = 1;  // what tostring shows instead of addresses
};

inline ProcessRoot& root_of(lua_State* L) noexcept { return *static_cast<ProcessRoot*>(state_root(L)); }

// Ends the process from inside Lua: leaves the task for good by a system yield, or, where none is possible, raises the error that
// nobody catches, with the hook armed so that no handler and no <close> variable gets further. Sets slice.killed. [-0, +0, v]
int raise_fatal(lua_State* L);

// True when `status` of a pcall or resume must be passed on: the process is killed or out of memory.
bool is_fatal(lua_State* L, int status) noexcept;

// Passes on what a host function's own pcall gave; the error value is on top. LUA_OK: returns. [-0, +0, v]
void rethrow(lua_State* L, int status);

// What an arena's size class leaves behind the block of lua_State, for whoever wants it; lives as long as the state.
struct SpareBytes {
  void* begin = nullptr;
  std::size_t bytes = 0;
};

// A new state with allocator, root and sandbox, or null when memory is refused. `root` must be filled in and outlive it.
lua_State* create_state(ProcessRoot& root, SpareBytes& spare) noexcept;

// --- what libraries are made of

// A field of a library table: a function; a value that `function` makes when it is first asked for [-0, +1, e]
// (makes_value); or, without a function, a constant: `text`, else `integer`. The list lives for ever and ends with
// {nullptr, nullptr}.
struct LibraryEntry {
  const char* name;
  lua_CFunction function;
  bool makes_value = false;
  lua_Integer integer = 0;
  const char* text = nullptr;
};

// Most names differ in their first letter: cheaper than a call for each.
inline bool same_name(const char* a, const char* b) noexcept { return *a == *b && std::strcmp(a, b) == 0; }

// Replaces the table on top by a read-only view of it: reading falls through, assigning raises, pairs works, the
// metatable is locked. [-1, +1, m]
void push_read_only(lua_State* L);

// Pushes a library table whose functions appear when they are first asked for; constants and subtables may be set on it
// before push_read_only(). [-0, +1, m]
void push_lazy_table(lua_State* L, const LibraryEntry* entries);

// The metatable of _G, lazy tables and bare views (lua/read_only.cpp). [-0, +1, m]
void push_lazy_metatable(lua_State* L);
// A view without a table behind it yet, and what gives it one. [-0, +1, m] [-0, +0, m]
void push_bare_view(lua_State* L);
void complete_view(lua_State* L, int index, const LibraryEntry* entries);
// The entries of the library whose view is at `index`, null: of none; `first`: nobody asked before. [-0, +0, -]
const LibraryEntry* use_bare_view(lua_State* L, int index, bool& first) noexcept;

// Has the value a metatable that scripts may neither see nor replace? [-0, +0, m]
bool is_locked(lua_State* L, int index);
// What pairs() gives for the view at 1; false: the value there is none. [-0, +(0|3), e]
bool push_pairs_of_view(lua_State* L);

// Pushes the library or base function that is a global of every process under `name`, or a module of the running program;
// false (nothing pushed): there is none. The value is made once per process. [-0, +(0|1), e]
bool push_global(lua_State* L, const char* name);

// string(v), for processes one of whose programs may say it: 48 bytes when `string` is used (lua/globals.cpp). [-0, +0, m]
void make_string_callable(lua_State* L);

// tostring(value) without addresses. [-0, +1, e]
const char* push_text(lua_State* L, int index, std::size_t* length);

}  // namespace wippy::lua
