// Automatic order weakening: production headers cannot carry bugs, so the backend weakens them.
//
// A mutation names one call site (file, line, column, verb) and one weakening. Suites run their scenarios once to collect
// the sites that were executed, then once per mutation (checker/suite.hpp): every mutation must be caught, or be listed by
// the suite as a survivor with its reason.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/checker/world.hpp"

namespace wippy::model {

enum class Weakening : uint8_t { kNoAcquire, kNoRelease, kNoFailureAcquire, kNoFence, kFenceNotSc };

struct Mutation {
  std::string file;
  std::string function;  // as the compiler prints it
  std::string verb;
  uint32_t line = 0;
  uint32_t column = 0;
  Weakening weakening = Weakening::kNoAcquire;
  std::string text() const;  // "deque.hpp:57 store_release without release in push"
};

// Collecting: every site whose path contains one of `filters` and whose order can be weakened.
void mutation_collect(const std::vector<std::string>& filters);
std::vector<Mutation> mutation_collected();
// Applies one mutation to all following executions; null: none.
void mutation_apply(const Mutation* m);

// For the memory model.
enum class MutationMode : uint8_t { kOff, kCollect, kApply };
extern MutationMode g_mutation_mode;
Order mutated_slow(Order o, const char* verb, const Site& s, bool failure_half);
inline Order mutated(Order o, const char* verb, const Site& s) {
  return __builtin_expect(g_mutation_mode == MutationMode::kOff, 1) ? o : mutated_slow(o, verb, s, false);
}
inline Order mutated_failure(Order o, const char* verb, const Site& s) {
  return __builtin_expect(g_mutation_mode == MutationMode::kOff, 1) ? o : mutated_slow(o, verb, s, true);
}

}  // namespace wippy::model
