// The driver of the swarm: many short seeds, planted mistakes with the mean number of seeds to find them, replay, shrinking.
//
//   sim_swarm                          seeds 1 … 10,000 and each plant from 3 starts; closes with `N passed, N failed`
//   sim_swarm --proof                  seeds 1 … 100,000 and each plant from 20 starts
//   sim_swarm --seeds 1-100000         only those seeds (WIPPY_SIM_SEEDS=100000 or 5-9 says the same for the first form)
//   sim_swarm --plants [--starts N]    only the plants
//   sim_swarm --plan 'seed=7 …'        one run again; --shrink makes it smaller first; --bug NAME plants a mistake;
//                                      --trace 1 shows events, 2 also switches
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include "run.hpp"
#include "shrink.hpp"

namespace wippy::swarm {
namespace {

constexpr uint64_t kSeedsHere = 10'000;
constexpr uint64_t kSeedsOfProof = 100'000;
constexpr uint32_t kStarts = 3;
constexpr uint32_t kStartsOfProof = 20;
constexpr int kEnoughFailures = 3;

struct Plant {
  const char* name;
  sim::Bug bug;
  uint32_t within_seeds;  // of every start
};
// NamesFirst is not here: two threads must meet twice in two windows of one step each (20,000 seeds are not always
// enough). Its own scenario, `gifts`, finds it, as other scenarios find NamesLate, TwoWinners and FirstDeadline
// (tests/sim/planted_test.cpp).
constexpr Plant kPlants[] = {
    {"LostWake", sim::Bug::kLostWake, 5000},
    {"BlindIdle", sim::Bug::kBlindIdle, 1000},
    {"NoRecheck", sim::Bug::kNoRecheck, 1000},
    {"DeafToKill", sim::Bug::kDeafToKill, 1000},
    {"ExitOvertakes", sim::Bug::kExitOvertakes, 5000},
    {"DeafZombie", sim::Bug::kDeafZombie, 20'000},
    {"OneSidedUnlink", sim::Bug::kOneSidedUnlink, 1000},
    {"MailLeak", sim::Bug::kMailLeak, 1000},
    {"LinkStays", sim::Bug::kLinkStays, 5000},
    {"UntiedChild", sim::Bug::kUntiedChild, 5000},
    {"KeptLost", sim::Bug::kKeptLost, 1000},
    {"OldRequests", sim::Bug::kOldRequests, 1000},
    {"Reordered", sim::Bug::kReordered, 1000},
    {"LinksFirst", sim::Bug::kLinksFirst, 1000},
    {"TwiceTold", sim::Bug::kTwiceTold, 1000},
    {"UnmonitorForgets", sim::Bug::kUnmonitorForgets, 1000},
    {"LinkUnheard", sim::Bug::kLinkUnheard, 1000},
    {"NoCascade", sim::Bug::kNoCascade, 1000},
    {"TrapIgnored", sim::Bug::kTrapIgnored, 5000},
    {"NormalIsFailure", sim::Bug::kNormalIsFailure, 1000},
    {"StaleDeadline", sim::Bug::kStaleDeadline, 20'000},
    {"TwoReasons", sim::Bug::kTwoReasons, 5000},
    {"EarlyMailLost", sim::Bug::kEarlyMailLost, 1000},
    {"LateTie", sim::Bug::kLateTie, 1000},
};

struct Score {
  uint32_t passed = 0;
  uint32_t failed = 0;
  void add(bool ok) { ok ? ++passed : ++failed; }
};

struct Range {
  uint64_t first = 1;
  uint64_t last = 0;
};

// "100000", "5-9".
Range parse_range(const char* text) {
  Range r;
  char* end = nullptr;
  r.last = std::strtoull(text, &end, 10);
  if (*end != '-') return r;
  r.first = r.last;
  r.last = std::strtoull(end + 1, nullptr, 10);
  return r;
}

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

void print_failure(const Plan& plan, const Verdict& v) {
  std::printf("FAILED %s\n", plan_text(plan).c_str());
  for (const std::string& p : v.problems) std::printf("  broken: %s\n", p.c_str());
  std::printf("  replay: sim_swarm --plan '%s'\n", plan_text(plan).c_str());
}

void print_shrunk(const Shrunk& s, const char* bug) {
  std::printf("  shrunk in %u runs to: %s\n  replay: sim_swarm --plan '%s'%s%s\n", s.runs, s.failure.c_str(),
              plan_text(s.plan).c_str(), bug[0] == 0 ? "" : " --bug ", bug);
}

struct Totals {
  uint64_t refusals = 0;
  uint64_t standstills = 0;
  uint64_t actors = 0;
  uint64_t messages = 0;
  uint64_t points = 0;
  uint64_t starved = 0;  // runs that were refused memory
};

bool run_seeds(const Range& range) {
  Totals t;
  int failures = 0;
  const double before = cpu_seconds();
  uint64_t seed = range.first;
  for (; seed <= range.last && failures < kEnoughFailures; ++seed) {
    const Plan plan = draw_plan(seed);
    const Verdict v = run_plan(plan);
    t.refusals += v.refusals;
    t.starved += v.refusals != 0 ? 1 : 0;
    t.standstills += v.standstills;
    t.actors += v.actors;
    t.messages += v.messages;
    t.points += v.result.points;
    if (!v.failed()) continue;
    ++failures;
    print_failure(plan, v);
    print_shrunk(shrink(plan, sim::Bug::kNone), "");
  }
  const double seconds = cpu_seconds() - before;
  std::printf("seeds %" PRIu64 "-%" PRIu64 ": %d failed; %.1f CPU s, %.0f seeds/s\n", range.first, seed - 1, failures,
              seconds, static_cast<double>(seed - range.first) / seconds);
  std::printf("  processes %" PRIu64 ", messages %" PRIu64 ", switch points %" PRIu64 ", standstills checked %" PRIu64
              ", runs refused memory %" PRIu64 " (%" PRIu64 " requests)\n",
              t.actors, t.messages, t.points, t.standstills, t.starved, t.refusals);
  return failures == 0;
}

// The same plan gives the same run, also after others have run in between.
bool check_replay() {
  constexpr uint64_t kRuns = 50;
  std::string hashes[kRuns];
  bool same = true;
  for (int round = 0; round < 2; ++round) {
    for (uint64_t i = 0; i < kRuns; ++i) {
      Plan plan;
      same &= parse_plan(plan_text(draw_plan(i + 1)), plan);
      const std::string line = sim::summary(plan.seed, run_plan(plan).result);
      if (round == 0) hashes[i] = line;
      same &= hashes[i] == line;
    }
  }
  std::printf("replay: %" PRIu64 " plans from their texts, twice: %s\n", kRuns, same ? "same hashes" : "DIFFERENT");
  return same;
}

// The first seed from `base` on that shows the mistake; 0: none.
uint32_t seeds_until_found(const Plant& plant, uint64_t base, Plan& plan) {
  for (uint32_t i = 0; i < plant.within_seeds; ++i) {
    plan = draw_plan(base + i);
    if (run_plan(plan, plant.bug).failed()) return i + 1;
  }
  return 0;
}

// The failing run fails again in the same way, holds without the mistake, and a smaller one fails, too.
bool check_found(const Plant& plant, const Plan& plan) {
  const Verdict once = run_plan(plan, plant.bug);
  const Verdict again = run_plan(plan, plant.bug);
  const bool repeats = once.failed() && once.problems == again.problems && once.result.hash == again.result.hash &&
                       once.result.schedule_hash == again.result.schedule_hash;
  const bool holds_without = !run_plan(plan).failed();
  const Shrunk s = shrink(plan, plant.bug);
  const Verdict smaller = run_plan(s.plan, plant.bug);
  const bool shrinks = plan_size(s.plan) < plan_size(plan) && (s.failure == "crash" || smaller.result.hash == s.hash);
  std::printf("  %s: %s\n", plant.name, once.problems.empty() ? "-" : once.problems.front().c_str());
  if (!repeats) std::printf("  DOES NOT REPEAT\n");
  if (!holds_without) std::printf("  FAILS WITHOUT THE MISTAKE, TOO: %s\n", plan_text(plan).c_str());
  if (!shrinks) std::printf("  DOES NOT SHRINK\n");
  std::printf("  size %" PRIu64 " -> %" PRIu64 "\n", plan_size(plan), plan_size(s.plan));
  print_shrunk(s, plant.name);
  return repeats && holds_without && shrinks && smaller.failed();
}

void run_plants(uint32_t starts, const char* only, Score& score) {
  std::string table;
  for (const Plant& plant : kPlants) {
    if (only[0] != 0 && std::strcmp(only, plant.name) != 0) continue;
    uint64_t sum = 0;
    uint32_t most = 0;
    uint32_t found = 0;
    Plan first;
    for (uint32_t start = 0; start < starts; ++start) {
      Plan plan;
      const uint32_t n = seeds_until_found(plant, 1 + uint64_t{start} * 1'000'000, plan);
      if (n == 0) continue;
      if (found++ == 0) first = plan;
      sum += n;
      if (n > most) most = n;
    }
    const bool ok = found == starts && check_found(plant, first);
    score.add(ok);
    char line[160];
    std::snprintf(line, sizeof line, "%-16s %5u/%-3u %10.1f %8u %8u  %s\n", plant.name, found, starts,
                  found == 0 ? 0.0 : static_cast<double>(sum) / found, most, plant.within_seeds, ok ? "ok" : "FAILED");
    table += line;
    std::fflush(stdout);
  }
  std::printf("\n%-16s %9s %10s %8s %8s\n%s", "planted", "found", "mean seeds", "most", "limit", table.c_str());
}

sim::Bug bug_named(const char* name) {
  for (const Plant& p : kPlants) {
    if (std::strcmp(name, p.name) == 0) return p.bug;
  }
  std::fprintf(stderr, "sim_swarm: no plant %s\n", name);
  std::exit(2);
}

int run_one(const char* text, const char* bug_name, bool shrink_first, int trace) {
  Plan plan;
  if (!parse_plan(text, plan)) {
    std::fprintf(stderr, "sim_swarm: not a plan: %s\n", text);
    return 2;
  }
  const sim::Bug bug = bug_name[0] == 0 ? sim::Bug::kNone : bug_named(bug_name);
  if (shrink_first) {
    const Shrunk s = shrink(plan, bug);
    print_shrunk(s, bug_name);
    plan = s.plan;
  }
  const Verdict v = run_plan(plan, bug, trace);
  if (v.failed()) print_failure(plan, v);
  std::printf("%s\n", sim::summary(plan.seed, v.result).c_str());
  std::fputs(v.result.report.c_str(), stdout);
  return v.failed() ? 1 : 0;
}

int main_of(int argc, char** argv) {
  const char* plan = "";
  const char* bug = "";
  const char* seeds = std::getenv("WIPPY_SIM_SEEDS");
  bool only_seeds = false;
  bool only_plants = false;
  bool shrink_first = false;
  Range range{1, kSeedsHere};
  int trace = 0;
  uint32_t starts = kStarts;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    if (word == "--plants") only_plants = true;
    if (word == "--proof") range.last = kSeedsOfProof, starts = kStartsOfProof;
    if (word == "--shrink") shrink_first = true;
    if (word == "--seeds") only_seeds = true, seeds = value;
    if (word == "--plan") plan = value;
    if (word == "--bug") bug = value;
    if (word == "--trace") trace = std::atoi(value);
    if (word == "--starts") starts = static_cast<uint32_t>(std::atoi(value));
  }
  if (plan[0] != 0) return run_one(plan, bug, shrink_first, trace);
  Score score;
  if (!only_plants) {
    score.add(run_seeds(seeds == nullptr || seeds[0] == 0 ? range : parse_range(seeds)));
    if (!only_seeds) score.add(check_replay());
  }
  if (!only_seeds) run_plants(starts, bug, score);
  std::printf("%u passed, %u failed\n", score.passed, score.failed);
  return score.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace wippy::swarm

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 4096);
  return wippy::swarm::main_of(argc, argv);
}
