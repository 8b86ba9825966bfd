// Conformance D and E: terminate and cancel.
#include "mailbox/values.hpp"
#include "tests/unit/runtime/puppet.hpp"

namespace wippy {
namespace {

using namespace test;
using test::Node;

TEST(Terminate, C053_ASleeperDiesAtOnce) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_native(self, watched(), [](Context& c) -> Behavior {
                    co_await sleep_for(c, 60'000 * kMs);
                    ADD_FAILURE() << "the sleeper went on";
                  }).pid;
    co_await sleep_for(self, 5 * kMs);
    const uint64_t t0 = monotonic_ns();
    EXPECT_TRUE(self.terminate(p).ok());
    Message m = co_await receive(self);
    EXPECT_LT(monotonic_ns() - t0, 5'000 * kMs);
    expect_failure(m, p, SignalKind::kExit, "process terminated");
    node.done();
  });
  EXPECT_TRUE(n.empties());
}

TEST(Terminate, C054_ALoopThatNeverWaitsDies) {
  for (const uint32_t workers : {1u, 2u}) {
    Node n(workers);
    n.run([](Context& self, Node& node) -> Behavior {
      const Pid p = spawn_native(self, watched(), [](Context& c) -> Behavior {
                      for (;;) co_await yield(c);
                    }).pid;
      co_await sleep_for(self, 5 * kMs);
      EXPECT_TRUE(self.terminate(p).ok());
      Message m = co_await receive(self);
      expect_failure(m, p, SignalKind::kExit, "process terminated");
      node.done();
    });
  }
}

TEST(Terminate, C055_NoCodeOfTheVictimRunsAfterwards) {
  static Atomic<int> seen{0};
  seen.store_relaxed(0);
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_native(self, watched(), [](Context& c) -> Behavior {
                    for (;;) {
                      Message m = co_await receive(c);
                      seen.fetch_add_relaxed(1);  // one worker
                    }
                  }).pid;
    co_await sleep_for(self, 2 * kMs);
    for (int i = 0; i < 10; ++i) tell(self, p, "work", i);
    EXPECT_TRUE(self.terminate(p).ok());  // in the same step: nothing of it has been read
    Message m = co_await receive(self);
    expect_failure(m, p, SignalKind::kExit, "process terminated");
    EXPECT_EQ(seen.load_relaxed(), 0);
    node.done();
  });
}

TEST(Terminate, ANewbornNeverRuns) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_native(self, watched(), [](Context&) -> Behavior {
                    ADD_FAILURE() << "it ran";
                    co_return;
                  }).pid;
    EXPECT_TRUE(self.terminate(p).ok());
    EXPECT_TRUE(self.terminate(p).ok()) << "the first kill is still in progress";
    Message m = co_await receive(self);
    expect_failure(m, p, SignalKind::kExit, "process terminated");
    WIPPY_SILENCE(20 * kMs);
    node.done();
  });
}

TEST(Terminate, C056_C057_LinkedPeersAreTold) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid victim = spawn_puppet(self);
    const Pid trapping = spawn_puppet(self);
    const Pid soft = spawn_native(self, watched(), puppet, self.pid()).pid;
    WIPPY_ORDER(trapping, "trap", 0);
    WIPPY_ORDER(trapping, "link", number(victim));
    WIPPY_ORDER(soft, "link", number(victim));
    EXPECT_TRUE(self.terminate(victim).ok());
    bool told = false, died = false;
    for (int i = 0; i < 2; ++i) {
      Message m = co_await receive(self);
      if (m.kind() == SignalKind::kExit) {
        expect_failure(m, soft, SignalKind::kExit, "linked process failed");
        died = true;
      } else {
        expect_note(m, "down", number(victim));
        told = true;
      }
    }
    EXPECT_TRUE(told && died);
    WIPPY_ORDER(trapping, "ping", 0);
    node.done();
  });
}

TEST(Terminate, C058_C232_ByRegisteredName) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_native(self, watched(), deaf).pid;
    EXPECT_TRUE(self.register_name("victim", p).ok());
    EXPECT_TRUE(self.terminate(self.lookup_name("victim")).ok());
    Message m = co_await receive(self);
    expect_failure(m, p, SignalKind::kExit, "process terminated");
    EXPECT_EQ(self.terminate(self.lookup_name("victim")).kind, ErrorKind::kNotFound);
    node.done();
  });
}

TEST(Terminate, C059_OfAFinishedProcess) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_native(self, watched(), nothing).pid;
    Message m = co_await receive(self);
    expect_exit(m, p);
    EXPECT_EQ(self.terminate(p).kind, ErrorKind::kNotFound);
    EXPECT_EQ(self.terminate(Pid{}).kind, ErrorKind::kNotFound);
    node.done();
  });
}

TEST(Terminate, C061_C062_Oneself) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_native(self, watched(), [](Context& c) -> Behavior {
                    EXPECT_TRUE(c.terminate(c.pid()).ok());
                    Message m = co_await receive(c);
                    ADD_FAILURE() << "went on after killing itself";
                  }).pid;
    Message m = co_await receive(self);
    expect_failure(m, p, SignalKind::kExit, "process terminated");
    node.done();
  });
}

// C-325: whoever is first decides, and there is one EXIT.
TEST(Terminate, C325_RacingANormalReturnGivesOneExit) {
  Node n(4);
  n.run([](Context& self, Node& node) -> Behavior {
    int normal = 0, killed = 0;
    for (int round = 0; round < 3000; ++round) {
      const Pid p = spawn_native(self, watched(), [](Context& c) -> Behavior { Message m = co_await receive(c); }).pid;
      const Pid killer = spawn_native(
                             self, {},
                             [](Context& c, Pid victim) -> Behavior {
                               Message go = co_await receive(c);
                               static_cast<void>(c.terminate(victim));
                             },
                             p)
                             .pid;
      if (round % 2 == 0) co_await yield(self);
      tell(self, killer, "go");
      static_cast<void>(send(self, p, "go", 0));
      Message m = co_await receive(self);
      expect_exit(m, p);
      ++(m.abnormal() ? killed : normal);
      EXPECT_TRUE(!m.abnormal() || error_text(m) == "process terminated");
    }
    WIPPY_SILENCE(20 * kMs);
    RecordProperty("normal", normal);
    RecordProperty("killed", killed);
    EXPECT_EQ(normal + killed, 3000);
    node.done();
  });
  EXPECT_TRUE(n.empties());
}

// --- E. cancel

TEST(Cancel, C063_C064_C065_TheEventNamesTheCanceller) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_puppet(self);
    EXPECT_TRUE(self.cancel(p, 0).ok());
    Message m = co_await receive(self);
    expect_note(m, "cancel", number(self.pid()));
    node.done();
  });
}

TEST(Cancel, C066_C073_TheDeadlineTravelsAsWallClock) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const auto worker = [](Context& c, Pid boss) -> Behavior {
      co_await sleep_for(c, 5 * kMs);  // the CANCEL waits meanwhile
      Message m = co_await receive(c);
      EXPECT_EQ(m.kind(), SignalKind::kCancel);
      const auto ahead = m.ref() == 0 ? int64_t{0} : static_cast<int64_t>(m.ref() - wall_ns());
      tell(c, boss, "ahead", ahead / static_cast<int64_t>(kMs));
    };
    const Pid p = spawn_native(self, {}, worker, self.pid()).pid;
    EXPECT_TRUE(self.cancel(p, 5'000 * kMs).ok());
    Message m = co_await receive(self);
    EXPECT_EQ(m.topic(), "ahead");
    EXPECT_GT(m.integer(), 3'000);
    EXPECT_LE(m.integer(), 5'000);
    const Pid q = spawn_native(self, {}, worker, self.pid()).pid;
    EXPECT_TRUE(self.cancel(q, 0).ok());
    Message none = co_await receive(self);
    expect_note(none, "ahead", 0);
    node.done();
  });
}

TEST(Cancel, C068_WithoutADeadlineNobodyIsKilled) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_native(self, watched(), puppet, self.pid()).pid;
    EXPECT_TRUE(self.cancel(p, 0).ok());
    Message m = co_await receive(self);
    EXPECT_EQ(m.topic(), "cancel");
    WIPPY_SILENCE(150 * kMs);
    WIPPY_ORDER(p, "ping", 0);
    node.done();
  });
}

TEST(Cancel, C070_ADeadlineKillIsAFailureForLinks) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    self.set_trap_links(true);
    const Pid p = spawn_native(self, linked_watched(), deaf).pid;
    EXPECT_TRUE(self.cancel(p, 10 * kMs).ok());
    Message exit = co_await receive(self);
    expect_failure(exit, p, SignalKind::kExit, "cancel deadline exceeded");
    ValueReader r;
    r.open_value(exit.body());
    EXPECT_EQ(r.next().error_kind, ErrorKind::kCanceled);
    Message down = co_await receive(self);
    expect_failure(down, p, SignalKind::kLinkDown, "cancel deadline exceeded");
    node.done();
  });
}

TEST(Cancel, C071_C072_ReturningInTimeIsANormalExitAndTheOnlyOne) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    self.set_trap_links(true);
    const Pid p = spawn_native(self, linked_watched(), [](Context& c) -> Behavior {
                    Message m = co_await receive(c);
                    EXPECT_EQ(m.kind(), SignalKind::kCancel);
                    ValueWriter w;
                    w.integer(42);
                    EXPECT_TRUE(w.finish().ok());
                    c.finish(ExitReason::normal(w.view().data(), w.view().size()));
                  }).pid;
    EXPECT_TRUE(self.cancel(p, 30 * kMs).ok());
    Message m = co_await receive(self);
    expect_exit(m, p);
    EXPECT_FALSE(m.abnormal());
    ValueReader r;
    r.open_value(m.body());
    EXPECT_EQ(r.next().integer, 42);
    WIPPY_SILENCE(80 * kMs);
    node.done();
  });
}

TEST(Cancel, C077_EachCallIsAnEventOfItsOwn) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_puppet(self);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(self.cancel(p, 0).ok());
    for (int i = 0; i < 3; ++i) {
      Message m = co_await receive(self);
      expect_note(m, "cancel", number(self.pid()));
    }
    WIPPY_SILENCE(20 * kMs);
    node.done();
  });
}

TEST(Cancel, C078_C079_TheEarliestDeadlineWins) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    for (const bool short_first : {true, false}) {
      const Pid p = spawn_native(self, watched(), deaf).pid;
      const uint64_t t0 = monotonic_ns();
      EXPECT_TRUE(self.cancel(p, short_first ? 30 * kMs : 30'000 * kMs).ok());
      EXPECT_TRUE(self.cancel(p, short_first ? 30'000 * kMs : 30 * kMs).ok());
      EXPECT_TRUE(self.cancel(p, 0).ok());
      Message m = co_await receive(self);
      const uint64_t took = monotonic_ns() - t0;
      expect_failure(m, p, SignalKind::kExit, "cancel deadline exceeded");
      EXPECT_GE(took, 30 * kMs);
      EXPECT_LT(took, 10'000 * kMs);
    }
    node.done();
  });
}

TEST(Cancel, C080_OfAFinishedProcess) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_native(self, watched(), nothing).pid;
    Message m = co_await receive(self);
    EXPECT_EQ(self.cancel(p, 0).kind, ErrorKind::kNotFound);
    EXPECT_EQ(self.cancel(p, 5 * kMs).kind, ErrorKind::kNotFound);
    node.done();
  });
}

TEST(Cancel, C083_Oneself) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    EXPECT_TRUE(self.cancel(self.pid(), 0).ok());
    Message m = co_await receive(self);
    EXPECT_EQ(m.kind(), SignalKind::kCancel);
    EXPECT_EQ(m.from(), self.pid());
    node.done();
  });
}

// The deadline belongs to the target, whatever becomes of the canceller.
TEST(Cancel, TheDeadlineOutlivesTheCanceller) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_native(self, watched(), deaf).pid;
    spawn_native(
        self, {},
        [](Context& c, Pid victim) -> Behavior {
          EXPECT_TRUE(c.cancel(victim, 20 * kMs).ok());
          co_return;
        },
        p);
    Message m = co_await receive(self);
    expect_failure(m, p, SignalKind::kExit, "cancel deadline exceeded");
    node.done();
  });
}

}  // namespace
}  // namespace wippy
