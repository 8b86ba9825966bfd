#include "runtime/process/mail_limit.hpp"

#include <algorithm>
#include <new>

#include "runtime/process/id_table.hpp"
#include "runtime/process/machine.hpp"
#include "runtime/process/node_core.hpp"
#include "runtime/process/process.hpp"
#include "runtime/process/process_ext.hpp"
#include "runtime/process/worker_procs.hpp"
#include "scheduler/clock.hpp"

namespace wippy {

namespace {

constexpr uint32_t kLimitClass = slab_class_of(sizeof(MailLimit));
constexpr uint32_t kWaiterClass = slab_class_of(sizeof(RoomWaiter));

// Who sent what is queued, from what the owner can see.
class SenderCount {
 public:
  static void visit(void* self, const Signal& s) noexcept { static_cast<SenderCount*>(self)->add(s); }
  std::vector<OverloadReport::Sender> top(std::size_t most) const {
    std::vector<OverloadReport::Sender> all;
    uint64_t id = 0;
    uint64_t count = 0;
    for (uint32_t i = 0; i < table_.capacity(); ++i) {
      if (table_.slot(i, id, count)) all.push_back({Pid{id}, count});
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
      return a.messages != b.messages ? a.messages > b.messages : a.pid < b.pid;
    });
    if (all.size() > most) all.resize(most);
    return all;
  }

 private:
  static constexpr uint32_t kMost = 1u << 16;  // about a millisecond
  void add(const Signal& s) noexcept {
    if (s.kind != SignalKind::kMessage || !s.from || seen_ == kMost) return;
    ++seen_;
    if (uint64_t* n = table_.insert(s.from.value)) ++*n;  // out of memory: the report names fewer
  }
  IdTable<uint64_t> table_;
  uint32_t seen_ = 0;
};

}  // namespace

MailLimit* MailLimit::create(const MailLimits& limits, uint64_t now_ns) noexcept {
  void* const block = slab_allocate(kLimitClass);
  return block == nullptr ? nullptr : new (block) MailLimit(limits, now_ns);
}

void MailLimit::destroy(MailLimit* m) noexcept {
  m->~MailLimit();
  slab_free(m, kLimitClass);
}

MailStats MailLimit::stats() const noexcept {
  const uint64_t used = gauge_.used();
  return {MailGauge::messages_of(used), MailGauge::bytes_of(used), refused_.load_relaxed(),
          dropped_newest_.load_relaxed(), dropped_oldest_.load_relaxed()};
}

bool MailLimit::ask_report(uint64_t now_ns) noexcept {
  uint64_t next = next_report_ns_.load_relaxed();                                              // validated by the CAS
  return now_ns >= next && next_report_ns_.cas_strong_relaxed(next, now_ns + kReportEveryNs);  // one winner
}

double MailLimit::drained_per_s(uint64_t now_ns) noexcept {
  const uint64_t passed_ns = std::max<uint64_t>(now_ns - since_ns_, 1);
  const double rate = static_cast<double>(drained_) * 1e9 / static_cast<double>(passed_ns);
  drained_ = 0;
  since_ns_ = now_ns;
  return rate;
}

void tell_waiters(NodeCore& node, Pid mailbox, RoomWaiter* newest_first) noexcept {
  RoomWaiter* w = nullptr;
  while (newest_first != nullptr) {
    RoomWaiter* const next = newest_first->next;
    newest_first->next = w;
    w = newest_first;
    newest_first = next;
  }
  while (w != nullptr) {
    RoomWaiter* const next = w->next;
    // Out of memory: the waiter's own timer still ends its wait.
    if (Signal* s = make_bare_signal(SignalKind::kTimer, mailbox, w->timer)) {
      static_cast<void>(node.deliver(Pid{w->pid}, s));  // gone: nobody waits
    }
    slab_free(w, kWaiterClass);
    w = next;
  }
}

// --- senders, inside a reader section

// True: the owner has to be woken, it may be idle. False: asked already, and woken by whoever did. No look before the RMW: it
// may be older than the owner's clearing, whose look at the gauge was older than this sender's message.
bool Process::ask_owner(uint32_t bit) noexcept {
  return (control_.fetch_or_acq_rel(bit) & bit) == 0;  // partners: run_live; shed and report_overload, which clear
}

Admission Process::admit_message(Signal& s, bool sender_may_wait, bool& wake) noexcept {
  MailLimit& m = *mail_limit_;
  const MailPolicy policy = m.limits().policy;
  const bool sheds = policy == MailPolicy::kDropOldest;
  uint64_t after = 0;
  if (m.gauge().admit(MailLimit::bytes_of(s), sheds ? 2 : 1, after)) {
    s.flags |= Signal::kGauged;
    if (!sheds || m.gauge().within(after)) return Admission::kAdmitted;
    static_cast<void>(ask_owner(Control::kShed));  // the message itself wakes it
    if (m.ask_report(monotonic_ns())) static_cast<void>(ask_owner(Control::kReport));
    return Admission::kAdmitted;
  }
  if (m.ask_report(monotonic_ns())) wake = ask_owner(Control::kReport);
  switch (policy) {
    case MailPolicy::kBlock:
      if (sender_may_wait && m.limits().block_ns != 0) return Admission::kMayWait;
      [[fallthrough]];
    case MailPolicy::kFailSender: m.count_refused(); return Admission::kFull;
    case MailPolicy::kDropNewest:
    case MailPolicy::kDropOldest: m.count_dropped_newest(); return Admission::kDropped;
    case MailPolicy::kExitReceiver:
      m.count_dropped_newest();
      if (kill(Control::kKillOverload) == KillResult::kKilled) wake = true;
      return Admission::kDropped;
  }
  return Admission::kDropped;
}

// --- the owner

bool Process::set_mail_limit(MailLimit* m) noexcept {
  if (m == nullptr) return false;
  if (make_ext() == nullptr) {
    MailLimit::destroy(m);
    return false;
  }
  mail_limit_ = m;
  return true;
}

void Process::release_gauged(uint64_t bytes) noexcept {
  MailLimit& m = *mail_limit_;
  m.count_drained();
  const uint64_t after = m.gauge().release(bytes);
  if (m.limits().policy != MailPolicy::kBlock || !m.gauge().room_due(after)) return;
  tell_waiters(WorkerProcs::current().node(), identity(), m.gauge().take_waiters());
}

void Process::close_mail_limit() noexcept {
  if (RoomWaiter* w = mail_limit_->gauge().close()) tell_waiters(WorkerProcs::current().node(), identity(), w);
}

// Drops the oldest messages, first those that the machine holds unread, until the mailbox is within its limit.
void Process::shed() noexcept {
  control_.fetch_and_acq_rel(~Control::kShed);  // before the look: who asks later asks again
  if (!drain_all()) {
    control_.fetch_or_acq_rel(Control::kShed);  // stalled: its turns go on, and come back to this
    return;
  }
  MailLimit& m = *mail_limit_;
  while (!ending_ && !m.gauge().within(m.gauge().used()) && machine_->drop_oldest_message(*this)) {
    m.count_dropped_oldest();
  }
  Signal* before = nullptr;
  for (Signal* s = kept_first_; s != nullptr && !m.gauge().within(m.gauge().used());) {
    Signal* const next = s->link();
    if (s->kind != SignalKind::kMessage) {
      before = s;
    } else {
      (before == nullptr ? kept_first_ : before->link()) = next;
      if (kept_last_ == s) kept_last_ = before;
      if (ext_->kept_looked_until == s) ext_->kept_looked_until = before;
      drop_signal(s);
      m.count_dropped_oldest();
    }
    s = next;
  }
}

void Process::report_overload() noexcept {
  control_.fetch_and_acq_rel(~Control::kReport);
  OverloadSink* const sink = WorkerProcs::current().node().overload_sink();
  if (sink == nullptr) return;
  static_cast<void>(drain_all());  // stalled: the report counts what is there
  SenderCount senders;
  machine_->each_message(*this, &SenderCount::visit, &senders);
  for (Signal* s = kept_first_; s != nullptr; s = s->link()) SenderCount::visit(&senders, *s);
  const MailStats stats = mail_limit_->stats();
  OverloadReport r;
  r.pid = identity();
  r.entry_id = Context::entry_id();
  r.limits = mail_limit_->limits();
  r.messages = stats.messages;
  r.bytes = stats.bytes;
  r.refused = stats.refused;
  r.dropped = stats.dropped_newest + stats.dropped_oldest;
  r.drained_per_s = mail_limit_->drained_per_s(monotonic_ns());
  r.top_senders = senders.top(3);
  sink->overloaded(r);
}

// --- NodeCore's slow path: a mismatch of the pid is a dead process or a bounded one

Delivery NodeCore::deliver_bounded(Pid to, Signal* s, uint64_t* may_block_ns) noexcept {
  Delivery d = Delivery::kNoProcess;
  PushResult r = PushResult::kQueued;
  Process* p = nullptr;
  bool wake = false;
  {
    ReaderSection section(this_memory().reader());
    p = find_bounded(to);
    if (p != nullptr) {
      const Admission a =
          s->kind == SignalKind::kMessage ? p->admit_message(*s, may_block_ns != nullptr, wake) : Admission::kAdmitted;
      d = a == Admission::kFull || a == Admission::kMayWait ? Delivery::kFull : Delivery::kDelivered;
      if (a == Admission::kAdmitted) {
        r = p->head().push(s, s);
        s = nullptr;
      } else if (a == Admission::kMayWait) {
        *may_block_ns = p->mail_limit().limits().block_ns;
        s = nullptr;  // the sender's
      }
    }
  }
  if (r == PushResult::kMustSubmit) submit(p);
  if (s != nullptr) {
    points::dropped(*s);
    destroy_signal(s);
  }
  if (wake) wake_process(to);
  return d;
}

// An idle owner looks at its control word when a signal comes.
void NodeCore::wake_process(Pid pid) noexcept {
  if (Signal* s = make_bare_signal(SignalKind::kTerminate, Pid{}, 0)) static_cast<void>(deliver(pid, s));
}

bool NodeCore::wait_for_room(Pid mailbox, Pid waiter, uint64_t timer) noexcept {
  void* const block = slab_allocate(kWaiterClass);
  if (block == nullptr) return false;
  auto* const w = new (block) RoomWaiter{nullptr, waiter.value, timer};
  MailGauge::Wait result = MailGauge::Wait::kClosed;
  RoomWaiter* told = nullptr;
  {
    ReaderSection section(this_memory().reader());
    if (Process* p = find_bounded(mailbox)) {
      MailGauge& gauge = p->mail_limit().gauge();
      result = gauge.wait(w);
      if (result == MailGauge::Wait::kRoom) told = gauge.take_waiters();
    }
  }
  if (result == MailGauge::Wait::kClosed) slab_free(w, kWaiterClass);
  tell_waiters(*this, mailbox, told);
  return result != MailGauge::Wait::kClosed;
}

bool NodeCore::mail_stats(Pid pid, MailStats& stats) noexcept {
  ReaderSection section(this_memory().reader());
  Process* const p = find_bounded(pid);
  if (p != nullptr) stats = p->mail_limit().stats();
  return p != nullptr;
}

}  // namespace wippy
