// The service supervisor: restarts, back-off, order of stop, timeouts (spec/host.md §4).
#include "runtime/service/supervisor.hpp"

#include <algorithm>
#include <memory>
#include <mutex>

#include "runtime/service/host_service.hpp"
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

// --- services that are no processes, orders, states

// A start on the blocking pool that takes a while.
struct Slow {
  uint64_t takes_ns = 0;
  const char* why = "";  // empty: it works
  Journal* journal = nullptr;
  const char* name = "";
};

uint64_t slow_start(Context& self, Slow& slow) {
  return self.call(
      [](void* arg) {
        const Slow s = *static_cast<Slow*>(arg);  // the test may end before the job does
        s.journal->add(std::string("begin ") + s.name);
        Parker p;
        static_cast<void>(p.park(monotonic_ns() + s.takes_ns));
        ValueWriter w;
        w.reset_body("", *s.why == 0 ? 0 : 1);
        if (*s.why != 0) w.string(s.why, std::char_traits<char>::length(s.why));
        EXPECT_TRUE(w.finish().ok());
        return std::string(w.view());
      },
      &slow, nullptr);
}

ServiceSpec slow_spec(const char* name, Slow& slow, Journal& journal) {
  slow.name = name;
  slow.journal = &journal;
  ServiceSpec s;
  s.id = name;
  s.begin_start = [&slow](Context& self) { return slow_start(self, slow); };
  s.begin_stop = [&slow](Context& self, uint64_t) { return slow_start(self, slow); };
  s.lifecycle.restart.jitter = 0;
  s.lifecycle.restart.initial_delay_ns = static_cast<int64_t>(5 * kMs);
  return s;
}

std::vector<ServiceSpec> list(ServiceSpec a) {
  std::vector<ServiceSpec> all;
  all.push_back(std::move(a));
  return all;
}
std::vector<ServiceSpec> list(ServiceSpec a, ServiceSpec b) {
  std::vector<ServiceSpec> all = list(std::move(a));
  all.push_back(std::move(b));
  return all;
}

class ServiceStates : public SupervisorTest {
 protected:
  ServiceStatus status(std::string_view id) {
    for (const ServiceStatus& s : supervisor_->states()) {
      if (s.id == id) return s;
    }
    return {};
  }
  bool reaches(std::string_view id, ServiceState state) {
    const uint64_t until = monotonic_ns() + 10'000 * kMs;
    while (status(id).state != state && monotonic_ns() < until) nap(kMs);
    return status(id).state == state;
  }
  // The order's answer.
  std::string told(const std::function<void(Supervisor::Done)>& order) {
    const std::string key = "told " + std::to_string(++asked_) + " ";
    order([this, key](const Status& s, std::string_view text) {
      journal_.add(key + (s.ok() ? "ok" : std::string(text)));
      journal_.add(key);
    });
    if (!journal_.wait_for(key)) return "no answer";
    for (const std::string& l : journal_.lines()) {
      if (l.size() > key.size() && l.rfind(key, 0) == 0) return l.substr(key.size());
    }
    return "";
  }
  int asked_ = 0;
};

TEST_F(ServiceStates, H161_UnrelatedStartsRunInParallel) {
  Slow a{200 * kMs, ""};
  Slow b{200 * kMs, ""};
  const uint64_t t0 = monotonic_ns();
  launch(list(slow_spec("a", a, journal_), slow_spec("b", b, journal_)));
  ASSERT_TRUE(reaches("a", ServiceState::kRunning));
  ASSERT_TRUE(reaches("b", ServiceState::kRunning));
  EXPECT_LT(monotonic_ns() - t0, 390 * kMs);
  EXPECT_TRUE(stop());
}

TEST_F(ServiceStates, H163_AStartThatTakesTooLongFailsAndIsRetried) {
  Slow slow{150 * kMs, ""};
  ServiceSpec s = slow_spec("a", slow, journal_);
  s.lifecycle.start_timeout_ns = static_cast<int64_t>(20 * kMs);
  s.lifecycle.restart.max_attempts = 1;
  launch(list(std::move(s)));
  ASSERT_TRUE(journal_.wait_for("begin a", 2));
  nap(60 * kMs);
  EXPECT_EQ(status("a").state, ServiceState::kFailed);
  EXPECT_NE(status("a").details.find("service start timed out"), std::string::npos) << status("a").details;
  EXPECT_TRUE(status("a").gave_up);
  EXPECT_EQ(supervisor_->failed_required().size(), 1u) << "not ready";
  EXPECT_TRUE(stop());
}

TEST_F(ServiceStates, H162_WhoNeedsOneThatFailedNamesIt) {
  Slow bad{0, "no such device"};
  ServiceSpec base = slow_spec("base", bad, journal_);
  base.lifecycle.restart.max_attempts = 1;
  base.lifecycle.startup_required = false;
  ServiceSpec top = spec("top", Does::kServes);
  top.needs = {"base"};
  launch(list(std::move(base), std::move(top)));
  ASSERT_TRUE(reaches("top", ServiceState::kFailed));
  EXPECT_EQ(status("top").details, "not started: top requires base, which is failed");
  EXPECT_EQ(status("base").details, "gave up after 2 failures: no such device");
  EXPECT_EQ(journal_.count("start top"), 0u);
  ASSERT_EQ(supervisor_->failed_required().size(), 1u) << "base is optional";
  bad.why = "";
  EXPECT_EQ(told([&](Supervisor::Done d) { supervisor_->start("base", std::move(d)); }), "ok");
  EXPECT_TRUE(reaches("top", ServiceState::kRunning)) << "mended";
  EXPECT_TRUE(stop());
}

TEST_F(ServiceStates, H147_H153_WithoutALimitTheCountGrows) {
  ServiceSpec s = spec("a", Does::kCrashes);
  s.lifecycle.restart.backoff_factor = 1;
  s.lifecycle.restart.initial_delay_ns = static_cast<int64_t>(kMs);
  launch(list(std::move(s)));
  ASSERT_TRUE(journal_.wait_for("start a", 30));
  EXPECT_GE(status("a").retry_count, 28u);
  EXPECT_FALSE(status("a").gave_up);
  EXPECT_TRUE(stop());
}

TEST_F(ServiceStates, H152_AStableRunCountsAsTheFirst) {
  ServiceSpec s = spec("a", Does::kCrashes, 20 * kMs);
  s.lifecycle.stable_threshold_ns = static_cast<int64_t>(10 * kMs);
  s.lifecycle.restart.backoff_factor = 100;
  launch(list(std::move(s)));
  ASSERT_TRUE(journal_.wait_for("start a", 4)) << "the delay grew though each run was stable";
  EXPECT_LE(status("a").retry_count, 1u);
  EXPECT_TRUE(stop());
}

TEST_F(ServiceStates, H145_TheJitterStaysWithinItsFraction) {
  ServiceSpec s = spec("a", Does::kCrashes);
  s.lifecycle.restart.backoff_factor = 1;
  s.lifecycle.restart.jitter = 0.5;
  s.lifecycle.restart.initial_delay_ns = static_cast<int64_t>(20 * kMs);
  launch(list(std::move(s)));
  ASSERT_TRUE(journal_.wait_for("start a", 13));
  const std::vector<uint64_t> t = journal_.times();
  uint64_t least = kNeverNs;
  uint64_t most = 0;
  for (std::size_t i = 1; i < 13; ++i) {
    least = std::min(least, t[i] - t[i - 1]);
    most = std::max(most, t[i] - t[i - 1]);
  }
  EXPECT_GE(least, 10 * kMs);
  EXPECT_LT(least, 20 * kMs) << "no jitter at all";
  EXPECT_GT(most, 20 * kMs);
  EXPECT_TRUE(stop());
}

TEST_F(ServiceStates, H154_AnUnknownEntryIsNotRetriedAndNamed) {
  ServiceSpec s;
  s.id = "a";
  s.start = [this](Context&) {
    journal_.add("tried");
    SpawnResult r;
    r.status = Status::error(ErrorKind::kNotFound, "factory not found");
    r.error_text = "factory not found: process 'app:nope' does not exist";
    return r;
  };
  launch(list(std::move(s)));
  ASSERT_TRUE(reaches("a", ServiceState::kFailed));
  nap(30 * kMs);
  EXPECT_EQ(journal_.count("tried"), 1u);
  EXPECT_EQ(status("a").details, "factory not found: process 'app:nope' does not exist");
  EXPECT_TRUE(stop());
}

TEST_F(ServiceStates, H178_StatesAndTransitionsAreTold) {
  ServiceSpec s = spec("a", Does::kServes);
  std::vector<ServiceSpec> all = list(std::move(s));
  supervisor_ = std::make_unique<Supervisor>(std::move(all), 7);
  supervisor_->set_transition([this](std::string_view id, ServiceState from, ServiceState to, std::string_view) {
    journal_.add(std::string(id) + ": " + service_state_name(from) + " " + service_state_name(to));
  });
  EXPECT_EQ(status("a").state, ServiceState::kStopped);
  ASSERT_TRUE(
      supervisor_->launch(node_.runtime().node(), node_.host().core(), [this] { journal_.add("stopped"); }).ok());
  ASSERT_TRUE(reaches("a", ServiceState::kRunning));
  EXPECT_TRUE(status("a").desired_running);
  EXPECT_NE(status("a").started_at_wall_ns, 0u);
  EXPECT_TRUE(status("a").pid);
  EXPECT_TRUE(stop());
  EXPECT_FALSE(status("a").desired_running);
  for (const char* line : {"a: stopped starting", "a: starting running", "a: running stopping", "a: stopping stopped"})
    EXPECT_EQ(journal_.count(line), 1u) << line;
}

TEST_F(ServiceStates, OrdersStartStopAddUpdateAndRemove) {
  ServiceSpec top = spec("top", Does::kServes);
  top.needs = {"base"};
  launch(list(spec("base", Does::kServes), std::move(top)));
  ASSERT_TRUE(reaches("top", ServiceState::kRunning));
  Supervisor& s = *supervisor_;
  EXPECT_EQ(told([&](Supervisor::Done d) { s.remove("base", std::move(d)); }), "base is required by top");
  EXPECT_EQ(told([&](Supervisor::Done d) { s.stop("base", std::move(d)); }), "ok");
  EXPECT_EQ(status("top").state, ServiceState::kStopped) << "dependents stop first";
  EXPECT_EQ(told([&](Supervisor::Done d) { s.stop("base", std::move(d)); }), "ok") << "again is harmless";
  EXPECT_EQ(told([&](Supervisor::Done d) { s.start("top", std::move(d)); }), "ok") << "with what it needs";
  EXPECT_EQ(status("base").state, ServiceState::kRunning);
  EXPECT_EQ(told([&](Supervisor::Done d) { s.start("top", std::move(d)); }), "service is running already");
  EXPECT_EQ(told([&](Supervisor::Done d) { s.start("nope", std::move(d)); }), "service not found: nope");
  ServiceSpec more = spec("more", Does::kServes);
  more.lifecycle.auto_start = true;
  EXPECT_EQ(told([&](Supervisor::Done d) { s.add(std::move(more), std::move(d)); }), "ok");
  EXPECT_TRUE(reaches("more", ServiceState::kRunning));
  EXPECT_EQ(told([&](Supervisor::Done d) { s.add(spec("more", Does::kServes), std::move(d)); }),
            "there is a service of that id");
  ServiceSpec changed = spec("changed", Does::kServes);
  changed.id = "more";
  EXPECT_EQ(told([&](Supervisor::Done d) { s.update(std::move(changed), std::move(d)); }), "ok");
  EXPECT_EQ(journal_.count("start changed"), 0u) << "from the next start on";
  EXPECT_EQ(told([&](Supervisor::Done d) { s.stop("more", std::move(d)); }), "ok");
  EXPECT_EQ(told([&](Supervisor::Done d) { s.start("more", std::move(d)); }), "ok");
  EXPECT_TRUE(journal_.wait_for("start changed"));
  EXPECT_EQ(told([&](Supervisor::Done d) { s.remove("more", std::move(d)); }), "ok");
  nap(5 * kMs);
  EXPECT_EQ(s.states().size(), 2u);
  EXPECT_TRUE(stop());
  EXPECT_EQ(told([&](Supervisor::Done d) { s.start("top", std::move(d)); }), "the supervisor has stopped");
}

// What is ordered of an id while its former service still ends holds for the next one.
TEST_F(ServiceStates, AServiceThatIsRemovedBeforeItsFormerOneHasEndedStaysRemoved) {
  const auto more = [this](const char* name) {
    ServiceSpec m = spec(name, Does::kServes);
    m.id = "more";
    m.lifecycle.auto_start = true;
    return m;
  };
  launch(list(spec("base", Does::kServes), more("first")));
  ASSERT_TRUE(reaches("more", ServiceState::kRunning));
  Supervisor& s = *supervisor_;
  s.remove("more");  // takes a while
  s.add(more("second"));
  s.remove("more");
  s.add(more("third"));
  s.update(more("fourth"));
  ASSERT_TRUE(journal_.wait_for("start fourth"));
  EXPECT_EQ(journal_.count("start third"), 0u) << "it was changed before it started";
  EXPECT_TRUE(reaches("more", ServiceState::kRunning));
  s.remove("more");
  s.add(more("fifth"));
  EXPECT_EQ(told([&](Supervisor::Done d) { s.remove("more", std::move(d)); }), "ok");
  nap(20 * kMs);
  EXPECT_EQ(s.states().size(), 1u);
  EXPECT_EQ(journal_.count("start second") + journal_.count("start fifth"), 0u);
  EXPECT_TRUE(stop());
}

// --- a host as a service

TEST_F(ServiceStates, H105_H106_H108_AHostStopsAndStartsAgain) {
  HostOptions o;
  o.id = "app:second";
  o.workers = 1;
  ProcessHost& host = node_.runtime().add_host(o);
  ServiceSpec s;
  s.id = "app:second";
  s.lifecycle.stop_timeout_ns = static_cast<int64_t>(40 * kMs);
  Atomic<uint32_t> terminated{0};
  HostServiceEvents events;
  events.stopped = [&](ProcessHost&, uint32_t n) { terminated.store_relaxed(n); };  // read after the order's answer
  serve_host(s, host, std::move(events));
  launch(list(std::move(s)));
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(reaches("app:second", ServiceState::kRunning));
    EXPECT_EQ(host.start().kind, ErrorKind::kConflict);
    SpawnOptions on;
    on.host = &host.core();
    const std::size_t before = journal_.count("end polite");
    ASSERT_TRUE(
        spawn_native(node_.runtime().node(), on, service, &journal_, "polite", Does::kServes, uint64_t{0}).status.ok());
    ASSERT_TRUE(spawn_native(node_.runtime().node(), on, service, &journal_, "deaf", Does::kIgnoresCancel, uint64_t{0})
                    .status.ok());
    ASSERT_TRUE(journal_.wait_for("start deaf", static_cast<std::size_t>(round) + 1));
    EXPECT_EQ(told([&](Supervisor::Done d) { supervisor_->stop("app:second", std::move(d)); }), "ok");
    EXPECT_EQ(journal_.count("end polite"), before + 1);
    EXPECT_EQ(terminated.load_relaxed(), 1u);
    const SpawnResult late =
        spawn_native(node_.runtime().node(), on, service, &journal_, "late", Does::kServes, uint64_t{0});
    EXPECT_EQ(late.status.kind, ErrorKind::kUnavailable);
    EXPECT_EQ(late.error_text, "host is not running: app:second");
    EXPECT_EQ(host.finish_stop(0), 0u) << "H-107: stopping twice is harmless";
    EXPECT_EQ(told([&](Supervisor::Done d) { supervisor_->start("app:second", std::move(d)); }), "ok");
  }
  EXPECT_TRUE(stop());
  EXPECT_EQ(host.core().state(), HostState::kStopped);
}

}  // namespace
}  // namespace wippy
