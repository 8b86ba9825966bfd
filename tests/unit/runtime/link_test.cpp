// Conformance G: links.
#include "tests/unit/runtime/puppet.hpp"

namespace wippy {
namespace {

using namespace test;
using test::Node;

TEST(Link, C099_C100_C109_FailureReachesBothWays) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    for (const bool caller_fails : {true, false}) {
      const Pid caller = spawn_native(self, watched(), puppet, self.pid()).pid;
      const Pid target = spawn_native(self, watched(), puppet, self.pid()).pid;
      WIPPY_ORDER(caller, "link", number(target));
      WIPPY_ORDER(target, "ping", 0);
      tell(self, caller_fails ? caller : target, "die");
      std::set<std::string> reasons;
      for (int i = 0; i < 2; ++i) {
        Message m = co_await receive(self);
        EXPECT_EQ(m.kind(), SignalKind::kExit);
        EXPECT_EQ(m.from() == (caller_fails ? caller : target), error_text(m) == "boom");
        reasons.insert(error_text(m));
      }
      EXPECT_EQ(reasons, (std::set<std::string>{"boom", "linked process failed"}));
    }
    node.done();
  });
}

TEST(Link, C101_C107_LinkingTwiceGivesOneLinkDown) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    self.set_trap_links(true);
    const Pid p = spawn_puppet(self);
    EXPECT_TRUE(self.link(p).ok());
    EXPECT_TRUE(self.link(p).ok());
    tell(self, p, "die");
    Message m = co_await receive(self);
    expect_failure(m, p, SignalKind::kLinkDown, "boom");
    WIPPY_SILENCE(50 * kMs);
    node.done();
  });
}

// After the EXIT the process is finished, whatever else of it is still in the mailbox.
TEST(Link, C102_ToAFinishedPeerOfAnOldLinkIsNotFound) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    self.set_trap_links(true);
    for (const bool fails : {false, true}) {
      const Pid p =
          fails ? spawn_native(self, linked_watched(), boom).pid : spawn_native(self, linked_watched(), nothing).pid;
      Message m = co_await receive(self);
      expect_exit(m, p);
      EXPECT_EQ(self.link(p).kind, ErrorKind::kNotFound) << fails;
      EXPECT_EQ(self.monitor(p).kind, ErrorKind::kNotFound);
      if (fails) {
        Message down = co_await receive(self);
        expect_failure(down, p, SignalKind::kLinkDown, "boom");
      }
    }
    WIPPY_SILENCE(20 * kMs);
    node.done();
  });
}

TEST(Link, C103_C104_C105_EitherSideUnlinks) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    self.set_trap_links(true);
    const Pid a = spawn_puppet(self);
    const Pid b = spawn_puppet(self);
    EXPECT_TRUE(self.unlink(a).ok()) << "no link: fine";
    EXPECT_TRUE(self.link(a).ok());
    EXPECT_TRUE(self.unlink(a).ok());
    EXPECT_TRUE(self.link(b).ok());
    WIPPY_ORDER(b, "unlink", number(self.pid()));
    tell(self, a, "die");
    tell(self, b, "die");
    WIPPY_SILENCE(100 * kMs);
    const Pid c = spawn_puppet(self);  // and a new link counts again
    EXPECT_TRUE(self.link(c).ok());
    EXPECT_TRUE(self.unlink(c).ok());
    EXPECT_TRUE(self.link(c).ok());
    tell(self, c, "die");
    Message m = co_await receive(self);
    expect_failure(m, c, SignalKind::kLinkDown, "boom");
    WIPPY_SILENCE(20 * kMs);
    node.done();
  });
}

TEST(Link, C106_NormalExitIsSilentAndTheLinkIsGone) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    self.set_trap_links(true);
    const Pid p = spawn_native(self, linked(), puppet, self.pid()).pid;
    const Pid soft = spawn_puppet(self);
    WIPPY_ORDER(soft, "link", number(p));
    tell(self, p, "end");
    WIPPY_SILENCE(100 * kMs);
    WIPPY_ORDER(soft, "ping", 0);
    node.done();
  });
}

TEST(Link, C108_C125_ATrappingParentGoesOnAndItsChildrenDoNotTrap) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    EXPECT_FALSE(self.trap_links());
    self.set_trap_links(true);
    for (int i = 0; i < 100; ++i) {
      const Pid p = spawn_native(self, linked(), [](Context& c) -> Behavior {
                      EXPECT_FALSE(c.trap_links());
                      fail(c, "boom");
                      co_return;
                    }).pid;
      Message m = co_await receive(self);
      expect_failure(m, p, SignalKind::kLinkDown, "boom");
    }
    node.done();
  });
}

TEST(Link, C119_TrapOffAgainKills) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_native(self, watched(), puppet, self.pid()).pid;
    const Pid q = spawn_puppet(self);
    WIPPY_ORDER(p, "trap", 0);
    WIPPY_ORDER(p, "link", number(q));
    WIPPY_ORDER(p, "untrap", 0);
    tell(self, q, "die");
    Message m = co_await receive(self);
    expect_failure(m, p, SignalKind::kExit, "linked process failed");
    node.done();
  });
}

TEST(Link, C113_C114_CyclesDieOnce) {
  for (const std::size_t size : {std::size_t{2}, std::size_t{3}, std::size_t{7}}) {
    Node n(4);
    static std::size_t ring_size;
    ring_size = size;
    n.run([](Context& self, Node& node) -> Behavior {
      std::vector<Pid> ring;
      for (std::size_t i = 0; i < ring_size; ++i) ring.push_back(spawn_native(self, watched(), puppet, self.pid()).pid);
      for (std::size_t i = 0; i < ring_size; ++i) WIPPY_ORDER(ring[i], "link", number(ring[(i + 1) % ring_size]));
      for (const Pid p : ring) WIPPY_ORDER(p, "ping", 0);
      tell(self, ring[0], "die");
      std::set<uint64_t> dead;
      for (std::size_t i = 0; i < ring_size; ++i) {
        Message m = co_await receive(self);
        EXPECT_EQ(m.kind(), SignalKind::kExit);
        EXPECT_TRUE(dead.insert(m.from().value).second);
        EXPECT_EQ(error_text(m), m.from() == ring[0] ? "boom" : "linked process failed");
      }
      WIPPY_SILENCE(20 * kMs);
      node.done();
    });
    EXPECT_TRUE(n.empties());
  }
}

// spec 1.11: "monitored by and linked to the same peer produces EXIT first, then LINK_DOWN".
TEST(Link, ExitComesBeforeLinkDown) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    self.set_trap_links(true);
    const Pid a = spawn_native(self, linked_watched(), boom).pid;
    Message e = co_await receive(self);
    expect_failure(e, a, SignalKind::kExit, "boom");
    Message d = co_await receive(self);
    expect_failure(d, a, SignalKind::kLinkDown, "boom");
    node.done();
  });
}

// The same when link and monitor have not been seen by the target before its end: the zombie answers.
TEST(Link, ExitComesBeforeLinkDownFromAZombie) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    self.set_trap_links(true);
    const Pid p = spawn_native(self, {}, deaf).pid;
    co_await sleep_for(self, 5 * kMs);
    EXPECT_TRUE(self.link(p).ok());
    EXPECT_TRUE(self.monitor(p).ok());
    EXPECT_TRUE(self.terminate(p).ok());
    Message e = co_await receive(self);
    expect_failure(e, p, SignalKind::kExit, "process terminated");
    Message d = co_await receive(self);
    expect_failure(d, p, SignalKind::kLinkDown, "process terminated");
    WIPPY_SILENCE(20 * kMs);
    node.done();
  });
}

// A monitor that reaches a linked target in the moment of its exit is answered after the links: the signals come in the
// wrong order, the events in the right one. Later ones count for nothing.
TEST(Link, ExitComesBeforeLinkDownWhateverCameFirst) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    self.set_trap_links(true);
    const Pid peer = spawn_puppet(self);
    EXPECT_TRUE(self.link(peer).ok());
    EXPECT_TRUE(self.monitor(peer).ok());
    const auto forge = [](Context& c, SignalKind kind, Pid from, uint64_t ref) {
      Signal* s = make_bare_signal(kind, from, ref);
      s->flags = Signal::kAbnormal;
      EXPECT_TRUE(c.node().deliver_urgent(c.pid(), s));
    };
    forge(self, SignalKind::kLinkDown, peer, 7);
    Message first = co_await receive(self);
    EXPECT_EQ(first.kind(), SignalKind::kExit);
    EXPECT_EQ(first.from(), peer);
    EXPECT_TRUE(self.unmonitor(peer).ok());  // too late to change anything
    forge(self, SignalKind::kLinkDown, peer, 7);
    forge(self, SignalKind::kExit, peer, 7);  // another watch's
    forge(self, SignalKind::kExit, peer, first.ref());
    Message second = co_await receive(self);
    EXPECT_EQ(second.kind(), SignalKind::kLinkDown);
    EXPECT_EQ(second.from(), peer);
    forge(self, SignalKind::kExit, peer, first.ref());
    forge(self, SignalKind::kLinkDown, peer, 7);
    WIPPY_SILENCE(5 * kMs);
    node.done();
  });
}

// Both sides link (and unlink, and link) at the same moment; then one dies: exactly one LINK_DOWN at the other.
TEST(Link, BothSidesAtOnce) {
  Node n(4);
  n.run([](Context& self, Node& node) -> Behavior {
    for (int round = 0; round < 500; ++round) {
      const Pid a = spawn_puppet(self);
      const Pid b = spawn_puppet(self);
      int answers = 2;
      tell(self, b, "trap");
      tell(self, a, "link", number(b));
      tell(self, b, "link", number(a));
      if (round % 3 == 1) {  // a takes back and renews its own
        tell(self, a, "unlink", number(b));
        tell(self, a, "link", number(b));
        answers += 2;
      }
      for (int i = 0; i <= answers; ++i) {
        Message m = co_await receive(self);
        expect_note(m, "ok", 0);
      }
      tell(self, a, "die");
      Message down = co_await receive(self);
      expect_note(down, "down", number(a));
      WIPPY_ORDER(b, "ping", 0);  // a second "down" would come before this answer
      tell(self, b, "end");
    }
    node.done();
  });
  EXPECT_TRUE(n.empties());
}

// unlink on both sides at once leaves nothing behind.
TEST(Link, BothSidesUnlinkAtOnce) {
  Node n(4);
  n.run([](Context& self, Node& node) -> Behavior {
    for (int round = 0; round < 300; ++round) {
      const Pid a = spawn_puppet(self);
      const Pid b = spawn_puppet(self);
      WIPPY_ORDER(a, "link", number(b));
      if (round % 2 == 0) WIPPY_ORDER(b, "link", number(a));
      tell(self, a, "unlink", number(b));
      tell(self, b, "unlink", number(a));
      for (int i = 0; i < 2; ++i) {
        Message m = co_await receive(self);
        expect_note(m, "ok", 0);
      }
      WIPPY_ORDER(a, "ping", 0);
      WIPPY_ORDER(b, "ping", 0);
      tell(self, a, "die");
      WIPPY_ORDER(b, "ping", 0);
      co_await yield(self);
      WIPPY_ORDER(b, "ping", 0);
      tell(self, b, "end");
    }
    node.done();
  });
  EXPECT_TRUE(n.empties());
}

// spec 1.8: "a LINK_DOWN already queued is not withdrawn (it may still kill a non-trapping process)".
TEST(Link, ALinkDownThatIsQueuedAlreadyIsNotWithdrawn) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    self.set_trap_links(true);
    const Pid p = spawn_native(self, linked(), boom).pid;
    wait_for_end(self, p);
    EXPECT_TRUE(self.unlink(p).ok());
    Message m = co_await receive_for(self, 1000 * kMs);
    expect_failure(m, p, SignalKind::kLinkDown, "boom");
    const Pid soft = spawn_native(self, watched(), [](Context& c) -> Behavior {
                       const Pid child = spawn_native(c, linked(), boom).pid;
                       wait_for_end(c, child);
                       EXPECT_TRUE(c.unlink(child).ok());
                       co_await sleep_for(c, kMs);
                       ADD_FAILURE() << "went on";
                     }).pid;
    Message k = co_await receive(self);
    expect_failure(k, soft, SignalKind::kExit, "linked process failed");
    node.done();
  });
}

// Exactly once comes from the receiver's own tables: whatever arrives without an entry there counts for nothing.
TEST(Link, EventsWithoutAnEntryAreIgnored) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid peer = spawn_puppet(self);
    const auto forge = [](Context& c, SignalKind kind, Pid from, uint64_t ref) {
      Signal* s = make_bare_signal(kind, from, ref);
      s->flags = Signal::kAbnormal;
      EXPECT_TRUE(c.node().deliver_urgent(c.pid(), s));
    };
    forge(self, SignalKind::kLinkDown, peer, 7);  // not trapping: it would be the end
    forge(self, SignalKind::kExit, peer, 7);
    forge(self, SignalKind::kTimer, Pid{}, 7);
    WIPPY_SILENCE(5 * kMs);
    self.set_trap_links(true);
    EXPECT_TRUE(self.link(peer).ok());
    for (int i = 0; i < 3; ++i) forge(self, SignalKind::kLinkDown, peer, 7);
    Message m = co_await receive(self);
    EXPECT_EQ(m.kind(), SignalKind::kLinkDown);
    WIPPY_SILENCE(5 * kMs);
    node.done();
  });
}

}  // namespace
}  // namespace wippy
