// Conformance W: order and life cycle.
#include "tests/unit/runtime/puppet.hpp"

namespace wippy {
namespace {

using namespace test;
using test::Node;

TEST(Order, YieldGoesOnWithoutAnySignal) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    for (int i = 0; i < 1000; ++i) co_await yield(self);
    node.done();
  });
}

TEST(Order, C317_MessagesComeBeforeTheExit) {
  Node n(4);
  n.run([](Context& self, Node& node) -> Behavior {
    for (int round = 0; round < 500; ++round) {
      const Pid p = spawn_native(
                        self, watched(),
                        [](Context& c, Pid boss, int count) -> Behavior {
                          for (int i = 0; i < count; ++i) tell(c, boss, "hi", i);
                          co_return;
                        },
                        self.pid(), round % 70)
                        .pid;
      for (int i = 0; i < round % 70; ++i) {
        Message m = co_await receive(self);
        expect_note(m, "hi", i);
      }
      Message m = co_await receive(self);
      expect_exit(m, p);
    }
    node.done();
  });
}

TEST(Order, C318_AfterTheExitNothingReachesIt) {
  Node n(4);
  n.run([](Context& self, Node& node) -> Behavior {
    for (int round = 0; round < 500; ++round) {
      const Pid p = spawn_native(self, watched(), nothing).pid;
      Message m = co_await receive(self);
      expect_exit(m, p);
      EXPECT_EQ(send(self, p, "t", 1).kind, ErrorKind::kNotFound);
      EXPECT_FALSE(self.node().alive(p));
    }
    node.done();
  });
}

TEST(Order, C319_AChainOfFiveEachExactlyOneExit) {
  Node n(4);
  n.run([](Context& self, Node& node) -> Behavior {
    std::vector<Pid> chain;
    for (int i = 0; i < 5; ++i) chain.push_back(spawn_native(self, watched(), puppet, self.pid()).pid);
    for (std::size_t i = 0; i + 1 < chain.size(); ++i) WIPPY_ORDER(chain[i], "link", number(chain[i + 1]));
    for (const Pid p : chain) WIPPY_ORDER(p, "ping", 0);
    tell(self, chain[0], "die");
    std::set<uint64_t> dead;
    for (int i = 0; i < 5; ++i) {
      Message m = co_await receive(self);
      EXPECT_EQ(m.kind(), SignalKind::kExit);
      EXPECT_TRUE(dead.insert(m.from().value).second);
    }
    WIPPY_SILENCE(30 * kMs);
    node.done();
  });
}

TEST(Order, C320_AStarTrappingChildrenAreToldOthersDie) {
  Node n(4);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid parent = spawn_puppet(self);
    std::set<uint64_t> trapping, soft;
    for (int i = 0; i < 10; ++i) {
      const Pid c = spawn_native(self, watched(), puppet, self.pid()).pid;
      if (i % 2 == 0) WIPPY_ORDER(c, "trap", 0);
      WIPPY_ORDER(c, "link", number(parent));
      (i % 2 == 0 ? trapping : soft).insert(c.value);
    }
    tell(self, parent, "die");
    int told = 0;
    for (int i = 0; i < 10; ++i) {
      Message m = co_await receive(self);
      if (m.kind() == SignalKind::kExit) {
        EXPECT_EQ(soft.erase(m.from().value), 1u);
        EXPECT_EQ(error_text(m), "linked process failed");
      } else {
        expect_note(m, "down", number(parent));
        EXPECT_EQ(trapping.erase(m.from().value), 1u);
        ++told;
      }
    }
    EXPECT_EQ(told, 5);
    node.done();
  });
}

TEST(Order, C321_ATrappingProcessStopsTheCascade) {
  Node n(4);
  n.run([](Context& self, Node& node) -> Behavior {
    std::vector<Pid> chain;
    for (int i = 0; i < 5; ++i) chain.push_back(spawn_native(self, watched(), puppet, self.pid()).pid);
    WIPPY_ORDER(chain[2], "trap", 0);
    for (std::size_t i = 0; i + 1 < chain.size(); ++i) WIPPY_ORDER(chain[i], "link", number(chain[i + 1]));
    for (const Pid p : chain) WIPPY_ORDER(p, "ping", 0);
    tell(self, chain[0], "die");
    std::set<uint64_t> dead;
    bool told = false;
    for (int i = 0; i < 3; ++i) {
      Message m = co_await receive(self);
      if (m.kind() == SignalKind::kExit) {
        dead.insert(m.from().value);
      } else {
        expect_note(m, "down", number(chain[1]));
        told = true;
      }
    }
    EXPECT_TRUE(told);
    EXPECT_EQ(dead, (std::set<uint64_t>{chain[0].value, chain[1].value}));
    WIPPY_SILENCE(30 * kMs);
    for (int i = 2; i < 5; ++i) WIPPY_ORDER(chain[static_cast<std::size_t>(i)], "ping", 0);
    node.done();
  });
}

TEST(Order, C322_ALinkFailureDoesNotWaitBehindUnreadMail) {
  static Atomic<int> handled{0};
  handled.store_relaxed(0);
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_native(
                      self, watched(),
                      [](Context& c, Pid boss) -> Behavior {
                        tell(c, boss, "up");
                        for (;;) {
                          Message m = co_await receive(c);
                          handled.fetch_add_relaxed(1);  // one worker
                        }
                      },
                      self.pid())
                      .pid;
    Message up = co_await receive(self);
    const Pid q = spawn_native(
                      self, {},
                      [](Context& c, Pid peer) -> Behavior {
                        EXPECT_TRUE(c.link(peer).ok());
                        for (int i = 0; i < 10'000; ++i) tell(c, peer, "work", i);
                        fail(c, "boom");
                        co_return;
                      },
                      p)
                      .pid;
    static_cast<void>(q);
    Message m = co_await receive(self);
    expect_failure(m, p, SignalKind::kExit, "linked process failed");
    EXPECT_EQ(handled.load_relaxed(), 0);
    node.done();
  });
}

TEST(Order, C323_OneWorkerABusyLoopDoesNotStopOthers) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid busy = spawn_native(self, {}, [](Context& c) -> Behavior {
                       for (;;) co_await yield(c);
                     }).pid;
    const Pid peer = spawn_puppet(self);
    for (int i = 0; i < 1000; ++i) WIPPY_ORDER(peer, "ping", i);
    EXPECT_TRUE(self.terminate(busy).ok());
    node.done();
  });
}

TEST(Order, C326_UnreadMailOfTheDeadIsDroppedSilently) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    for (int round = 0; round < 50; ++round) {
      const Pid p = spawn_native(self, watched(), [](Context& c) -> Behavior { Message m = co_await receive(c); }).pid;
      const std::string big(5000, 'b');
      for (int i = 0; i < 100; ++i) {
        static_cast<void>(send(self, p, "t", i));
        static_cast<void>(self.send(p, big.data(), big.size()));
      }
      Message m = co_await receive(self);
      expect_exit(m, p);
    }
    node.done();
  });
  EXPECT_TRUE(n.empties());  // and LeakSanitizer
}

TEST(Order, C328_MemoryIsReturned) {
  Node n(4);
  n.run([](Context& self, Node& node) -> Behavior {
    for (int i = 0; i < 100'000; ++i) {
      spawn_native(self, {}, nothing);
      if (i % 50 == 49) co_await yield(self);
    }
    node.done();
  });
  EXPECT_TRUE(n.empties());
  EXPECT_LT(n.carved_blocks(), 20'000u) << "blocks of finished processes are not reused";
}

TEST(Order, FifoForEachSenderUnderStealing) {
  Node n(4);
  n.run([](Context& self, Node& node) -> Behavior {
    constexpr int kSenders = 20, kEach = 2000;
    for (int s = 0; s < kSenders; ++s) {
      spawn_native(
          self, {},
          [](Context& c, Pid boss, int64_t me) -> Behavior {
            for (int i = 0; i < kEach; ++i) {
              tell(c, boss, "n", me * kEach + i);
              if (i % 13 == 0) co_await yield(c);
            }
          },
          self.pid(), int64_t{s});
    }
    int64_t next[kSenders] = {};
    int wrong = 0;
    for (int i = 0; i < kSenders * kEach; ++i) {
      Message m = co_await receive(self);
      const int64_t s = m.integer() / kEach;
      if (m.integer() % kEach != next[s]++) ++wrong;
    }
    EXPECT_EQ(wrong, 0);
    node.done();
  });
}

// A sleeper whose timer fires while an urgent LINK_DOWN has its queue drained must wake up all the same. One worker, no
// luck: the LINK_DOWN comes first, others run before most sleepers do, and the worker's tick in between fires the timers.
Behavior linked_sleeper(Context& self, Pid peer, Pid boss) {
  self.set_trap_links(true);
  EXPECT_TRUE(self.link(peer).ok());
  note(self, boss, "up", 0);
  co_await sleep_for(self, 100 * kMs);
  note(self, boss, "woke", 0);
  Message m = co_await receive(self);
  EXPECT_EQ(m.kind(), SignalKind::kLinkDown);
  note(self, boss, "told", 0);
}

TEST(Order, ASleeperWhoseQueueIsDrainedStillWakes) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    constexpr int kSleepers = 10, kCrowd = 60;
    const Pid peer = spawn_native(self, {}, deaf).pid;
    for (int i = 0; i < kCrowd; ++i) {
      const Pid p = spawn_puppet(self);
      WIPPY_ORDER(p, "trap", 0);
      WIPPY_ORDER(p, "link", number(peer));
    }
    for (int i = 0; i < kSleepers; ++i) {
      spawn_native(self, {}, linked_sleeper, peer, self.pid());
      Message up = co_await receive(self);
      expect_note(up, "up", 0);
    }
    const uint64_t until = monotonic_ns() + 110 * kMs;
    while (monotonic_ns() < until) cpu_relax();  // the timers are due now; nobody has looked
    EXPECT_TRUE(self.terminate(peer).ok());
    int woke = 0, told = 0;
    for (int i = 0; i < kCrowd + 2 * kSleepers; ++i) {
      Message m = co_await receive_for(self, 2000 * kMs);
      EXPECT_TRUE(m) << "a sleeper never woke";
      if (!m) break;
      woke += m.topic() == "woke" ? 1 : 0;
      told += m.topic() == "told" ? 1 : 0;
    }
    EXPECT_EQ(woke, kSleepers);
    EXPECT_EQ(told, kSleepers);
    node.done();
  });
}

// Answers that arrive before their turn is waited for are found all the same.
TEST(Order, CallsMayBeStartedTogetherAndAwaitedInAnyOrder) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const auto work = [](void* text) { return std::string(static_cast<const char*>(text)); };
    static char names[3][2] = {"a", "b", "c"};
    for (int round = 0; round < 50; ++round) {
      auto a = call(self, work, names[0], nullptr);
      auto b = call(self, work, names[1], nullptr);
      auto c = call(self, work, names[2], nullptr);
      tell(self, self.pid(), "own", round);
      co_await sleep_for(self, kMs);
      Message mc = co_await c;
      Message mb = co_await b;
      co_await sleep_for(self, 100'000);
      Message ma = co_await a;
      EXPECT_EQ(ma.body(), "a");
      EXPECT_EQ(mb.body(), "b");
      EXPECT_EQ(mc.body(), "c");
      Message own = co_await receive(self);
      expect_note(own, "own", round);
    }
    node.done();
  });
}

// The same race by chance, for sleeps and calls, on four workers.
TEST(Order, SleepsAndCallsSurviveLinkDowns) {
  Node n(4);
  n.run([](Context& self, Node& node) -> Behavior {
    for (int i = 0; i < 8; ++i) {
      spawn_native(
          self, {},
          [](Context& c, Pid boss, int me) -> Behavior {
            c.set_trap_links(true);
            for (int round = 0; round < 300; ++round) {
              for (int k = 0; k < 3; ++k) {
                spawn_native(
                    c, linked(),
                    [](Context& child, int turns) -> Behavior {
                      for (int t = 0; t < turns; ++t) co_await yield(child);
                      fail(child, "boom");
                    },
                    (round + k * 7 + me) % 20);
              }
              if (round % 2 == 0) {
                co_await sleep_for(c, static_cast<uint64_t>(round % 10) * 10'000);
              } else {
                Message r = co_await call(
                    c, [](void*) { return std::string("r"); }, nullptr, nullptr);
                EXPECT_EQ(r.body(), "r");
              }
              for (int k = 0; k < 3; ++k) {
                Message m = co_await receive(c);
                EXPECT_EQ(m.kind(), SignalKind::kLinkDown);
              }
            }
            tell(c, boss, "done", me);
          },
          self.pid(), i);
    }
    for (int i = 0; i < 8; ++i) {
      Message m = co_await receive_for(self, 30'000 * kMs);
      EXPECT_TRUE(m) << "a process hangs";
      if (!m) break;
    }
    node.done();
  });
}

}  // namespace
}  // namespace wippy
