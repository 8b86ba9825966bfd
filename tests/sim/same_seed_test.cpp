// Same seed, same run: within one process, across 100 process starts, and other seeds differ.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "tests/sim/scenarios.hpp"

namespace wippy::simtest {
namespace {

constexpr const char* kChildSeed = "WIPPY_SIM_CHILD_SEED";

std::string fingerprint(const Scenario& s, uint64_t seed) {
  Check check;
  const sim::Result r = simulate(s, seed, check);
  EXPECT_EQ(r.outcome, sim::Outcome::kFinished) << r.report;
  return std::string(s.name) + " " + sim::summary(seed, r);
}

std::string fingerprints(uint64_t seed) {
  std::string out;
  for (const Scenario& s : scenarios()) out += fingerprint(s, seed) + "\n";
  return out;
}

TEST(SameSeed, TwiceInOneProcessInAnyOrder) {
  for (const Scenario& s : scenarios()) {
    std::vector<std::string> first;
    for (uint64_t seed = 1; seed <= 20; ++seed) first.push_back(fingerprint(s, seed));
    for (uint64_t seed = 20; seed >= 1; --seed) EXPECT_EQ(fingerprint(s, seed), first[seed - 1]);
  }
}

TEST(SameSeed, OtherSeedsDiffer) {
  for (const Scenario& s : scenarios()) {
    std::set<uint64_t> events;
    std::set<uint64_t> schedules;
    constexpr uint64_t kRuns = 40;
    for (uint64_t seed = 1; seed <= kRuns; ++seed) {
      Check check;
      const sim::Result r = simulate(s, seed, check);
      events.insert(r.hash);
      schedules.insert(r.schedule_hash);
    }
    EXPECT_EQ(schedules.size(), kRuns) << s.name;
    // A schedule that does not disturb the program leaves its events as they are: most seeds differ, not all.
    EXPECT_GE(events.size(), kRuns / 2) << s.name << ": event hashes";
  }
}

// What the process starts below run.
TEST(SameSeed, ChildPrintsItsRuns) {
  const char* seed = std::getenv(kChildSeed);
  const std::string text = fingerprints(seed == nullptr ? 1 : std::strtoull(seed, nullptr, 10));
  EXPECT_FALSE(text.empty());
  if (seed != nullptr) std::printf("BEGIN\n%sEND\n", text.c_str());
}

// A start of this very program with address space randomisation as the system has it, and with an environment and
// arguments of another size each time.
std::string run_child(uint64_t seed, int number) {
  std::array<int, 2> pipe_ends{};
  if (pipe(pipe_ends.data()) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    dup2(pipe_ends[1], STDOUT_FILENO);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    setenv(kChildSeed, std::to_string(seed).c_str(), 1);
    setenv("WIPPY_SIM_PADDING", std::string(static_cast<std::size_t>(number) * 97, 'x').c_str(), 1);
    execl("/proc/self/exe", "sim_tests", "--gtest_filter=SameSeed.ChildPrintsItsRuns", "--gtest_output=", nullptr);
    _exit(127);
  }
  close(pipe_ends[1]);
  std::string out;
  char buffer[4096];
  for (ssize_t n; (n = read(pipe_ends[0], buffer, sizeof buffer)) > 0;) out.append(buffer, static_cast<std::size_t>(n));
  close(pipe_ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return "the child failed:\n" + out;
  const std::size_t begin = out.find("BEGIN\n");
  const std::size_t end = out.find("END\n");
  return begin == std::string::npos || end == std::string::npos ? "no answer:\n" + out
                                                                : out.substr(begin + 6, end - begin - 6);
}

TEST(SameSeed, HundredProcessStartsGiveTheSameHashes) {
  const std::string here = fingerprints(7);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(run_child(7, i), here) << "start " << i;
  EXPECT_NE(run_child(8, 0), here);
}

}  // namespace
}  // namespace wippy::simtest
