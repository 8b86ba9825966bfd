#include "scheduler/worker.hpp"

#include <cstdio>

#include "memory/assert.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/scheduler.hpp"

namespace wippy {

namespace {
// The run slot is taken at most this often in a row (Tokio's value): a ping-pong pair stays on its core, its peers wait
// for three steps at most.
constexpr uint32_t kSlotLimit = 3;
// Every 61st decision (Go's prime) looks at the host FIFO first, so that local work cannot starve what others wait for.
constexpr uint32_t kGlobalInterval = 61;
// One in 32 of these turns goes to the oldest newborn.
constexpr uint32_t kRareInterval = 32;
// The clock is read every 16 steps, not every step: a reading costs as much as a message.
constexpr uint32_t kTickSteps = 16;
constexpr uint32_t kMaintainTicks = 4;
constexpr uint32_t kOverflowBatch = 32;

// Timer nodes come from the slab's smallest class, whoever arms them.
void dispose_timer(TimerNode* n) noexcept { slab_free(n, 0); }
static_assert(sizeof(TimerNode) <= slab_class_bytes(0));
}  // namespace

Worker::Worker(Scheduler& scheduler, uint16_t index, const WorkerPlace& place, uint64_t seed)
    : scheduler_(scheduler), place_(place), index_(index), random_(seed), timers_(&dispose_timer, this) {}

Place Worker::idle_place() const noexcept { return scheduler_.idle().place(index_); }

void Worker::thread_main(void* self) {
  auto& w = *static_cast<Worker*>(self);
  Scheduler& s = w.scheduler_;
  s.pin(w.place_);
  ThreadScope scope(s.pools(), w.place_.pu.node, ReaderKind::kWorker);
  t_this_thread.worker = &w;
  w.reader_ = &this_memory().reader();
  w.watched_.resize(s.worker_count());
  s.pools().grace().online(*w.reader_);
  w.hooks_ = s.make_hooks(w);
  w.loop();
  if (w.engine_slot_.at_exit != nullptr) w.engine_slot_.at_exit(w.engine_slot_.data);
  w.timers_.clear();
  s.pools().grace().offline(*w.reader_);
  s.destroy_hooks(w.hooks_);
  w.hooks_ = nullptr;
  t_this_thread.worker = nullptr;
}

void Worker::loop() noexcept {
  scheduler_.gate().thread_awake();
  scheduler_.worker_woke();
  if (scheduler_.idle().starts_in_reserve(index_)) {
    scheduler_.pools().grace().offline(*reader_);
    park();
    const Resumed resumed = scheduler_.idle().resume(index_, ResumeFor::kNoReason);
    scheduler_.pools().grace().online(*reader_);  // as in sleep()
    if (resumed == Resumed::kSearching && scheduler_.idle().found_work() == SearchEnd::kWakeNext) wake_for_surplus();
  }
  while (!scheduler_.stopping()) {
    Runnable* r = next();
    if (r == nullptr) r = idle_turn();
    if (r != nullptr) run_one(r);
  }
  scheduler_.gate().thread_parks();
}

// The order of these sources *is* the policy.
Runnable* Worker::next() noexcept {
  if (lifo_run_ < kSlotLimit) {  // 1. what the last step woke
    if (Runnable* r = take_slot()) {
      ++lifo_run_;
      return r;
    }
  }
  lifo_run_ = 0;
  drain_inbox();  // 2. what came from outside queues behind the ring
  if (++decisions_ == kGlobalInterval) {
    decisions_ = 0;
    if (Runnable* r = take_overdue()) return r;  // 3. now and then: the host's FIFO, or the oldest newborn
  }
  if (Runnable* r = ring_.pop()) return r;      // 4. what has run before, in turn
  if (Runnable* r = newborns_.pop()) return r;  // 5. the newest newborn: depth first
  if (Runnable* r = take_slot()) return r;      // 6. the slot beyond its limit, when nobody waits
  return take_shared();                         // 7. the host's FIFO
}

// The oldest newborn is the largest subtree: taken often, it turns depth first into breadth first bit by bit (measured on a
// tree of 1.1 million: 110 ns a process at every 61st decision, 101 at every 1,952nd). The FIFO waits while newborns pile up, because whoever makes them
// may be in it (see requeue) and would make more than run meanwhile.
Runnable* Worker::take_overdue() noexcept {
  const uint32_t turn = ++overdue_ % kRareInterval;
  if (turn == 0) return newborns_.take_oldest();
  return newborns_full() && turn != kRareInterval / 2 ? nullptr : take_shared();
}

Runnable* Worker::take_slot() noexcept {
  if (slot_.load_relaxed() == nullptr) return nullptr;  // a hint; the exchange decides
  Runnable* r = slot_.exchange_acq_rel(nullptr);        // a thief may have been faster
  if (r != nullptr) counters_.slot_hits.add();
  return r;
}

void Worker::drain_inbox() noexcept {
  if (!inbox_.has_entries()) return;
  RunnableList list = inbox_.take_all();
  const uint32_t n = list.count;
  counters_.inbox_takes.add(n);
  while (Runnable* r = list.pop()) push_ring(r);
  if (n > 1) wake_for_surplus();
}

Runnable* Worker::take_shared() noexcept {
  Runnable* batch[kOverflowBatch];
  const uint32_t n = scheduler_.overflow().pop_batch(batch, kOverflowBatch);
  if (n == 0) return nullptr;
  counters_.overflow_takes.add(n);
  for (uint32_t i = 1; i < n; ++i) push_ring(batch[i]);
  if (n > 1) wake_for_surplus();  // what was moved is published again
  return batch[0];
}

void Worker::push_overflow(Runnable* r) noexcept { scheduler_.overflow().push(r); }

void Worker::push_ring(Runnable* r) noexcept {
  while (!ring_.push(r)) {
    Runnable* half[RunRing<256>::kHalf];
    const uint32_t n = ring_.take_half(half);
    if (n == 0) continue;  // a thief made room
    counters_.overflows.add();
    scheduler_.overflow().push_batch(half, n);
  }
}

// A spawner that leaves a full newborn deque behind goes behind its newborns. In the ring it would run before them, turn after
// turn: a million newborns queued, and each of them cold when it runs (measured: 110 ns a spawn instead of 50).
void Worker::requeue(Runnable* r) noexcept {
  if (!spawned_ || !newborns_full()) {
    // With something else to run here this is surplus like any other: two processes that never wait would else take turns
    // on one worker while the next one sleeps.
    const bool others = slot_.load_relaxed() != nullptr || ring_.size_estimate() != 0;
    push_ring(r);
    if (others) surplus();
    return;
  }
  push_overflow(r);
  ++surplus_;  // the check after the step covers it
}

void Worker::run_one(Runnable* r) noexcept {
  surplus_ = 0;
  spawned_ = false;
  step_seq_.store_release(step_seq_.load_relaxed() + 1);  // odd; read by the monitor and by thieves
  if (r->run(*this) == Outcome::kRequeue) requeue(r);
  step_seq_.store_release(step_seq_.load_relaxed() + 1);
  counters_.steps.add();
  if (surplus_ > 1) wake_for_surplus();
  scheduler_.pools().grace().quiescent(*reader_);
  scheduler_.idle().step_ended(index_);
  if (steps_to_tick_-- == 0) tick();
}

void Worker::tick() noexcept {
  steps_to_tick_ = kTickSteps;
  fire_due_timers();
  if (++ticks_ % kMaintainTicks == 0) hooks_->maintain(monotonic_ns());
}

void Worker::wake_for_surplus() noexcept {
  if (scheduler_.worker_count() > 1) send_wake(scheduler_.idle().wake_one(place_.pu.node));
}

void Worker::send_wake(Wake w) noexcept {
  if (!w.any()) return;
  counters_.wakes_sent.add();
  scheduler_.unpark(w.worker);
}

}  // namespace wippy
