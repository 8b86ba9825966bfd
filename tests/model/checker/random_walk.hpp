// Random executions instead of all of them: how soon is a planted mistake met by chance?
//
// Every choice (which thread, which value a load returns, which place a store takes) is drawn uniformly, without a bound on
// preemptions. The seed is fixed, so the numbers repeat. Used for the table at the end of model_suites.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/checker/explorer.hpp"

namespace wippy::model {

// For choose(): 0 is "enumerate"; else the state of an xorshift generator.
extern uint64_t g_random_choices;

// Executions until the first failing one, that one included; 0: none within `limit`.
uint64_t random_walk(const Program& program, const Options& options, uint64_t seed, uint64_t limit);

// A planted mistake that main.cpp wants measured.
struct Plant {
  const char* case_name;  // suite/case
  const char* mistake;    // as it happens to people
  // Filled in by the case's run.
  uint64_t systematic = 0;
  int walks = 0;
  int found = 0;
  double mean = 0;
  uint64_t least = 0;
  uint64_t most = 0;
};
extern Plant* g_measured;  // the plant of the case that runs now; null: do not measure
void measure(Plant& plant, const Program& program, const Options& options);

}  // namespace wippy::model
