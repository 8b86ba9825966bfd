// Ten million steps of processes that wait for each other in turns: no deadlock is named.
#include <gtest/gtest.h>

#include "tests/sim/scenarios.hpp"

namespace wippy::simtest {
namespace {

TEST(Deadlocks, NoneIsNamedInTenMillionSteps) {
  constexpr uint64_t kSteps = 10'000'000;
  const Scenario& s = scenario("honest_waits");
  uint64_t steps = 0;
  for (uint64_t seed = 1'000; steps < kSteps; ++seed) {
    Check check;
    const sim::Result r = simulate(s, seed, check);
    steps += r.switches;  // from one thread to another; of points where one could be there are some ten times as many
    ASSERT_EQ(r.outcome, sim::Outcome::kFinished) << r.report;
    ASSERT_TRUE(check.problems().empty()) << check.problems().front() << ": " << replay_command(s, seed);
  }
  RecordProperty("steps", std::to_string(steps));
}

}  // namespace
}  // namespace wippy::simtest
