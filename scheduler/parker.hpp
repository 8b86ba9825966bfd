// One worker's bed: a futex word holding at most one token. Follows the futex parker of Rust's standard library; futexes
// as in U. Drepper, "Futexes are tricky" (2011).
//
//   EMPTY     nobody sleeps, no token       park -> PARKED        unpark -> NOTIFIED
//   PARKED    the owner sleeps or will      wakes -> EMPTY        unpark -> NOTIFIED, one system call
//   NOTIFIED  a token waits                 park -> EMPTY, returns at once   unpark -> NOTIFIED (tokens do not add up)
//
// After unpark() the owner's current park() returns, or its next one returns at once. park() may also return without a
// token (deadline, spurious) or for an old one: the caller re-reads its reason to sleep.
// Pair: (1) word exchange in unpark, release -> (2) CAS/exchange in park, acquire. docs/internals/parking.md
#pragma once

#include <cstdint>

#include "memory/atomic.hpp"
#include "memory/cache_line.hpp"
#include "runtime/sim/counted.hpp"
#include "scheduler/clock.hpp"

namespace wippy {

// Sleeps while word == expected, until futex_wake_one(word), or monotonic_ns() >= deadline_ns (kNeverNs: no limit). May
// return early for no reason; a signal handler that ran (EINTR) is not one. Absolute CLOCK_MONOTONIC.
void futex_wait(Atomic<uint32_t>& word, uint32_t expected, uint64_t deadline_ns) noexcept;
void futex_wake_one(Atomic<uint32_t>& word) noexcept;

class alignas(kCacheLine) Parker {
 public:
  // Owner only. True: a token, somebody called unpark(). False (deadline, spurious): look again. A deadline in the past still
  // consumes a waiting token.
  [[nodiscard]] bool park(uint64_t deadline_ns) noexcept {
    uint32_t seen = kEmpty;
    if (word_.cas_strong_acquire(seen, kParkedWord)) {  // fails on NOTIFIED only: the owner is here, nobody else parks
      futex_wait(word_, kParkedWord, deadline_ns);
    }
    return word_.exchange_acquire(kEmpty) == kNotified;  // (2)
  }
  // Any thread, also the owner. The Parker must outlive the call: workers live as long as their scheduler.
  void unpark() noexcept {
    count(Counted::kWake);
#if defined(WIPPY_SIM)
    if (sim::planted(sim::Bug::kLostWake)) {
      const bool asleep = word_.load_relaxed() == kParkedWord;
      word_.store_release(kNotified);
      if (asleep) futex_wake_one(word_);
      return;
    }
#endif
    if (word_.exchange_release(kNotified) == kParkedWord) futex_wake_one(word_);  // (1)
  }

 private:
  static constexpr uint32_t kEmpty = 0, kParkedWord = 1, kNotified = 2;
  Atomic<uint32_t> word_{kEmpty};  // written by the owner and by wakers
};

}  // namespace wippy
