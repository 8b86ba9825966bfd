// Conformance F: monitors.
#include "runtime/process/process_ext.hpp"
#include "tests/unit/runtime/puppet.hpp"

namespace wippy {
namespace {

using namespace test;
using test::Node;

TEST(Monitor, C085_C086_ASecondMonitorIsRefusedAndOneExitComes) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_puppet(self);
    EXPECT_TRUE(self.monitor(p).ok());
    EXPECT_EQ(self.monitor(p).kind, ErrorKind::kAlreadyExists);
    const Pid q = spawn_native(self, watched(), puppet, self.pid()).pid;
    EXPECT_EQ(self.monitor(q).kind, ErrorKind::kAlreadyExists);
    tell(self, p, "end");
    Message m = co_await receive(self);
    expect_exit(m, p);
    tell(self, q, "die");
    Message k = co_await receive(self);
    expect_failure(k, q, SignalKind::kExit, "boom");
    WIPPY_SILENCE(50 * kMs);
    node.done();
  });
}

TEST(Monitor, C087_OfAFinishedProcessNothingEverComes) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_native(self, watched(), nothing).pid;
    Message m = co_await receive(self);
    EXPECT_EQ(self.monitor(p).kind, ErrorKind::kNotFound);
    EXPECT_EQ(self.link(p).kind, ErrorKind::kNotFound);
    WIPPY_SILENCE(50 * kMs);
    node.done();
  });
}

TEST(Monitor, C091_C092_C093_UnmonitorAndAgain) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_puppet(self);
    EXPECT_TRUE(self.unmonitor(p).ok()) << "nothing monitored: fine";
    EXPECT_TRUE(self.monitor(p).ok());
    EXPECT_TRUE(self.unmonitor(p).ok());
    EXPECT_TRUE(self.unmonitor(p).ok());
    const Pid q = spawn_puppet(self);
    EXPECT_TRUE(self.monitor(q).ok());
    EXPECT_TRUE(self.unmonitor(q).ok());
    EXPECT_TRUE(self.monitor(q).ok());
    tell(self, p, "die");
    tell(self, q, "die");
    Message m = co_await receive(self);
    expect_failure(m, q, SignalKind::kExit, "boom");
    WIPPY_SILENCE(100 * kMs);
    EXPECT_TRUE(self.unmonitor(q).ok()) << "gone: fine, too";
    node.done();
  });
}

TEST(Monitor, C094_C095_FiveWatchersOneExitEachAndTheyLive) {
  Node n(4);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid target = spawn_puppet(self);
    std::vector<Pid> watchers;
    for (int i = 0; i < 5; ++i) watchers.push_back(spawn_puppet(self));
    for (const Pid w : watchers) WIPPY_ORDER(w, "monitor", number(target));
    tell(self, target, "die");
    for (int i = 0; i < 5; ++i) {
      Message m = co_await receive(self);
      expect_note(m, "crash", number(target));
    }
    for (const Pid w : watchers) WIPPY_ORDER(w, "ping", 0);
    WIPPY_SILENCE(20 * kMs);
    node.done();
  });
}

TEST(Monitor, C096_AWatcherThatDiesFirstIsNoTrouble) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid target = spawn_native(self, watched(), puppet, self.pid()).pid;
    const Pid watcher = spawn_native(self, watched(), puppet, self.pid()).pid;
    WIPPY_ORDER(watcher, "monitor", number(target));
    tell(self, watcher, "end");
    Message w = co_await receive(self);
    expect_exit(w, watcher);
    tell(self, target, "die");
    Message m = co_await receive(self);
    expect_failure(m, target, SignalKind::kExit, "boom");
    node.done();
  });
  EXPECT_TRUE(n.empties());
}

TEST(Monitor, C097_AnExitThatIsQueuedAlreadyIsNotWithdrawn) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_native(self, watched(), nothing).pid;
    wait_for_end(self, p);
    EXPECT_TRUE(self.unmonitor(p).ok());
    Message m = co_await receive_for(self, 1000 * kMs);
    expect_exit(m, p);
    node.done();
  });
}

// A service that many short-lived clients monitor must not collect them.
TEST(Monitor, WhoDiesWatchingIsForgotten) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    for (int round = 0; round < 20; ++round) {
      const Pid p = spawn_native(
                        self, watched(),
                        [](Context& c, Pid target) -> Behavior {
                          EXPECT_TRUE(c.monitor(target).ok());
                          co_return;
                        },
                        self.pid())
                        .pid;
      Message m = co_await receive(self);
      expect_exit(m, p);
    }
    WIPPY_SILENCE(20 * kMs);  // the last UNWATCH comes behind its EXIT
    EXPECT_EQ(static_cast<Process&>(self).ext_or_null()->watchers.size(), 0u);
    node.done();
  });
}

TEST(Monitor, C098_C111_OneselfIsAllowedAndWithoutEffect) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_native(self, watched(), [](Context& c) -> Behavior {
                    EXPECT_TRUE(c.monitor(c.pid()).ok());
                    EXPECT_TRUE(c.link(c.pid()).ok());
                    EXPECT_TRUE(c.unlink(c.pid()).ok());
                    EXPECT_TRUE(c.unmonitor(c.pid()).ok());
                    EXPECT_TRUE(c.link(c.pid()).ok());
                    fail(c, "boom");
                    co_return;
                  }).pid;
    Message m = co_await receive(self);
    expect_failure(m, p, SignalKind::kExit, "boom");
    node.done();
  });
  EXPECT_TRUE(n.empties());
}

}  // namespace
}  // namespace wippy
