#include "lua/task.hpp"

#include <new>

#include "lua/machine.hpp"

namespace wippy::lua {

Task* current_task(lua_State* L) noexcept { return machine_of(L).running(); }

bool may_block(lua_State* L) noexcept { return current_task(L) != nullptr && slice_may_yield(L); }

void check_may_block(lua_State* L) {
  if (may_block(L)) return;
  slice_check_killed(L);
  luaL_error(L, current_task(L) == nullptr ? "cannot block here: the program is still being loaded"
                                           : "cannot block here: attempt to block across a C-call boundary");
}

void reserve_waiters(lua_State* L, uint32_t n) {
  Task& task = *current_task(L);
  if (n <= task.waiter_capacity) return;
  LuaMachine& machine = machine_of(L);
  auto* const waiters = static_cast<Waiter*>(machine.allocate(n * sizeof(Waiter)));
  if (waiters == nullptr) {
    luaL_error(L, "not enough memory");
    return;
  }
  for (uint32_t i = 0; i < n; ++i) new (&waiters[i]) Waiter;
  if (task.waiters != &task.own_waiter) machine.deallocate(task.waiters, task.waiter_capacity * sizeof(Waiter));
  task.waiters = waiters;
  task.waiter_capacity = n;
}

WakeRef prepare_block(lua_State* L) noexcept {
  Task& task = *current_task(L);
  task.waiter_count = 0;
  task.woken_by = WokenBy::kOther;
  return {&task, ++task.ticket};
}

int block(lua_State* L, WaitReason reason, lua_KContext ctx, lua_KFunction k) {
  machine_of(L).block(*current_task(L), L, reason);
  return slice_yield(L, ctx, k);
}

void tell_waits_for(lua_State* L, WaitTarget whom) noexcept {
  if (Task* const task = current_task(L)) task->waits_for = whom;
}

int wake_outcome(lua_State* L) noexcept { return current_task(L)->outcome; }
Signal* answer(lua_State* L) noexcept { return current_task(L)->answer; }

int give_turn(lua_State* L, lua_KContext ctx, lua_KFunction k) {
  machine_of(L).yield_turn(*current_task(L));
  return slice_yield(L, ctx, k);
}

int stop_here(lua_State* L) {
  LuaMachine& machine = machine_of(L);
  machine.stop();
  if (!may_block(L)) return raise_fatal(L);
  prepare_block(L);
  return block(L, WaitReason::kNone, 0, [](lua_State*, int, lua_KContext) { return 0; });
}

bool wake(WakeRef ref, int outcome) noexcept {
  if (waiting_thread(ref) == nullptr) return false;
  return root_of(ref.task->thread).machine()->wake(ref, outcome);
}

lua_State* waiting_thread(WakeRef ref) noexcept {
  if (ref.task == nullptr || ref.task->ticket != ref.ticket || ref.task->state != TaskState::kBlocked) return nullptr;
  return ref.task->blocked;
}

bool expect(lua_State* L, SignalKind kind, uint64_t id, SignalHandler handler, void* arg) noexcept {
  Registration r;
  r.kind = kind;
  r.id = id;
  r.handler = handler;
  r.arg = arg;
  return id != 0 && machine_of(L).registrations().add(r);
}

bool expect(lua_State* L, SignalKind kind, uint64_t id, WakeRef ref) noexcept {
  Registration r;
  r.kind = kind;
  r.id = id;
  r.task = ref.task;
  r.ticket = ref.ticket;
  return id != 0 && machine_of(L).registrations().add(r);
}

bool forget(lua_State* L, SignalKind kind, uint64_t id) noexcept {
  Registration r;
  return machine_of(L).registrations().take(kind, id, r);
}

bool wake_on_timer(lua_State* L, WakeRef ref, uint64_t delay_ns, uint64_t* id) noexcept {
  const uint64_t timer = context_of(L).start_timer(delay_ns);
  if (timer == 0) return false;
  if (!expect(L, SignalKind::kTimer, timer, ref)) {
    context_of(L).stop_timer(timer);
    return false;
  }
  if (id != nullptr) *id = timer;
  return true;
}

void stop_timer(lua_State* L, uint64_t id) noexcept {
  if (forget(L, SignalKind::kTimer, id)) context_of(L).stop_timer(id);
}

int anchor(lua_State* L) { return luaL_ref(L, LUA_REGISTRYINDEX); }
void push_anchored(lua_State* L, int reference) { lua_rawgeti(L, LUA_REGISTRYINDEX, reference); }
void unanchor(lua_State* L, int reference) {
  if (reference != 0) luaL_unref(L, LUA_REGISTRYINDEX, reference);
}

}  // namespace wippy::lua
