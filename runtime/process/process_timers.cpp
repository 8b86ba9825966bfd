#include "runtime/process/process_timers.hpp"

#include <new>

#include "runtime/process/worker_procs.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/worker.hpp"

namespace wippy {

namespace {

constexpr uint64_t kRetryNs = 1'000'000;

TimerNode* new_node(Pid pid, uint64_t ref) noexcept {
  void* p = slab_allocate(0);
  if (p == nullptr) return nullptr;
  auto* n = new (p) TimerNode;
  n->pid = pid.value;
  n->ref = ref;
  return n;
}

void fire_kill(const TimerEvent& e) noexcept {
  static_cast<void>(WorkerProcs::current().node().kill(Pid{e.pid}, Control::kKillDeadline));  // gone: nothing to do
}

void fire_signal(const TimerEvent& e) noexcept {
  Signal* s = make_bare_signal(SignalKind::kTimer, Pid{}, e.ref);
  if (s != nullptr) {
    static_cast<void>(WorkerProcs::current().node().deliver(Pid{e.pid}, s));
    return;
  }
  // Out of memory: late is allowed, lost is not. The held node has fired; a detached one carries the signal on.
  if (TimerNode* n = new_node(Pid{e.pid}, e.ref)) {
    Worker::current()->timers().arm(n, monotonic_ns() + kRetryNs, &fire_signal, TimerHold::kDetached);
  }
}

}  // namespace

TimerNode* arm_process_timer(Pid pid, uint64_t id, uint64_t delay_ns) noexcept {
  TimerNode* n = new_node(pid, id);
  if (n == nullptr) return nullptr;
  Worker::current()->timers().arm(n, deadline_after(monotonic_ns(), delay_ns), &fire_signal, TimerHold::kHeld);
  return n;
}

void drop_process_timer(TimerNode* node) noexcept {
  Worker* mine = Worker::current();
  if (TimerSet::cancel(node, mine == nullptr ? nullptr : &mine->timers())) slab_free(node, 0);
}

bool arm_kill_timer(Pid pid, uint64_t delay_ns) noexcept {
  TimerNode* n = new_node(pid, 0);
  if (n == nullptr) return false;
  Worker::current()->timers().arm(n, deadline_after(monotonic_ns(), delay_ns), &fire_kill, TimerHold::kDetached);
  return true;
}

}  // namespace wippy
