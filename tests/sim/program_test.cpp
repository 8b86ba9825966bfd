// `wippy run --sim --seed N` as users call it: the program wippy-sim beside this one.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

namespace wippy::simtest {
namespace {

struct Ended {
  int code = -1;
  std::string text;  // stdout and stderr
};

std::string source_dir() {
  if (const char* dir = std::getenv("WIPPY_SOURCE_DIR")) return dir;
  return std::filesystem::current_path().string();
}

Ended run_sim(const std::string& app, const std::string& words, const std::string& environment = "") {
  const std::filesystem::path beside = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "wippy-sim";
  const std::string command = "cd '" + source_dir() + "/" + app + "' && " + environment + " timeout 60 '" +
                              beside.string() + "' " + words + " 2>&1";
  Ended out;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> buffer{};
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) out.text.append(buffer.data(), n);
  const int status = pclose(pipe);
  out.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

TEST(Program, TheExampleRepeatsInTwentyStarts) {
  const Ended first = run_sim("examples/monitored_pool", "run --sim --seed 7 monitored_pool");
  EXPECT_EQ(first.code, 0) << first.text;
  EXPECT_NE(first.text.find("Worker 5 completed"), std::string::npos) << first.text;
  EXPECT_NE(first.text.find("sim: seed=7 hash=0x"), std::string::npos) << first.text;
  for (int i = 1; i < 20; ++i) {
    // With and without the second start that switches address space randomisation off.
    const Ended again = run_sim("examples/monitored_pool", "run --sim --seed 7 monitored_pool",
                                i % 2 == 0 ? "" : "WIPPY_SIM_STARTED_AGAIN=1 PADDING=" + std::string(i * 50u, 'x'));
    ASSERT_EQ(again.text, first.text) << "start " << i;
  }
}

TEST(Program, OtherSeedsDiffer) {
  std::set<std::string> seen;
  for (int seed = 1; seed <= 10; ++seed) {
    const Ended r = run_sim("examples/monitored_pool", "run --sim --seed " + std::to_string(seed) + " monitored_pool");
    EXPECT_EQ(r.code, 0) << r.text;
    seen.insert(r.text.substr(r.text.find(" hash=")));
  }
  EXPECT_EQ(seen.size(), 10u);
}

TEST(Program, EndlessLoopsInLuaDoNotHang) {
  std::set<std::string> orders;
  for (int seed = 1; seed <= 10; ++seed) {
    const std::string words = "run --sim --seed " + std::to_string(seed) + " go";
    const Ended r = run_sim("tests/sim/apps/endless", words);
    ASSERT_EQ(r.code, 0) << r.text;
    ASSERT_EQ(run_sim("tests/sim/apps/endless", words, "WIPPY_SIM_STARTED_AGAIN=1").text, r.text);
    orders.insert(r.text);
  }
  EXPECT_GT(orders.size(), 5u);
}

TEST(Program, TheOperatorEndsWhatWaitsForEver) {
  const Ended r = run_sim("tests/sim/apps/endless", "run --sim --seed 3 forever");
  EXPECT_EQ(r.code, 1) << r.text;
  EXPECT_NE(r.text.find("sim: seed=3"), std::string::npos) << r.text;
  EXPECT_EQ(r.text.find("deadlock"), std::string::npos) << r.text;
}

TEST(Program, ServicesRunUntilTheirTimeIsOver) {
  const Ended r = run_sim("examples/supervised_pool", "run --sim --seed 5", "WIPPY_SIM_SECONDS=10");
  EXPECT_EQ(r.code, 0) << r.text;
  const Ended again = run_sim("examples/supervised_pool", "run --sim --seed 5", "WIPPY_SIM_SECONDS=10");
  EXPECT_EQ(r.text, again.text);
}

// Named zones come from files, which all machines have alike; the local zone is the machine's and must not be seen.
TEST(Program, TheLocalZoneIsUtc) {
  const Ended tokyo = run_sim("tests/sim/apps/zones", "run --sim --seed 1 show", "TZ=Asia/Tokyo");
  EXPECT_EQ(tokyo.code, 0) << tokyo.text;
  EXPECT_NE(tokyo.text.find("2026-01-01 00:00 UTC Local\n2026-01-01 00:00 UTC\n2026-01-01 09:00 JST Asia/Tokyo\n"),
            std::string::npos)
      << tokyo.text;
  EXPECT_EQ(run_sim("tests/sim/apps/zones", "run --sim --seed 1 show", "TZ=America/New_York").text, tokyo.text);
}

TEST(Program, TraceNamesEvents) {
  const Ended r = run_sim("examples/monitored_pool", "run --sim --seed 7 monitored_pool", "WIPPY_SIM_TRACE=1");
  EXPECT_NE(r.text.find(" event 1  pid 0x"), std::string::npos) << r.text;
}

}  // namespace
}  // namespace wippy::simtest
