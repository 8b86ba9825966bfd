// libs: wippy_runtime
// What a round tells of processes, and which circles are named.
#include "runtime/inspect/inspector.hpp"

#include <thread>

#include "runtime/inspect/deadlocks.hpp"
#include "tests/unit/runtime/puppet.hpp"

namespace wippy {
namespace {

using namespace test;
using test::Node;

const ProcessRow* row_of(const Snapshot& s, Pid pid) {
  for (const ProcessRow& row : s.rows) {
    if (row.pid == pid) return &row;
  }
  return nullptr;
}

Behavior sleeper(Context& self) { co_await sleep_for(self, 60'000 * kMs); }

TEST(Inspector, EveryProcessIsToldWithItsWaitMailAndTies) {
  Node n(2);
  Inspector inspector(n.runtime().node());
  static Pid sleeps, reads_not, watcher, boss;
  n.run([](Context& self, Node& node) -> Behavior {
    boss = self.pid();
    sleeps = spawn_native(self, {}, sleeper).pid;
    reads_not = spawn_native(self, {}, sleeper).pid;
    watcher = spawn_puppet(self);
    WIPPY_ORDER(watcher, "monitor", number(sleeps));
    WIPPY_ORDER(watcher, "link", number(reads_not));
    EXPECT_TRUE(self.node().names().add(self.node(), "the reader", reads_not).ok());
    for (int i = 0; i < 3; ++i) tell(self, reads_not, "unread", i);
    co_await sleep_for(self, 5 * kMs);
    node.done();
    for (;;) Message m = co_await receive(self);
  });
  for (int round = 0; round < 2; ++round) {
    const Snapshot s = inspector.collect();
    EXPECT_EQ(s.unanswered, 0u);
    ASSERT_EQ(s.rows.size(), 4u);
    const ProcessRow* const a = row_of(s, sleeps);
    const ProcessRow* const b = row_of(s, reads_not);
    const ProcessRow* const c = row_of(s, watcher);
    ASSERT_TRUE(a != nullptr && b != nullptr && c != nullptr && row_of(s, boss) != nullptr);
    EXPECT_EQ(a->state, ProcessState::kBlocked);
    EXPECT_EQ(a->wait, WaitReason::kSleep);
    EXPECT_EQ(a->watchers, 1u);
    EXPECT_EQ(a->messages, 0u);
    EXPECT_EQ(b->messages, 3u);
    EXPECT_EQ(b->links, 1u);
    EXPECT_EQ(b->names, std::vector<std::string>{"the reader"});
    EXPECT_EQ(c->wait, WaitReason::kMessage);
    EXPECT_EQ(c->state, ProcessState::kIdle);
    EXPECT_EQ(c->monitors, 1u);
    EXPECT_EQ(c->links, 1u);
    EXPECT_EQ(b->oldest_ns != 0, round == 1) << "its age is known from the second look on";
  }
}

TEST(Inspector, RoundsWhileProcessesComeAndGo) {
  Node n(2);
  Inspector inspector(n.runtime().node());
  static Atomic<uint32_t> stop{0};
  stop.store_relaxed(0);
  std::thread observer([&] {
    ThreadMemory scope(n.runtime().pools(), 0, ReaderKind::kOutside);
    for (int i = 0; i < 15; ++i) {
      const Snapshot s = inspector.collect();
      std::set<uint64_t> pids;
      for (const ProcessRow& row : s.rows) EXPECT_TRUE(pids.insert(row.pid.value).second) << "two rows of one process";
      EXPECT_LT(s.unanswered, s.rows.size() / 10 + 10);
    }
    stop.store_release(1);
  });
  n.run([](Context& self, Node& node) -> Behavior {
    while (stop.load_acquire() == 0) {
      const bool room = self.node().live_processes() < 5'000;
      for (int i = 0; i < 200; ++i) spawn_native(self, {}, room ? sleeper : nothing);
      const Pid p = spawn_puppet(self);
      for (int i = 0; i < 100; ++i) WIPPY_ORDER(p, "ping", i);
      tell(self, p, "end");
      co_await yield(self);
    }
    node.done();
  });
  observer.join();
}

TEST(Inspector, ACrowdAnswersWhole) {
  Node n(2);
  Inspector inspector(n.runtime().node());
  constexpr uint32_t kCrowd = 20'000;
  n.run([](Context& self, Node& node) -> Behavior {
    for (uint32_t i = 0; i < kCrowd; ++i) {
      spawn_native(self, {}, deaf);
      if (i % 64 == 0) co_await yield(self);
    }
    node.done();
  });
  const Snapshot s = inspector.collect();
  EXPECT_GE(s.rows.size(), kCrowd);
  EXPECT_EQ(s.unanswered, 0u);
  RecordProperty("us_each_thousand", static_cast<int>(s.took_ns / 1000 / (kCrowd / 1000)));
  std::printf("%u processes: %.1f ms\n", kCrowd, static_cast<double>(s.took_ns) / 1e6);
}

Snapshot waits(std::initializer_list<std::array<uint64_t, 3>> rows) {
  Snapshot s;
  for (const auto& [pid, target, ref] : rows) {
    s.rows.emplace_back();
    s.rows.back().pid = Pid{pid};
    s.rows.back().state = ProcessState::kBlocked;
    s.rows.back().waits_for = {Pid{target}, ref};
  }
  return s;
}

TEST(Deadlocks, ACircleIsNamedWhenTwoRoundsShowTheSameWaits) {
  DeadlockWatch watch;
  const Snapshot two = waits({{1, 2, 10}, {2, 1, 11}, {3, 1, 12}, {4, 4, 13}});
  EXPECT_TRUE(watch.look(two).empty());
  const std::vector<Deadlock> found = watch.look(two);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].members.size(), 2u);
  EXPECT_EQ(found[0].members[0].pid, Pid{1});
  EXPECT_EQ(found[1].members.size(), 1u);
  EXPECT_TRUE(watch.look(waits({{1, 2, 10}, {2, 1, 99}})).empty()) << "another wait for the same process";
  EXPECT_TRUE(watch.look(waits({{1, 2, 10}})).empty());
  EXPECT_TRUE(watch.look(two).empty());
}

TEST(Deadlocks, CirclesOfSevenAndTailsThatLeadIntoThem) {
  DeadlockWatch watch;
  const Snapshot seven =
      waits({{1, 5, 1}, {2, 3, 2}, {3, 4, 3}, {4, 5, 4}, {5, 6, 5}, {6, 7, 6}, {7, 8, 7}, {8, 2, 8}});
  static_cast<void>(watch.look(seven));
  const std::vector<Deadlock> found = watch.look(seven);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].members.size(), 7u);
  EXPECT_EQ(found[0].members[0].pid, Pid{2});
  EXPECT_EQ(found[0].members[6].pid, Pid{8});
}

// Real waits: each of the members sends into the next one's full mailbox.
Behavior stuck_sender(Context& self) {
  Message m = co_await receive(self);
  const Pid next = pid_in(m);
  m = Message();
  ValueWriter w;
  w.reset_body("x", 0);
  EXPECT_TRUE(w.finish().ok());
  const std::string body(w.view());
  for (;;) {
    const Status s = co_await send_wait(self, next, body);
    if (!s.ok()) co_return;  // the other one was killed
  }
}

TEST(Deadlocks, SendersIntoEachOthersFullMailboxes) {
  Node n(2);
  Inspector inspector(n.runtime().node());
  static std::vector<Pid> members;
  members.clear();
  n.run([](Context& self, Node& node) -> Behavior {
    MailLimits limits;
    limits.max_messages = 2;
    limits.policy = MailPolicy::kBlock;
    limits.block_ns = 60'000 * kMs;
    SpawnOptions o;
    o.mail = &limits;
    for (int i = 0; i < 3; ++i) members.push_back(spawn_native(self, o, stuck_sender).pid);
    for (int i = 0; i < 3; ++i) tell(self, members[i], "next", number(members[(i + 1) % 3]));
    co_await sleep_for(self, 20 * kMs);
    node.done();
  });
  DeadlockWatch watch;
  EXPECT_TRUE(watch.look(inspector.collect()).empty());
  const std::vector<Deadlock> found = watch.look(inspector.collect());
  ASSERT_EQ(found.size(), 1u);
  ASSERT_EQ(found[0].members.size(), 3u);
  for (const ProcessRow& row : found[0].members) EXPECT_EQ(row.wait, WaitReason::kRoom);
}

}  // namespace
}  // namespace wippy
