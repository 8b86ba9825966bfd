// Native processes on the real scheduler: messages, exits, links, monitors, timers, names.
#include <gtest/gtest.h>

#include "mailbox/values.hpp"
#include "runtime/process/coroutine.hpp"
#include "runtime/runtime.hpp"
#include "tests/unit/runtime/fixture.hpp"

namespace wippy {
namespace {

using test::Node;

Behavior echo(Context& self) {
  for (;;) {
    Message m = co_await receive(self);
    if (m.kind() == SignalKind::kCancel) co_return;
    if (m.kind() == SignalKind::kMessage) static_cast<void>(send(self, m.from(), "reply", m.integer() + 1));
  }
}

TEST(Native, C016_SelfSendIsQueuedLikeAnyOther) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    EXPECT_TRUE(send(self, self.pid(), "t", 5).ok());
    Message m = co_await receive(self);
    EXPECT_EQ(m.integer(), 5);
    EXPECT_EQ(m.topic(), "t");
    EXPECT_EQ(m.from(), self.pid());
    node.done();
  });
}

TEST(Native, PingPongAcrossManyRounds) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid peer = spawn_native(self, {}, echo).pid;
    for (int64_t i = 0; i < 20000; ++i) {
      EXPECT_TRUE(send(self, peer, "ping", i).ok());
      Message m = co_await receive(self);
      EXPECT_EQ(m.integer(), i + 1);
    }
    static_cast<void>(self.terminate(peer));
    node.done();
  });
}

TEST(Native, C014_SendToFinishedProcessIsNotFound) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    SpawnOptions o;
    o.monitor = true;
    SpawnResult r = spawn_native(self, o, [](Context&) -> Behavior { co_return; });
    Message m = co_await receive(self);
    EXPECT_EQ(m.kind(), SignalKind::kExit);
    EXPECT_EQ(m.from(), r.pid);
    EXPECT_FALSE(m.abnormal());
    const Status s = send(self, r.pid, "t", 1);
    EXPECT_EQ(s.kind, ErrorKind::kNotFound);
    EXPECT_STREQ(s.message, "process not found");
    node.done();
  });
}

TEST(Native, C003_PidsAreNeverReused) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    std::set<uint64_t> seen;
    for (int i = 0; i < 10000; ++i) {
      SpawnOptions o;
      o.monitor = true;
      SpawnResult r = spawn_native(self, o, [](Context&) -> Behavior { co_return; });
      EXPECT_TRUE(seen.insert(r.pid.value).second);
      Message m = co_await receive(self);
      EXPECT_EQ(m.kind(), SignalKind::kExit);
    }
    node.done();
  });
  EXPECT_LT(n.carved_blocks(), 1000u);
}

TEST(Native, C052_TerminateOfAReceiverYieldsOneAbnormalExit) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    SpawnOptions o;
    o.monitor = true;
    const Pid p = spawn_native(self, o, echo).pid;
    EXPECT_TRUE(self.terminate(p).ok());
    Message m = co_await receive(self);
    EXPECT_EQ(m.kind(), SignalKind::kExit);
    EXPECT_TRUE(m.abnormal());
    EXPECT_EQ(test::error_text(m), "process terminated");
    EXPECT_EQ(self.terminate(p).kind, ErrorKind::kNotFound);
    node.done();
  });
}

TEST(Native, C069_CancelDeadlineKills) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    SpawnOptions o;
    o.monitor = true;
    const Pid p = spawn_native(self, o, [](Context& c) -> Behavior {
                    for (;;) Message m = co_await receive(c);
                  }).pid;
    const uint64_t t0 = monotonic_ns();
    EXPECT_TRUE(self.cancel(p, 20'000'000).ok());
    Message m = co_await receive(self);
    EXPECT_GE(monotonic_ns() - t0, 20'000'000u);
    EXPECT_EQ(test::error_text(m), "cancel deadline exceeded");
    node.done();
  });
}

TEST(Native, C044_LinkedFailureKillsANonTrappingPeer) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    SpawnOptions o;
    o.monitor = true;
    spawn_native(self, o, [](Context& c) -> Behavior {
      SpawnOptions l;
      l.link = true;
      spawn_native(c, l, [](Context& k) -> Behavior {
        k.finish(ExitReason::failure(ErrorKind::kInternal, "boom"));
        co_return;
      });
      for (;;) Message m = co_await receive(c);
    });
    Message m = co_await receive(self);
    EXPECT_EQ(test::error_text(m), "linked process failed");
    node.done();
  });
}

TEST(Native, C116_TrappingProcessGetsTwoLinkDowns) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    self.set_trap_links(true);
    SpawnOptions l;
    l.link = true;
    for (int i = 0; i < 2; ++i) {
      spawn_native(self, l, [](Context& k) -> Behavior {
        k.finish(ExitReason::failure(ErrorKind::kInternal, "boom"));
        co_return;
      });
    }
    for (int i = 0; i < 2; ++i) {
      Message m = co_await receive(self);
      EXPECT_EQ(m.kind(), SignalKind::kLinkDown);
      EXPECT_EQ(test::error_text(m), "boom");
    }
    node.done();
  });
}

TEST(Native, C319_ChainOfLinksDiesCompletely) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    SpawnOptions o;
    o.monitor = true;
    struct Chain {
      static Behavior node_main(Context& c, int depth, Pid watcher) {
        if (depth > 0) {
          SpawnOptions l;
          l.link = true;
          spawn_native(c, l, node_main, depth - 1, watcher);
        } else {
          static_cast<void>(send(c, watcher, "built", 0));
        }
        for (;;) Message m = co_await receive(c);
      }
    };
    const Pid root = spawn_native(self, o, Chain::node_main, 200, self.pid()).pid;
    Message built = co_await receive(self);
    EXPECT_EQ(built.topic(), "built");
    EXPECT_TRUE(self.terminate(root).ok());
    Message m = co_await receive(self);
    EXPECT_EQ(m.from(), root);
    node.done();
  });
  EXPECT_TRUE(n.empties());
}

TEST(Native, C227_NameIsGoneWhenTheExitIsHandled) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    SpawnOptions o;
    o.monitor = true;
    const Pid p = spawn_native(self, o, echo).pid;
    EXPECT_TRUE(self.register_name("svc", p).ok());
    EXPECT_EQ(self.lookup_name("svc"), p);
    EXPECT_EQ(self.register_name("svc", self.pid()).kind, ErrorKind::kAlreadyExists);
    static_cast<void>(self.terminate(p));
    Message m = co_await receive(self);
    EXPECT_FALSE(self.lookup_name("svc"));
    EXPECT_TRUE(self.register_name("svc", self.pid()).ok());
    node.done();
  });
}

TEST(Native, SleepIsNeverEarly) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    for (uint64_t d : {1'000'000u, 3'000'000u, 10'000'000u}) {
      const uint64_t t0 = monotonic_ns();
      co_await sleep_for(self, d);
      EXPECT_GE(monotonic_ns() - t0, d);
    }
    Message m = co_await receive_for(self, 2'000'000);
    EXPECT_FALSE(m);
    node.done();
  });
}

TEST(Native, CallRunsOnThePool) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    Message m = co_await call(
        self, [](void*) { return std::string("raw bytes"); }, nullptr, nullptr);
    EXPECT_EQ(m.body(), "raw bytes");
    node.done();
  });
}

TEST(Native, C050_TenThousandIdleProcessesAnswerAndExit) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    std::vector<Pid> all;
    for (int i = 0; i < 10000; ++i) {
      all.push_back(spawn_native(self, {}, echo).pid);
      if (i % 64 == 63) co_await yield(self);
    }
    for (const Pid p : all) static_cast<void>(send(self, p, "q", 1));
    for (std::size_t i = 0; i < all.size(); ++i) {
      Message m = co_await receive(self);
      EXPECT_EQ(m.integer(), 2);
    }
    for (const Pid p : all) static_cast<void>(self.terminate(p));
    node.done();
  });
  EXPECT_TRUE(n.empties());
}

TEST(Native, DumpShowsTheFiveStates) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid idle = spawn_native(self, {}, echo).pid;
    const Pid asleep =
        spawn_native(self, {}, [](Context& c) -> Behavior { co_await sleep_for(c, 60'000'000'000); }).pid;
    NodeCore& core = self.node();
    EXPECT_NE(core.describe(idle).find(" Ready(start)"), std::string::npos) << core.describe(idle);
    co_await sleep_for(self, 2'000'000);
    EXPECT_NE(core.describe(idle).find(" Idle(message)"), std::string::npos) << core.describe(idle);
    EXPECT_NE(core.describe(asleep).find(" Blocked(sleep)"), std::string::npos) << core.describe(asleep);
    EXPECT_NE(core.describe(self.pid()).find(" Running"), std::string::npos) << core.describe(self.pid());
    EXPECT_EQ(core.dump_line(0), "app:processes Ready=0 Running=1 Blocked=1(sleep:1) Idle=1(message:1) Complete=0");
    static_cast<void>(self.terminate(idle));
    static_cast<void>(self.terminate(asleep));
    co_await sleep_for(self, 2'000'000);
    EXPECT_NE(core.describe(idle).find(" Complete"), std::string::npos) << core.describe(idle);
    node.done();
  });
}

}  // namespace
}  // namespace wippy
