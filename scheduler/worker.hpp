// Worker: one thread of one host. Owner of a run slot, a FIFO ring, a newborn deque, an inbox, a timer set.
//
// Where a Runnable goes:
//   woken by the current step        -> run slot (run next, at most 3 times in a row); its old occupant -> ring
//   budget spent, or preempted       -> ring (FIFO end); a spawner that leaves 64 newborns behind: overflow FIFO
//   new process, fork-join task      -> newborn deque (LIFO: depth first, few alive at once)
//   from another host or thread      -> inbox of the worker that last ran it
//   ring full                        -> half of it to the host's overflow FIFO
//
// Filling the empty slot never wakes anybody. Surplus (a second Runnable) is followed by one wake check at its first
// occurrence in a step and one at the step's end if more came (rulings.md S11).
#pragma once

#include <cstdint>
#include <vector>

#include "memory/atomic.hpp"
#include "memory/slab.hpp"
#include "memory/this_thread.hpp"
#include "numa/placement.hpp"
#include "scheduler/counters.hpp"
#include "scheduler/deque.hpp"
#include "scheduler/engine_slot.hpp"
#include "scheduler/idle.hpp"
#include "scheduler/inbox.hpp"
#include "scheduler/parker.hpp"
#include "scheduler/random.hpp"
#include "scheduler/ring.hpp"
#include "scheduler/runnable.hpp"
#include "scheduler/thread.hpp"
#include "scheduler/timer_set.hpp"

namespace wippy {

class Scheduler;

// What the layer above hangs on a worker. Called on the worker's thread only.
class WorkerHooks {
 public:
  // About every 64 steps, between two steps. now_ns: fresh.
  virtual void maintain(uint64_t now_ns) noexcept = 0;
  // About to park; the worker is offline for reclamation.
  virtual void before_park() noexcept = 0;
  // How many timers may fire now: what firing needs must not be refused then. 0: later.
  virtual uint32_t timers_allowed() noexcept { return ~uint32_t{0}; }

 protected:
  ~WorkerHooks() = default;
};

class alignas(kCacheLine) Worker {
 public:
  Worker(Scheduler& scheduler, uint16_t index, const WorkerPlace& place, uint64_t seed);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // The calling thread's worker, or null.
  static Worker* current() noexcept { return static_cast<Worker*>(t_this_thread.worker); }

  Scheduler& scheduler() noexcept { return scheduler_; }
  uint16_t index() const noexcept { return index_; }
  NodeId node() const noexcept { return place_.pu.node; }
  const WorkerPlace& place() const noexcept { return place_; }
  WorkerHooks* hooks() noexcept { return hooks_; }

  // --- on this worker's thread, inside a step
  void submit_local(Runnable* r) noexcept {
    if (slot_.load_relaxed() == nullptr) {  // only the owner fills it; a thief only empties it
      slot_.store_release(r);               // partner: a thief's exchange
      return;
    }
    Runnable* old = slot_.exchange_acq_rel(r);
    if (old != nullptr) submit_fifo(old);
  }
  void submit_fifo(Runnable* r) noexcept {
    push_ring(r);
    surplus();
  }
  void submit_newborn(Runnable* r) noexcept {
    if (!newborns_.push(r)) push_overflow(r);
    spawned_ = true;
    surplus();
  }
  // A spawner that gives way with this many newborns queued goes behind them (rulings.md S5): they should run while they are
  // warm. It is made to give way by its budget, of which each spawn takes one, not by this limit: the inner node of a tree that
  // has spawned its children and now waits for them must not be requeued.
  static constexpr uint32_t kNewbornLimit = 64;
  bool newborns_full() const noexcept { return newborns_.size_estimate() >= kNewbornLimit; }
  TimerSet& timers() noexcept { return timers_; }
  Random& random() noexcept { return random_; }

  EngineSlot& engine_slot() noexcept { return engine_slot_; }

  // --- any thread
  // Odd while a step runs; changes at both ends of each step.
  uint64_t step_seq() const noexcept { return step_seq_.load_acquire(); }
  const WorkerCounters& counters() const noexcept { return counters_; }
  Place idle_place() const noexcept;
  uint32_t queued_estimate() const noexcept {
    return ring_.size_estimate() + newborns_.size_estimate() + (slot_.load_relaxed() != nullptr ? 1u : 0u);
  }

 private:
  friend class Scheduler;
  friend class Monitor;

  static void thread_main(void* self);
  void loop() noexcept;
  Runnable* next() noexcept;
  Runnable* take_slot() noexcept;
  Runnable* take_overdue() noexcept;
  void requeue(Runnable* r) noexcept;
  Runnable* take_shared() noexcept;
  void drain_inbox() noexcept;
  void run_one(Runnable* r) noexcept;
  void tick() noexcept;
  void push_ring(Runnable* r) noexcept;
  void push_overflow(Runnable* r) noexcept;
  void surplus() noexcept {
    if (surplus_++ == 0) wake_for_surplus();
  }
  void wake_for_surplus() noexcept;
  void send_wake(Wake w) noexcept;

  // search.cpp
  Runnable* idle_turn() noexcept;
  Runnable* search() noexcept;
  Runnable* steal_pass(bool remote, bool last) noexcept;
  Runnable* steal_from(Worker& victim, bool last) noexcept;
  Runnable* steal_slot(Worker& victim) noexcept;
  Runnable* spin() noexcept;
  bool work_anywhere() noexcept;
  Resumed sleep(bool searching) noexcept;
  void park() noexcept;
  void fire_due_timers() noexcept;

  // Written by the owner only, read on every step.
  Scheduler& scheduler_;
  const WorkerPlace place_;
  const uint16_t index_;
  WorkerHooks* hooks_ = nullptr;
  EngineSlot engine_slot_;
  ReaderRecord* reader_ = nullptr;
  uint32_t lifo_run_ = 0;  // slot hits in a row
  uint32_t decisions_ = 0;
  uint32_t surplus_ = 0;
  uint32_t overdue_ = 0;
  bool spawned_ = false;  // the running step has pushed a newborn
  uint32_t steps_to_tick_ = 0;
  uint32_t ticks_ = 0;
  Random random_;
  WorkerCounters counters_;
  struct SlotWatch {
    uint64_t seq = 0;
    uint64_t since_ns = 0;
  };
  std::vector<SlotWatch> watched_;  // per sibling: how long its step has lasted, as far as this thief saw

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
