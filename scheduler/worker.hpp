// Worker: one thread of one host. Owner of a run slot, a FIFO ring, a newborn deque, an inbox, a timer set.
// Where a Runnable goes:
//   woken by the current step        -> run slot (run next, at most 3 times in a row); its old occupant -> ring
//   budget spent                     -> ring (FIFO end); a spawner that leaves 64 newborns behind: overflow FIFO
//   preempted, or after a long step  -> the host's FIFO of the spent: when nobody else waits, or when they waited long enough
//   new process, fork-join task      -> newborn deque (LIFO: depth first, few alive at once)
//   from another host or thread      -> inbox of the worker that last ran it
//   ring full                        -> half of it to the host's overflow FIFO
// Filling the empty slot never wakes. Surplus (a second Runnable) is followed by one wake check at its first occurrence in a
// step and one at the step's end if more came (rulings.md S11).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "memory/slab.hpp"
#include "memory/this_thread.hpp"
#include "numa/placement.hpp"
#include "scheduler/counters.hpp"
#include "scheduler/deque.hpp"
#include "scheduler/idle.hpp"
#include "scheduler/inbox.hpp"
#include "scheduler/parker.hpp"
#include "scheduler/random.hpp"
#include "scheduler/ring.hpp"
#include "scheduler/thread.hpp"
#include "scheduler/timer_set.hpp"

namespace wippy {

class Scheduler;

// What the layer above hangs on a worker. Called on the worker's thread only.
class WorkerHooks {
 public:
  virtual void maintain(uint64_t now_ns) noexcept = 0;  // about every 64 steps, between two steps; now_ns is fresh
  virtual void before_park() noexcept = 0;              // the worker is offline for reclamation
  virtual void park_begins() noexcept {}
  virtual void park_ends() noexcept {}
  virtual void long_step_ended() noexcept {}                           // the monitor has seen it twice
  virtual void stole(uint32_t, uint32_t) noexcept {}                   // from that worker, that many
  virtual void woke(uint32_t) noexcept {}                              // that worker
  virtual uint32_t timers_allowed() noexcept { return ~uint32_t{0}; }  // to fire now; 0: what that needs is refused
  virtual ~WorkerHooks() = default;
};

// How long a worker's present step has lasted, as far as one observer has seen it.
struct StepWatch {
  uint64_t seen = 0, since_ns = 0;
  bool running() const noexcept { return (seen & 1) != 0; }
  // 0: between steps, or seen for the first time now.
  uint64_t age_ns(uint64_t seq, uint64_t now_ns) noexcept {
    if (seq == seen && running()) return now_ns - since_ns;
    *this = {seq, now_ns};
    return 0;
  }
};

class alignas(kCacheLine) Worker {
 public:
  Worker(Scheduler& scheduler, uint16_t index, const WorkerPlace& place, uint64_t seed);
  // The calling thread's worker, or null.
  static Worker* current() noexcept { return static_cast<Worker*>(t_this_thread.worker); }
  Scheduler& scheduler() noexcept { return scheduler_; }
  uint16_t index() const noexcept { return index_; }
  NodeId node() const noexcept { return place_.pu.node; }
  WorkerHooks* hooks() noexcept { return hooks_.get(); }

  // --- on this worker's thread, inside a step
  void submit_local(Runnable* r) noexcept {
    if (slot_.load_relaxed() != nullptr) return displace(r);  // only the owner fills it; a thief only empties it
    slot_.store_release(r);                                   // partner: take_slot's exchange
  }
  void submit_newborn(Runnable* r) noexcept {
    if (!newborns_.push(r)) push_ring(r);  // out of memory
    spawned_ = true;
    surplus();
  }
  TimerSet& timers() noexcept { return timers_; }

  // --- any thread
  // Odd while a step runs; changes at both ends of each step.
  uint64_t step_seq() const noexcept { return step_seq_.load_acquire() & ~kSeenTwice; }  // partner: run_one's release
  const WorkerCounters& counters() const noexcept { return counters_; }
  uint32_t stealable() const noexcept { return ring_.size_estimate() + newborns_.size_estimate(); }
  uint32_t queued_estimate() const noexcept { return stealable() + (slot_.load_relaxed() != nullptr ? 1u : 0u); }

 private:
  friend class Scheduler;
  friend class Monitor;

  static constexpr uint64_t kSeenTwice = uint64_t{1} << 63;  // in step_seq_: by the monitor, in one and the same step
  static void thread_main(void* self);
  void loop() noexcept;
  void run_one(Runnable* r) noexcept;
  void requeue(Runnable* r, bool spent) noexcept;
  void tick() noexcept;
  [[gnu::noinline]] void fire_due_timers() noexcept;
  Runnable* next() noexcept;
  Runnable* take_overdue() noexcept;
  Runnable* take_shared(OverflowQueue& from, uint32_t most = OverflowQueue::kMaxBatch) noexcept;
  void drain_inbox() noexcept;
  // Any thread.
  Runnable* take_slot() noexcept {
    if (slot_.load_relaxed() == nullptr) return nullptr;  // a hint; the exchange decides
    return slot_.exchange_acq_rel(nullptr);               // partner: submit_local's release
  }
  [[gnu::noinline]] void displace(Runnable* r) noexcept {
    Runnable* const old = slot_.exchange_acq_rel(r);  // partner: take_slot's exchange
    if (old != nullptr) push_ring(old), surplus();
  }
  void push_ring(Runnable* r) noexcept;
  void surplus() noexcept {
    if (surplus_++ == 0) wake_for_surplus();
  }
  void wake_for_surplus() noexcept;
  // A spawner that gives way with this many newborns queued goes behind them (rulings.md S5): they should run while warm. Its
  // budget makes it give way, not this limit: an inner node of a tree that waits for its children must not be requeued.
  bool newborns_full() const noexcept { return newborns_.size_estimate() >= 64; }
  [[gnu::noinline]] Runnable* idle_turn() noexcept;
  Runnable* search() noexcept;
  Runnable* steal_pass(bool remote, bool last) noexcept;
  bool leaves_at_home(const Worker& victim) noexcept;
  Runnable* steal_from(Worker& victim, bool last) noexcept;
  Runnable* spin() noexcept;
  bool work_anywhere() noexcept;
  bool sleep(bool searching) noexcept;
  void park() noexcept;

  // Written by the owner only, read on every step.
  Scheduler& scheduler_;
  const WorkerPlace place_;
  const uint16_t index_;
  bool spawned_ = false;  // the running step has pushed a newborn
  std::unique_ptr<WorkerHooks> hooks_;
  ReaderRecord* reader_ = nullptr;
  uint32_t lifo_run_ = 0, decisions_ = 0, overdue_ = 0;   // slot hits in a row; see next() and take_overdue()
  uint32_t surplus_ = 0, steps_to_tick_ = 0, ticks_ = 0;  // queued by this step beyond the slot; see tick()
  uint64_t look_again_ns_ = kNeverNs;                     // idle, and something left at home: until then; see there
  uint64_t spent_due_ns_ = kNeverNs;                      // when the spent have their turn; 0: now; see tick()
  Random random_;
  WorkerCounters counters_;
  std::vector<StepWatch> watched_;  // per sibling

  alignas(kCacheLine) Atomic<Runnable*> slot_{nullptr};  // filled by the owner, emptied by anybody
  Atomic<uint64_t> step_seq_{0};
  RunRing<256> ring_;
  NewbornDeque<256> newborns_;
  Inbox inbox_;
  TimerSet timers_;
  Parker parker_;
  Thread thread_;
};

}  // namespace wippy
