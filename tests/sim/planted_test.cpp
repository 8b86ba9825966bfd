// Mistakes on purpose: each is found within a stated number of seeds, and the seed that finds it does so again.
// Which tool must find which mistake (rulings.md "Simulation"): these are interleavings of correct atomic accesses, so the
// simulation has to. Weakened memory orders are the model suites' business (tests/model).
#include <gtest/gtest.h>

#include "tests/sim/scenarios.hpp"

namespace wippy::simtest {
namespace {

struct Plant {
  const char* name;
  sim::Bug bug;
  std::vector<const char*> scenarios;
  uint64_t within_seeds;
  sim::Outcome shows_as;
  const char* broken_promise;  // when it shows as a finished run with a broken promise
};

const Plant kPlants[] = {
    {"LostWake",
     sim::Bug::kLostWake,
     {"ring", "hosts", "overflow", "calls", "fan_in"},
     200,
     sim::Outcome::kDeadlock,
     nullptr},
    {"BlindIdle", sim::Bug::kBlindIdle, {"fan_in", "ring", "monitors"}, 100, sim::Outcome::kDeadlock, nullptr},
    {"NoRecheck", sim::Bug::kNoRecheck, {"hosts", "ring", "calls", "fan_in"}, 200, sim::Outcome::kDeadlock, nullptr},
    {"DeafToKill", sim::Bug::kDeafToKill, {"kills"}, 200, sim::Outcome::kDeadlock, nullptr},
    {"UnbornIsDead", sim::Bug::kUnbornIsDead, {"builders"}, 100, sim::Outcome::kFinished, "one process for a name"},
    {"MailAfterName",
     sim::Bug::kMailAfterName,
     {"builders"},
     500,
     sim::Outcome::kFinished,
     "queued messages come first"},
    {"NamesFirst", sim::Bug::kNamesFirst, {"gifts"}, 2000, sim::Outcome::kFinished, "names left"},
    {"NamesLate", sim::Bug::kNamesLate, {"gifts", "names"}, 100, sim::Outcome::kFinished, "names left"},
    {"TwoWinners", sim::Bug::kTwoWinners, {"names"}, 500, sim::Outcome::kFinished, "a name has one owner"},
    {"OneRoundDeadlock",
     sim::Bug::kOneRoundDeadlock,
     {"honest_waits"},
     300,
     sim::Outcome::kFinished,
     "deadlocks that are none"},
    {"FirstDeadline",
     sim::Bug::kFirstDeadline,
     {"deadlines"},
     100,
     sim::Outcome::kFinished,
     "the earliest deadline counts"},
};

sim::Result with_bug(const char* name, uint64_t seed, sim::Bug bug, Check& check) {
  sim::Options o;
  o.bug = bug;
  return simulate(scenario(name), seed, check, o);
}

bool shows(const Plant& p, const sim::Result& r, const Check& check) {
  if (r.outcome != p.shows_as) return false;
  if (p.broken_promise == nullptr) return true;
  for (const std::string& text : check.problems()) {
    if (text.find(p.broken_promise) != std::string::npos) return true;
  }
  return false;
}

class Planted : public testing::TestWithParam<Plant> {};

TEST_P(Planted, IsFoundAndReplays) {
  const Plant& p = GetParam();
  for (uint64_t seed = 1; seed <= p.within_seeds; ++seed) {
    for (const char* name : p.scenarios) {
      Check check;
      const sim::Result first = with_bug(name, seed, p.bug, check);
      if (!shows(p, first, check)) continue;
      Check check_again;
      const sim::Result again = with_bug(name, seed, p.bug, check_again);
      EXPECT_TRUE(shows(p, again, check_again)) << "the failing seed must fail again";
      EXPECT_EQ(again.hash, first.hash);
      EXPECT_EQ(again.schedule_hash, first.schedule_hash);
      EXPECT_EQ(again.points, first.points);
      EXPECT_EQ(check_again.problems(), check.problems());
      Check check_without;
      const sim::Result without = with_bug(name, seed, sim::Bug::kNone, check_without);
      EXPECT_EQ(without.outcome, sim::Outcome::kFinished) << "without the mistake the same seed holds\n"
                                                          << without.report;
      EXPECT_TRUE(check_without.problems().empty());
      if (p.shows_as == sim::Outcome::kDeadlock) {
        EXPECT_NE(first.report.find("deadlock"), std::string::npos);
        EXPECT_NE(first.report.find("main"), std::string::npos) << first.report;
        EXPECT_NE(first.report.find("WIPPY_SIM_SEEDS=" + std::to_string(seed)), std::string::npos) << first.report;
      }
      std::printf("             found by %s, seed %llu\n", name, static_cast<unsigned long long>(seed));
      return;
    }
  }
  ADD_FAILURE() << "planted " << p.name << " not found in " << p.within_seeds << " seeds";
}

INSTANTIATE_TEST_SUITE_P(Sim, Planted, testing::ValuesIn(kPlants),
                         [](const auto& p) { return std::string(p.param.name); });

}  // namespace
}  // namespace wippy::simtest
