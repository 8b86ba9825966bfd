// What the simulation tests share: a runtime inside a simulated run, a list of broken promises, and replay commands.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mailbox/values.hpp"
#include "runtime/observe/scheduler_text.hpp"
#include "runtime/process/coroutine.hpp"
#include "runtime/runtime.hpp"
#include "runtime/sim/sim.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/parker.hpp"

namespace wippy::simtest {

// Broken promises are collected, not reported at once: the tests that plant a mistake want to see some.
class Check {
 public:
  void that(bool holds, const std::string& promise) {
    if (!holds && problems_.size() < 20) problems_.push_back(promise);
  }
  template <class A, class B>
  void equal(const A& got, const B& wanted, const std::string& what) {
    if (!(got == wanted)) that(false, what + ": " + std::to_string(got) + ", not " + std::to_string(wanted));
  }
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::vector<std::string> problems_;
};

inline std::string reason_text(const Message& m) {
  ValueReader r;
  r.open_value(m.body());
  const ValueItem& item = r.next();
  return item.token == Token::kError ? std::string(item.text) : std::string();
}

// [0, n), from the run's seed.
inline uint64_t dice(uint64_t n) { return sim::random_u64() % n; }

// One runtime in the main fiber of a run. Its size differs from seed to seed: 1 … 6 workers on 4 cores, so that some runs
// have workers in reserve.
class World {
 public:
  World(uint64_t seed, Check& check, uint32_t hosts) : check_(check), runtime_(config(seed)) {
    for (uint32_t i = 0; i < hosts; ++i) {
      HostOptions o;
      o.id = i == 0 ? "app:first" : "app:second";
      o.workers = 1 + static_cast<uint32_t>(dice(6));
      hosts_.push_back(&runtime_.add_host(o));
      check_.that(hosts_.back()->start().ok(), "the host starts");
    }
  }

  // fn(Context&, World&, args...) runs as a process of the first host and calls done() before it ends.
  template <class F, class... Args>
  void run(F fn, Args... args) {
    SpawnOptions o;
    o.host = &hosts_.front()->core();
    const SpawnResult r = spawn_native(runtime_.node(), o, fn, this, std::move(args)...);
    check_.that(r.status.ok(), "the first process is spawned");
    while (finished_.load_acquire() == 0) static_cast<void>(parker_.park(kNeverNs));
  }
  void done() {
    finished_.store_release(1);
    parker_.unpark();
  }
  // Ends what is left, then looks whether everything is as before.
  void finish() {
    static_cast<void>(runtime_.stop(20'000'000));
    check_.equal(runtime_.node().live_processes(), 0, "live processes at the end");
    check_.equal(runtime_.node().names().size(), 0u, "registered names at the end");
    for (ProcessHost* h : hosts_) check_.equal(h->pids().size(), 0u, "published pids at the end");
  }

  Check& check() { return check_; }
  Runtime& runtime() { return runtime_; }
  ProcessHost& host(std::size_t i) { return *hosts_[i]; }
  std::string dump() {
    std::string out;
    for (ProcessHost* h : hosts_) out += "sim:   " + scheduler_line(h->scheduler()) + "\n";
    return out;
  }

 private:
  static Runtime::Config config(uint64_t seed) {
    Runtime::Config c;
    c.seed = seed;
    c.pid_index_bits = 20;
    return c;
  }
  Check& check_;
  Runtime runtime_;
  std::vector<ProcessHost*> hosts_;
  Atomic<uint32_t> finished_{0};
  Parker parker_;
};

struct Scenario {
  const char* name;
  void (*main)(World&);
  uint32_t hosts = 1;
};
// In the order of their registration, which is by name.
const std::vector<Scenario>& scenarios();
const Scenario& scenario(const std::string& name);

// WIPPY_SIM_TRACE=1 shows events, =2 also switches.
inline void take_trace_from_environment(sim::Options& o) {
  const char* wanted = std::getenv("WIPPY_SIM_TRACE");
  if (wanted == nullptr || *wanted == '0') return;
  o.trace = stderr;
  o.trace_switches = *wanted == '2';
}

inline std::string replay_command(const Scenario& s, uint64_t seed) {
  return "WIPPY_SIM_SEEDS=" + std::to_string(seed) + " WIPPY_SIM_TRACE=1 " + program_invocation_name +
         " --gtest_filter='*/" + s.name + "'";
}

// Every second seed has two NUMA nodes.
inline sim::Result simulate(const Scenario& s, uint64_t seed, Check& check, sim::Options o = {}) {
  if (o.max_points == 0) o.max_points = 50'000'000;
  if (seed % 2 == 1) o.topology = "pack:2 numa:1 l3:1 core:2 pu:1";
  o.replay = replay_command(s, seed);
  auto world = std::make_shared<World*>(nullptr);
  o.state = [world] { return *world == nullptr ? std::string() : (*world)->dump(); };
  take_trace_from_environment(o);
  return sim::run(seed, std::move(o), [&s, seed, &check, world] {
    World w(seed, check, s.hosts);
    *world = &w;
    s.main(w);
    w.finish();
    *world = nullptr;
    return 0;
  });
}

// "7" or "1-500"; from WIPPY_SIM_SEEDS if set.
struct SeedRange {
  uint64_t first;
  uint64_t last;
};
inline SeedRange seeds(uint64_t first, uint64_t last) {
  const char* wanted = std::getenv("WIPPY_SIM_SEEDS");
  if (wanted == nullptr || *wanted == 0) return {first, last};
  char* end = nullptr;
  const uint64_t from = std::strtoull(wanted, &end, 10);
  return {from, *end == '-' ? std::strtoull(end + 1, nullptr, 10) : from};
}

}  // namespace wippy::simtest
