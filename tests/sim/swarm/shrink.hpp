// From a plan that fails to a smaller one that fails in the same way.
#pragma once

#include <string>

#include "plan.hpp"
#include "runtime/sim/sim.hpp"

namespace wippy::swarm {

struct Shrunk {
  Plan plan;
  std::string failure;  // the promise that is broken, or "crash"
  uint32_t runs = 0;
  uint64_t hash = 0;  // of the last failing run; 0 after a crash
};
// `plan` fails with `bug` planted. Each candidate runs in a process of its own, so that crashes shrink, too. A smaller plan
// is another schedule: each candidate gets a few seeds to fail again.
Shrunk shrink(const Plan& plan, sim::Bug bug);

// How much a plan does; shrinking makes it less.
uint64_t plan_size(const Plan& plan);

}  // namespace wippy::swarm
