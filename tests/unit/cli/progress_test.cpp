// The progress line: only when it takes long, gone afterwards.
#include "cli/progress.hpp"

#include <gtest/gtest.h>

#include <string>

#include "memory/mutex.hpp"

namespace wippy::cli {
namespace {

constexpr std::uint64_t kHourNs = 3'600'000'000'000;

class Terminal {
 public:
  void write(std::string_view text) {
    LockGuard lock(mutex_);
    text_ += text;
  }
  std::string text() const {
    LockGuard lock(mutex_);
    return text_;
  }
  void wait_for(std::string_view part) const {
    while (text().find(part) == std::string::npos) yield_thread();
  }

 private:
  mutable Mutex mutex_;
  std::string text_;
};

TEST(ProgressLine, NothingWhenItIsQuick) {
  Terminal terminal;
  {
    Progress progress([&](std::string_view text) { terminal.write(text); }, kHourNs);
    progress.stage("loading");
    progress.stage("starting");
    progress.end();
  }
  EXPECT_EQ(terminal.text(), "");
}

TEST(ProgressLine, ShownAfterTheTimeAndTakenAway) {
  Terminal terminal;
  Progress progress([&](std::string_view text) { terminal.write(text); }, 1'000'000);
  progress.stage("loading");
  terminal.wait_for("loading… 0 s");
  progress.stage("starting");  // at once: the line is there already
  EXPECT_NE(terminal.text().find("\r\x1b[Kstarting… 0 s"), std::string::npos);
  progress.end();
  const std::string all = terminal.text();
  EXPECT_TRUE(all.ends_with("\r\x1b[K")) << all;
  progress.stage("later");
  progress.end();
  EXPECT_EQ(terminal.text(), all);
}

TEST(ProgressLine, EndsWithItsObject) {
  Terminal terminal;
  {
    Progress progress([&](std::string_view text) { terminal.write(text); }, 1'000'000);
    progress.stage("loading");
    terminal.wait_for("loading");
  }
  EXPECT_TRUE(terminal.text().ends_with("\r\x1b[K"));
}

TEST(ProgressLine, NeverStarted) {
  Terminal terminal;
  {
    Progress progress([&](std::string_view text) { terminal.write(text); }, 0);
  }
  EXPECT_EQ(terminal.text(), "");
}

}  // namespace
}  // namespace wippy::cli
