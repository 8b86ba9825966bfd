// One worker's bed: a futex word holding at most one token.
//
//   EMPTY     nobody sleeps, no token       park -> PARKED        unpark -> NOTIFIED
//   PARKED    the owner sleeps or will      wakes -> EMPTY        unpark -> NOTIFIED, one system call
//   NOTIFIED  a token waits                 park -> EMPTY, returns at once   unpark -> NOTIFIED (tokens do not add up)
//
// Contract: after unpark() the owner's current park() returns, or its next one returns at once. park() may also return
// without a token (deadline, spurious): the caller re-reads its reason to sleep. Tokens may be left over from an earlier
// round: then one park() returns at once for nothing.
// Follows the futex parker of Rust's standard library; futexes as in U. Drepper, "Futexes are tricky" (2011). Own futex
// rather than std::atomic::wait, which spins and shares a table of waiters.
//
// Synchronises-with pair: (1) word exchange in unpark, release -> (2) CAS/exchange in park, acquire: what the waker wrote
// before unpark() is seen after park(). A merged unpark is covered too: its exchange continues the release sequence.
// The kernel compares the word under its own lock, so an unpark between "set PARKED" and the wait is not lost.
#pragma once

#include <cstdint>

#include "memory/atomic.hpp"
#include "memory/cache_line.hpp"
#include "memory/counted.hpp"
#include "scheduler/clock.hpp"

namespace wippy {

// Sleeps while word == expected, until futex_wake_one(word), or monotonic_ns() >= deadline_ns (kNeverNs: no limit). May
// return early for no reason; a signal handler that ran (EINTR) is not one. Absolute CLOCK_MONOTONIC.
void futex_wait(Atomic<uint32_t>& word, uint32_t expected, uint64_t deadline_ns) noexcept;
void futex_wake_one(Atomic<uint32_t>& word) noexcept;

enum class [[nodiscard]] Parked : uint8_t{
    kToken,    // somebody called unpark()
    kNoToken,  // deadline reached or spurious: look again
};

class alignas(kCacheLine) Parker {
 public:
  Parker() = default;
  Parker(const Parker&) = delete;
  Parker& operator=(const Parker&) = delete;

  // Owner only. A deadline in the past still consumes a waiting token.
  Parked park(uint64_t deadline_ns) noexcept {
    uint32_t seen = kEmpty;
    if (word_.cas_strong_acquire(seen, kParkedWord)) {  // fails on NOTIFIED only: the owner is here, nobody else parks
      futex_wait(word_, kParkedWord, deadline_ns);
    }
    return word_.exchange_acquire(kEmpty) == kNotified ? Parked::kToken : Parked::kNoToken;  // (2)
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
  static constexpr uint32_t kEmpty = 0;
  static constexpr uint32_t kParkedWord = 1;
  static constexpr uint32_t kNotified = 2;

  Atomic<uint32_t> word_{kEmpty};  // written by the owner and by wakers
};

}  // namespace wippy
