// All scenarios under many seeds, with their promises checked.
#include <gtest/gtest.h>

#include "tests/sim/scenarios.hpp"

namespace wippy::simtest {

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = [] {
    std::vector<Scenario> out = message_scenarios();
    out.insert(out.end(), life_scenarios().begin(), life_scenarios().end());
    out.insert(out.end(), name_scenarios().begin(), name_scenarios().end());
    out.insert(out.end(), inspect_scenarios().begin(), inspect_scenarios().end());
    return out;
  }();
  return all;
}

const Scenario& scenario(const std::string& name) {
  for (const Scenario& s : scenarios()) {
    if (name == s.name) return s;
  }
  std::fprintf(stderr, "no scenario %s\n", name.c_str());
  std::abort();
}

namespace {

constexpr uint64_t kSeeds = 300;
constexpr int kEnoughFailures = 3;

class Scenarios : public testing::TestWithParam<const char*> {};

TEST_P(Scenarios, HoldUnderManySeeds) {
  const Scenario& s = scenario(GetParam());
  const SeedRange range = seeds(1, kSeeds);
  int failures = 0;
  uint64_t points = 0;
  for (uint64_t seed = range.first; seed <= range.last && failures < kEnoughFailures; ++seed) {
    Check check;
    const sim::Result r = simulate(s, seed, check);
    points += r.points;
    if (r.outcome == sim::Outcome::kFinished && r.fibers_left == 0 && check.problems().empty()) continue;
    ++failures;
    std::string text = r.report.empty() ? "sim: " + sim::summary(seed, r) + "\n" : r.report;
    for (const std::string& p : check.problems()) text += "sim:   broken: " + p + "\n";
    if (r.report.empty()) text += "sim: replay: " + replay_command(s, seed) + "\n";
    ADD_FAILURE() << "seed " << seed << " of scenario " << s.name << "\n" << text;
  }
  RecordProperty("switch_points", std::to_string(points));
}

std::vector<const char*> names_of_all() {
  std::vector<const char*> out;
  for (const Scenario& s : scenarios()) out.push_back(s.name);
  return out;
}

INSTANTIATE_TEST_SUITE_P(Sim, Scenarios, testing::ValuesIn(names_of_all()),
                         [](const auto& p) { return std::string(p.param); });

}  // namespace
}  // namespace wippy::simtest
