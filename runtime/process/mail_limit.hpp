// Bounded mailboxes: what entries and hosts ask for, and what a bounded process has beside its mailbox.
//
// Only messages count. Terminate, cancel deadlines, exits, links, timers and answers are always admitted, and the first two
// do not even travel through the queue (Control). A message counts from its admission until the receiver lets go of it, in
// the queue or out of it, so the limit bounds memory: what a script has not received yet is still in its mailbox.
//
//   policy           the sender of a message that does not fit ...
//   kFailSender      gets RateLimited ("mailbox is full"), may retry
//   kBlock           waits until there is room, `block_ns` at most, then RateLimited; the message is the one it sent
//   kDropNewest      is told "sent"; the message is dropped and counted
//   kDropOldest      is told "sent"; the receiver drops its oldest messages before it runs on. While it does not come to that
//                    (one long step), up to twice the limit is queued, and what comes then is dropped as by kDropNewest
//   kExitReceiver    is told "sent"; the receiver is ended ("mailbox limit exceeded")
//
// An unbounded process publishes its pid, a bounded one its complement: NodeCore's fast path compares the pid as before and
// costs an unbounded process no instruction; only after a mismatch is the complement looked for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mailbox/signal.hpp"
#include "memory/atomic.hpp"
#include "runtime/process/mail_gauge.hpp"

namespace wippy {

enum class MailPolicy : uint8_t { kFailSender, kBlock, kDropNewest, kDropOldest, kExitReceiver };

// Both limits zero: unbounded.
struct MailLimits {
  uint64_t max_messages = 0;
  uint64_t max_bytes = 0;
  MailPolicy policy = MailPolicy::kFailSender;
  uint64_t block_ns = 0;  // kBlock
  bool bounded() const noexcept { return max_messages != 0 || max_bytes != 0; }
};

// What a mailbox over its limit looks like; made by its owner at most once a second while that lasts.
struct OverloadReport {
  struct Sender {
    Pid pid;
    uint64_t messages;  // of those looked at
  };
  Pid pid;
  std::string_view entry_id;
  MailLimits limits;
  uint64_t messages = 0;
  uint64_t bytes = 0;
  uint64_t refused = 0;  // since the process began: sends that failed or waited in vain
  uint64_t dropped = 0;  // ... and messages dropped, newest or oldest
  double drained_per_s = 0;
  std::vector<Sender> top_senders;  // three at most, the busiest first
};
class OverloadSink {
 public:
  // On the worker of the process, between its steps.
  virtual void overloaded(const OverloadReport& report) noexcept = 0;

 protected:
  ~OverloadSink() = default;
};

struct MailStats {
  uint64_t messages = 0;
  uint64_t bytes = 0;
  uint64_t refused = 0;
  uint64_t dropped_newest = 0;
  uint64_t dropped_oldest = 0;
};

// Made by the spawner, dropped with the block. Atomics: any thread inside a reader section; the rest: the owner.
class MailLimit {
 public:
  static constexpr uint64_t kReportEveryNs = 1'000'000'000;

  // Null: out of memory.
  static MailLimit* create(const MailLimits& limits, uint64_t now_ns) noexcept;
  static void destroy(MailLimit* m) noexcept;

  const MailLimits& limits() const noexcept { return limits_; }
  MailGauge& gauge() noexcept { return gauge_; }
  MailStats stats() const noexcept;
  // What a message holds on to: its block, and the buffer that it may share.
  static uint64_t bytes_of(const Signal& s) noexcept {
    return slab_class_bytes(s.slab_class) + ((s.flags & Signal::kExternal) != 0 ? s.body_bytes : 0);
  }
  // Any sender, or the owner; figures for stats(), they order nothing and have no partner.
  void count_refused() noexcept { refused_.fetch_add_relaxed(1); }
  void count_dropped_newest() noexcept { dropped_newest_.fetch_add_relaxed(1); }
  void count_dropped_oldest() noexcept { dropped_oldest_.fetch_add_relaxed(1); }

  // True for one sender in each kReportEveryNs: it asks the owner for a report.
  bool ask_report(uint64_t now_ns) noexcept;

  // --- owner
  void count_drained() noexcept { ++drained_; }
  double drained_per_s(uint64_t now_ns) noexcept;  // since the last report, or the start

 private:
  MailLimit(const MailLimits& limits, uint64_t now_ns) noexcept
      : limits_(limits), gauge_(limits.max_messages, limits.max_bytes), since_ns_(now_ns) {}

  const MailLimits limits_;
  MailGauge gauge_;
  Atomic<uint64_t> refused_{0};
  Atomic<uint64_t> dropped_newest_{0};
  Atomic<uint64_t> dropped_oldest_{0};
  Atomic<uint64_t> next_report_ns_{0};
  uint64_t drained_ = 0;  // since since_ns_
  uint64_t since_ns_;     // the last report, or the start
};

// Tells all of them that there may be room, in the order in which they began to wait, and frees them.
class NodeCore;
void tell_waiters(NodeCore& node, Pid mailbox, RoomWaiter* newest_first) noexcept;

}  // namespace wippy
