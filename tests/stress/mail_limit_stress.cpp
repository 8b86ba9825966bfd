// A hundred senders at full speed to one slow receiver, under every policy of a bounded mailbox: memory stays flat, and what
// is not received is what the policy says and counts.
// libs: wippy_runtime
#include <gtest/gtest.h>

#include "mailbox/values.hpp"
#include "runtime/process/mail_limit.hpp"
#include "stress/scale.hpp"
#include "unit/runtime/fixture.hpp"

namespace wippy {
namespace {

using test::Node;

constexpr int64_t kSenders = 100;
constexpr int64_t kLimit = 500;
constexpr int64_t kShift = 1'000'000'000;

struct Totals {
  int64_t ok = 0;
  int64_t refused = 0;
  int64_t received = 0;
  MailStats stats;
  bool ordered = true;
  uint64_t carved_early = 0;
  uint64_t carved_late = 0;
};

// Sends its numbers, in slices of a step each, and tells how many went through.
Behavior sender(Context& self, Pid to, Pid report, int64_t index, int64_t count, bool waits) {
  int64_t ok = 0;
  int64_t refused = 0;
  for (int64_t i = 1; i <= count; ++i) {
    Status s;
    if (waits) {
      ValueWriter w;
      w.reset_body("n", 1);
      w.integer(index * kShift + i);
      s = co_await send_wait(self, to, w.view());
    } else {
      s = send(self, to, "n", index * kShift + i);
      if (i % 32 == 0) co_await yield(self);
    }
    if (s.kind == ErrorKind::kNotFound) break;
    ++(s.ok() ? ok : refused);
  }
  static_cast<void>(send(self, report, "ok", ok));
  static_cast<void>(send(self, report, "refused", refused));
}

// Takes a handful, then sleeps. Ends when nothing has come for a while.
Behavior slow_receiver(Context& self, Totals* totals) {
  std::vector<int64_t> last(kSenders, 0);
  for (;;) {
    for (int i = 0; i < 50; ++i) {
      Message m = co_await receive_for(self, 300'000'000);
      if (!m) co_return;
      if (m.kind() != SignalKind::kMessage) continue;
      ++totals->received;
      int64_t& before = last[static_cast<std::size_t>(m.integer() / kShift)];
      if (m.integer() % kShift <= before) totals->ordered = false;
      before = m.integer() % kShift;
    }
    static_cast<void>(self.node().mail_stats(self.pid(), totals->stats));
    co_await sleep_for(self, 200'000);
  }
}

// What the driver of one run works with; runs follow one another.
struct Run {
  MailPolicy policy;
  int64_t each;
  Totals totals;
};
Run g_run;

Totals run_policy(MailPolicy policy, int64_t count) {
  g_run = Run{policy, count, {}};
  Totals& totals = g_run.totals;
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const MailPolicy p = g_run.policy;
    Totals* const t = &g_run.totals;
    MailLimits limits;
    limits.max_messages = kLimit;
    limits.policy = p;
    limits.block_ns = 60'000'000'000;
    SpawnOptions o;
    o.mail = &limits;
    o.monitor = true;
    const Pid to = spawn_native(self, o, slow_receiver, t).pid;
    for (int64_t i = 0; i < kSenders; ++i) {
      static_cast<void>(spawn_native(self, {}, sender, to, self.pid(), i, g_run.each, p == MailPolicy::kBlock));
    }
    int64_t reports = 0;
    while (reports < 2 * kSenders) {
      Message m = co_await receive(self);
      if (m.kind() != SignalKind::kMessage) continue;
      (m.topic() == "ok" ? t->ok : t->refused) += m.integer();
      if (++reports == kSenders / 2) t->carved_early = node.runtime().pools().carved_bytes();
    }
    while (self.node().mail_stats(to, t->stats)) co_await sleep_for(self, 1'000'000);
    t->carved_late = node.runtime().pools().carved_bytes();
    node.done();
  });
  EXPECT_TRUE(n.empties());
  EXPECT_TRUE(totals.ordered);
  // Everything at once would be some 64 bytes a message.
  EXPECT_LT(totals.carved_late, uint64_t{6} << 20) << "memory is not flat";
  std::printf("policy %d: sent %ld refused %ld received %ld dropped newest %lu oldest %lu; slabs %lu KiB\n",
              static_cast<int>(policy), static_cast<long>(totals.ok), static_cast<long>(totals.refused),
              static_cast<long>(totals.received), static_cast<unsigned long>(totals.stats.dropped_newest),
              static_cast<unsigned long>(totals.stats.dropped_oldest),
              static_cast<unsigned long>(totals.carved_late >> 10));
  return totals;
}

int64_t each() { return stress_scale(20'000); }

TEST(MailLimitStress, FailSender) {
  const Totals t = run_policy(MailPolicy::kFailSender, each());
  EXPECT_EQ(t.ok, t.received);
  EXPECT_EQ(t.ok + t.refused, kSenders * each());
  EXPECT_EQ(static_cast<int64_t>(t.stats.refused), t.refused);
  EXPECT_GT(t.refused, 0);
}

TEST(MailLimitStress, DropNewest) {
  const Totals t = run_policy(MailPolicy::kDropNewest, each());
  EXPECT_EQ(t.ok, kSenders * each());
  EXPECT_EQ(t.ok, t.received + static_cast<int64_t>(t.stats.dropped_newest));
  EXPECT_GT(t.stats.dropped_newest, 0u);
}

TEST(MailLimitStress, DropOldest) {
  const Totals t = run_policy(MailPolicy::kDropOldest, each());
  EXPECT_EQ(t.ok, kSenders * each());
  EXPECT_EQ(t.ok, t.received + static_cast<int64_t>(t.stats.dropped_newest + t.stats.dropped_oldest));
  EXPECT_GT(t.stats.dropped_oldest, 0u);
}

TEST(MailLimitStress, Block) {
  const Totals t = run_policy(MailPolicy::kBlock, each() / 10);
  EXPECT_EQ(t.ok, kSenders * (each() / 10));
  EXPECT_EQ(t.ok, t.received);
}

TEST(MailLimitStress, ExitReceiver) {
  const Totals t = run_policy(MailPolicy::kExitReceiver, each());
  EXPECT_LT(t.received, t.ok);  // it was ended in the middle
}

}  // namespace
}  // namespace wippy
