// What a worker does when its own queues are empty: search, spin, sleep. The accounting and its proof are in idle.hpp.
#include "scheduler/clock.hpp"
#include "scheduler/scheduler.hpp"
#include "scheduler/worker.hpp"

namespace wippy {

namespace {
// Waking a parked thread costs about 43 us on an idle core (peers.md): one thread of the runtime spins that long first.
constexpr uint64_t kSpinNs = 50'000;
// Looks at a busy gate, 0.1 to 0.4 us apart (cpu_relax differs that much between processors).
constexpr int kGateTries = 16;
// A slot is private until its worker's step is this old.
constexpr uint64_t kSlotStealNs = 20'000;
}  // namespace

// Null only when the scheduler stops.
Runnable* Worker::idle_turn() noexcept {
  Idle& idle = scheduler_.idle();
  bool searching = idle.try_search() == SearchStart::kSearch;
  for (;;) {
    Runnable* r = nullptr;
    if (searching) {
      r = search();
      if (r == nullptr) r = spin();
    }
    if (r == nullptr) {
      if (scheduler_.stopping()) return nullptr;
      searching = sleep(searching) == Resumed::kSearching;
      fire_due_timers();
      r = next();
    }
    if (r != nullptr) {
      if (searching && idle.found_work() == SearchEnd::kWakeNext) wake_for_surplus();
      return r;
    }
    if (!searching) searching = idle.try_search() == SearchStart::kSearch;
  }
}

void Worker::fire_due_timers() noexcept {
  timers_.drain_cancelled();
  if (timers_.next_deadline_ns() == kNeverNs) return;  // no clock is read for nothing
  const uint64_t now_ns = monotonic_ns();
  while (now_ns >= timers_.next_deadline_ns()) {
    const uint32_t allowed = hooks_->timers_allowed();
    if (allowed == 0) return;
    counters_.timers_fired.add(timers_.expire(now_ns, allowed));
  }
}

// Two local passes, then the remote nodes once; inboxes and old slots only on the last pass of each kind.
Runnable* Worker::search() noexcept {
  counters_.steal_attempts.add();
  if (Runnable* r = steal_pass(false, false)) return r;
  if (Runnable* r = steal_pass(false, true)) return r;
  if (Runnable* r = steal_pass(true, true)) return r;
  return take_shared();
}

Runnable* Worker::steal_pass(bool remote, bool last) noexcept {
  Runnable* found = nullptr;
  for (const VictimTier& tier : place_.tiers) {
    if ((tier.kind == TierKind::kRemote) != remote) continue;
    const bool hit = visit_tier(tier, static_cast<uint32_t>(random_.next() >> 32), [&](uint32_t v) {
      found = steal_from(scheduler_.worker(v), last);
      if (found != nullptr && remote) counters_.remote_stolen.add();
      return found != nullptr;
    });
    if (hit) return found;
  }
  return nullptr;
}

Runnable* Worker::steal_from(Worker& victim, bool last) noexcept {
  Runnable* r = nullptr;
  if (const uint32_t n = victim.ring_.steal_half_into(ring_, r); n != 0) {
    counters_.steals.add();
    counters_.stolen.add(n);
    return r;
  }
  for (Steal s = Steal::kAborted; s == Steal::kAborted;) s = victim.newborns_.steal(r);
  if (r == nullptr && last) {
    RunnableList list = victim.inbox_.take_all();
    r = list.pop();
    while (Runnable* more = list.pop()) push_ring(more);
    if (r == nullptr) r = steal_slot(victim);
  }
  if (r != nullptr) {
    counters_.steals.add();
    counters_.stolen.add();
  }
  return r;
}

// Only from under a step that this thief has seen running for 20 us: otherwise the victim will run it itself at once.
Runnable* Worker::steal_slot(Worker& victim) noexcept {
  if (victim.slot_.load_relaxed() == nullptr) return nullptr;  // a hint; the exchange decides
  SlotWatch& watch = watched_[victim.index_];
  const uint64_t seq = victim.step_seq();
  const uint64_t now_ns = monotonic_ns();
  if (seq != watch.seq || (seq & 1) == 0) {
    watch = SlotWatch{seq, now_ns};
    return nullptr;
  }
  if (now_ns - watch.since_ns < kSlotStealNs) return nullptr;
  return victim.slot_.exchange_acq_rel(nullptr);  // partner: submit_local's release
}

Runnable* Worker::spin() noexcept {
  SpinGate& gate = scheduler_.gate();
  Runnable* r = nullptr;
  // The present spinner may be about to find what this worker has just sent it, and to answer: parking now would cost two
  // wake-ups a round trip (measured: 28 us between two hosts' workers, 1 to 2 us with this).
  for (int tries = 0; !gate.try_begin(); ++tries) {
    if (tries == kGateTries || !gate.may_go_on() || scheduler_.stopping()) return nullptr;
    for (int i = 0; i < 8; ++i) cpu_relax();
    r = next();
    if (r != nullptr) return r;
  }
  const uint64_t end_ns = monotonic_ns() + kSpinNs;
  while (r == nullptr && gate.may_go_on() && !scheduler_.stopping()) {
    for (int i = 0; i < 8; ++i) cpu_relax();
    fire_due_timers();
    r = next();
    if (r == nullptr) r = search();
    if (monotonic_ns() >= end_ns) break;
  }
  gate.end();
  return r;
}

// The look that follows announcing sleep; see idle.hpp. Slots are not work in its sense.
bool Worker::work_anywhere() noexcept {
  if (scheduler_.overflow().has_entries() || slot_.load_relaxed() != nullptr) return true;
  for (uint32_t i = 0; i < scheduler_.worker_count(); ++i) {
    Worker& v = scheduler_.worker(i);
    if (v.inbox_.has_entries() || v.ring_.size_estimate() != 0 || v.newborns_.size_estimate() != 0) return true;
  }
  return scheduler_.stopping();
}

// From announcing sleep to being counted again; what each step owes is said in idle.hpp.
Resumed Worker::sleep(bool searching) noexcept {
  Idle& idle = scheduler_.idle();
  if (engine_slot_.before_park != nullptr) engine_slot_.before_park(engine_slot_.data);
  timers_.drain_cancelled();
  scheduler_.pools().grace().offline(*reader_);
  hooks_->before_park();
  const Announced announced = idle.announce_sleep(index_, searching);
  const bool due = monotonic_ns() >= timers_.next_deadline_ns();
#if defined(WIPPY_SIM)
  const bool work = !sim::planted(sim::Bug::kNoRecheck) && work_anywhere();
#else
  const bool work = work_anywhere();
#endif
  ResumeFor why = ResumeFor::kNoReason;
  if (work && announced == Announced::kSleeper) {
    why = ResumeFor::kFoundWork;
  } else {
    if (work) send_wake(idle.wake_one(place_.pu.node));  // going to reserve: somebody active takes it
    if (!due) park();
  }
  scheduler_.pools().grace().online(*reader_);
  return idle.resume(index_, why);
}

void Worker::park() noexcept {
  if (scheduler_.stopping()) return;
  counters_.parks.add();
  scheduler_.gate().thread_parks();
  static_cast<void>(parker_.park(timers_.next_deadline_ns()));  // whatever the reason: the caller looks again
  scheduler_.gate().thread_awake();
  scheduler_.worker_woke();
}

}  // namespace wippy
