// How long a process may run on that has used up its last time slice and will use up this one. Asked by engines that can
// interrupt their code, when such a step begins, on the worker's thread.
#pragma once

#include <cstdint>

namespace wippy {

inline constexpr uint64_t kSliceNs = 1'000'000;
inline constexpr uint64_t kShortestSliceNs = 250'000;  // costs no more than 1 ms, as far as can be measured
// The spent of a host share its active workers: all of them should have had a slice in this time, if the shortest allows it.
inline constexpr uint64_t kRoundNs = 6'000'000;

// In [kShortestSliceNs, kSliceNs]; any thread.
uint64_t slice_ns() noexcept;

}  // namespace wippy
