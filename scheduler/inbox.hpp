// Runnables handed to a worker from outside it: from another host, from the blocking pool, from the main thread.
//
// Algorithm: Treiber's stack ("Systems programming: coping with parallelism", 1986) reduced to push-one and take-all. The
// whole stack is taken by one exchange, by the owner at each decision or by **any sibling** of the host on its last search
// pass (rulings.md S12: otherwise what lies here waits for the owner's long step while siblings sleep), and reversed:
// FIFO. Only Runnables travel here, so no message overtakes another.
//
// Synchronises-with pair: (1) head_ CAS in push, release -> (2) head_ exchange in take_all, acquire. One acquire covers all
// pushes below the one it reads: each push is a read-modify-write and so continues the release sequences of those before.
// ABA: a push that meets the same head again after a take-all links to a node that is the head again: correct. Nobody
// dereferences a node it has not taken.
// Progress: push is lock-free, take_all wait-free apart from the reversal.
#pragma once

#include <cstdint>

#include "memory/atomic.hpp"
#include "memory/cache_line.hpp"
#include "scheduler/runnable.hpp"

namespace wippy {

enum class [[nodiscard]] InboxPush : uint8_t{
    kWasEmpty,    // the caller owes a wake-up check: Idle::wake_worker(owner)
    kHadEntries,  // the pusher of the first entry owes it; what it wakes takes this entry too
};

// A FIFO list through queue_next, ended by null; the taker holds every Runnable in it.
struct [[nodiscard]] RunnableList {
  Runnable* first = nullptr;
  uint32_t count = 0;

  bool empty() const noexcept { return first == nullptr; }
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
  Inbox() = default;
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // Any thread. From the return on the inbox (or its taker) holds r.
  InboxPush push(Runnable* r) noexcept {
    Runnable* head = head_.load_relaxed();  // validated by (1)
    do {
      r->queue_next = head;
    } while (!head_.cas_weak_release(head, r));  // (1)
    return head == nullptr ? InboxPush::kWasEmpty : InboxPush::kHadEntries;
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

}  // namespace wippy
