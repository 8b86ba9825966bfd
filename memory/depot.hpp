// The node depot's lock-free stacks of magazines (Bonwick and Adams, USENIX 2001: only a whole magazine crosses threads, here).
// Treiber stacks (IBM RJ 5118, 1986) of indices, with a tag against ABA. Word: {32-bit tag, 32-bit index + 1; 0: empty}
//   push: {t, a} -> {t, m}, m.next = a       pop: {t, m} -> {t + 1, m.next}
// Pairs:  (1) push's release CAS  ->  (2) pop's acquire load/CAS: the magazine's items and count are visible to the taker.
// Why a stale `next` is harmless: docs/internals/depot.md.
#pragma once

#include <cstdint>

#include "memory/atomic.hpp"
#include "memory/cache_line.hpp"

namespace wippy {

// Rounds: how many pointers a magazine holds at most. All magazines of a stack lie in one array, unmapped never.
template <uint32_t Rounds>
struct Magazine {
  Atomic<uint32_t> next{0};  // index + 1 of the magazine below, 0: none; written by the pusher before (1)
  uint32_t index = 0;        // own position in the array; constant
  uint32_t count = 0;        // owner: whoever holds the magazine
  void* items[Rounds];
};

template <class M>
class MagazineStack {
 public:
  // The caller gives the magazine away.
  void push(M* m) noexcept {
    uint64_t head = head_.load_relaxed();
    uint64_t mine = 0;
    do {
      m->next.store_relaxed(static_cast<uint32_t>(head));  // published by (1)
      mine = (head & kTagMask) | (m->index + 1u);
    } while (!head_.cas_weak_release(head, mine));  // (1)
  }

  // Null when empty. The caller owns the returned magazine. base: the array.
  M* pop(M* base) noexcept {
    uint64_t head = head_.load_acquire();  // (2)
    for (;;) {
      const auto slot = static_cast<uint32_t>(head);
      if (slot == 0) return nullptr;
      M* m = base + (slot - 1u);
      const uint64_t below = m->next.load_relaxed();  // may be stale: then the tag differs and the CAS fails
      if (head_.cas_weak_acq_rel(head, ((head & kTagMask) + kTagOne) | below)) return m;  // (2); the tag grows per pop
    }
  }

 private:
  static constexpr uint64_t kTagOne = uint64_t{1} << 32, kTagMask = ~(kTagOne - 1);

  alignas(kCacheLine) Atomic<uint64_t> head_{0};  // writers: any thread, once per magazine
};

}  // namespace wippy
