// Ruling S3: a monitor or link that was accepted is answered with the true reason, however close the target's end was.
#include <map>
#include <thread>

#include "mailbox/values.hpp"
#include "tests/unit/runtime/puppet.hpp"

namespace wippy {
namespace {

using namespace test;
using test::Node;

struct Storm {
  static constexpr int kSlots = 16;
  Atomic<uint64_t> pids[kSlots];
  Atomic<uint32_t> over{0};
  Atomic<uint64_t> accepted{0}, refused{0}, wrong{0};
};
Storm* g_storm = nullptr;

// Ends after a few turns; even pids fail with their own number as text, odd ones return it.
Behavior mortal(Context& self, int turns) {
  for (int i = 0; i < turns; ++i) co_await yield(self);
  const uint64_t me = self.pid().value;
  if (pid_index(self.pid()) % 2 == 0) {
    fail(self, std::to_string(me));
  } else {
    ValueWriter w;
    w.integer(static_cast<int64_t>(me));
    if (w.finish().ok()) self.finish(ExitReason::normal(w.view().data(), w.view().size()));
  }
}

bool true_reason(const Message& m) {
  const bool must_fail = pid_index(m.from()) % 2 == 0;
  ValueReader r;
  r.open_value(m.body());
  const ValueItem& item = r.next();
  if (m.abnormal() != must_fail) return false;
  if (must_fail) return item.token == Token::kError && item.text == std::to_string(m.from().value);
  return item.token == Token::kInteger && item.integer == static_cast<int64_t>(m.from().value);
}

// Keeps kSlots targets dying and being born.
Behavior breeder(Context& self, Pid boss, int births) {
  for (int i = 0; i < births; ++i) {
    const Pid p = spawn_native(self, {}, mortal, i % 7).pid;
    g_storm->pids[i % Storm::kSlots].store_release(p.value);
    if (i % 4 == 3) co_await yield(self);
  }
  tell(self, boss, "bred");
}

// Monitors and links whatever it sees; each accepted call must be answered once.
Behavior watcher(Context& self, Pid boss, int me) {
  self.set_trap_links(true);
  std::map<uint64_t, int> exits, downs;
  uint32_t i = static_cast<uint32_t>(me);
  uint64_t accepted = 0, refused = 0, wrong = 0;
  while (g_storm->over.load_relaxed() == 0) {
    for (int k = 0; k < 8; ++k) {
      const Pid p{g_storm->pids[(i += 7) % Storm::kSlots].load_acquire()};  // partner: breeder
      if (!p || exits.count(p.value) != 0 || downs.count(p.value) != 0) continue;
      const Status m = self.monitor(p);
      if (m.ok()) exits[p.value] = 1;
      const Status l = self.link(p);
      if (l.ok() && pid_index(p) % 2 == 0) downs[p.value] = 1;
      accepted += (m.ok() ? 1u : 0u) + (l.ok() ? 1u : 0u);
      refused += (m.ok() ? 0u : 1u) + (l.ok() ? 0u : 1u);
      if (m.kind == ErrorKind::kAlreadyExists) ++wrong;
    }
    co_await yield(self);
    while (Signal* s = self.next_signal()) {
      Message m(self, s);
      auto& table = m.kind() == SignalKind::kExit ? exits : downs;
      const auto it = table.find(m.from().value);
      if (it == table.end() || it->second != 1 || !true_reason(m)) ++wrong;
      if (it != table.end()) it->second = 0;
    }
  }
  std::size_t open = 0;
  for (const auto& e : exits) open += static_cast<std::size_t>(e.second);
  for (const auto& d : downs) open += static_cast<std::size_t>(d.second);
  while (open > 0) {
    Message m = co_await receive_for(self, 5'000 * kMs);
    if (!m) break;
    auto& table = m.kind() == SignalKind::kExit ? exits : downs;
    const auto it = table.find(m.from().value);
    if (it == table.end() || it->second != 1 || !true_reason(m)) {
      ++wrong;
      continue;
    }
    it->second = 0;
    --open;
  }
  EXPECT_EQ(open, 0u) << "an accepted monitor or link was never answered";
  Message more = co_await receive_for(self, 20 * kMs);
  if (more) ++wrong;
  g_storm->accepted.fetch_add_relaxed(accepted);  // read at the end
  g_storm->refused.fetch_add_relaxed(refused);
  g_storm->wrong.fetch_add_relaxed(wrong);
  tell(self, boss, "watched");
}

TEST(Zombie, EveryAcceptedMonitorAndLinkIsAnsweredOnceWithTheTrueReason) {
  Storm storm;
  g_storm = &storm;
  Node n(4);
  n.run([](Context& self, Node& node) -> Behavior {
    for (int i = 0; i < 8; ++i) spawn_native(self, {}, watcher, self.pid(), i);
    for (int i = 0; i < 2; ++i) spawn_native(self, {}, breeder, self.pid(), 10'000);
    for (int i = 0; i < 2; ++i) {
      Message m = co_await receive(self);
      EXPECT_EQ(m.topic(), "bred");
    }
    g_storm->over.store_relaxed(1);
    for (int i = 0; i < 8; ++i) {
      Message m = co_await receive(self);
      EXPECT_EQ(m.topic(), "watched");
    }
    node.done();
  });
  EXPECT_EQ(storm.wrong.load_relaxed(), 0u);
  EXPECT_GT(storm.accepted.load_relaxed(), 100u);
  EXPECT_GT(storm.refused.load_relaxed(), 0u);
  RecordProperty("accepted", static_cast<int>(storm.accepted.load_relaxed()));
  RecordProperty("refused", static_cast<int>(storm.refused.load_relaxed()));
  EXPECT_TRUE(n.empties());
}

// The sender's window between find and push, held open by hand: the target ends meanwhile, all of its exit is over, and what
// comes then must still be answered with the true reason.
TEST(Zombie, AMonitorAndALinkThatArriveAfterTheExitAreAnswered) {
  Node n(2);
  struct Shared {
    Atomic<uint64_t> target{0}, watcher{0}, ref{0};
    Atomic<uint32_t> step{0};
  };
  static Shared* shared;
  Shared here;
  shared = &here;
  NodeCore& core = n.runtime().node();
  std::thread sender([&] {
    ThreadMemory scope(n.runtime().pools(), 0, ReaderKind::kOutside);
    const auto wait_for = [&](uint32_t step) {
      while (here.step.load_acquire() != step) cpu_relax();  // partner: the stores below
    };
    wait_for(1);
    const Pid target{here.target.load_relaxed()};
    const Pid watcher{here.watcher.load_relaxed()};
    bool must_submit = false;
    Process* p = nullptr;
    {
      ReaderSection section(this_memory().reader());
      p = core.find(target);
      if (p == nullptr) return;
      here.step.store_release(2);
      wait_for(3);  // it is dead, its watchers have been told
      for (int i = 0; i < 100'000; ++i) cpu_relax();
      Signal* watch = make_bare_signal(SignalKind::kWatch, watcher, here.ref.load_relaxed());
      Signal* link = make_bare_signal(SignalKind::kLink, watcher, 8);
      must_submit = p->head().push(watch, watch) == PushResult::kMustSubmit;
      must_submit |= p->head().push(link, link) == PushResult::kMustSubmit;
    }
    if (must_submit) n.host().scheduler().submit_remote(p, p->last_worker());
  });
  n.run([](Context& self, Node& node) -> Behavior {
    self.set_trap_links(true);
    const Pid target = spawn_native(self, watched(), puppet, self.pid()).pid;
    // Expected here, unknown there: a watch that was taken back behind the watcher's back, a link only this side has.
    uint64_t ref = 0;
    EXPECT_TRUE(self.watch(target, ref).ok());
    EXPECT_TRUE(self.node().deliver(target, make_bare_signal(SignalKind::kUnwatch, self.pid(), ref)));
    EXPECT_TRUE(self.node().deliver(self.pid(), make_bare_signal(SignalKind::kLink, target, 5)));
    WIPPY_ORDER(target, "ping", 0);
    shared->target.store_relaxed(target.value);
    shared->watcher.store_relaxed(self.pid().value);
    shared->ref.store_relaxed(ref);
    shared->step.store_release(1);
    while (shared->step.load_acquire() != 2) co_await sleep_for(self, kMs);
    tell(self, target, "die");
    Message first = co_await receive(self);
    expect_failure(first, target, SignalKind::kExit, "boom");
    WIPPY_SILENCE(5 * kMs);
    // Others come and go: the block must not be theirs while a sender may still hold it.
    for (int i = 0; i < 300; ++i) {
      const Pid other = spawn_native(self, watched(), nothing).pid;
      EXPECT_NE(pid_index(other), pid_index(target));
      Message m = co_await receive(self);
      expect_exit(m, other);
    }
    shared->step.store_release(3);
    Message late = co_await receive_for(self, 5'000 * kMs);
    expect_failure(late, target, SignalKind::kExit, "boom");
    EXPECT_EQ(late ? late.ref() : 0, ref);
    Message down = co_await receive_for(self, 5'000 * kMs);
    expect_failure(down, target, SignalKind::kLinkDown, "boom");
    node.done();
  });
  sender.join();
  EXPECT_TRUE(n.empties());
}

// Deterministic: the WATCH and LINK lie unread in the mailbox when the target ends.
TEST(Zombie, UnreadMonitorsAndLinksAreAnswered) {
  for (const bool fails : {true, false}) {
    static bool must_fail;
    must_fail = fails;
    Node n(1);
    n.run([](Context& self, Node& node) -> Behavior {
      std::vector<Pid> all;
      for (int i = 0; i < 200; ++i) {
        all.push_back(spawn_native(self, {}, puppet, self.pid()).pid);
        WIPPY_ORDER(all.back(), "trap", 0);
      }
      const Pid target = spawn_native(self, {}, [](Context& c) -> Behavior {
                           for (int i = 0; i < 2; ++i) Message m = co_await receive(c);
                           if (must_fail) fail(c, "boom");
                         }).pid;
      // The first "go" makes it runnable behind the puppets, the second ends it in the same step: everything between lies
      // unread behind them.
      tell(self, target, "go");
      tell(self, target, "go");
      for (const Pid p : all) {
        tell(self, p, "monitor", number(target));
        tell(self, p, "link", number(target));
      }
      std::map<uint64_t, int> answers;  // of each puppet: the first to "monitor", the second to "link"
      int exits = 0, downs = 0, monitors = 0, links = 0;
      for (;;) {
        Message m = co_await receive_for(self, 100 * kMs);
        if (!m) break;
        if (m.topic() == "down") ++downs;
        if (m.topic() == (must_fail ? "crash" : "exit")) ++exits;
        if (m.topic() == "ok" && ++answers[m.from().value] == 1) monitors += m.integer() == 0 ? 1 : 0;
        if (m.topic() == "ok" && answers[m.from().value] == 2) links += m.integer() == 0 ? 1 : 0;
      }
      EXPECT_EQ(exits, monitors);
      EXPECT_EQ(downs, must_fail ? links : 0);
      RecordProperty("monitors", monitors);
      node.done();
    });
  }
}

}  // namespace
}  // namespace wippy
