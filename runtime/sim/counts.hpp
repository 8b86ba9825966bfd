// Sums of what the runtime counts (runtime/sim/counted.hpp), for the count gate (bench/gate).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "runtime/sim/counted.hpp"

namespace wippy::sim {

struct Count {
  uint64_t times = 0;
  uint64_t amount = 0;
};
using Counts = std::array<Count, static_cast<std::size_t>(Counted::kKinds)>;

// Since the start of the program. One OS thread: a plain copy is exact.
const Counts& counts() noexcept;
// Called after each count, where it happened; null: nobody. What it counts itself does not reach it again.
void observe_counts(void (*observer)(Counted what)) noexcept;

}  // namespace wippy::sim
