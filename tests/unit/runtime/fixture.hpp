// A runtime with one host for tests, and a way to run one native process to its end.
#pragma once

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "mailbox/values.hpp"
#include "runtime/observe/scheduler_text.hpp"
#include "runtime/process/coroutine.hpp"
#include "runtime/runtime.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/parker.hpp"
#include "tests/unit/memory/carved.hpp"

namespace wippy::test {

inline std::string error_text(const Message& m) {
  ValueReader r;
  r.open_value(m.body());
  const ValueItem& item = r.next();
  return item.token == Token::kError ? std::string(item.text) : std::string("<no error>");
}

class Node {
 public:
  explicit Node(uint32_t workers, uint32_t cores = 0) : runtime_(config(cores)) {
    HostOptions o;
    o.id = "app:processes";
    o.workers = workers;
    host_ = &runtime_.add_host(o);
    EXPECT_TRUE(host_->start().ok());
  }

  // fn(Context&, Node&) must call done(); fails the test after 60 s.
  template <class F>
  void run(F fn) {
    SpawnOptions o;
    o.host = &host_->core();
    SpawnResult r = spawn_native(
        runtime_.node(), o, [](Context& self, F f, Node* n) { return f(self, *n); }, fn, this);
    ASSERT_TRUE(r.status.ok()) << r.status.message;
    const uint64_t deadline_ns = monotonic_ns() + 60'000'000'000;
    while (finished_.load_acquire() == 0 && monotonic_ns() < deadline_ns) static_cast<void>(parker_.park(deadline_ns));
    ASSERT_EQ(finished_.load_acquire(), 1u) << "timed out: " << scheduler_line(host_->scheduler());
  }
  void done() {
    finished_.store_release(1);
    parker_.unpark();
  }

  // True when every process has ended within 10 s.
  bool empties() {
    const uint64_t deadline_ns = monotonic_ns() + 10'000'000'000;
    while (runtime_.node().live_processes() != 0 && monotonic_ns() < deadline_ns) {
      Parker p;
      static_cast<void>(p.park(monotonic_ns() + 1'000'000));
    }
    return runtime_.node().live_processes() == 0;
  }
  uint32_t carved_blocks() { return test::carved_of(runtime_.node().blocks(), host_->core().index()); }
  Runtime& runtime() { return runtime_; }
  ProcessHost& host() { return *host_; }

 private:
  static Runtime::Config config(uint32_t cores) {
    Runtime::Config c;
    c.cores = cores;
    return c;
  }
  Runtime runtime_;
  ProcessHost* host_ = nullptr;
  Atomic<uint32_t> finished_{0};
  Parker parker_;
};

}  // namespace wippy::test
