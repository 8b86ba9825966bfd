// How Runnables come to a worker from elsewhere: its inbox (another host, the blocking pool, the main thread) and the host's
// FIFOs (what does not fit into a worker's ring; what has used up its time slice).
//
// Inbox: Treiber's stack ("Systems programming: coping with parallelism", 1986), taken whole by one exchange, by the owner at
// each decision or by **any sibling** on its last search pass (rulings.md S12), and reversed: FIFO. Push is lock-free.
// Pair: (1) head_ CAS in push, release -> (2) head_ exchange in take_all, acquire. docs/internals/run_queues.md
#pragma once

#include <oneapi/tbb/concurrent_queue.h>

#include <cstdint>
#include <memory>

#include "memory/atomic.hpp"
#include "memory/cache_line.hpp"
#include "scheduler/runnable.hpp"

namespace wippy {

// A FIFO list through queue_next, ended by null; the taker holds every Runnable in it.
struct [[nodiscard]] RunnableList {
  Runnable* first = nullptr;
  uint32_t count = 0;
  // Null when empty.
  Runnable* pop() noexcept {
    Runnable* r = first;
    if (r != nullptr) {
      first = r->queue_next;
      r->queue_next = nullptr;
      --count;
    }
    return r;
  }
};

class alignas(kCacheLine) Inbox {
 public:
  // Any thread. From the return on the inbox (or its taker) holds r. True: it was empty, and the caller owes a wake-up check,
  // Idle::wake_one with the owner preferred. Else the pusher of the first entry owes it; what it wakes takes r, too.
  [[nodiscard]] bool push(Runnable* r) noexcept {
    Runnable* head = head_.load_relaxed();  // validated by (1)
    do {
      r->queue_next = head;
    } while (!head_.cas_weak_release(head, r));  // (1)
    return head == nullptr;
  }

  // Owner or any sibling. The peek keeps an empty inbox's line shared.
  RunnableList take_all() noexcept {
    RunnableList list;
    if (head_.load_relaxed() == nullptr) return list;  // a hint; (2) decides
    Runnable* r = head_.exchange_acquire(nullptr);     // (2)
    while (r != nullptr) {
      Runnable* older = r->queue_next;
      r->queue_next = list.first;
      list.first = r;
      ++list.count;
      r = older;
    }
    return list;
  }

  // A hint; after an SC fence that follows announcing sleep it is the re-check of idle.hpp.
  bool has_entries() const noexcept { return head_.load_relaxed() != nullptr; }

 private:
  Atomic<Runnable*> head_{nullptr};  // newest; written by pushers and takers
};

// Looked at when a worker's own queues are empty and at every 61st decision. Any thread may call anything. oneTBB: push
// publishes with release, pop acquires; FIFO for each pusher, batches of different ones may interleave; terminates without memory.
class OverflowQueue {
 public:
  // What one visit takes: enough to pay for the visit, little enough to leave work for siblings.
  static constexpr uint32_t kMaxBatch = 32;

  // The queue holds the Runnables from here. The caller owes a wake-up check (Idle::wake_one).
  [[gnu::noinline]] void push_batch(Runnable* const* items, uint32_t count) noexcept {
    for (uint32_t i = 0; i < count; ++i) queue_.push(items[i]);
  }
  void push(Runnable* r) noexcept { push_batch(&r, 1); }
  // At most `max`, oldest first; returns how many.
  [[gnu::noinline]] uint32_t pop_batch(Runnable** out, uint32_t max = kMaxBatch) noexcept {
    uint32_t n = 0;
    while (n < max && queue_.try_pop(out[n])) ++n;
    return n;
  }
  // Hints from the queue's ticket counters; after an SC fence that follows announcing sleep, the re-check of idle.hpp.
  bool has_entries() const noexcept { return !queue_.empty(); }
  uint64_t size_estimate() const noexcept { return queue_.unsafe_size(); }

 private:
  // std::allocator and not TBB's default: pages come from the process's allocator (jemalloc in release builds), and TSan
  // sees them freed and used again; libtbbmalloc is not instrumented.
  oneapi::tbb::concurrent_queue<Runnable*, std::allocator<Runnable*>> queue_;
};

}  // namespace wippy
