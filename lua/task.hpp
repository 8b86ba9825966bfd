// Tasks of a process, and the contract for host functions that block.
//
// A task is main or what coroutine.spawn made. One task of a process runs at a time; it is left only when it blocks, ends or
// gives up its turn by coroutine.yield(). Preemption is invisible: the same task goes on first. A blocked task may be any
// number of coroutines deep; all of them stand still and user code never sees a yield (lua/fibers.cpp).
//
// A host function that blocks:
//
//   int sleep_done(lua_State*, int, lua_KContext) { return 0; }            // runs when woken, on the stack left behind
//   int time_sleep(lua_State* L) {                                          // [-1, +0, v]
//     const int64_t ns = check_duration(L, 1);
//     check_may_block(L);                                                   // first: raises where nothing may block
//     const WakeRef me = prepare_block(L);
//     if (!wake_on_timer(L, me, static_cast<uint64_t>(ns))) return luaL_error(L, "not enough memory for a timer");
//     return block(L, WaitReason::kSleep, 0, sleep_done);                   // does not return
//   }
//
// Rules
// - Nothing between prepare_block() and block() may raise, run Lua or block; no object with a destructor is alive at block().
// - After block() the C function is gone; `k(L, LUA_YIELD, ctx)` finds the stack as it was, plus what the waker pushed.
// - A wake-up is for a ticket: wake() of a task that was already woken does nothing and returns false. So one block may have
//   several sources (a channel and a timer); the first wins, the others are void. Registrations for signals that lost must be
//   taken back by the continuation (forget(), Context::stop_timer), or they wait for their signal in vain.
// - A continuation may block again.
//
// Answers that come as a signal (timer, completion, the EXIT of an exec'ed child): register the id with the WakeRef, then
//   block. The continuation finds the signal in answer(L); it stays valid until the task blocks again or ends, so decoding
//   may raise. Nobody releases it but the machine.
//
// Wakers that hold a Lua value push it themselves:
//   if (lua_State* to = waiting_thread(ref)) { if (lua_checkstack(to, 1)) { lua_xmove(L, to, 1); wake(ref, outcome); } }
//
// Kills: a blocked task of a killed process is never resumed. Nothing to do.
// Threads: everything belongs to the worker that runs the process.
#pragma once

#include <cstdint>

#include <lua5.4/lua.hpp>

#include "lua/state.hpp"
#include "mailbox/signal.hpp"
#include "runtime/process/machine.hpp"

namespace wippy::lua {

struct Channel;
struct Task;

// One place in the queue of a channel. Linked only while its task is blocked; waking the task unlinks all its waiters.
struct Waiter {
  Waiter* next = nullptr;
  Waiter* previous = nullptr;
  Channel* channel = nullptr;  // null: not linked
  Task* task = nullptr;
  int value_index = 0;  // send: absolute stack index of the value in task->blocked; receive: 0
  int outcome = 0;      // what wake() reports when this waiter is served: the number of the select case
  bool is_send() const noexcept { return value_index != 0; }
};

enum class TaskState : uint8_t { kFree, kReady, kRunning, kBlocked };

enum class WokenBy : uint8_t {
  kOther,    // a signal, a timer, a host function
  kPartner,  // a sender, whose value is on top of the stack, or a receiver
  kSource,   // the channel's source may have an item: try again
  kClose,    // the channel was closed
};

// Belongs to the machine, which never frees one before itself, so that a stale WakeRef is harmless.
struct Task {
  static constexpr int kAnswered = -1;  // outcome of wake() by a signal or without further meaning; waiters' are >= 0

  lua_State* thread = nullptr;   // where the task's function runs; the main state for main
  lua_State* blocked = nullptr;  // the innermost coroutine, null unless blocked
  Task* next = nullptr;          // ready or free list
  uint64_t ticket = 1;           // odd or even means nothing; grows with each block and each wake
  Signal* answer = nullptr;
  Waiter* waiters = &own_waiter;  // reserve_waiters() makes the place larger
  uint32_t waiter_capacity = 1;
  uint32_t waiter_count = 0;  // linked; 0 unless blocked
  int outcome = 0;
  int arguments = 0;  // on the thread's stack, for its first turn
  int anchor = 0;     // reference in the registry; 0 for main
  WokenBy woken_by = WokenBy::kOther;
  TaskState state = TaskState::kFree;
  WaitReason reason = WaitReason::kNone;
  WaitTarget waits_for;  // while blocked for kExec or kRoom
  Waiter own_waiter;

  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
};

struct WakeRef {
  Task* task = nullptr;
  uint64_t ticket = 0;
};

// --- from inside a host function

inline LuaMachine& machine_of(lua_State* L) noexcept { return *root_of(L).machine(); }
inline Context& context_of(lua_State* L) noexcept { return *root_of(L).context; }

// Null while the chunk's top level runs inside spawn.
Task* current_task(lua_State* L) noexcept;
bool may_block(lua_State* L) noexcept;
// Raises "cannot block here: ..." unless may_block. [-0, +0, v]
void check_may_block(lua_State* L);
// For a block on more than one channel, before prepare_block(); the place stays with the task. [-0, +0, v]
void reserve_waiters(lua_State* L, uint32_t n);
WakeRef prepare_block(lua_State* L) noexcept;
// Leaves the running C function. Returns only formally. [-0, +0, -]
int block(lua_State* L, WaitReason reason, lua_KContext ctx, lua_KFunction k);
// Before block() for kExec or kRoom, for observers.
void tell_waits_for(lua_State* L, WaitTarget whom) noexcept;
// In a continuation: how and by what it was woken.
int wake_outcome(lua_State* L) noexcept;
Signal* answer(lua_State* L) noexcept;  // null: not woken by a signal

// A scheduling point without a reason to wait: other ready tasks go first, then `k`. [-0, +0, -]
int give_turn(lua_State* L, lua_KContext ctx, lua_KFunction k);

// The process is to stop here for good, uncatchably: after Context::finish, terminate of oneself, replace_machine.
// Never returns. [-0, +0, v]
int stop_here(lua_State* L);

// --- waking

// False: that wait is over. Unlinks the task's waiters and makes it ready.
bool wake(WakeRef ref, int outcome = Task::kAnswered) noexcept;
// Where values for the woken continuation are pushed; null: that wait is over.
lua_State* waiting_thread(WakeRef ref) noexcept;

// --- signals by id. At most one registration for (kind, id). Kinds: kTimer, kCompletion, kExit.

// Owns `s`: keeps it or gives it to Context::release. Runs between tasks: it may wake tasks, start timers, notify
// channels, but must not touch a lua_State.
using SignalHandler = void (*)(LuaMachine& machine, Signal* s, void* arg) noexcept;

// False: out of memory, nothing registered. `arg` must stay valid until the signal or forget(): anchor Lua objects.
bool expect(lua_State* L, SignalKind kind, uint64_t id, SignalHandler handler, void* arg) noexcept;
// The signal wakes `ref` and becomes answer(); when that wait is over it is dropped.
bool expect(lua_State* L, SignalKind kind, uint64_t id, WakeRef ref) noexcept;
// False: was not registered (any more).
bool forget(lua_State* L, SignalKind kind, uint64_t id) noexcept;

// Starts a timer for `ref`; `id`, if given, is for forget() and Context::stop_timer. False: out of memory.
bool wake_on_timer(lua_State* L, WakeRef ref, uint64_t delay_ns, uint64_t* id = nullptr) noexcept;
// Stops a timer and its registration, whether pending or not.
void stop_timer(lua_State* L, uint64_t id) noexcept;

// --- keeping Lua objects alive that only C++ points to

// [-1, +0, m]; the reference for unanchor and push_anchored
int anchor(lua_State* L);
void push_anchored(lua_State* L, int reference);  // [-0, +1, -]
void unanchor(lua_State* L, int reference);       // [-0, +0, -]; 0 is ignored

}  // namespace wippy::lua
