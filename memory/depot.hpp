// The node depot's two lock-free stacks of magazines (full ones and empty ones).
//
// Magazines after Bonwick and Adams (USENIX 2001): a thread allocates from two private magazines without any atomic;
// only a whole magazine crosses threads, here. The stacks are Treiber stacks (IBM RJ 5118, 1986) whose head word is
// {32-bit tag, 32-bit magazine index + 1}; the tag is what makes a re-pushed magazine look different to a slow popper
// (ABA). It would take 2^32 pops of one stack during one stalled CAS to be fooled.
//
// Magazine memory is type-stable (never unmapped while a depot lives), so reading `next` of a magazine that somebody
// else has just taken is harmless: the CAS then fails.
//
// Pairs:  (1) push's release CAS  ->  (2) pop's acquire load/CAS: the magazine's items and count are visible to the taker.
#pragma once

#include <cstdint>

#include "memory/atomic.hpp"
#include "memory/cache_line.hpp"

namespace wippy {

// Rounds: how many pointers a magazine holds at most. 61 makes it exactly 8 cache lines.
template <uint32_t Rounds>
struct Magazine {
  Atomic<uint32_t> next{0};  // index + 1 of the magazine below, 0: none; written by the pusher before (1)
  uint32_t index = 0;        // own position in the magazine array; constant
  uint32_t count = 0;        // owner: whoever holds the magazine
  uint32_t pad = 0;
  void* items[Rounds];
};

// M: a Magazine. All magazines of one stack live in one array, `base`.
template <class M>
class MagazineStack {
 public:
  explicit MagazineStack(M* base) noexcept : base_(base) {}

  // The caller gives the magazine away.
  void push(M* m) noexcept {
    uint64_t head = head_.load_relaxed();
    uint64_t mine = 0;
    do {
      m->next.store_relaxed(static_cast<uint32_t>(head));  // published by (1)
      mine = (head & kTagMask) | (m->index + 1u);
    } while (!head_.cas_weak_release(head, mine));  // (1)
  }

  // Null when empty. The caller owns the returned magazine.
  M* pop() noexcept {
    uint64_t head = head_.load_acquire();  // (2)
    for (;;) {
      const auto slot = static_cast<uint32_t>(head);
      if (slot == 0) return nullptr;
      M* m = base_ + (slot - 1u);
      const uint64_t below = m->next.load_relaxed();  // may be stale: then the tag differs and the CAS fails
      if (head_.cas_weak_acq_rel(head, ((head & kTagMask) + kTagOne) | below)) return m;  // (2); the tag grows per pop
    }
  }

  bool empty_estimate() const noexcept { return static_cast<uint32_t>(head_.load_relaxed()) == 0; }

 private:
  static constexpr uint64_t kTagOne = uint64_t{1} << 32;
  static constexpr uint64_t kTagMask = ~(kTagOne - 1);

  M* const base_;
  alignas(kCacheLine) Atomic<uint64_t> head_{0};  // writers: any thread, once per magazine
};

}  // namespace wippy
