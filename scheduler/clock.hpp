// Time as a seam. Nothing outside this header reads a clock; the simulation replaces both clocks (runtime/sim/hooks.hpp).
// Timers are set from a *fresh* reading (rulings.md S14): a cached "now" would make them early.
#pragma once

#include <cstdint>

#if defined(WIPPY_SIM)
#include "runtime/sim/hooks.hpp"
#else
#include <ctime>
#endif

namespace wippy {

inline constexpr uint64_t kNeverNs = ~uint64_t{0};

#if defined(WIPPY_SIM)
inline uint64_t monotonic_ns() noexcept { return sim::now_ns(); }
inline uint64_t wall_ns() noexcept { return sim::wall_ns(); }
#else
inline uint64_t read_clock_ns(clockid_t clock) noexcept {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}
// Monotonic nanoseconds; any thread. About 16 ns a call.
inline uint64_t monotonic_ns() noexcept { return read_clock_ns(CLOCK_MONOTONIC); }
// Unix nanoseconds; only for values shown to people and scripts, never for a decision.
inline uint64_t wall_ns() noexcept { return read_clock_ns(CLOCK_REALTIME); }
#endif

// base + delta without wrapping past kNeverNs.
inline uint64_t deadline_after(uint64_t base_ns, uint64_t delta_ns) noexcept {
  return delta_ns >= kNeverNs - base_ns ? kNeverNs - 1 : base_ns + delta_ns;
}

}  // namespace wippy
