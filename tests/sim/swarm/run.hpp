// One short run by a plan, and whether its promises held.
#pragma once

#include <string>
#include <vector>

#include "plan.hpp"
#include "runtime/sim/sim.hpp"

namespace wippy::swarm {

struct Verdict {
  sim::Result result;
  std::vector<std::string> problems;
  uint64_t refusals = 0;     // requests for memory that were refused
  uint32_t standstills = 0;  // times at which both sides of everything were compared
  uint32_t actors = 0;
  uint64_t messages = 0;  // received
  bool failed() const { return !problems.empty(); }
};

// trace: as WIPPY_SIM_TRACE, 0 … 2.
Verdict run_plan(const Plan& plan, sim::Bug bug = sim::Bug::kNone, int trace = 0);

}  // namespace wippy::swarm
