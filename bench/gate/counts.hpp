// The count runs: cases of bench/scenario and of this folder, each in a simulated run of its own.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/sim/sim.hpp"

namespace wippy::bench {

using Metrics = std::map<std::string, double>;

// One line of the gate. The same seed gives the same counts, in every start of the program.
struct CountRun {
  const char* name;      // what a failure names
  const char* scenario;  // a registered case
  uint64_t ops;
  bool per_process = false;  // also bytes per process: what lives at the end of the measured part, by ops
  // sim::kOnlyAtWaits: workers are switched only where they wait or yield, and counts are exact: one more is a regression.
  // Otherwise the mean number of switch points between two looks: races are real, counts depend on the seed, and what is
  // compared is the mean over kSeeds runs.
  uint32_t mean_points = sim::kOnlyAtWaits;
  const char* topology = nullptr;

  bool exact() const noexcept { return mean_points == sim::kOnlyAtWaits; }
};
const std::vector<CountRun>& count_runs();
inline constexpr uint64_t kSeeds = 40;

// What the self-test adds to the measured part of a run (gate.py selftest), through the runtime's own functions.
enum class Extra : uint8_t {
  kNothing,
  kAllocation,  // one slab item per signal taken out of a mailbox
  kWake,        // one unpark at the `at`-th signal
  kSyscall,     // one futex wake there
};
struct Injection {
  Extra extra = Extra::kNothing;
  uint64_t at = 1;
};

struct CountResult {
  Metrics metrics;
  std::string error;  // the case's answer was wrong, or the run failed
};
CountResult count_once(const CountRun& run, uint64_t seed, const Injection& injection);

}  // namespace wippy::bench
