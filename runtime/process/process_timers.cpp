#include "runtime/process/process_timers.hpp"

#include <new>

#include "runtime/process/worker_procs.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/worker.hpp"

namespace wippy {

namespace {

// WorkerProcs::timers_allowed() has set a signal aside for each timer that fires: late is allowed, lost is not.
void fire_kill(const TimerEvent& e) noexcept {
  WorkerProcs& w = WorkerProcs::current();
  Signal* s = w.take_signal(SignalKind::kTerminate, 0);
  Pid target{e.pid};
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kStaleDeadline) && !w.node().alive(target))
    target.value += uint64_t{1} << kPidIndexBits;  // the next one in that block
#endif
  static_cast<void>(w.node().kill_with(target, Control::kKillDeadline, s));  // gone: nothing to do
}

void fire_signal(const TimerEvent& e) noexcept {
  WorkerProcs& w = WorkerProcs::current();
  static_cast<void>(w.node().deliver(Pid{e.pid}, w.take_signal(SignalKind::kTimer, e.ref)));
}

}  // namespace

TimerNode* make_timer(Pid pid, uint64_t id) noexcept {
  void* p = slab_allocate(0);
  if (p == nullptr) return nullptr;
  auto* n = new (p) TimerNode;
  n->pid = pid.value;
  n->ref = id;
  return n;
}

void free_timer(TimerNode* never_armed) noexcept { slab_free(never_armed, 0); }

void arm_process_timer(TimerNode* node, uint64_t delay_ns) noexcept {
  Worker::current()->timers().arm(node, deadline_after(monotonic_ns(), delay_ns), &fire_signal, TimerHold::kHeld);
}

void arm_kill_timer(TimerNode* node, uint64_t delay_ns) noexcept {
  Worker::current()->timers().arm(node, deadline_after(monotonic_ns(), delay_ns), &fire_kill, TimerHold::kDetached);
}

void drop_process_timer(TimerNode* node) noexcept {
  Worker* mine = Worker::current();
  if (TimerSet::cancel(node, mine == nullptr ? nullptr : &mine->timers())) slab_free(node, 0);
}

}  // namespace wippy
