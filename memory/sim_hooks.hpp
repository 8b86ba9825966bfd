// What the simulation build needs from below: declared here, defined in runtime/sim/. Included only under WIPPY_SIM.
// One real thread carries every virtual worker as a fiber; none of these functions is called from a second thread.
// Outside a run (static initialisation, tests between runs) nothing switches and the clock only creeps on.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wippy::sim {

// Counts down at every switch point; at zero the scheduler looks. Only runtime/sim/ touches it otherwise.
extern std::int64_t g_points_left;
void switch_slow() noexcept;
// May run another fiber. About 1 ns when it does not.
inline void switch_point() noexcept {
  if (__builtin_expect(--g_points_left <= 0, 0)) switch_slow();
}

std::uint64_t now_ns() noexcept;      // virtual monotonic time; grows with every switch point
std::uint64_t wall_ns() noexcept;     // virtual wall clock, a fixed start plus now_ns()
std::uint64_t random_u64() noexcept;  // from the run's seed
// As a futex: until wake(word) or now_ns() >= deadline_ns (~0: never), or early for no reason. The caller has compared
// *word with `expected` without a switch point in between.
void wait_on(const void* word, std::uint32_t expected, std::uint64_t deadline_ns) noexcept;
void wake(const void* word, std::uint32_t count) noexcept;
void wait_for_lock(const void* mutex) noexcept;  // as wait_on without deadline, never early
void unlocked(const void* mutex) noexcept;       // lets one waiter try again
// `run(arg)` starts at some later switch point. Returns an id for join. `name` is copied.
std::uint64_t spawn_fiber(const char* name, void (*run)(void*), void* arg) noexcept;
void join_fiber(std::uint64_t id) noexcept;
void yield_fiber() noexcept;  // always lets another ready fiber run

// Fresh pages at an address that is the same in every program start (runtime/sim/fixed_pages.cpp). Null: refused.
void* map_fixed(std::size_t bytes, int protection) noexcept;
const char* topology() noexcept;  // the simulated machine, in hwloc's synthetic notation
// A process takes a signal out of its mailbox: (its pid, SignalKind, sender). Goes into the run's event hash.
void record_event(std::uint64_t pid, std::uint32_t kind, std::uint64_t from) noexcept;

// Mistakes that tests plant to prove that the simulation finds their like: schedule bugs, all accesses stay atomic.
enum class Bug : std::uint8_t {
  kNone,
  kLostWake,    // Parker::unpark looks first and stores later: a sleep in between is not ended
  kBlindIdle,   // MailboxHead::try_idle compares first and stores later: a push in between is not noticed
  kNoRecheck,   // Worker::sleep does not look for work between announcing sleep and parking
  kDeafToKill,  // a kill that arrives in the middle of a step is not looked at when its wake-up signal is taken
  kNamesFirst,  // Process::begin_exit releases the names before the pid is erased: a registration in between stays
};
extern Bug g_planted;
inline bool planted(Bug bug) noexcept { return __builtin_expect(g_planted == bug, 0); }

}  // namespace wippy::sim
