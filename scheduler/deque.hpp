// Newborn processes and fork-join tasks of one worker: LIFO for the owner, oldest first for thieves.
//
// Why a second queue: with newborns in a FIFO a spawning tree runs breadth first and keeps every block alive and cold
// (measured 204 ns a node against 46, rulings.md). LIFO runs it depth first, and the oldest entry, the one a thief gets,
// is the largest subtree.
//
// Algorithm: Chase and Lev, "Dynamic circular work-stealing deque" (SPAA 2005), with the memory orders of Lê, Pop, Cohen
// and Zappa Nardelli, "Correct and efficient work-stealing for weak memory models" (PPoPP 2013), figure 1; the consume
// load of the array is an acquire load. Single steals only: a batch CAS on top_ is wrong with a LIFO owner, who takes
// bottom entries without touching top_.
//
//   top_     next position to steal    moved by CAS (thieves; owner for the last entry)
//   bottom_  next position to push     written by the owner
//
// Synchronises-with pairs and fences:
//   (1) release fence + bottom_ store in push -> (2) bottom_ acquire load in steal: the entry and what it points to. A
//       fence, not a release store: it also covers the later relaxed stores of bottom_ in pop, which a thief may read
//       instead of push's (since C++20 they do not continue push's release sequence).
//   (3) SC fence in pop, between store bottom_ and load top_  <->  (4) SC fence in steal, between load top_ and load
//       bottom_: owner and thief cannot both miss the other for the last entries (store buffering).
//   (5) top_ CAS, seq_cst: one winner for each position.
//   (6) top_ acquire load in push, with (5): an entry is read before its slot is used again.
//   (7) buffer_ release store in grow -> (8) buffer_ acquire load in steal: the copied entries.
// Which loads may be stale: top_ in pop and push (too small: the CAS decides; the buffer grows early), bottom_ in steal
// (too small: reported empty; too large is excluded by (3)/(4)), buffer_ in steal (an old buffer still holds every
// position that a successful CAS can name, because grow copies and never overwrites).
//
// Growth keeps the old buffers until destruction instead of retiring them through a grace period (house.md §3.7): their
// sizes are 1/2 + 1/4 + ... of the current one, so at most 1x more; a spawner ends its step at 64 newborns, so growth is
// rare; and a thief needs no reader section.
//
// TSan does not see fences; atomic.hpp replaces them by RMWs of one word, which orders fence with fence but not the
// fence (1) with the plain acquire load (2). Under TSan the stores of bottom_ are therefore release stores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include "memory/assert.hpp"
#include "memory/atomic.hpp"
#include "memory/cache_line.hpp"
#include "scheduler/runnable.hpp"

namespace wippy {

enum class [[nodiscard]] Steal : uint8_t{
    kEmpty,    // nothing to take; go to the next victim
    kAborted,  // another taker won this position; the deque may hold more
    kGot,      // the caller holds the Runnable
};

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
      Buffer* previous = b->previous;
      Buffer::destroy(b);
      b = previous;
    }
  }
  NewbornDeque(const NewbornDeque&) = delete;
  NewbornDeque& operator=(const NewbornDeque&) = delete;

  // Owner. False: the buffer is full and memory for a larger one is refused; the caller still holds r and puts it
  // where overflow goes.
  [[nodiscard]] bool push(Runnable* r) noexcept {
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

  // Any other thread, or the owner between two of its operations. One attempt for the oldest entry; `out` is written on
  // kGot only.
  Steal steal(Runnable*& out) noexcept {
    int64_t top = top_.load_acquire();              // (6) of another thief's (5)
    fence_seq_cst();                                // (4) with (3)
    const int64_t bottom = bottom_.load_acquire();  // (2)
    if (top >= bottom) return Steal::kEmpty;
    Buffer* buffer = buffer_.load_acquire();       // (8)
    Runnable* r = buffer->at(top).load_relaxed();  // validated by the CAS, published by (1) or (7)
    if (!top_.cas_strong_seq_cst(top, top + 1)) return Steal::kAborted;  // (5)
    out = r;
    return Steal::kGot;
  }

  // Owner, every 61st decision: the oldest entry, so that a busy LIFO end cannot starve it. Null when empty. It is the
  // owner acting as a thief; each retry means that another thief took one.
  Runnable* take_oldest() noexcept {
    Runnable* r = nullptr;
    for (;;) {
      switch (steal(r)) {
        case Steal::kEmpty: return nullptr;
        case Steal::kGot: return r;
        case Steal::kAborted: break;
      }
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
  struct Buffer {
    int64_t mask;
    Buffer* previous;  // smaller, kept until the deque dies

    Atomic<Runnable*>& at(int64_t position) noexcept { return slots()[position & mask]; }
    Atomic<Runnable*>* slots() noexcept { return std::launder(reinterpret_cast<Atomic<Runnable*>*>(this + 1)); }

    static Buffer* make(int64_t capacity, Buffer* previous) noexcept {
      const std::size_t n = static_cast<std::size_t>(capacity);
      void* memory = ::operator new(sizeof(Buffer) + n * sizeof(Atomic<Runnable*>), std::nothrow);
      if (memory == nullptr) return nullptr;
      auto* b = new (memory) Buffer{capacity - 1, previous};
      for (std::size_t i = 0; i < n; ++i) new (static_cast<void*>(b->slots() + i)) Atomic<Runnable*>(nullptr);
      return b;
    }
    static void destroy(Buffer* b) noexcept {
      for (int64_t i = 0; i <= b->mask; ++i) b->slots()[i].~Atomic<Runnable*>();
      ::operator delete(static_cast<void*>(b));
    }
  };
  static_assert(alignof(Atomic<Runnable*>) <= alignof(Buffer) || sizeof(Buffer) % alignof(Atomic<Runnable*>) == 0);

  Buffer* grow(Buffer* old, int64_t top, int64_t bottom) noexcept {
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
