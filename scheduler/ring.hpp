// The run queue of one worker for everything that has run before: a bounded FIFO ring, one producer, many takers.
//
// Algorithm: the local run queue of the Go scheduler (D. Vyukov, "Scalable Go Scheduler Design", 2012), with 64-bit
// positions (no ABA of a wrapped head) and a thief that keeps the *oldest* item of its batch, so that stealing keeps order.
//   head_ <= tail_ <= head_ + N    items are the positions [head_, tail_), oldest first, in slots_[position mod N]
//   head_ moves by CAS only, by the owner and by thieves; tail_ is written by the owner
// Pairs: (1) tail_ release store in push / steal -> (2) tail_ acquire load of a thief: the items and what they point to.
//   (3) head_ CAS, release half -> (4) head_ acquire load in push: the taker has read the slot before it is written again;
//   (3) -> (5) head_ acquire load of a thief: (2) cannot return a tail older than the head it is compared with.
// Takers copy first and take by the CAS; a torn copy fails it. Push is wait-free. docs/internals/run_queues.md
#pragma once

#include <cstdint>

#include "memory/assert.hpp"
#include "memory/atomic.hpp"
#include "memory/cache_line.hpp"
#include "scheduler/runnable.hpp"

namespace wippy {

// N: power of two. 256 as in Go and Tokio: 2 KiB, large enough that overflow is rare. Model suites use 2 or 4.
template <uint32_t N = 256>
class RunRing {
  static_assert(N >= 2 && (N & (N - 1)) == 0);

 public:
  static constexpr uint32_t kCapacity = N;
  static constexpr uint32_t kHalf = N / 2;
  // One steal moves at most this many: bounds the time between a thief's copy and its CAS.
  static constexpr uint32_t kMaxSteal = kHalf < 32 ? kHalf : 32;

  // Owner. False: full; the caller still holds r and owes take_half() (or another try when that returns 0).
  [[nodiscard]] bool push(Runnable* r) noexcept {
    const uint64_t tail = tail_.load_relaxed();  // own
    const uint64_t head = head_.load_acquire();  // (4)
    if (tail - head >= N) return false;
    at(tail).store_relaxed(r);      // published by (1)
    tail_.store_release(tail + 1);  // (1)
    return true;
  }

  // Owner. The oldest item, or null when empty.
  Runnable* pop() noexcept {
    const uint64_t tail = tail_.load_relaxed();  // own
    uint64_t head = head_.load_relaxed();        // may be stale: then the CAS fails and corrects it
    while (head != tail) {
      Runnable* r = at(head).load_relaxed();                   // own store
      if (head_.cas_strong_acq_rel(head, head + 1)) return r;  // (3)
    }
    return nullptr;
  }

  // Owner, after push() returned false: takes the older half by one CAS, for the host's overflow FIFO. out has room for
  // kHalf, oldest first. 0: a thief made room meanwhile; push again.
  uint32_t take_half(Runnable** out) noexcept {
    const uint64_t tail = tail_.load_relaxed();  // own
    uint64_t head = head_.load_relaxed();        // validated by the CAS
    if (tail - head != N) return 0;
    for (uint32_t i = 0; i < kHalf; ++i) out[i] = at(head + i).load_relaxed();  // own stores
    return head_.cas_strong_acq_rel(head, head + kHalf) ? kHalf : 0;            // (3)
  }

  // Thief, owner of dst. Takes half of what is here, rounded up, at most kMaxSteal and what dst has room for: the oldest in
  // `first` (the caller runs it), the others into dst. Returns how many were taken, `first` included; 0 leaves it alone.
  uint32_t steal_half_into(RunRing& dst, Runnable*& first) noexcept {
    WIPPY_ASSERT(&dst != this);
    const uint64_t dst_tail = dst.tail_.load_relaxed();               // own
    const uint64_t room = N - (dst_tail - dst.head_.load_acquire());  // (4) of dst
    uint64_t head = head_.load_acquire();                             // (5)
    for (;;) {
      const uint64_t available = tail_.load_acquire() - head;  // (2)
      if (available == 0) return 0;
      if (available > N) {  // the head was stale by more than a lap; having seen that tail, the next load is newer
        head = head_.load_acquire();  // (5)
        continue;
      }
      uint64_t n = available - available / 2;
      if (n > kMaxSteal) n = kMaxSteal;
      if (n > room + 1) n = room + 1;
      Runnable* oldest = at(head).load_relaxed();  // validated by the CAS, published by (1)
      for (uint64_t i = 1; i < n; ++i) {
        // Into slots that dst has not published: a thief of dst that still reads one of them fails its CAS.
        dst.at(dst_tail + i - 1).store_relaxed(at(head + i).load_relaxed());
      }
      if (head_.cas_strong_acq_rel(head, head + n)) {          // (3); failure is (5)
        if (n > 1) dst.tail_.store_release(dst_tail + n - 1);  // (1) of dst
        first = oldest;
        return static_cast<uint32_t>(n);
      }
    }
  }

  // Any thread. Exact for the owner while no thief is active, otherwise a hint; after an SC fence that follows announcing
  // sleep it is what "look at all rings" reads (idle.hpp).
  uint32_t size_estimate() const noexcept {
    const uint64_t head = head_.load_acquire();      // (5)
    const uint64_t n = tail_.load_acquire() - head;  // (2)
    return n > N ? N : static_cast<uint32_t>(n);
  }

 private:
  Atomic<Runnable*>& at(uint64_t position) noexcept { return slots_[position & (N - 1)]; }

  alignas(kCacheLine) Atomic<uint64_t> head_{0};    // written by owner and thieves
  alignas(kCacheLine) Atomic<uint64_t> tail_{0};    // written by the owner
  alignas(kCacheLine) Atomic<Runnable*> slots_[N];  // written by the owner
};

}  // namespace wippy
