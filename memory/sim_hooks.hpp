// What the simulation build needs from below: declared here, defined in runtime/sim/. Included only under WIPPY_SIM.
// One real thread carries every virtual worker as a fiber; none of these functions is called from a second thread.
#pragma once

#include <cstdint>

namespace wippy::sim {

void switch_point() noexcept;                 // may run another fiber; no-op outside a fiber
std::uint64_t now_ns() noexcept;              // virtual monotonic time
std::uint64_t wall_ns() noexcept;             // virtual wall clock, a fixed start plus now_ns()
std::uint64_t random_u64() noexcept;          // from the run's seed
// Blocks the calling fiber until *word != expected was signalled by wake(), or now_ns() >= deadline_ns (~0: never).
void wait_on(const void* word, std::uint32_t expected, std::uint64_t deadline_ns) noexcept;
void wake(const void* word, std::uint32_t count) noexcept;
// Fiber creation: `run(arg)` starts at some later switch point. Returns an id for join.
std::uint64_t spawn_fiber(void (*run)(void*), void* arg) noexcept;
void join_fiber(std::uint64_t id) noexcept;
void yield_fiber() noexcept;                  // always lets another ready fiber run

}  // namespace wippy::sim
