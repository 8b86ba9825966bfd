// Native processes that change their machine: what stays, what ends, what wins.
#include "runtime/process/upgrade.hpp"

#include <fstream>
#include <memory>
#include <string>

#include <unistd.h>

#include "runtime/process/mail_limit.hpp"
#include "tests/unit/runtime/puppet.hpp"

namespace wippy::test {
namespace {

// --- what stays

// Tells the boss what it receives, as a puppet does, and its number.
Behavior second(Context& self, Pid boss, int64_t number_of) {
  note(self, boss, "second", number_of);
  for (;;) {
    Message m = co_await receive(self);
    if (m.kind() == SignalKind::kExit) note(self, boss, "exit", number(m.from()));
    if (m.kind() == SignalKind::kLinkDown) note(self, boss, "down", number(m.from()));
    if (m.kind() == SignalKind::kCancel) note(self, boss, "cancel", number(m.from()));
    if (m.kind() != SignalKind::kMessage) continue;
    if (m.topic() == "end") co_return;
    if (m.topic() == "die") {
      fail(self, "boom");
      co_return;
    }
    note(self, boss, m.topic(), m.integer());
  }
}

// Links and monitors what it is told, then becomes `second`.
Behavior first(Context& self, Pid boss) {
  for (;;) {
    Message m = co_await receive(self);
    if (m.kind() != SignalKind::kMessage) continue;
    Status s = Status::good();
    if (m.topic() == "link") s = self.link(pid_in(m));
    if (m.topic() == "monitor") s = self.monitor(pid_in(m));
    if (m.topic() == "trap") self.set_trap_links(true);
    EXPECT_TRUE(s.ok());
    if (m.topic() == "go") co_await become(self, second, boss, m.integer());
  }
}

Behavior keeps_root(Context& self, Node& n) {
  SpawnOptions o = linked_watched();
  self.set_trap_links(true);
  const Pid p = spawn_native(self, o, first, self.pid()).pid;
  EXPECT_TRUE(self.register_name("first", p).ok());
  const Pid watched = spawn_puppet(self);
  const Pid peer = spawn_puppet(self);
  tell(self, p, "trap");
  tell(self, p, "monitor", number(watched));
  tell(self, p, "link", number(peer));
  tell(self, p, "go", 7);
  for (int64_t i = 0; i < 40; ++i) tell(self, p, "x", i);  // unread at the change
  Message m = co_await receive(self);
  expect_note(m, "second", 7);
  EXPECT_EQ(m.from(), p);
  for (int64_t i = 0; i < 40; ++i) {
    m = co_await receive(self);
    expect_note(m, "x", i);
  }
  EXPECT_EQ(self.lookup_name("first"), p);
  tell(self, watched, "end");
  m = co_await receive(self);
  expect_note(m, "exit", number(watched));
  tell(self, peer, "die");
  m = co_await receive(self);
  expect_note(m, "down", number(peer));  // trap_links stayed on
  tell(self, p, "die");
  m = co_await receive(self);
  expect_failure(m, p, SignalKind::kExit, "boom");
  m = co_await receive(self);
  expect_failure(m, p, SignalKind::kLinkDown, "boom");
  EXPECT_FALSE(self.lookup_name("first"));
  WIPPY_SILENCE(20 * kMs);
  n.done();
}

TEST(Upgrade, KeepsPidNameMailMonitorsLinksAndOptions) {
  Node n(2);
  n.run(keeps_root);
  EXPECT_TRUE(n.empties());
}

// --- what ends

std::string slow_answer(void* gate) {
  while (static_cast<Atomic<uint32_t>*>(gate)->load_acquire() == 0) {  // partner: quiet_root
    Parker p;
    static_cast<void>(p.park(monotonic_ns() + kMs));
  }
  return "late";
}

// Reports every signal that is no message of the boss.
Behavior listens(Context& self, Pid boss) {
  note(self, boss, "listens", 0);
  for (;;) {
    Message m = co_await receive(self);
    if (m.kind() != SignalKind::kMessage) {
      note(self, boss, "stray", static_cast<int64_t>(m.kind()));
    } else {
      note(self, boss, m.topic(), m.integer());
    }
  }
}

// Three kinds of requests, each in three states: still to come, in the queue, and taken off the queue and kept.
Atomic<uint32_t> g_open{1};  // the pool may look late
Atomic<uint32_t> g_gate{0};

Behavior asks(Context& self, Pid boss, Pid dying) {
  uint64_t ref = 0;
  EXPECT_TRUE(self.watch(boss, ref).ok());   // to come, never
  EXPECT_TRUE(self.watch(dying, ref).ok());  // kept below
  EXPECT_NE(self.start_timer(10'000 * kMs), 0u);
  EXPECT_NE(self.start_timer(1), 0u);
  EXPECT_NE(self.call(slow_answer, &g_gate, nullptr), 0u);  // comes after the change
  EXPECT_NE(self.call(slow_answer, &g_open, nullptr), 0u);
  tell(self, dying, "end");
  co_await sleep_for(self, 5 * kMs);
  wait_for_end(self, dying);            // timer, EXIT and completion are in the queue or kept
  EXPECT_TRUE(self.unlink(boss).ok());  // drains: now they are kept
  EXPECT_NE(self.start_timer(1), 0u);   // fires between the steps
  co_await become(self, listens, boss);
}

Behavior quiet_root(Context& self, Node& n) {
  g_gate.store_release(0);  // slow_answer
  const Pid dying = spawn_puppet(self);
  const Pid p = spawn_native(self, watched(), asks, self.pid(), dying).pid;
  Message m = co_await receive(self);
  expect_note(m, "listens", 0);
  g_gate.store_release(1);  // -> slow_answer
  co_await sleep_for(self, 50 * kMs);
  tell(self, p, "x", 1);
  m = co_await receive(self);
  expect_note(m, "x", 1);  // and nothing stray before it
  EXPECT_TRUE(self.terminate(p).ok());
  m = co_await receive(self);
  expect_failure(m, p, SignalKind::kExit, "process terminated");
  n.done();
}

TEST(Upgrade, TimersCallsAndPrivateWatchesOfTheOldMachineEnd) {
  Node n(3);
  n.run(quiet_root);
}

// A call of the new machine gets its answer, also after several changes.
Behavior calls_again(Context& self, Pid boss, int left) {
  Atomic<uint32_t> open{1};
  Message m = co_await call(self, slow_answer, &open, nullptr);
  EXPECT_EQ(m.body(), "late");
  EXPECT_EQ(self.upgrades(), static_cast<uint32_t>(5 - left));
  if (left > 0) co_await become(self, calls_again, boss, left - 1);
  note(self, boss, "answered", left);
}

TEST(Upgrade, EachMachineGetsItsOwnAnswers) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    spawn_native(self, {}, calls_again, self.pid(), 5);
    Message m = co_await receive(self);
    expect_note(m, "answered", 0);
    node.done();
  });
}

// --- what wins

class Refuses final : public Successor {
 public:
  Refuses() : Successor("app:nobody") {}
  Status create(Context&, Machine*&, std::string& text) override {
    text = "nobody can be made";
    return Status::error(ErrorKind::kNotFound, "not found");
  }
};

Behavior refused(Context& self) { co_await become(self, std::make_unique<Refuses>()); }
Behavior refused_named(Context& self, std::string name) {
  EXPECT_TRUE(self.register_name(name, self.pid()).ok());
  co_await become(self, std::make_unique<Refuses>());
}

TEST(Upgrade, ASuccessorThatCannotBeMadeEndsTheProcess) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid p = spawn_native(self, watched(), refused).pid;
    Message m = co_await receive(self);
    expect_failure(m, p, SignalKind::kExit, "upgrade: nobody can be made");
    self.set_trap_links(true);
    const Pid q = spawn_native(self, linked_watched(), refused_named, std::string("gone")).pid;
    note(self, q, "unread", 1);
    m = co_await receive(self);
    expect_failure(m, q, SignalKind::kExit, "upgrade: nobody can be made");
    EXPECT_FALSE(self.lookup_name("gone"));
    m = co_await receive(self);
    expect_failure(m, q, SignalKind::kLinkDown, "upgrade: nobody can be made");
    node.done();
  });
  EXPECT_TRUE(n.empties());
}

struct Counted : Successor {
  explicit Counted(int* made, int* destroyed) : Successor({}), made_(made), destroyed_(destroyed) {}
  ~Counted() override { ++*destroyed_; }
  Status create(Context& self, Machine*& machine, std::string&) override {
    ++*made_;
    put_native_machine(self, nothing(self), machine);
    return Status::good();
  }
  int* made_;
  int* destroyed_;
};

Behavior finishes_first(Context& self, int* made, int* destroyed) {
  fail(self, "first");
  co_await become(self, std::make_unique<Counted>(made, destroyed));
}
Behavior killed_first(Context& self, int* made, int* destroyed) {
  EXPECT_TRUE(self.terminate(self.pid()).ok());
  co_await become(self, std::make_unique<Counted>(made, destroyed));
}
Behavior asks_twice(Context& self, int* made, int* destroyed) {
  EXPECT_TRUE(self.replace_machine(std::make_unique<Counted>(made, destroyed)));
  co_await become(self, std::make_unique<Counted>(made, destroyed));
}

TEST(Upgrade, AnEndOrAKillThatCameFirstWins) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    int made = 0;
    int destroyed = 0;
    Pid p = spawn_native(self, watched(), finishes_first, &made, &destroyed).pid;
    Message m = co_await receive(self);
    expect_failure(m, p, SignalKind::kExit, "first");
    p = spawn_native(self, watched(), killed_first, &made, &destroyed).pid;
    m = co_await receive(self);
    expect_failure(m, p, SignalKind::kExit, "process terminated");
    EXPECT_EQ(made, 0);
    EXPECT_EQ(destroyed, 2);
    p = spawn_native(self, watched(), asks_twice, &made, &destroyed).pid;
    m = co_await receive(self);
    expect_exit(m, p);
    EXPECT_FALSE(m.abnormal());
    EXPECT_EQ(made, 1);
    EXPECT_EQ(destroyed, 4);
    node.done();
  });
}

// --- the block: frames and ext in all combinations, again and again

Behavior small_step(Context& self, Pid boss, int64_t left);
Behavior large_step(Context& self, Pid boss, int64_t left) {
  char pad[500];
  for (char& c : pad) c = static_cast<char>(left);
  Message m = co_await receive(self);
  EXPECT_EQ(m.integer(), left);
  for (const char c : pad) EXPECT_EQ(c, static_cast<char>(left));
  if (left == 0) {
    note(self, boss, "over", self.upgrades());
    co_return;
  }
  co_await become(self, small_step, boss, left - 1);
}
Behavior small_step(Context& self, Pid boss, int64_t left) {
  Message m = co_await receive(self);
  EXPECT_EQ(m.integer(), left);
  if (left == 0) {
    note(self, boss, "over", self.upgrades());
    co_return;
  }
  co_await become(self, large_step, boss, left - 1);
}

uint64_t resident_bytes() {
  uint64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

Behavior many_root(Context& self, Node& n) {
  constexpr int64_t kChanges = 100'000;
  const Pid p = spawn_native(self, watched(), small_step, self.pid(), kChanges).pid;
  [[maybe_unused]] uint64_t early = 0;
  for (int64_t left = kChanges; left >= 0; --left) {
    tell(self, p, "n", left);
    if (left % 64 == 0) co_await yield(self);
    if (left == kChanges - 10'000) early = resident_bytes();
    if (left % 1000 == 0) co_await sleep_for(self, kMs);
  }
  Message m = co_await receive(self);
  expect_note(m, "over", kChanges);
  // TSan's shadow grows with every place that is touched for the first time; ASan keeps what is freed, and finds leaks itself.
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
  EXPECT_LT(resident_bytes(), early + (8u << 20)) << "100,000 changes leave nothing behind";
#endif
  m = co_await receive(self);
  expect_exit(m, p);
  n.done();
}

TEST(Upgrade, AHundredThousandInARow) {
  Node n(2);
  n.run(many_root);
}

// --- what people see

class Labelled final : public Successor {
 public:
  explicit Labelled(Pid boss) : Successor("app:second"), boss_(boss) {}
  Status create(Context& self, Machine*& machine, std::string&) override {
    put_native_machine(self, second(self, boss_, 1), machine);
    return Status::good();
  }

 private:
  Pid boss_;
};

Behavior shows_id(Context& self, Pid boss) {
  EXPECT_EQ(self.entry_id(), "app:first");
  co_await become(self, std::make_unique<Labelled>(boss));
}
Behavior has_no_id(Context& self, Pid boss) {
  EXPECT_EQ(self.entry_id(), "");
  note(self, boss, "no id", 0);
  co_return;
}
Behavior loses_id(Context& self, Pid boss) {
  EXPECT_EQ(self.entry_id(), "app:first");
  co_await become(self, has_no_id, boss);
}

uint64_t upgrades_recorded(const FlightRings& rings, Pid of) {
  uint64_t n = 0;
  for (uint32_t i = 0; i < rings.count(); ++i) {
    for (const uint64_t word : rings.at(i).snapshot().words) {
      n += word == FlightRing::word(FlightKind::kUpgrade, of.value) ? 1 : 0;
    }
  }
  return n;
}

TEST(Upgrade, TheRecorderNotesIt) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    SpawnOptions o = watched();
    o.entry_id = "app:first";
    const Pid p = spawn_native(self, o, loses_id, self.pid()).pid;
    for (int i = 0; i < 2; ++i) Message m = co_await receive(self);  // its note and its EXIT
    EXPECT_EQ(upgrades_recorded(node.runtime().node().flights(), p), 1u);
    node.done();
  });
}

TEST(Upgrade, TheEntryIdFollows) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    SpawnOptions o = watched();
    o.entry_id = "app:first";
    spawn_native(self, o, loses_id, self.pid());
    Message m = co_await receive(self);
    expect_note(m, "no id", 0);
    m = co_await receive(self);  // EXIT
    spawn_native(self, o, shows_id, self.pid());
    m = co_await receive(self);
    expect_note(m, "second", 1);
    node.done();
  });
}

// --- a bounded mailbox: the limit belongs to the process

Behavior sleeps_then_becomes(Context& self, Pid boss) {
  note(self, boss, "ready", 0);
  Message go = co_await receive_for(self, 200 * kMs);
  co_await sleep_for(self, 50 * kMs);  // the rest is kept
  co_await become(self, second, boss, 0);
}

TEST(Upgrade, ABoundedMailboxStaysBounded) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    MailLimits limits;
    limits.max_messages = 8;
    limits.policy = MailPolicy::kFailSender;
    SpawnOptions o = watched();
    o.mail = &limits;
    o.entry_id = "app:first";
    const Pid p = spawn_native(self, o, sleeps_then_becomes, self.pid()).pid;
    Message m = co_await receive(self);
    expect_note(m, "ready", 0);
    int64_t accepted = 0;
    while (send(self, p, "x", accepted).ok()) ++accepted;
    EXPECT_GE(accepted, 8);
    m = co_await receive(self);
    expect_note(m, "second", 0);
    // The first was taken by the old machine; all others come.
    for (int64_t i = 1; i < accepted; ++i) {
      m = co_await receive(self);
      expect_note(m, "x", i);
    }
    co_await sleep_for(self, 10 * kMs);
    MailStats stats;
    EXPECT_TRUE(self.node().mail_stats(p, stats));
    EXPECT_EQ(stats.messages, 0u) << "the gauge counts what is unread";
    node.done();
  });
}

}  // namespace
}  // namespace wippy::test
