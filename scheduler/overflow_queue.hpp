// The host's FIFO for what does not fit into a worker's ring: half a ring at a time when one overflows, and submissions
// that have no worker to prefer. A cold path; it is looked at when a worker's own queues are empty and at every 61st
// decision.
//
// Implementation: oneTBB's concurrent_queue. In the model build a mutex and a deque: the linearizable stub that the model
// suites take for it (rulings.md, "Relacy and the checker").
//
// Order: FIFO for each pusher; batches of different pushers may interleave. Any thread may call anything. Pushing
// publishes with release, popping acquires (TBB's contract). Memory exhaustion inside TBB ends the process.
#pragma once

#include <cstdint>
#include <memory>

#include "memory/atomic.hpp"
#include "memory/cache_line.hpp"
#include "scheduler/runnable.hpp"

namespace wippy {

class OverflowQueue {
 public:
  // What one visit takes: enough to pay for the visit, little enough to leave work for siblings.
  static constexpr uint32_t kMaxBatch = 32;

  OverflowQueue();
  ~OverflowQueue();  // does not look at what is left
  OverflowQueue(const OverflowQueue&) = delete;
  OverflowQueue& operator=(const OverflowQueue&) = delete;

  // The queue holds the Runnables from here. The caller owes a wake-up check (Idle::wake_one).
  void push(Runnable* r) noexcept { push_batch(&r, 1); }
  void push_batch(Runnable* const* items, uint32_t count) noexcept;

  // At most `max` (at most kMaxBatch), oldest first; returns how many. An empty queue costs one relaxed load.
  uint32_t pop_batch(Runnable** out, uint32_t max) noexcept {
    return has_entries() ? pop_slow(out, max < kMaxBatch ? max : kMaxBatch) : 0;
  }
  Runnable* pop() noexcept {
    Runnable* r = nullptr;
    return pop_batch(&r, 1) == 1 ? r : nullptr;
  }

  // The counter is raised after the items are in and lowered after they are out, so a reader may miss items whose pusher
  // has not returned yet. That is harmless: the pusher's own wake-up check, an SC fence later, sees the reader asleep
  // (idle.hpp). It may be negative for a moment.
  bool has_entries() const noexcept { return count_.load_relaxed() > 0; }
  uint64_t size_estimate() const noexcept {
    const int64_t n = count_.load_relaxed();  // a hint
    return n > 0 ? static_cast<uint64_t>(n) : 0;
  }

 private:
  struct Queue;
  uint32_t pop_slow(Runnable** out, uint32_t max) noexcept;

  alignas(kCacheLine) Atomic<int64_t> count_{0};  // written by pushers and takers
  std::unique_ptr<Queue> queue_;
};

}  // namespace wippy
