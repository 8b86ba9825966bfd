// A runtime with two hosts for stress tests.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "runtime/observe/scheduler_text.hpp"
#include "runtime/process/coroutine.hpp"
#include "runtime/runtime.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/parker.hpp"

namespace wippy::stress {

inline constexpr uint64_t kMs = 1'000'000;

inline void nap(uint64_t ns) {
  Parker p;
  static_cast<void>(p.park(monotonic_ns() + ns));
}

// Two hosts, four and two workers: more than this machine has cores.
class Plant {
 public:
  Plant() {
    HostOptions o;
    o.id = "app:first";
    o.workers = 4;
    first_ = &runtime_.add_host(o);
    o.id = "app:second";
    o.workers = 2;
    second_ = &runtime_.add_host(o);
    EXPECT_TRUE(first_->start().ok());
    EXPECT_TRUE(second_->start().ok());
  }
  Runtime& runtime() { return runtime_; }
  NodeCore& node() { return runtime_.node(); }
  HostCore* first() { return &first_->core(); }
  HostCore* second() { return &second_->core(); }
  SpawnOptions on(uint32_t which) {
    SpawnOptions o;
    o.host = which % 2 == 0 ? first() : second();
    return o;
  }
  std::string dump() { return scheduler_line(first_->scheduler()) + "\n" + scheduler_line(second_->scheduler()); }
  template <class Condition>
  bool wait(Condition&& c, uint64_t seconds = 240) {
    const uint64_t until = monotonic_ns() + seconds * 1000 * kMs;
    while (!c() && monotonic_ns() < until) nap(kMs);
    return c();
  }
  bool empties() {
    return wait([&] { return node().live_processes() == 0; }, 20);
  }

 private:
  Runtime runtime_{config()};
  static Runtime::Config config() {
    Runtime::Config c;
    c.cores = 4;
    return c;
  }
  ProcessHost* first_ = nullptr;
  ProcessHost* second_ = nullptr;
};

}  // namespace wippy::stress
