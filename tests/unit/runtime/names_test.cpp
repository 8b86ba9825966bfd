// Conformance O: the name registry, alone and under races.
#include <thread>

#include "tests/unit/runtime/puppet.hpp"

namespace wippy {
namespace {

using namespace test;
using test::Node;

TEST(Names, C221_to_C226_TheBasics) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid other = spawn_puppet(self);
    EXPECT_FALSE(self.lookup_name("n"));
    EXPECT_TRUE(self.register_name("n", self.pid()).ok());
    EXPECT_EQ(self.lookup_name("n"), self.pid());
    EXPECT_TRUE(self.register_name("n", self.pid()).ok());
    EXPECT_EQ(self.register_name("n", other).kind, ErrorKind::kAlreadyExists);
    EXPECT_EQ(self.lookup_name("n"), self.pid());
    EXPECT_TRUE(self.register_name("m", other).ok());
    EXPECT_EQ(self.lookup_name("m"), other);
    EXPECT_TRUE(self.unregister_name("n"));
    EXPECT_FALSE(self.unregister_name("n"));
    EXPECT_FALSE(self.lookup_name("n"));
    EXPECT_TRUE(self.unregister_name("m")) << "anybody's";
    EXPECT_EQ(self.register_name("n", Pid{}).kind, ErrorKind::kNotFound);
    node.done();
    co_return;
  });
  EXPECT_LE(n.runtime().stop(0), 2u);
  EXPECT_EQ(n.runtime().node().names().size(), 0u);
}

TEST(Names, C227_C228_C230_AllNamesGoWithTheOwnerHoweverItEnds) {
  Node n(4);
  n.run([](Context& self, Node& node) -> Behavior {
    self.set_trap_links(true);
    for (int how = 0; how < 5; ++how) {
      const Pid p = spawn_native(self, watched(), puppet, self.pid()).pid;
      for (const char* name : {"a", "b", "c"}) EXPECT_TRUE(self.register_name(name, p).ok());
      if (how == 0) tell(self, p, "end");
      if (how == 1) tell(self, p, "die");
      if (how == 2) static_cast<void>(self.terminate(p));
      if (how == 4) static_cast<void>(self.cancel(p, kMs));
      if (how == 3) {
        spawn_native(
            self, {},
            [](Context& c, Pid peer) -> Behavior {
              EXPECT_TRUE(c.link(peer).ok());
              fail(c, "boom");
              co_return;
            },
            p);
      }
      for (;;) {
        Message m = co_await receive(self);
        if (m.kind() == SignalKind::kExit) break;  // a puppet tells of its CANCEL first
      }
      for (const char* name : {"a", "b", "c"}) {
        EXPECT_FALSE(self.lookup_name(name)) << how;
        EXPECT_TRUE(self.register_name(name, self.pid()).ok());
        EXPECT_TRUE(self.unregister_name(name));
      }
      EXPECT_EQ(self.register_name("a", p).kind, ErrorKind::kNotFound);
    }
    node.done();
  });
  EXPECT_EQ(n.runtime().node().names().size(), 0u);
}

TEST(Names, C229_FiftyRaceForOneName) {
  Node n(4);
  n.run([](Context& self, Node& node) -> Behavior {
    for (int round = 0; round < 50; ++round) {
      std::vector<Pid> all;
      for (int i = 0; i < 50; ++i) {
        all.push_back(spawn_native(
                          self, {},
                          [](Context& c, Pid boss) -> Behavior {
                            Message go = co_await receive(c);
                            tell(c, boss, "tried", static_cast<int64_t>(c.register_name("one", c.pid()).kind));
                            Message end = co_await receive(c);
                          },
                          self.pid())
                          .pid);
      }
      for (const Pid p : all) tell(self, p, "go");
      int won = 0, lost = 0;
      for (int i = 0; i < 50; ++i) {
        Message m = co_await receive(self);
        const auto kind = static_cast<ErrorKind>(m.integer());
        won += kind == ErrorKind::kOk ? 1 : 0;
        lost += kind == ErrorKind::kAlreadyExists ? 1 : 0;
      }
      EXPECT_EQ(won, 1);
      EXPECT_EQ(lost, 49);
      EXPECT_TRUE(self.unregister_name("one"));
      for (const Pid p : all) tell(self, p, "end");
    }
    node.done();
  });
  EXPECT_TRUE(n.empties());
  EXPECT_EQ(n.runtime().node().names().size(), 0u);
}

// Outside threads register names for processes that are dying: whatever the order, nothing stays, and a name that was
// accepted either belongs to a live process or is free.
TEST(Names, RegistrationRacingWithTheOwnersExitLeavesNothing) {
  Node n(4);
  struct Shared {
    Atomic<uint64_t> current{0};
    Atomic<uint32_t> stop{0};
    Atomic<uint32_t> accepted{0};
    Atomic<uint32_t> refused{0};
  };
  static Shared* shared;
  Shared here;
  shared = &here;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      ThreadMemory scope(n.runtime().pools(), 0, ReaderKind::kOutside);
      NodeCore& core = n.runtime().node();
      for (uint32_t i = 0; here.stop.load_relaxed() == 0; ++i) {
        const Pid p{here.current.load_acquire()};  // partner: the spawner's store
        if (!p) continue;
        // Mostly names of their own: a stale entry under a shared one would be swept by the next registration.
        const std::string name = i % 4 == 0 ? "shared" : std::to_string(t) + ":" + std::to_string(i);
        const Status s = core.names().add(core, name, p);
        (s.ok() ? here.accepted : here.refused).fetch_add_relaxed(1);  // read at the end
        if (i % 7 == 0) static_cast<void>(core.names().remove(core, name));
      }
    });
  }
  n.run([](Context& self, Node& node) -> Behavior {
    // At least 3,000 owners, and on until the threads have met a living and a dying one.
    const auto met_both = [] { return shared->accepted.load_relaxed() > 0 && shared->refused.load_relaxed() > 0; };
    for (int i = 0; i < 3000 || (i < 3'000'000 && !met_both()); ++i) {
      const Pid p = spawn_native(self, watched(), [](Context& c) -> Behavior {
                      for (int k = 0; k < 3; ++k) co_await yield(c);
                    }).pid;
      shared->current.store_release(p.value);
      Message m = co_await receive(self);
      expect_exit(m, p);
    }
    node.done();
  });
  here.stop.store_relaxed(1);
  for (std::thread& t : threads) t.join();
  EXPECT_GT(here.accepted.load_relaxed(), 0u);
  EXPECT_TRUE(n.empties());
  EXPECT_EQ(n.runtime().node().names().size(), 0u);
}

// Two threads take a name away and give it back, always for the same live owner: its exit must still find it.
TEST(Names, RemoveRacingWithAddDoesNotHideANameFromTheExit) {
  for (int round = 0; round < 30; ++round) {
    Node n(1);
    static Pid owner;
    n.run([](Context& self, Node& node) -> Behavior {
      owner = spawn_native(self, {}, deaf).pid;
      node.done();
      co_return;
    });
    NodeCore& core = n.runtime().node();
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&, t] {
        ThreadMemory scope(n.runtime().pools(), 0, ReaderKind::kOutside);
        for (int i = 0; i < 500; ++i) {
          if (t != 0) static_cast<void>(core.names().add(core, "x", owner));
          if (t != 1) static_cast<void>(core.names().remove(core, "x"));
        }
        static_cast<void>(core.names().add(core, "x", owner));
      });
    }
    for (std::thread& th : threads) th.join();
    EXPECT_EQ(core.names().lookup(core, "x"), owner);
    EXPECT_TRUE(core.kill(owner, Control::kKillTerminate));
    EXPECT_TRUE(n.empties());
    ASSERT_EQ(core.names().size(), 0u) << "round " << round;
  }
}

}  // namespace
}  // namespace wippy
