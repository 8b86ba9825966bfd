// Spawns with a name, first messages and a frame context (spec/process.md §1.15): the reservation, its end in every case,
// and races for one name.
#include <array>
#include <thread>

#include "runtime/process/frame_context.hpp"
#include "runtime/process/mail_limit.hpp"
#include "runtime/process/security.hpp"
#include "tests/unit/runtime/puppet.hpp"

namespace wippy {

namespace {

using namespace test;
using test::Node;

std::string body(std::string_view topic, int64_t value) {
  ValueWriter w;
  w.reset_body(topic, 1);
  w.integer(value);
  EXPECT_TRUE(w.finish().ok());
  return std::string(w.view());
}

std::string encoded(int64_t value) {
  ValueWriter w;
  w.integer(value);
  EXPECT_TRUE(w.finish().ok());
  return std::string(w.view());
}

int64_t decoded(std::string_view value) {
  ValueReader r;
  r.open_value(value);
  const ValueItem& item = r.next();
  return item.token == Token::kInteger ? item.integer : -1;
}

// `start` says whether the machine is made; what it does meanwhile is the test's.
class Watching final : public MachineFactory {
 public:
  explicit Watching(std::function<bool(Context&)> start) : start_(std::move(start)) {}
  Status create(Context& child, Machine*& machine, std::string&) override {
    if (!start_(child)) return Status::error(ErrorKind::kInternal, "not made");
    put_native_machine(child, deaf(child), machine);
    return Status::good();
  }

 private:
  std::function<bool(Context&)> start_;
};

// A spawn from the test's own thread.
SpawnResult spawn_named(Node& n, MachineFactory& factory, std::string_view name) {
  SpawnExtras extras{name, {}};
  SpawnOptions o;
  o.host = &n.host().core();
  o.extras = &extras;
  return n.runtime().node().spawn(factory, o);
}

Behavior tells_all(Context& self, Pid boss) {
  for (;;) {
    Message m = co_await receive(self);
    if (m.topic() == "end") co_return;
    note(self, boss, m.from() ? "from somebody" : "from nobody", m.integer());
  }
}

TEST(Provision, C212_C214_NameAndMessagesAreThereFirst) {
  Node n(4);
  n.run([](Context& self, Node& node) -> Behavior {
    const std::array<std::string, 2> bodies{body("t", 1), body("t", 2)};
    const std::array<std::string_view, 2> views{bodies[0], bodies[1]};
    SpawnExtras extras{"service", views};
    SpawnOptions o = watched();
    o.extras = &extras;
    for (int round = 0; round < 200; ++round) {
      const SpawnResult r = spawn_native(self, o, tells_all, self.pid());
      EXPECT_TRUE(r.status.ok()) << r.status.message;
      EXPECT_FALSE(r.signalled);
      EXPECT_EQ(self.lookup_name("service"), r.pid);
      tell(self, r.pid, "t", 3);
      tell(self, r.pid, "end");
      for (int64_t i = 1; i <= 3; ++i) {
        Message m = co_await receive(self);
        expect_note(m, i == 3 ? "from somebody" : "from nobody", i);
      }
      Message m = co_await receive(self);
      expect_exit(m, r.pid);
      EXPECT_FALSE(self.lookup_name("service"));
    }
    node.done();
  });
  EXPECT_EQ(n.runtime().node().names().size(), 0u);
}

TEST(Provision, C213_ATakenNameIsSignalledAndNothingIsStarted) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid owner = spawn_native(self, {}, tells_all, self.pid()).pid;
    EXPECT_TRUE(self.register_name("taken", owner).ok());
    const std::string one = body("t", 5);
    const std::array<std::string_view, 1> views{one};
    SpawnExtras extras{"taken", views};
    SpawnOptions o = linked_watched();
    o.extras = &extras;
    Watching never([](Context&) {
      ADD_FAILURE() << "a machine is made";
      return false;
    });
    const SpawnResult r = self.spawn(never, o);
    EXPECT_TRUE(r.status.ok());
    EXPECT_TRUE(r.signalled);
    EXPECT_EQ(r.pid, owner);
    EXPECT_EQ(r.watch_ref, 0u);
    Message m = co_await receive(self);
    expect_note(m, "from nobody", 5);
    EXPECT_TRUE(self.terminate(owner).ok());
    WIPPY_SILENCE(50 * kMs);
    node.done();
  });
}

TEST(Provision, NamesThatCannotBe) {
  Node n(1);
  ThreadMemory scope(n.runtime().pools(), 0, ReaderKind::kOutside);
  Watching factory([](Context&) { return true; });
  EXPECT_EQ(spawn_named(n, factory, "{app:processes|0x00001}").status.kind, ErrorKind::kInvalid);
  const SpawnResult r = spawn_named(n, factory, "");
  EXPECT_TRUE(r.status.ok()) << "no name";
  EXPECT_EQ(n.runtime().node().names().add(n.runtime().node(), "", r.pid).kind, ErrorKind::kInvalid);
  EXPECT_EQ(n.runtime().node().names().add(n.runtime().node(), "{|}", r.pid).kind, ErrorKind::kInvalid);
  EXPECT_EQ(n.runtime().node().names().size(), 0u);
}

// While the machine is made, the name is nobody's: not found, not to be unregistered, and whoever wants it waits.
TEST(Provision, AReservedNameIsShownToNobody) {
  Node n(2);
  NodeCore& core = n.runtime().node();
  ThreadMemory scope(n.runtime().pools(), 0, ReaderKind::kOutside);
  Watching factory([&](Context& child) {
    EXPECT_FALSE(core.names().lookup(core, "soon"));
    EXPECT_FALSE(core.names().remove(core, "soon"));
    EXPECT_FALSE(core.alive(child.pid()));
    EXPECT_EQ(core.names().size(), 1u);
    return true;
  });
  const SpawnResult r = spawn_named(n, factory, "soon");
  EXPECT_TRUE(r.status.ok());
  EXPECT_EQ(core.names().lookup(core, "soon"), r.pid);
  EXPECT_TRUE(core.kill(r.pid, Control::kKillTerminate));
  EXPECT_TRUE(n.empties());
  EXPECT_EQ(core.names().size(), 0u);
}

// Others come while the machine is made. They wait; `made` says how it ends for them.
void others_come(bool made) {
  Node n(2);
  NodeCore& core = n.runtime().node();
  ThreadMemory scope(n.runtime().pools(), 0, ReaderKind::kOutside);
  Watching plain([](Context&) { return true; });
  SpawnResult bystander_result = spawn_named(n, plain, "");
  const Pid bystander = bystander_result.pid;
  Atomic<uint32_t> begun{0};
  Atomic<uint32_t> over{0};
  Atomic<uint32_t> others_started{0};
  Status registered;
  Pid registered_when_found;
  std::thread registrar;
  SpawnResult rival;
  Watching rivals([&](Context&) {
    others_started.fetch_add_relaxed(1);  // read after join
    return true;
  });
  Watching factory([&](Context&) {
    registrar = std::thread([&] {
      ThreadMemory inner(n.runtime().pools(), 0, ReaderKind::kOutside);
      begun.store_release(1);  // partner: the loop below
      registered = core.names().add(core, "soon", bystander);
      registered_when_found = core.names().lookup(core, "soon");
      EXPECT_EQ(over.load_acquire(), 1u) << "it has not waited";  // partner: the store below
    });
    const uint64_t until_ns = monotonic_ns() + 30 * kMs;
    while (begun.load_acquire() == 0 || monotonic_ns() < until_ns) cpu_relax();
    over.store_release(1);
    return made;
  });
  const SpawnResult r = spawn_named(n, factory, "soon");
  registrar.join();
  if (made) {
    EXPECT_TRUE(r.status.ok());
    EXPECT_EQ(registered.kind, ErrorKind::kAlreadyExists);
    EXPECT_EQ(registered_when_found, r.pid);
    rival = spawn_named(n, rivals, "soon");
    EXPECT_TRUE(rival.signalled);
    EXPECT_EQ(rival.pid, r.pid);
    EXPECT_EQ(others_started.load_relaxed(), 0u);
    EXPECT_TRUE(core.kill(r.pid, Control::kKillTerminate));
  } else {
    EXPECT_EQ(r.status.kind, ErrorKind::kInternal);
    EXPECT_FALSE(r.pid);
    EXPECT_TRUE(registered.ok()) << registered.message;
    EXPECT_EQ(registered_when_found, bystander);
  }
  EXPECT_TRUE(core.kill(bystander, Control::kKillTerminate));
  EXPECT_TRUE(n.empties());
  EXPECT_EQ(core.names().size(), 0u);
}
TEST(Provision, ARegistrationWaitsForTheSpawnAndIsRefused) { others_come(true); }
TEST(Provision, ARegistrationWaitsForTheSpawnThatFails) { others_come(false); }

TEST(Provision, AFailedSpawnLeavesNothing) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const std::string big(5'000, 'x');
    ValueWriter w;
    w.reset_body("t", 1);
    w.string(big.data(), big.size());
    EXPECT_TRUE(w.finish().ok());
    const std::array<std::string_view, 2> views{w.view(), w.view()};
    SpawnExtras extras{"never", views};
    SpawnOptions o = linked_watched();
    o.extras = &extras;
    Watching fails([](Context&) { return false; });
    for (int i = 0; i < 50; ++i) {
      const SpawnResult r = self.spawn(fails, o);
      EXPECT_EQ(r.status.kind, ErrorKind::kInternal);
      EXPECT_FALSE(r.pid);
      EXPECT_EQ(self.node().names().size(), 0u);
    }
    WIPPY_SILENCE(20 * kMs);
    EXPECT_EQ(self.node().live_processes(), 1);
    node.done();
  });
}

TEST(Provision, TheLimitsOfTheMailboxHold) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    MailLimits limits;
    limits.max_messages = 2;
    const std::string one = body("t", 1);
    const std::array<std::string_view, 3> views{one, one, one};
    SpawnExtras extras{"small", views};
    SpawnOptions o;
    o.extras = &extras;
    o.mail = &limits;
    SpawnResult r = spawn_native(self, o, tells_all, self.pid());
    EXPECT_EQ(r.status.kind, ErrorKind::kRateLimited) << "three do not fit";
    EXPECT_FALSE(self.lookup_name("small"));
    limits.policy = MailPolicy::kDropNewest;
    r = spawn_native(self, o, tells_all, self.pid());
    EXPECT_TRUE(r.status.ok());
    for (int i = 0; i < 2; ++i) {
      Message m = co_await receive(self);
      expect_note(m, "from nobody", 1);
    }
    WIPPY_SILENCE(20 * kMs);
    EXPECT_TRUE(self.terminate(r.pid).ok());
    while (self.node().alive(r.pid)) co_await yield(self);
    // The owner of the name has a full mailbox.
    limits.policy = MailPolicy::kFailSender;
    extras.messages = {};
    const Pid owner = spawn_native(self, o, [](Context& c) -> Behavior { co_await sleep_for(c, 60'000 * kMs); }).pid;
    extras.messages = views;
    r = spawn_native(self, o, tells_all, self.pid());
    EXPECT_EQ(r.status.kind, ErrorKind::kRateLimited);
    EXPECT_FALSE(r.pid);
    EXPECT_TRUE(self.terminate(owner).ok());
    node.done();
  });
}

// Signalling takes no place: a full host does not matter.
TEST(Provision, AFullHostStillSignals) {
  Node n(1);
  HostOptions small;
  small.id = "app:small";
  small.max_processes = 1;
  ProcessHost& host = n.runtime().add_host(small);
  ASSERT_TRUE(host.start().ok());
  static HostCore* small_core;
  small_core = &host.core();
  n.run([](Context& self, Node& node) -> Behavior {
    const std::string one = body("t", 9);
    const std::array<std::string_view, 1> views{one};
    SpawnExtras extras{"only", views};
    SpawnOptions o = watched(small_core);
    o.extras = &extras;
    const SpawnResult first = spawn_native(self, o, tells_all, self.pid());
    EXPECT_TRUE(first.status.ok()) << first.error_text;
    const SpawnResult second = spawn_native(self, o, tells_all, self.pid());
    EXPECT_TRUE(second.signalled);
    EXPECT_EQ(second.pid, first.pid);
    for (int i = 0; i < 2; ++i) {
      Message m = co_await receive(self);
      expect_note(m, "from nobody", 9);
    }
    extras.name = "another";
    EXPECT_EQ(spawn_native(self, o, tells_all, self.pid()).status.kind, ErrorKind::kUnavailable);
    EXPECT_FALSE(self.lookup_name("another"));
    EXPECT_TRUE(self.terminate(first.pid).ok());
    Message m = co_await receive(self);
    expect_exit(m, first.pid);
    node.done();
  });
}

// Workers and outside threads race for one name whose owners end all the time: never do two of them run at once.
TEST(Provision, C213_OfRacingSpawnsOneStarts) {
  Node n(4);
  struct Shared {
    Atomic<uint32_t> running{0};
    Atomic<uint32_t> started{0};
    Atomic<uint32_t> signalled{0};
    Atomic<uint32_t> stop{0};
  };
  static Shared* shared;
  Shared here;
  shared = &here;
  static constexpr auto kOwner = [](Context& self) -> Behavior {
    EXPECT_EQ(shared->running.fetch_add_acq_rel(1), 0u) << "two have the name";
    Message m = co_await receive(self);
    EXPECT_FALSE(m.from());
    for (uint64_t i = m.integer() & 3; i > 0; --i) co_await yield(self);
    shared->running.fetch_sub_acq_rel(1);  // the name is released after this
  };
  static constexpr auto kRace = [](auto& spawner, HostCore* host, int64_t number) {
    const std::string one = body("t", number);
    const std::array<std::string_view, 1> views{one};
    SpawnExtras extras{"one", views};
    SpawnOptions o;
    o.host = host;
    o.extras = &extras;
    const SpawnResult r = spawn_native(spawner, o, kOwner);
    EXPECT_TRUE(r.status.ok()) << r.status.message;
    EXPECT_TRUE(r.pid);
    (r.signalled ? shared->signalled : shared->started).fetch_add_relaxed(1);  // read at the end
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&n, t] {
      ThreadMemory scope(n.runtime().pools(), 0, ReaderKind::kOutside);
      for (int64_t i = t; shared->stop.load_relaxed() == 0; ++i) kRace(n.runtime().node(), &n.host().core(), i);
    });
  }
  n.run([](Context& self, Node& node) -> Behavior {
    for (int r = 0; r < 3; ++r) {
      spawn_native(
          self, watched(),
          [](Context& c, int64_t first) -> Behavior {
            for (int64_t i = 0; i < 3'000; ++i) {
              kRace(c, nullptr, first + i);
              if (i % 3 == 0) co_await yield(c);
            }
          },
          int64_t{r});
    }
    for (int r = 0; r < 3; ++r) Message m = co_await receive(self);
    shared->stop.store_relaxed(1);
    node.done();
  });
  for (std::thread& t : threads) t.join();
  EXPECT_GT(here.started.load_relaxed(), 0u);
  EXPECT_GT(here.signalled.load_relaxed(), 0u);
  EXPECT_TRUE(n.empties());
  EXPECT_EQ(n.runtime().node().names().size(), 0u);
}

TEST(FrameContextTest, C209_C210_C211_C218_NativeProcessesInherit) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    EXPECT_EQ(self.frame(), nullptr);
    EXPECT_EQ(self.context_value("k"), "");
    FrameBuilder first({});
    first.set("k", encoded(1));
    first.set("", encoded(5));
    first.set_actor(std::make_shared<const Actor>("seven", ""));
    first.set_scope(std::make_shared<const Scope>());
    FramePtr one;
    EXPECT_TRUE(first.build(one).ok());
    FrameBuilder second(one);
    second.set("k", encoded(2));
    second.set("a longer key", encoded(int64_t{1} << 40));
    FramePtr two;
    EXPECT_TRUE(second.build(two).ok());
    EXPECT_EQ(decoded(one->find("k")), 1) << "never changed";
    EXPECT_EQ(one->find("a longer key"), "");
    EXPECT_EQ(decoded(two->find("")), 5);
    std::vector<std::string> keys;
    two->each([&](std::string_view key, std::string_view) { keys.emplace_back(key); });
    EXPECT_EQ(keys, (std::vector<std::string>{"", "a longer key", "k"}));
    EXPECT_EQ(two->actor()->id(), "seven");
    SpawnOptions o;
    o.frame = two;
    const FramePtr* const seen = &two;
    spawn_native(
        self, o,
        [](Context& child, const FramePtr* wanted, Pid boss) -> Behavior {
          spawn_native(
              child, {},
              [](Context& grandchild, const FramePtr* expected, Pid root) -> Behavior {
                EXPECT_EQ(grandchild.frame(), *expected) << "the same one, not a copy";
                EXPECT_EQ(decoded(grandchild.context_value("k")), 2);
                EXPECT_EQ(decoded(grandchild.context_value("a longer key")), int64_t{1} << 40);
                EXPECT_EQ(grandchild.frame()->scope(), (*expected)->scope());
                tell(grandchild, root, "seen");
                co_return;
              },
              wanted, boss);
          co_return;
        },
        seen, self.pid());
    Message m = co_await receive(self);
    expect_note(m, "seen", 0);
    node.done();
  });
}

TEST(FrameContextTest, HasALimit) {
  FrameBuilder b({});
  FramePtr frame;
  b.set("k", std::string(FrameContext::kMostBytes, 'x'));
  EXPECT_EQ(b.build(frame).kind, ErrorKind::kInvalid);
  EXPECT_EQ(frame, nullptr);
  b.set("k", std::string(FrameContext::kMostBytes - 1'000, 'x'));
  EXPECT_TRUE(b.build(frame).ok());
  EXPECT_EQ(frame->find("k").size(), FrameContext::kMostBytes - 1'000);
}

}  // namespace
}  // namespace wippy
