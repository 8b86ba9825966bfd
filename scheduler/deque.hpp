// Newborn processes and fork-join tasks of one worker: LIFO for the owner (depth first, few alive at once), oldest first
// for thieves (the largest subtree).
//
// Algorithm: Chase and Lev, "Dynamic circular work-stealing deque" (SPAA 2005), with the memory orders of Lê, Pop, Cohen
// and Zappa Nardelli, "Correct and efficient work-stealing for weak memory models" (PPoPP 2013), figure 1. Single steals only.
//   top_  next position to steal, moved by CAS      bottom_  next position to push, written by the owner
// Pairs: (1) release fence + bottom_ store in push -> (2) bottom_ acquire load in steal: the entry and what it points to.
//   (3) SC fence in pop, between store bottom_ and load top_ <-> (4) SC fence in steal, between load top_ and load bottom_.
//   (5) top_ CAS, seq_cst: one winner for each position.   (6) top_ acquire load in push, with (5): slots are used again.
//   (7) buffer_ release store in grow -> (8) buffer_ acquire load in steal: the copied entries.
// Stale loads, growth, TSan, model suite: docs/internals/run_queues.md
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "memory/assert.hpp"
#include "memory/atomic.hpp"
#include "memory/cache_line.hpp"
#include "scheduler/runnable.hpp"

namespace wippy {

// InitialCapacity: power of two. Model suites use 1 or 2 so that growth is explored.
template <uint32_t InitialCapacity = 256>
class NewbornDeque {
  static_assert(InitialCapacity >= 1 && (InitialCapacity & (InitialCapacity - 1)) == 0);

 public:
  NewbornDeque() noexcept {
    Buffer* b = Buffer::make(InitialCapacity, nullptr);
    if (b == nullptr) assertion_failed("NewbornDeque: out of memory", __FILE__, __LINE__);
    buffer_.store_relaxed(b);  // before any thief exists
  }
  // No thief may be active. What is left inside is not looked at.
  ~NewbornDeque() {
    for (Buffer* b = buffer_.load_relaxed(); b != nullptr;) {
      std::destroy_n(b->slots(), b->mask + 1);
      ::operator delete(std::exchange(b, b->previous));
    }
  }

  // Owner. False: the buffer is full and memory for a larger one is refused; the caller still holds r.
  [[nodiscard, gnu::always_inline]] bool push(Runnable* r) noexcept {
    const int64_t bottom = bottom_.load_relaxed();  // own
    const int64_t top = top_.load_acquire();        // (6)
    Buffer* buffer = buffer_.load_relaxed();        // own
    if (bottom - top > buffer->mask) {
      buffer = grow(buffer, top, bottom);
      if (buffer == nullptr) return false;
    }
    buffer->at(bottom).store_relaxed(r);  // published by (1)
    fence_release();                      // (1)
    store_bottom(bottom + 1);             // (1)
    return true;
  }

  // Owner. The newest entry, or null.
  Runnable* pop() noexcept {
    const int64_t bottom = bottom_.load_relaxed() - 1;  // own
    Buffer* buffer = buffer_.load_relaxed();            // own
    store_bottom(bottom);
    fence_seq_cst();                    // (3) with (4)
    int64_t top = top_.load_relaxed();  // ordered by (3)
    if (top > bottom) {                 // was empty
      store_bottom(bottom + 1);
      return nullptr;
    }
    Runnable* r = buffer->at(bottom).load_relaxed();            // own store
    if (top == bottom) {                                        // the last one: race the thieves for it
      if (!top_.cas_strong_seq_cst(top, top + 1)) r = nullptr;  // (5)
      store_bottom(bottom + 1);
    }
    return r;
  }

  // Any thread: a thief, or the owner between two of its operations, so that a busy LIFO end cannot starve the oldest. The
  // oldest entry, or null when there is none. Each further round means that another taker won that position.
  Runnable* steal() noexcept {
    for (;;) {
      int64_t top = top_.load_acquire();              // (6) of another thief's (5)
      fence_seq_cst();                                // (4) with (3)
      const int64_t bottom = bottom_.load_acquire();  // (2)
      if (top >= bottom) return nullptr;
      Buffer* buffer = buffer_.load_acquire();              // (8)
      Runnable* r = buffer->at(top).load_relaxed();         // validated by the CAS, published by (1) or (7)
      if (top_.cas_strong_seq_cst(top, top + 1)) return r;  // (5)
    }
  }

  // Exact for the owner while no thief is active, otherwise a hint (also the re-check after announcing sleep, idle.hpp).
  uint32_t size_estimate() const noexcept {
    const int64_t top = top_.load_acquire();         // (6)
    const int64_t n = bottom_.load_acquire() - top;  // (2)
    return n <= 0 ? 0 : static_cast<uint32_t>(n);
  }
  uint32_t capacity() const noexcept { return static_cast<uint32_t>(buffer_.load_relaxed()->mask + 1); }  // owner

 private:
  using Slot = Atomic<Runnable*>;
  struct Buffer {
    int64_t mask;
    Buffer* previous;  // smaller, kept until the deque dies: a thief needs no reader section

    Slot* slots() noexcept { return std::launder(reinterpret_cast<Slot*>(this + 1)); }
    Slot& at(int64_t position) noexcept { return slots()[position & mask]; }
    static Buffer* make(int64_t capacity, Buffer* previous) noexcept {
      const auto n = static_cast<std::size_t>(capacity);
      void* memory = ::operator new(sizeof(Buffer) + n * sizeof(Slot), std::nothrow);
      if (memory == nullptr) return nullptr;
      auto* b = new (memory) Buffer{capacity - 1, previous};
      std::uninitialized_value_construct_n(reinterpret_cast<Slot*>(b + 1), n);
      return b;
    }
  };
  static_assert(sizeof(Buffer) % alignof(Slot) == 0);

  [[gnu::noinline]] Buffer* grow(Buffer* old, int64_t top, int64_t bottom) noexcept {
    Buffer* larger = Buffer::make((old->mask + 1) * 2, old);
    if (larger == nullptr) return nullptr;
    for (int64_t i = top; i < bottom; ++i) larger->at(i).store_relaxed(old->at(i).load_relaxed());  // own, then (7)
    buffer_.store_release(larger);                                                                  // (7)
    return larger;
  }
  void store_bottom(int64_t v) noexcept {
#if defined(__SANITIZE_THREAD__)
    bottom_.store_release(v);  // what (1) and (3) give and TSan cannot see
#else
    bottom_.store_relaxed(v);  // ordered by (1) or (3)
#endif
  }

  alignas(kCacheLine) Atomic<int64_t> top_{0};     // written by thieves and, for the last entry, the owner
  alignas(kCacheLine) Atomic<int64_t> bottom_{0};  // written by the owner
  Atomic<Buffer*> buffer_{nullptr};                // written by the owner, rarely
};

}  // namespace wippy
