// coroutine.*, pcall and xpcall as continuation functions (rulings.md S6).
//
// Two kinds of yield leave a coroutine. A user yield (coroutine.yield) ends at the coroutine.resume around it. A system
// yield (a blocking function, the preemption hook; slice.system_yield is set) goes through every resume up to the machine:
// each own resume sees it, marks its coroutine kSystemSuspended and yields outward itself; when the task is resumed its
// continuation resumes the coroutine again with nothing. User code sees neither; for it such a coroutine is "normal".
//
// Where a resume is itself called from a C frame that cannot be left, its coroutine must not do a system yield either:
// slice.no_yield counts such resumes, and slice_may_yield() asks it beside lua_isyieldable().
//
// root.running always names the innermost coroutine; the tick arms the hook there and only there.
//
// Kills and memory exhaustion (slice.killed) are rethrown by everything here that catches.
//
// coroutine.close and a failing wrap run <close> handlers through lua_resetthread, which resets the count of nested C calls:
// close_depth bounds the C stack instead. Handlers run there are not yieldable.
#include "lua/fibers.hpp"

#include "lua/base.hpp"
#include "lua/fatal.hpp"
#include "lua/machine.hpp"
#include "lua/state.hpp"
#include "memory/atomic.hpp"

namespace wippy::lua {

namespace {

// Frames of ours and liblua's up to LUAI_MAXCCALLS (200) deep take about 1.6 MiB; four times that fits a thread's stack.
constexpr uint32_t kMaxCloseDepth = 3;

enum class CoStatus : uint8_t { kRunning, kNormal, kSuspended, kDead };

CoStatus status_of(lua_State* L, lua_State* co) noexcept {
  if (co == L) return CoStatus::kRunning;
  const uintptr_t flags = thread_flags(co);
  const int status = lua_status(co);
  if (status == LUA_YIELD) return (flags & kSystemSuspended) != 0 ? CoStatus::kNormal : CoStatus::kSuspended;
  if (status != LUA_OK) return CoStatus::kDead;
  lua_Debug ar;
  if (lua_getstack(co, 0, &ar)) return CoStatus::kNormal;
  return lua_gettop(co) == 0 ? CoStatus::kDead : CoStatus::kSuspended;
}

const char* name_of(CoStatus status) noexcept {
  switch (status) {
    case CoStatus::kRunning: return "running";
    case CoStatus::kNormal: return "normal";
    case CoStatus::kSuspended: return "suspended";
    case CoStatus::kDead: return "dead";
  }
  return "";
}

lua_State* check_coroutine(lua_State* L) {
  lua_State* const co = lua_tothread(L, 1);
  luaL_argexpected(L, co != nullptr, 1, "coroutine");
  return co;
}

bool is_main_or_task(lua_State* L, lua_State* co) noexcept {
  return (thread_flags(co) & kTaskThread) != 0 || co == machine_of(L).main_state();
}

// Closes pending variables of `co` and leaves its error, if any, on its stack; a Lua status. Nothing in there can yield to
// the outside, nor (user) out of `co` itself. [-0, +0, v]
int reset(lua_State* L, lua_State* co) {
  ProcessRoot& root = root_of(L);
  if (root.close_depth >= kMaxCloseDepth)
    return luaL_error(L, "C stack overflow (coroutines are closed inside each other)");
  const bool has_text = lua_gettop(co) > 0 && lua_type(co, -1) == LUA_TSTRING;
  const char* const failed_with = has_text ? lua_tostring(co, -1) : nullptr;
  root.running = co;
  ++root.close_depth;
  const int status = lua_resetthread(co);  // its handlers are called as not yieldable
  --root.close_depth;
  root.running = L;
  if (status != LUA_OK) judge_closing(L, co, failed_with);
  return status;
}

// --- resume and wrap

int resume_again(lua_State* L, int status, lua_KContext wrapped);

lua_State* target(lua_State* L, bool wrapped) noexcept { return lua_tothread(L, wrapped ? lua_upvalueindex(1) : 1); }

// The error value is on top of co. [-0, +?, v]
int fail(lua_State* L, lua_State* co, bool wrapped) {
  if (is_fatal(L, LUA_OK)) return raise_fatal(L);
  if (!wrapped) {
    lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    return 2;
  }
  const int status = lua_status(co);
  if (status != LUA_OK && status != LUA_YIELD) {
    reset(L, co);
    if (is_fatal(L, LUA_OK)) return raise_fatal(L);
  }
  lua_xmove(co, L, 1);
  if (lua_type(L, -1) == LUA_TSTRING) {
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

// Runs co with the `arguments` on top of its stack until it yields to the user, ends, or everything yields.
int run(lua_State* L, lua_State* co, int arguments, bool wrapped) {
  ProcessRoot& root = root_of(L);
  const uint32_t barrier = lua_isyieldable(L) ? 0 : 1;
  root.slice.no_yield = static_cast<uint8_t>(root.slice.no_yield + barrier);
  root.running = co;
  fence_signal();
  int count = 0;
  const int status = lua_resume(co, L, arguments, &count);
  fence_signal();
  root.running = L;
  root.slice.no_yield = static_cast<uint8_t>(root.slice.no_yield - barrier);
  if (status == LUA_YIELD && root.slice.system_yield) {
    set_thread_flags(co, kSystemSuspended);
    return lua_yieldk(L, 0, wrapped ? 1 : 0, resume_again);
  }
  if (status != LUA_OK && status != LUA_YIELD) {
    judge_coroutine(L, co);
    if (is_fatal(L, status)) return raise_fatal(L);
    return fail(L, co, wrapped);
  }
  if (!lua_checkstack(L, count + 1)) {
    lua_settop(co, -(count)-1);
    return luaL_error(L, "too many results to resume");
  }
  if (!wrapped) lua_pushboolean(L, 1);
  lua_xmove(co, L, count);
  return wrapped ? count : count + 1;
}

int resume_again(lua_State* L, int, lua_KContext wrapped) {
  lua_State* const co = target(L, wrapped != 0);
  set_thread_flags(co, 0);
  return run(L, co, 0, wrapped != 0);
}

// [-n, +m, v]
int start_or_continue(lua_State* L, lua_State* co, int arguments, bool wrapped) {
  const char* refusal = nullptr;
  const CoStatus status = status_of(L, co);
  if (status == CoStatus::kDead) {
    refusal = "cannot resume dead coroutine";
  } else if (status != CoStatus::kSuspended) {
    refusal = "cannot resume non-suspended coroutine";
  } else if (is_main_or_task(L, co)) {
    refusal = "cannot resume a spawned coroutine";
  } else if (!lua_checkstack(co, arguments)) {
    refusal = "too many arguments to resume";
  }
  if (refusal != nullptr) {
    if (wrapped) return luaL_error(L, "%s", refusal);
    lua_pushboolean(L, 0);
    lua_pushstring(L, refusal);
    return 2;
  }
  lua_xmove(L, co, arguments);
  return run(L, co, arguments, wrapped);
}

int fiber_resume(lua_State* L) {
  lua_State* const co = check_coroutine(L);
  return start_or_continue(L, co, lua_gettop(L) - 1, false);
}

int fiber_call_wrapped(lua_State* L) { return start_or_continue(L, target(L, true), lua_gettop(L), true); }

// --- the others

// [-1, +1, m]
int fiber_create(lua_State* L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State* const co = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  return 1;
}

int fiber_wrap(lua_State* L) {
  fiber_create(L);
  lua_pushcclosure(L, fiber_call_wrapped, 1);
  return 1;
}

int turn_over(lua_State*, int, lua_KContext) { return 0; }

// In main and spawned coroutines there is nobody to yield to: the other tasks get their turn.
int fiber_yield(lua_State* L) {
  const Task* const task = current_task(L);
  if (task == nullptr || task->thread != L) return lua_yield(L, lua_gettop(L));
  if (!slice_may_yield(L)) return luaL_error(L, "attempt to yield across a C-call boundary");
  return give_turn(L, 0, turn_over);
}

int fiber_status(lua_State* L) {
  lua_State* const co = check_coroutine(L);
  lua_pushstring(L, name_of(status_of(L, co)));
  return 1;
}

int fiber_running(lua_State* L) {
  const int is_main = lua_pushthread(L);
  lua_pushboolean(L, is_main);
  return 2;
}

int fiber_isyieldable(lua_State* L) {
  lua_State* const co = lua_isthread(L, 1) ? lua_tothread(L, 1) : L;
  lua_pushboolean(L, lua_isyieldable(co));
  return 1;
}

int fiber_close(lua_State* L) {
  lua_State* const co = check_coroutine(L);
  const CoStatus status = status_of(L, co);
  if (status != CoStatus::kDead && (status != CoStatus::kSuspended || is_main_or_task(L, co))) {
    const bool task = status == CoStatus::kSuspended;
    return luaL_error(L, "cannot close a %s coroutine", task ? "spawned" : name_of(status));
  }
  if (is_main_or_task(L, co)) {  // dead: its variables are closed already
    lua_pushboolean(L, 1);
    return 1;
  }
  const int result = reset(L, co);
  if (is_fatal(L, result)) return raise_fatal(L);
  if (result == LUA_OK) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushboolean(L, 0);
  lua_xmove(co, L, 1);
  return 2;
}

// coroutine.spawn(f): a new task; it starts when the running one is left.
int fiber_spawn(lua_State* L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_State* const co = lua_newthread(L);
  lua_pushcfunction(co, task_body);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  lua_pushvalue(L, -1);
  Task* const task = machine_of(L).add_task(L);
  if (task == nullptr) return luaL_error(L, "not enough memory");
  set_thread_flags(co, kTaskThread);
  task->arguments = 1;
  return 1;
}

// --- protected calls

int finish_pcall(lua_State* L, int status, lua_KContext extra) {
  if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(L) - static_cast<int>(extra);
  if (is_fatal(L, status)) return raise_fatal(L);
  lua_pushboolean(L, 0);
  lua_pushvalue(L, -2);
  return 2;
}

constexpr char kTracebackKey = 't';

// Keeps the traceback for task_failed. [-1, +1, m]
int note_traceback(lua_State* L) {
  judge_error(L);
  if (is_fatal(L, LUA_OK)) return 1;
  luaL_traceback(L, L, nullptr, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &kTracebackKey);
  return 1;
}

int task_end(lua_State* L, int status, lua_KContext) {
  ProcessRoot& root = root_of(L);
  LuaMachine& machine = *root.machine();
  if (status != LUA_OK && status != LUA_YIELD) {
    if (is_fatal(L, status)) return raise_fatal(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &kTracebackKey);
    machine.main_ended();
    if (root.hooks != nullptr && root.hooks->task_failed != nullptr) root.hooks->task_failed(L, lua_gettop(L) - 1);
    return 0;
  }
  if (machine.running() != &machine.main_task()) return 0;
  machine.main_ended();
  if (root.hooks != nullptr && root.hooks->main_returned != nullptr) root.hooks->main_returned(L, lua_gettop(L) - 1);
  return 0;
}

constexpr LibraryEntry kFunctions[] = {
    {"create", fiber_create},
    {"resume", fiber_resume},
    {"wrap", fiber_wrap},
    {"yield", fiber_yield},
    {"status", fiber_status},
    {"running", fiber_running},
    {"isyieldable", fiber_isyieldable},
    {"close", fiber_close},
    {"spawn", fiber_spawn},
    {nullptr, nullptr},
};

}  // namespace

int own_pcall(lua_State* L) {
  luaL_checkany(L, 1);
  lua_pushcfunction(L, pcall_handler);
  lua_pushboolean(L, 1);
  lua_rotate(L, 1, 2);  // handler, true, f, args…
  const int status = lua_pcallk(L, lua_gettop(L) - 3, LUA_MULTRET, 1, 1, finish_pcall);
  return finish_pcall(L, status, 1);
}

int own_xpcall(lua_State* L) {
  const int n = lua_gettop(L);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, guard_handler, 1);
  lua_replace(L, 2);  // f, guard, args…
  lua_pushboolean(L, 1);
  lua_pushvalue(L, 1);  // f, guard, args…, true, f
  lua_rotate(L, 3, 2);  // f, guard, true, f, args…
  const int status = lua_pcallk(L, n - 2, LUA_MULTRET, 2, 2, finish_pcall);
  return finish_pcall(L, status, 2);
}

int task_body(lua_State* L) {
  lua_pushcfunction(L, note_traceback);
  lua_insert(L, 1);
  const int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, 0, task_end);
  return task_end(L, status, 0);
}

int open_coroutine(lua_State* L) {
  push_lazy_table(L, kFunctions);
  return 1;
}

}  // namespace wippy::lua
