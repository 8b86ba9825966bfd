// The service supervisor: restarts, back-off, order of stop, timeouts (spec/host.md §4).
#include "runtime/service/supervisor.hpp"

#include <algorithm>
#include <memory>
#include <mutex>

#include "tests/unit/runtime/puppet.hpp"

namespace wippy {
namespace {

using namespace test;
using test::Node;

// What happened, in order; filled by services and supervisor callbacks.
class Journal {
 public:
  void add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    at_ns_.push_back(monotonic_ns());
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::vector<uint64_t> times() {
    const std::lock_guard lock(mutex_);
    return at_ns_;
  }
  std::size_t count(const std::string& line) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count(lines_.begin(), lines_.end(), line));
  }
  bool wait_for(const std::string& line, std::size_t times = 1) {
    const uint64_t until = monotonic_ns() + 20'000 * kMs;
    while (count(line) < times && monotonic_ns() < until) {
      Parker p;
      static_cast<void>(p.park(monotonic_ns() + kMs));
    }
    return count(line) >= times;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::vector<uint64_t> at_ns_;
};

enum class Does { kCrashes, kReturns, kServes, kIgnoresCancel };

Behavior service(Context& self, Journal* journal, const char* name, Does does, uint64_t lives_ns) {
  journal->add(std::string("start ") + name);
  if (lives_ns != 0) co_await sleep_for(self, lives_ns);
  if (does == Does::kReturns) co_return;
  if (does == Does::kCrashes) {
    fail(self, "crash");
    co_return;
  }
  for (;;) {
    Message m = co_await receive(self);
    if (m.kind() != SignalKind::kCancel) continue;
    journal->add(std::string("cancel ") + name);
    if (does == Does::kServes) break;
  }
  co_await sleep_for(self, 5 * kMs);  // cleaning up
  journal->add(std::string("end ") + name);
}

class SupervisorTest : public testing::Test {
 protected:
  ServiceSpec spec(const char* name, Does does, uint64_t lives_ns = 0) {
    ServiceSpec s;
    s.id = name;
    HostCore* host = &node_.host().core();
    s.start = [this, host, name, does, lives_ns](Context& supervisor) {
      SpawnOptions o;
      o.host = host;
      o.private_watch = true;
      return spawn_native(supervisor, o, service, &journal_, name, does, lives_ns);
    };
    s.ended = [this, name](bool abnormal, std::string_view) {
      journal_.add(std::string(abnormal ? "failed " : "ended ") + name);
    };
    s.lifecycle.restart.jitter = 0;
    s.lifecycle.restart.initial_delay_ns = static_cast<int64_t>(5 * kMs);
    return s;
  }
  void launch(std::vector<ServiceSpec> specs) {
    supervisor_ = std::make_unique<Supervisor>(std::move(specs), 7);
    ASSERT_TRUE(
        supervisor_->launch(node_.runtime().node(), node_.host().core(), [this] { journal_.add("stopped"); }).ok());
  }
  bool stop() {
    supervisor_->request_stop();
    supervisor_->request_stop();  // idempotent
    return journal_.wait_for("stopped");
  }
  void nap(uint64_t ns) {
    Parker p;
    static_cast<void>(p.park(monotonic_ns() + ns));
  }

  Journal journal_;
  std::unique_ptr<Supervisor> supervisor_;
  Node node_{2};
};

TEST_F(SupervisorTest, CrashesAreRetriedWithGrowingDelaysUpToTheLimit) {
  ServiceSpec s = spec("a", Does::kCrashes);
  s.lifecycle.restart.max_attempts = 3;
  s.lifecycle.restart.backoff_factor = 2;
  std::vector<ServiceSpec> all;
  all.push_back(std::move(s));
  launch(std::move(all));
  ASSERT_TRUE(journal_.wait_for("failed a"));
  nap(60 * kMs);
  EXPECT_EQ(journal_.lines(), (std::vector<std::string>{"start a", "start a", "start a", "start a", "failed a"}));
  const std::vector<uint64_t> t = journal_.times();
  EXPECT_GE(t[1] - t[0], 5 * kMs);
  EXPECT_GE(t[2] - t[1], 10 * kMs);
  EXPECT_GE(t[3] - t[2], 20 * kMs);
  EXPECT_EQ(supervisor_->restarts(), 3u);
  EXPECT_TRUE(stop());
}

TEST_F(SupervisorTest, TheDelayIsCapped) {
  ServiceSpec s = spec("a", Does::kCrashes);
  s.lifecycle.restart.max_attempts = 12;
  s.lifecycle.restart.backoff_factor = 10;
  s.lifecycle.restart.initial_delay_ns = static_cast<int64_t>(kMs);
  s.lifecycle.restart.max_delay_ns = static_cast<int64_t>(2 * kMs);
  std::vector<ServiceSpec> all;
  all.push_back(std::move(s));
  launch(std::move(all));
  EXPECT_TRUE(journal_.wait_for("failed a"));
  EXPECT_EQ(journal_.count("start a"), 13u);
  EXPECT_TRUE(stop());
}

TEST_F(SupervisorTest, ANormalExitIsNotRestarted) {
  std::vector<ServiceSpec> all;
  all.push_back(spec("a", Does::kReturns));
  launch(std::move(all));
  ASSERT_TRUE(journal_.wait_for("ended a"));
  nap(40 * kMs);
  EXPECT_EQ(journal_.count("start a"), 1u);
  EXPECT_EQ(supervisor_->restarts(), 0u);
  EXPECT_TRUE(stop());
}

TEST_F(SupervisorTest, AStableServiceCountsAnew) {
  ServiceSpec s = spec("a", Does::kCrashes, 20 * kMs);
  s.lifecycle.restart.max_attempts = 1;
  s.lifecycle.stable_threshold_ns = static_cast<int64_t>(10 * kMs);
  std::vector<ServiceSpec> all;
  all.push_back(std::move(s));
  launch(std::move(all));
  EXPECT_TRUE(journal_.wait_for("start a", 5)) << "it gave up though each run was stable";
  EXPECT_EQ(journal_.count("failed a"), 0u);
  EXPECT_TRUE(stop());
}

TEST_F(SupervisorTest, StartErrorsThatWaitingDoesNotMendAreFinal) {
  for (const auto& [kind, starts] : {std::pair{ErrorKind::kNotFound, 1}, std::pair{ErrorKind::kUnavailable, 3}}) {
    Atomic<int> tried{0};
    ServiceSpec s;
    s.id = "a";
    s.start = [&tried, k = kind](Context&) {
      tried.fetch_add_relaxed(1);  // read at the end
      SpawnResult r;
      r.status = Status::error(k, "no");
      return r;
    };
    s.lifecycle.restart.initial_delay_ns = static_cast<int64_t>(kMs);
    s.lifecycle.restart.max_attempts = 2;
    std::vector<ServiceSpec> all;
    all.push_back(std::move(s));
    launch(std::move(all));
    nap(50 * kMs);
    EXPECT_EQ(tried.load_relaxed(), starts);
    EXPECT_TRUE(stop());
  }
}

TEST_F(SupervisorTest, NeedsStartFirstAndStopLast) {
  ServiceSpec top = spec("top", Does::kServes);
  top.needs = {"middle"};
  ServiceSpec middle = spec("middle", Does::kServes);
  middle.needs = {"base", "app:not-ours"};
  std::vector<ServiceSpec> all;
  all.push_back(std::move(top));
  all.push_back(std::move(middle));
  all.push_back(spec("base", Does::kServes));
  launch(std::move(all));
  ASSERT_TRUE(journal_.wait_for("start top"));
  nap(20 * kMs);
  EXPECT_TRUE(stop());
  std::vector<std::string> ends;
  for (const std::string& l : journal_.lines()) {
    if (l.rfind("cancel", 0) == 0 || l.rfind("end ", 0) == 0 || l == "stopped") ends.push_back(l);
  }
  EXPECT_EQ(ends, (std::vector<std::string>{"cancel top", "end top", "cancel middle", "end middle", "cancel base",
                                            "end base", "stopped"}));
}

TEST_F(SupervisorTest, AStopThatTakesTooLongIsEndedByForce) {
  ServiceSpec s = spec("deaf", Does::kIgnoresCancel);
  s.lifecycle.stop_timeout_ns = static_cast<int64_t>(30 * kMs);
  std::vector<ServiceSpec> all;
  all.push_back(std::move(s));
  launch(std::move(all));
  ASSERT_TRUE(journal_.wait_for("start deaf"));
  const uint64_t t0 = monotonic_ns();
  EXPECT_TRUE(stop());
  EXPECT_GE(monotonic_ns() - t0, 30 * kMs);
  EXPECT_EQ(journal_.count("cancel deaf"), 1u);
  EXPECT_EQ(journal_.count("failed deaf"), 1u);
  EXPECT_EQ(journal_.count("start deaf"), 1u) << "restarted while stopping";
}

TEST_F(SupervisorTest, StopDoesNotWaitForARestartDelay) {
  ServiceSpec s = spec("a", Does::kCrashes);
  s.lifecycle.restart.initial_delay_ns = static_cast<int64_t>(60'000 * kMs);
  std::vector<ServiceSpec> all;
  all.push_back(std::move(s));
  launch(std::move(all));
  ASSERT_TRUE(journal_.wait_for("start a"));
  nap(20 * kMs);
  const uint64_t t0 = monotonic_ns();
  EXPECT_TRUE(stop());
  EXPECT_LT(monotonic_ns() - t0, 10'000 * kMs);
  EXPECT_EQ(journal_.count("start a"), 1u);
}

TEST_F(SupervisorTest, StoppingWhileEverythingCrashesEnds) {
  for (int round = 0; round < 5; ++round) {
    std::vector<ServiceSpec> all;
    static const char* const names[] = {"a", "b", "c", "d"};
    for (const char* name : names) {
      all.push_back(spec(name, Does::kCrashes, static_cast<uint64_t>(round) * kMs / 4));
      all.back().lifecycle.restart.initial_delay_ns = 100'000;
      all.back().lifecycle.restart.max_delay_ns = 100'000;
    }
    const std::size_t stops = journal_.count("stopped");
    launch(std::move(all));
    nap(10 * kMs);
    supervisor_->request_stop();
    EXPECT_TRUE(journal_.wait_for("stopped", stops + 1));
    EXPECT_TRUE(node_.empties());
  }
}

}  // namespace
}  // namespace wippy
