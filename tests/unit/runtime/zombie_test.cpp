// Ruling S3: a monitor or link that was accepted is answered with the true reason, however close the target's end was.
#include <map>

#include "mailbox/value_writer.hpp"
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
