// Bounded mailboxes (runtime/process/mail_limit.hpp): each policy, what always passes, the report.
#include <gtest/gtest.h>

#include <vector>

#include "mailbox/values.hpp"
#include "runtime/process/mail_limit.hpp"
#include "tests/unit/runtime/fixture.hpp"

namespace wippy {
namespace {

using test::error_text;
using test::Node;

constexpr uint64_t kMs = 1'000'000;

MailLimits limit(uint64_t messages, MailPolicy policy, uint64_t block_ns = 0) {
  MailLimits m;
  m.max_messages = messages;
  m.policy = policy;
  m.block_ns = block_ns;
  return m;
}

// Takes nothing for `wait_ns`, then everything that is there, and tells `report` each number and -1 at the end.
Behavior late(Context& self, Pid report, uint64_t wait_ns) {
  co_await sleep_for(self, wait_ns);
  for (;;) {
    Message m = co_await receive_for(self, 100 * kMs);
    if (!m) break;
    if (m.kind() == SignalKind::kMessage) static_cast<void>(send(self, report, "got", m.integer()));
  }
  static_cast<void>(send(self, report, "got", -1));
}

struct Sent {
  int ok = 0;
  int full = 0;
};
Sent send_numbers(Context& self, Pid to, int64_t first, int64_t last) {
  Sent sent;
  for (int64_t i = first; i <= last; ++i) {
    const Status s = send(self, to, "n", i);
    if (s.ok()) ++sent.ok;
    if (s.kind == ErrorKind::kRateLimited) ++sent.full;
  }
  return sent;
}

#define COLLECT(into)                                  \
  for (;;) {                                           \
    Message next = co_await receive(self);             \
    if (next.kind() != SignalKind::kMessage) continue; \
    if (next.integer() < 0) break;                     \
    into.push_back(next.integer());                    \
  }

std::vector<int64_t> numbers(int64_t first, int64_t last) {
  std::vector<int64_t> v;
  for (int64_t i = first; i <= last; ++i) v.push_back(i);
  return v;
}

TEST(MailLimit, FailSenderTellsTheSender) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    const MailLimits limits = limit(10, MailPolicy::kFailSender);
    SpawnOptions o;
    o.mail = &limits;
    const Pid to = spawn_native(self, o, late, self.pid(), 50 * kMs).pid;
    const Sent sent = send_numbers(self, to, 1, 15);
    EXPECT_EQ(sent.ok, 10);
    EXPECT_EQ(sent.full, 5);
    MailStats stats;
    EXPECT_TRUE(self.node().mail_stats(to, stats));
    EXPECT_EQ(stats.messages, 10u);
    EXPECT_EQ(stats.refused, 5u);
    std::vector<int64_t> got;
    COLLECT(got);
    EXPECT_EQ(got, numbers(1, 10));
    const Status again = send(self, to, "n", 16);
    EXPECT_TRUE(again.ok() || again.kind == ErrorKind::kNotFound);  // it may have ended by now
    node.done();
  });
  EXPECT_TRUE(n.empties());
}

TEST(MailLimit, DropNewestKeepsTheFirst) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    const MailLimits limits = limit(10, MailPolicy::kDropNewest);
    SpawnOptions o;
    o.mail = &limits;
    const Pid to = spawn_native(self, o, late, self.pid(), 50 * kMs).pid;
    EXPECT_EQ(send_numbers(self, to, 1, 15).ok, 15);
    MailStats stats;
    EXPECT_TRUE(self.node().mail_stats(to, stats));
    EXPECT_EQ(stats.dropped_newest, 5u);
    std::vector<int64_t> got;
    COLLECT(got);
    EXPECT_EQ(got, numbers(1, 10));
    node.done();
  });
}

TEST(MailLimit, DropOldestKeepsTheLast) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    const MailLimits limits = limit(10, MailPolicy::kDropOldest);
    SpawnOptions o;
    o.mail = &limits;
    const Pid to = spawn_native(self, o, late, self.pid(), 50 * kMs).pid;
    EXPECT_EQ(send_numbers(self, to, 1, 15).ok, 15);
    co_await sleep_for(self, 5 * kMs);
    MailStats stats;
    EXPECT_TRUE(self.node().mail_stats(to, stats));
    EXPECT_EQ(stats.messages, 10u);
    EXPECT_EQ(stats.dropped_oldest, 5u);
    EXPECT_EQ(stats.dropped_newest, 0u);
    std::vector<int64_t> got;
    COLLECT(got);
    EXPECT_EQ(got, numbers(6, 15));
    node.done();
  });
}

TEST(MailLimit, DropOldestIsCappedAtTwiceTheLimitWithinOneStep) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    const MailLimits limits = limit(10, MailPolicy::kDropOldest);
    SpawnOptions o;
    o.mail = &limits;
    const Pid to = spawn_native(self, o, late, self.pid(), 50 * kMs).pid;
    EXPECT_EQ(send_numbers(self, to, 1, 30).ok, 30);  // one step: the receiver does not run meanwhile
    MailStats stats;
    EXPECT_TRUE(self.node().mail_stats(to, stats));
    EXPECT_EQ(stats.messages, 20u);
    EXPECT_EQ(stats.dropped_newest, 10u);
    std::vector<int64_t> got;
    COLLECT(got);
    EXPECT_EQ(got, numbers(11, 20));
    node.done();
  });
}

TEST(MailLimit, ExitReceiverEndsItWithItsReason) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    const MailLimits limits = limit(10, MailPolicy::kExitReceiver);
    SpawnOptions o;
    o.mail = &limits;
    o.monitor = true;
    const Pid to = spawn_native(self, o, late, self.pid(), 5'000 * kMs).pid;
    EXPECT_EQ(send_numbers(self, to, 1, 10).ok, 10);
    EXPECT_TRUE(send(self, to, "n", 11).ok());
    Message m = co_await receive(self);
    EXPECT_EQ(m.kind(), SignalKind::kExit);
    EXPECT_TRUE(m.abnormal());
    EXPECT_EQ(error_text(m), "mailbox limit exceeded");
    EXPECT_EQ(send(self, to, "n", 12).kind, ErrorKind::kNotFound);
    node.done();
  });
  EXPECT_TRUE(n.empties());
}

std::string number_body(int64_t i) {
  ValueWriter w;
  w.reset_body("n", 1);
  w.integer(i);
  return std::string(w.view());
}

TEST(MailLimit, BlockWaitsAndLosesNothing) {
  for (const uint32_t workers : {1u, 2u}) {
    Node n(workers);
    n.run([](Context& self, Node& node) -> Behavior {
      const MailLimits limits = limit(10, MailPolicy::kBlock, 5'000 * kMs);
      SpawnOptions o;
      o.mail = &limits;
      const Pid to = spawn_native(self, o, late, self.pid(), 20 * kMs).pid;
      for (int64_t i = 1; i <= 200; ++i) {
        const std::string body = number_body(i);
        const Status s = co_await send_wait(self, to, body);
        EXPECT_TRUE(s.ok()) << s.message;
        MailStats stats;
        if (self.node().mail_stats(to, stats)) {
          EXPECT_LE(stats.messages, 10u);
        }
      }
      std::vector<int64_t> got;
      COLLECT(got);
      EXPECT_EQ(got, numbers(1, 200));
      node.done();
    });
    EXPECT_TRUE(n.empties());
  }
}

TEST(MailLimit, BlockEndsAtItsDeadlineNotEarlier) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    const MailLimits limits = limit(1, MailPolicy::kBlock, 20 * kMs);
    SpawnOptions o;
    o.mail = &limits;
    const Pid to = spawn_native(self, o, late, self.pid(), 300 * kMs).pid;
    EXPECT_TRUE(send(self, to, "n", 1).ok());
    EXPECT_EQ(send(self, to, "n", 2).kind, ErrorKind::kRateLimited);  // a plain send cannot wait
    const uint64_t begin_ns = monotonic_ns();
    const std::string body = number_body(3);
    const Status s = co_await send_wait(self, to, body);
    EXPECT_EQ(s.kind, ErrorKind::kRateLimited);
    EXPECT_GE(monotonic_ns() - begin_ns, 20 * kMs);
    std::vector<int64_t> got;
    COLLECT(got);
    EXPECT_EQ(got, numbers(1, 1));
    node.done();
  });
}

TEST(MailLimit, BlockedSenderHearsOfTheReceiversEnd) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    const MailLimits limits = limit(1, MailPolicy::kBlock, 30'000 * kMs);
    SpawnOptions o;
    o.mail = &limits;
    const Pid to = spawn_native(self, o, late, self.pid(), 30'000 * kMs).pid;
    EXPECT_TRUE(send(self, to, "n", 1).ok());
    static_cast<void>(spawn_native(
        self, {},
        [](Context& me, Pid victim) -> Behavior {
          co_await sleep_for(me, 20 * kMs);
          static_cast<void>(me.terminate(victim));
        },
        to));
    const std::string body = number_body(2);
    const Status s = co_await send_wait(self, to, body);
    EXPECT_EQ(s.kind, ErrorKind::kNotFound);
    node.done();
  });
  EXPECT_TRUE(n.empties());
}

TEST(MailLimit, ASenderKilledWhileItWaitsLeavesNothing) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    const MailLimits limits = limit(1, MailPolicy::kBlock, 30'000 * kMs);
    SpawnOptions o;
    o.mail = &limits;
    const Pid to = spawn_native(self, o, late, self.pid(), 50 * kMs).pid;
    EXPECT_TRUE(send(self, to, "n", 1).ok());
    SpawnOptions watched;
    watched.monitor = true;
    const Pid sender = spawn_native(
                           self, watched,
                           [](Context& me, Pid target) -> Behavior {
                             const std::string body = number_body(2);
                             static_cast<void>(co_await send_wait(me, target, body));
                           },
                           to)
                           .pid;
    co_await sleep_for(self, 10 * kMs);
    EXPECT_TRUE(self.terminate(sender).ok());
    std::vector<int64_t> got;
    COLLECT(got);
    EXPECT_EQ(got, numbers(1, 1));
    node.done();
  });
  EXPECT_TRUE(n.empties());
}

TEST(MailLimit, ControlSignalsPassAFullMailbox) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    const MailLimits limits = limit(1, MailPolicy::kFailSender);
    SpawnOptions o;
    o.mail = &limits;
    const Pid to = spawn_native(
                       self, o,
                       [](Context& me, Pid report) -> Behavior {
                         co_await sleep_for(me, 30 * kMs);
                         int64_t cancels = 0;
                         for (;;) {
                           Message m = co_await receive_for(me, 50 * kMs);
                           if (!m) break;
                           if (m.kind() == SignalKind::kCancel) ++cancels;
                         }
                         static_cast<void>(send(me, report, "cancels", cancels));
                         co_await sleep_for(me, 30'000 * kMs);
                       },
                       self.pid())
                       .pid;
    EXPECT_TRUE(send(self, to, "n", 1).ok());
    EXPECT_FALSE(send(self, to, "n", 2).ok());
    EXPECT_TRUE(self.cancel(to, 0).ok());
    EXPECT_TRUE(self.cancel(to, 0).ok());
    EXPECT_TRUE(self.monitor(to).ok());
    EXPECT_TRUE(self.register_name("bounded", to).ok());
    EXPECT_EQ(self.lookup_name("bounded"), to);
    Message m = co_await receive(self);
    EXPECT_EQ(m.integer(), 2);
    EXPECT_TRUE(self.terminate(to).ok());
    Message exit = co_await receive(self);
    EXPECT_EQ(exit.kind(), SignalKind::kExit);
    EXPECT_EQ(exit.from(), to);
    EXPECT_EQ(self.lookup_name("bounded"), Pid{});
    node.done();
  });
  EXPECT_TRUE(n.empties());
}

TEST(MailLimit, BytesCountAndOneLargeMessageFitsAnEmptyMailbox) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    MailLimits limits;
    limits.max_bytes = 1024;
    SpawnOptions o;
    o.mail = &limits;
    const Pid to = spawn_native(self, o, late, self.pid(), 20 * kMs).pid;
    const std::string large(100'000, 'x');
    ValueWriter w;
    w.reset_body("big", 1);
    w.string(large.data(), large.size());
    EXPECT_TRUE(self.send(to, w.view().data(), w.view().size()).ok());
    EXPECT_EQ(send(self, to, "n", 1).kind, ErrorKind::kRateLimited);
    MailStats stats;
    EXPECT_TRUE(self.node().mail_stats(to, stats));
    EXPECT_GE(stats.bytes, large.size());
    std::vector<int64_t> got;
    COLLECT(got);
    EXPECT_EQ(got, std::vector<int64_t>{0});
    node.done();
  });
}

TEST(MailLimit, TheHostsLimitHoldsForProcessesWithoutOne) {
  Node n(1);
  HostOptions options;
  options.id = "app:narrow";
  options.mail = limit(3, MailPolicy::kFailSender);
  ProcessHost& narrow = n.runtime().add_host(options);
  ASSERT_TRUE(narrow.start().ok());
  n.run([](Context& self, Node& node) -> Behavior {
    SpawnOptions o;
    o.host = self.node().find_host("app:narrow");
    const Pid to = spawn_native(self, o, late, self.pid(), 50 * kMs).pid;
    EXPECT_EQ(send_numbers(self, to, 1, 5).ok, 3);
    const MailLimits wider = limit(4, MailPolicy::kFailSender);
    o.mail = &wider;
    const Pid other = spawn_native(self, o, late, self.pid(), 50 * kMs).pid;
    EXPECT_EQ(send_numbers(self, other, 1, 5).ok, 4);
    EXPECT_EQ(self.node().pids_of(o.host->index()).size(), 2u);
    EXPECT_NE(self.node().describe(to).find("app:narrow|"), std::string::npos);
    int ends = 0;
    while (ends < 2) {
      Message m = co_await receive(self);
      if (m.integer() < 0) ++ends;
    }
    node.done();
  });
}

class Reports final : public OverloadSink {
 public:
  void overloaded(const OverloadReport& r) noexcept override {
    entry = r.entry_id;
    last = r;
    count.store_release(count.load_relaxed() + 1);
  }
  Atomic<uint32_t> count{0};
  std::string entry;
  OverloadReport last;
};

TEST(MailLimit, TheReportNamesProcessEntryAndTopSenders) {
  Node n(1);
  static Reports reports;
  n.runtime().node().set_overload_sink(&reports);
  n.run([](Context& self, Node& node) -> Behavior {
    const MailLimits limits = limit(100, MailPolicy::kDropNewest);
    SpawnOptions o;
    o.mail = &limits;
    o.entry_id = "app:slow";
    const Pid to = spawn_native(self, o, late, self.pid(), 100 * kMs).pid;
    std::vector<Pid> senders;
    for (const int64_t share : {10, 40, 20, 25, 30}) {
      senders.push_back(spawn_native(
                            self, {},
                            [](Context& me, Pid target, int64_t count) -> Behavior {
                              send_numbers(me, target, 1, count);
                              co_return;
                            },
                            to, share)
                            .pid);
      co_await sleep_for(self, kMs);
    }
    for (int i = 0; i < 100 && reports.count.load_acquire() == 0; ++i) co_await sleep_for(self, kMs);
    EXPECT_EQ(reports.count.load_acquire(), 1u);  // at most one a second
    EXPECT_EQ(reports.last.pid, to);
    EXPECT_EQ(reports.entry, "app:slow");
    EXPECT_EQ(reports.last.messages, 100u);
    EXPECT_EQ(reports.last.top_senders.size(), 3u);
    EXPECT_EQ(reports.last.top_senders[0].pid, senders[1]);
    EXPECT_EQ(reports.last.top_senders[0].messages, 40u);
    EXPECT_EQ(reports.last.top_senders[1].pid, senders[3]);
    EXPECT_EQ(reports.last.top_senders[2].pid, senders[2]);
    EXPECT_GE(reports.last.drained_per_s, 0.0);
    node.done();
  });
  n.runtime().node().set_overload_sink(nullptr);
}

}  // namespace
}  // namespace wippy
