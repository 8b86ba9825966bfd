#include "scheduler/worker.hpp"

#include "scheduler/monitor.hpp"

namespace wippy {

namespace {
// The run slot is taken at most this often in a row (Tokio's value): a ping-pong pair stays on its core, its peers wait
// for three steps at most.
constexpr uint32_t kSlotLimit = 3;
// Every 61st decision (Go's prime) looks at the host FIFO or at the oldest newborn first, so that nobody starves them.
constexpr uint32_t kGlobalInterval = 61, kRareInterval = 32;
// The clock is read every 16 steps, not every step: a reading costs as much as a message.
constexpr uint32_t kTickSteps = 16, kMaintainTicks = 4;
constexpr uint64_t kSpentWaitNs = 250'000;  // their slices are 0.25 to 1 ms: half of the time stays theirs
constexpr uint64_t kSpinNs = 50'000;        // about what waking a parked thread costs (43 us)
constexpr int kGateTries = 16;              // looks at a busy gate, 0.1 to 0.4 us apart
constexpr uint64_t kSlotStealNs = 20'000;   // from under a younger step the victim will run it itself at once
constexpr uint32_t kPlenty = 4;             // queued for each worker: they are stolen strictly from the nearest first
constexpr uint64_t kHomeNs = 500'000;       // as long Linux leaves a task where it ran (sched_migration_cost)

static_assert(sizeof(TimerNode) <= slab_class_bytes(0));
}  // namespace

Worker::Worker(Scheduler& scheduler, uint16_t index, const WorkerPlace& place, uint64_t seed)
    : scheduler_(scheduler),
      place_(place),
      index_(index),
      random_(seed),
      timers_([](TimerNode* n) noexcept { slab_free(n, 0); },  // of the smallest class, whoever arms them
              [](void* self) noexcept { static_cast<Worker*>(self)->parker_.unpark(); }, this) {}

void Worker::thread_main(void* self) {
  auto& w = *static_cast<Worker*>(self);
  Scheduler& s = w.scheduler_;
  if (w.place_.pinned)  // refused: slower, still correct
    static_cast<void>(s.config().topology.pin_this_thread(w.place_.pu.os_index));
  ThreadMemory scope(s.config().pools, w.node(), ReaderKind::kWorker);
  t_this_thread.worker = &w;
  w.reader_ = &this_memory().reader();
  w.watched_.resize(s.worker_count());
  s.config().pools.grace().online(*w.reader_);
  w.hooks_ = s.config().make_hooks();
  w.loop();
  w.timers_.clear();
  s.config().pools.grace().offline(*w.reader_);
  w.hooks_.reset();
  t_this_thread.worker = nullptr;
}

void Worker::loop() noexcept {
  scheduler_.config().gate.thread_awake();
  scheduler_.config().monitor.worker_woke();
  if (scheduler_.idle().starts_in_reserve(index_)) {
    scheduler_.config().pools.grace().offline(*reader_);
    park();
    const bool searching = scheduler_.idle().resume(index_, false);
    scheduler_.config().pools.grace().online(*reader_);  // as in sleep()
    if (searching && scheduler_.idle().found_work()) wake_for_surplus();
  }
  while (!scheduler_.stopping()) {
    Runnable* r = next();
    if (r == nullptr) r = idle_turn();
    if (r != nullptr) run_one(r);
  }
  scheduler_.config().gate.thread_parks();
}

void Worker::run_one(Runnable* r) noexcept {
  surplus_ = 0;
  spawned_ = false;
  step_seq_.store_release(step_seq_.load_relaxed() + 1);  // odd; read by the monitor and by thieves
  const Outcome outcome = r->run(*this);
  const uint64_t seq = step_seq_.load_relaxed() + 1;
  if (outcome != Outcome::kDone) requeue(r, outcome == Outcome::kSpent || (seq & kSeenTwice) != 0);
  step_seq_.store_release(seq & ~kSeenTwice);          // even; as above
  if (__builtin_expect((seq & kSeenTwice) != 0, 0)) {  // timers have waited, and the overdue
    steps_to_tick_ = 0, decisions_ = kGlobalInterval - 1, hooks_->long_step_ended();
  }
  counters_.steps.add();
  if (surplus_ > 1) wake_for_surplus();
  scheduler_.config().pools.grace().quiescent(*reader_);
  scheduler_.idle().step_ended(index_);
  if (steps_to_tick_-- == 0) tick();
}

// A spawner that leaves a full newborn deque behind goes behind its newborns. In the ring it would run before them, turn after
// turn: a million newborns queued, and each of them cold when it runs (measured: 110 ns a spawn instead of 50).
void Worker::requeue(Runnable* r, bool spent) noexcept {
  const bool behind = spawned_ && newborns_full();
  // With something else to run here this is surplus like any other: two processes that never wait would else take turns
  // on one worker while the next one sleeps.
  const bool others = behind || slot_.load_relaxed() != nullptr || ring_.size_estimate() != 0;
  if (spent) steps_to_tick_ = 0, spent_due_ns_ = kNeverNs;
  behind ? scheduler_.overflow().push(r) : spent ? scheduler_.spent().push(r) : push_ring(r);
  if (others) surplus();
}

void Worker::tick() noexcept {
  steps_to_tick_ = kTickSteps;
  fire_due_timers();
  if (scheduler_.spent().has_entries()) {
    const uint64_t now_ns = monotonic_ns();
    if (spent_due_ns_ == kNeverNs) spent_due_ns_ = now_ns + kSpentWaitNs;  // after the last one's slice
    if (now_ns >= spent_due_ns_) spent_due_ns_ = 0, decisions_ = kGlobalInterval - 1;
  }
  if (++ticks_ % kMaintainTicks == 0) hooks_->maintain(monotonic_ns());
}

void Worker::fire_due_timers() noexcept {
  timers_.drain_cancelled();
  if (timers_.next_deadline_ns() == kNeverNs) return;  // no clock is read for nothing
  const uint64_t now_ns = monotonic_ns();
  surplus_ = 0;  // what they make runnable is published like a step's
  while (now_ns >= timers_.next_deadline_ns()) {
    const uint32_t allowed = hooks_->timers_allowed();
    if (allowed == 0) break;
    counters_.timers_fired.add(timers_.expire(now_ns, allowed));
  }
  if (surplus_ > 1) wake_for_surplus();
}

// The order of these sources *is* the policy.
Runnable* Worker::next() noexcept {
  if (lifo_run_ < kSlotLimit) {  // 1. what the last step woke
    if (Runnable* r = take_slot()) {
      ++lifo_run_;
      counters_.slot_hits.add();
      return r;
    }
  }
  lifo_run_ = 0;
  if (inbox_.has_entries()) drain_inbox();  // 2. what came from outside queues behind the ring
  if (++decisions_ == kGlobalInterval) {
    decisions_ = 0;
    if (Runnable* r = take_overdue()) return r;  // 3. now and then: one of the host's FIFOs, or the oldest newborn
  }
  if (Runnable* r = ring_.pop()) return r;  // 4. what has run before, in turn
  // 5. the newest newborn: depth first. An empty deque's pop would be a full fence; nobody else adds to it.
  if (Runnable* r = newborns_.size_estimate() == 0 ? nullptr : newborns_.pop()) return r;
  if (Runnable* r = take_slot()) {  // 6. the slot beyond its limit, when nobody waits
    counters_.slot_hits.add();
    return r;
  }
  if (Runnable* r = take_shared(scheduler_.overflow())) return r;  // 7. the host's FIFO
  return take_shared(scheduler_.spent(), 1);                       // 8. who has had a whole slice
}

// The oldest newborn is the largest subtree: taken often, it makes depth first breadth first (docs/decisions/005): it has turns 1, 2, 4 … 64, 96 …
// The FIFO waits while newborns pile up: their maker may be in it (see requeue) and would make more than run meanwhile.
Runnable* Worker::take_overdue() noexcept {
  if (Runnable* r = spent_due_ns_ == 0 ? take_shared(scheduler_.spent(), 1) : nullptr) return r;
  if (newborns_.size_estimate() == 0) return overdue_ = 0, take_shared(scheduler_.overflow());
  const uint32_t turn = ++overdue_;
  if ((turn & (turn - 1)) == 0 || turn % kRareInterval == 0) return newborns_.steal();
  return newborns_full() && turn % kRareInterval != kRareInterval - 1 ? nullptr : take_shared(scheduler_.overflow());
}

Runnable* Worker::take_shared(OverflowQueue& from, uint32_t most) noexcept {
  Runnable* batch[OverflowQueue::kMaxBatch];
  const uint32_t n = from.pop_batch(batch, most);
  if (n == 0) return nullptr;
  counters_.overflow_takes.add(n);
  for (uint32_t i = 1; i < n; ++i) push_ring(batch[i]);
  if (n > 1) wake_for_surplus();  // what was moved is published again
  return batch[0];
}

void Worker::drain_inbox() noexcept {
  RunnableList list = inbox_.take_all();
  const uint32_t n = list.count;
  counters_.inbox_takes.add(n);
  while (Runnable* r = list.pop()) push_ring(r);
  if (n > 1) wake_for_surplus();
}

void Worker::push_ring(Runnable* r) noexcept {
  while (!ring_.push(r)) {
    Runnable* half[RunRing<256>::kHalf];
    const uint32_t n = ring_.take_half(half);
    if (n == 0) continue;  // a thief made room
    counters_.overflows.add();
    scheduler_.overflow().push_batch(half, n);
  }
}

void Worker::wake_for_surplus() noexcept {
  if (scheduler_.worker_count() == 1) return;
  const Wake w = scheduler_.idle().wake_one(node());
  if (!w.any()) return;
  counters_.wakes_sent.add();
  hooks_->woke(w.worker);
  scheduler_.wake(w);
}

// ---- no work of its own; the accounting and its proof: idle.hpp, docs/internals/parking.md -----------------------------

// Null only when the scheduler stops.
Runnable* Worker::idle_turn() noexcept {
  Idle& idle = scheduler_.idle();
  bool searching = idle.try_search();
  for (;;) {
    Runnable* r = searching ? search() : nullptr;
    if (searching && r == nullptr) r = spin();
    if (r == nullptr) {
      if (scheduler_.stopping()) return nullptr;
      searching = sleep(searching);
      fire_due_timers();
      r = next();
    }
    if (r != nullptr) {
      if (searching ? idle.found_work() : look_again_ns_ != kNeverNs) wake_for_surplus();  // another must look again
      look_again_ns_ = kNeverNs;
      return r;
    }
    if (!searching) searching = idle.try_search();
  }
}

// Two local passes, then the remote nodes once; inboxes and old slots only on the last pass of each kind.
Runnable* Worker::search() noexcept {
  counters_.steal_attempts.add();
  if (Runnable* r = steal_pass(false, false)) return r;
  if (Runnable* r = steal_pass(false, true)) return r;
  if (Runnable* r = steal_pass(true, true)) return r;
  if (Runnable* r = take_shared(scheduler_.overflow())) return r;
  return take_shared(scheduler_.spent(), 1);
}

Runnable* Worker::steal_pass(bool remote, bool last) noexcept {
  Runnable* found = nullptr;
  const uint32_t n = remote && scheduler_.config().pools.nodes() != 1 ? scheduler_.worker_count() : 0;
  uint32_t queued = 0;  // on all nodes, but here it is nothing by now
  for (uint32_t i = 0; i < n; ++i) queued += scheduler_.worker(i).stealable();
  for (const VictimTier& tier : place_.tiers) {
    if ((tier.kind == TierKind::kRemote) != remote) continue;
    if (visit_tier(tier, static_cast<uint32_t>(random_.next() >> 32), [&](uint32_t v) {
          Worker& victim = scheduler_.worker(v);
          if (queued >= kPlenty * n || !leaves_at_home(victim)) found = steal_from(victim, last);
          return found != nullptr;
        }))
      break;
  }
  return found;
}

// When work is scarce, the only one in a queue on another node is left to that node while all workers there are awake, as one
// of them is about to take it; but only for kHomeNs of this worker's idleness, as two that never wait may take turns there.
bool Worker::leaves_at_home(const Worker& victim) noexcept {
  const bool one = victim.stealable() == 1 && !victim.inbox_.has_entries();
  if (!one || scheduler_.idle().anyone_sleeps_on(victim.node())) return false;
  if (look_again_ns_ == kNeverNs) look_again_ns_ = monotonic_ns() + kHomeNs;
  return monotonic_ns() < look_again_ns_;
}

Runnable* Worker::steal_from(Worker& victim, bool last) noexcept {
  Runnable* r = nullptr;
  uint32_t n = victim.ring_.steal_half_into(ring_, r);
  if (n == 0) n = 1, r = victim.newborns_.steal();
  if (r == nullptr && last) {
    RunnableList list = victim.inbox_.take_all();
    r = list.pop();
    while (Runnable* more = list.pop()) push_ring(more);
  }
  if (r == nullptr && last && victim.slot_.load_relaxed() != nullptr) {  // a hint; take_slot decides
    const uint64_t age_ns = watched_[victim.index_].age_ns(victim.step_seq(), monotonic_ns());
    if (age_ns >= kSlotStealNs) r = victim.take_slot();
  }
  if (r == nullptr) return nullptr;
  counters_.steals.add();
  counters_.stolen.add(n);
  if (victim.node() != node()) counters_.remote_stolen.add(n);
  hooks_->stole(victim.index_, n);
  return r;
}

Runnable* Worker::spin() noexcept {
  SpinGate& gate = scheduler_.config().gate;
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

// The look that follows announcing sleep. Not work in its sense: siblings' slots, and what it leaves at home for a while.
bool Worker::work_anywhere() noexcept {
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kNoRecheck)) return false;
#endif
  if (scheduler_.overflow().has_entries() || scheduler_.spent().has_entries()) return true;
  if (inbox_.has_entries() || queued_estimate() != 0) return true;
  bool left = false;
  for (const VictimTier& tier : place_.tiers) {
    for (const uint32_t i : tier.workers) {
      const Worker& v = scheduler_.worker(i);
      if (v.stealable() == 0 && !v.inbox_.has_entries()) continue;
      if (tier.kind != TierKind::kRemote || !leaves_at_home(v)) return true;
      left = true;
    }
  }
  if (!left) look_again_ns_ = kNeverNs;
  return scheduler_.stopping();
}

// From announcing sleep to being counted again; what each step owes is said in idle.hpp. Returns whether it searches.
bool Worker::sleep(bool searching) noexcept {
  Idle& idle = scheduler_.idle();
  timers_.drain_cancelled();
  scheduler_.config().pools.grace().offline(*reader_);
  hooks_->before_park();
  const Place place = idle.announce_sleep(index_, searching);
  const bool due = monotonic_ns() >= timers_.next_deadline_ns();
  const bool work = work_anywhere();
  const bool found = work && place == Place::kSleeping;
  if (!found) {
    if (work) wake_for_surplus();  // going to reserve: somebody active takes it
    if (!due) park();
  }
  searching = idle.resume(index_, found);
  scheduler_.config().pools.grace().online(*reader_);  // after the count: ProcessHost::is_empty relies on its fence
  return searching;
}

void Worker::park() noexcept {
  if (scheduler_.stopping()) return;
  counters_.parks.add();
  scheduler_.config().gate.thread_parks();
  hooks_->park_begins();
  static_cast<void>(parker_.park(std::min(timers_.next_deadline_ns(), look_again_ns_)));  // whatever the reason
  hooks_->park_ends();
  scheduler_.config().gate.thread_awake();
  scheduler_.config().monitor.worker_woke();
}

}  // namespace wippy
