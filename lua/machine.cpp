#include "lua/machine.hpp"

#include <cstdio>
#include <new>
#include <utility>

#include "lua/channel.hpp"
#include "lua/fatal.hpp"
#include "lua/preempt.hpp"

namespace wippy::lua {

namespace {

// Asked when a slice is over inside something that cannot yield, and by the hook.
bool poll_killed(void* owner) noexcept {
  ProcessRoot& root = *static_cast<ProcessRoot*>(owner);
  if (!root.loading) return root.context->killed();
  root.load_instructions += static_cast<uint32_t>(kInstructionsPerPoll);
  return root.load_instructions > kLoadInstructions;
}

// 0: none.
std::size_t smaller_limit(std::size_t a, std::size_t b) noexcept {
  if (a == 0 || b == 0) return a + b;
  return a < b ? a : b;
}

}  // namespace

LuaMachine::LuaMachine(Context& self, std::shared_ptr<const LuaProgram> program, const LuaHooks& hooks, Arena&& arena,
                       std::size_t host_limit) noexcept
    : program_(std::move(program)), arena_(std::move(arena)), registrations_(arena_) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"  // one base without data: the offset is fixed
  static_assert(offsetof(LuaMachine, root_) == ProcessRoot::kInMachine);
#pragma GCC diagnostic pop
  root_.context = &self;
  root_.hooks = &hooks;
  root_.memory_limit = smaller_limit(program_ != nullptr ? program_->memory_limit : 0, host_limit);
  if (root_.memory_limit != 0) root_.memory_limit += arena_.used_bytes();  // the machine itself is not the script's
  root_.push_text = push_text;
  root_.slice.poll_killed = poll_killed;
  root_.slice.owner = &root_;
  root_.slice.kill_hook = kill_hook;
}

LuaMachine* LuaMachine::create(Context& self, std::shared_ptr<const LuaProgram> program, const LuaHooks& hooks,
                               std::size_t host_limit) noexcept {
  Arena arena;
  void* const block = arena.allocate(sizeof(LuaMachine));
  if (block == nullptr) return nullptr;
  return new (block) LuaMachine(self, std::move(program), hooks, std::move(arena), host_limit);
}

bool LuaMachine::create_heap() noexcept {
  SpareBytes spare;
  main_.thread = create_state(root_, spare);
  if (main_.thread != nullptr) registrations_.adopt(spare.begin, spare.bytes);
  return main_.thread != nullptr;
}

void LuaMachine::discard() noexcept {
  const Arena heap(std::move(arena_));  // the machine lies in it
  this->~LuaMachine();
}

void LuaMachine::close(Context& self, bool killed) noexcept {
  registrations_.for_each([&](const Registration& r) {
    if (r.kind == SignalKind::kTimer) self.stop_timer(r.id);
  });
  for (Resource* r = resources_; r != nullptr;) {
    Resource* const next = r->next;
    r->release(r, self);
    r = next;
  }
  // Tasks are found through nothing but their anchors; only those woken and never resumed can still hold a signal, and
  // these are ready, running or main.
  while (Task* t = pop_ready()) drop_answer(*t);
  drop_answer(main_);
  if (running_ != nullptr) drop_answer(*running_);
  if (sink_ != nullptr) sink_->close(*this, killed);
  discard();
}

// --- tasks

void LuaMachine::push_ready(Task& task) noexcept {
  task.state = TaskState::kReady;
  task.next = nullptr;
  if (ready_last_ != nullptr) {
    ready_last_->next = &task;
  } else {
    ready_first_ = &task;
  }
  ready_last_ = &task;
}

void LuaMachine::push_ready_front(Task& task) noexcept {
  task.state = TaskState::kReady;
  task.next = ready_first_;
  ready_first_ = &task;
  if (ready_last_ == nullptr) ready_last_ = &task;
}

Task* LuaMachine::pop_ready() noexcept {
  Task* const task = ready_first_;
  if (task == nullptr) return nullptr;
  ready_first_ = task->next;
  if (ready_first_ == nullptr) ready_last_ = nullptr;
  task->next = nullptr;
  return task;
}

void LuaMachine::drop_answer(Task& task) noexcept {
  if (task.answer == nullptr) return;
  root_.context->release(task.answer);
  task.answer = nullptr;
}

void LuaMachine::block(Task& task, lua_State* innermost, WaitReason reason) noexcept {
  drop_answer(task);
  task.blocked = innermost;
  task.reason = reason;
  task.state = TaskState::kBlocked;
}

bool LuaMachine::wake(WakeRef ref, int outcome) noexcept {
  Task& task = *ref.task;
  if (task.ticket != ref.ticket || task.state != TaskState::kBlocked) return false;
  ++task.ticket;
  for (uint32_t i = 0; i < task.waiter_count; ++i) unlink_waiter(task.waiters[i]);
  task.waiter_count = 0;
  task.outcome = outcome;
  push_ready(task);
  return true;
}

bool LuaMachine::answer_task(LuaMachine& machine, Signal* s, WakeRef ref) noexcept {
  if (!machine.wake(ref, Task::kAnswered)) {
    machine.context().release(s);
    return false;
  }
  ref.task->answer = s;
  return true;
}

Task* LuaMachine::add_task(lua_State* L) {
  lua_State* const thread = lua_tothread(L, -1);
  const int reference = anchor(L);
  Task* task = free_tasks_;
  if (task != nullptr) {
    free_tasks_ = task->next;
  } else {
    void* const block = allocate(sizeof(Task));
    if (block == nullptr) {
      unanchor(L, reference);
      return nullptr;
    }
    task = new (block) Task;
  }
  task->thread = thread;
  task->anchor = reference;
  ++spawned_tasks_;
  push_ready(*task);
  return task;
}

void LuaMachine::inspect(Context&, Inspection& out) noexcept {
  out.memory_bytes += arena_.held_bytes();
  const bool named_wait = main_.reason == WaitReason::kExec || main_.reason == WaitReason::kRoom;
  // Another coroutine could go on, and act: then nothing is certain.
  if (main_.state == TaskState::kBlocked && named_wait && spawned_tasks_ == 0) out.waits_for = main_.waits_for;
  if (sink_ != nullptr) sink_->inspect(out);
}

void LuaMachine::task_ended(Task& task) noexcept {
  drop_answer(task);
  ++task.ticket;  // old WakeRefs are void
  task.state = TaskState::kFree;
  if (&task == &main_) return;
  --spawned_tasks_;
  // Needs one or two stack slots of a state that is not running; without them the thread stays anchored.
  if (lua_checkstack(main_state(), 4)) unanchor(main_state(), task.anchor);
  task.thread = nullptr;
  task.blocked = nullptr;
  task.next = free_tasks_;
  free_tasks_ = &task;
}

// --- signals

SignalSink* LuaMachine::sink() noexcept {
  if (sink_ == nullptr && root_.hooks->make_sink != nullptr) sink_ = root_.hooks->make_sink(*this);
  return sink_;
}

void LuaMachine::route(Context& self, Signal* s) noexcept {
  Registration r;
  const bool by_id =
      s->kind == SignalKind::kTimer || s->kind == SignalKind::kCompletion || s->kind == SignalKind::kExit;
  if (by_id && registrations_.take(s->kind, s->ref, r)) {
    if (r.handler != nullptr) {
      r.handler(*this, s, r.arg);
    } else {
      answer_task(*this, s, {r.task, r.ticket});
    }
    return;
  }
  const bool for_sink = s->kind != SignalKind::kTimer && s->kind != SignalKind::kCompletion;
  if (SignalSink* const to = for_sink ? sink() : nullptr) {
    to->on_signal(*this, s);
  } else {
    self.release(s);
  }
}

// False: there may be more.
bool LuaMachine::route_signals(Context& self) noexcept {
  constexpr uint32_t kAtOnce = 1024;  // about 20 us
  for (uint32_t i = 0; i < kAtOnce; ++i) {
    Signal* const s = self.next_signal();
    if (s == nullptr) return true;
    route(self, s);
  }
  return false;
}

// --- the step

Verdict LuaMachine::init(Context& self) noexcept {
  push_ready(main_);
  return step(self);
}

Verdict LuaMachine::step(Context& self) noexcept {
  Ticker* const ticker = Ticker::current();
  const bool spent = root_.slice.expired != 0;
  root_.slice.expired = 0;
  root_.slice.polls = 0;
  if (ticker != nullptr) ticker->begin_step(root_, spent);
  const Verdict verdict = run_tasks(self);
  if (ticker != nullptr) ticker->end_step();
  return verdict;
}

Verdict LuaMachine::run_tasks(Context& self) noexcept {
  for (;;) {
    const bool all_routed = route_signals(self);
    if (self.ending() || self.killed()) return Verdict::kDone;
    Task* const task = pop_ready();
    if (task == nullptr) {
      if (!all_routed) return Verdict::kMore;
      self.set_wait(main_.state == TaskState::kBlocked ? main_.reason : WaitReason::kChannel);
      return Verdict::kWait;
    }
    if (!run_one(self, *task)) return end(self);
    if (root_.slice.expired != 0) return Verdict::kSpent;
    if (!self.charge()) return Verdict::kMore;
  }
}

// Why it could not go on, with the place if one was noted. Nothing of Lua runs or allocates any more.
void LuaMachine::finish_fatal(Context& self) noexcept {
  char text[256];
  const char* place = "";
  lua_State* const L = main_state();
  if (lua_checkstack(L, 1) != 0 && lua_rawgetp(L, LUA_REGISTRYINDEX, &kFatalPlaceKey) == LUA_TSTRING)
    place = lua_tostring(L, -1);
  std::snprintf(text, sizeof text, "%s%s", place, fatal_text(root_.slice.fatal));
  self.finish(ExitReason::failure(ErrorKind::kInternal, text));
  root_.done = true;
}

// False: the process ends or changes its code.
bool LuaMachine::run_one(Context& self, Task& task) noexcept {
  running_ = &task;
  task.state = TaskState::kRunning;
  root_.running = task.thread;
  fence_signal();
  int results = 0;
  const int arguments = std::exchange(task.arguments, 0);
  const int status = lua_resume(task.thread, nullptr, arguments, &results);
  fence_signal();
  root_.running = nullptr;
  running_ = nullptr;
  if (status != LUA_OK && status != LUA_YIELD) static_cast<void>(is_fatal(task.thread, status));
  if (root_.slice.fatal != Fatal::kNone && !root_.done) finish_fatal(self);
  if (status == LUA_YIELD) {
    root_.slice.system_yield = false;
    if (task.state == TaskState::kRunning) push_ready_front(task);  // preempted
  } else {
    if (status != LUA_OK && !root_.done && !root_.stopping && !self.killed()) {
      // A hook of the libraries failed while it reported an end.
      self.finish(ExitReason::failure(ErrorKind::kInternal, "error while the result was being reported"));
      root_.done = true;
    }
    task_ended(task);
  }
  return !root_.done && !root_.stopping && !root_.slice.killed;
}

Verdict LuaMachine::end(Context& self) noexcept {
  // stop_here without an end of the process: the machine is being replaced.
  const bool replaced = root_.stopping && !root_.done && !self.killed() && !self.ending();
  return replaced ? Verdict::kMore : Verdict::kDone;
}

// --- resources

void LuaMachine::add_resource(Resource* r) noexcept {
  r->previous = nullptr;
  r->next = resources_;
  if (resources_ != nullptr) resources_->previous = r;
  resources_ = r;
}

void LuaMachine::remove_resource(Resource* r) noexcept {
  if (r->previous != nullptr) {
    r->previous->next = r->next;
  } else {
    resources_ = r->next;
  }
  if (r->next != nullptr) r->next->previous = r->previous;
}

}  // namespace wippy::lua
