// The exit of a process, in the order spec/process.md §8.5 fixes:
//   (a) the pid is erased: from here every send answers NOT_FOUND
//   (b) its names are released
//   (c) timers are cancelled, calls detached (their completions find no process)
//   (d) the machine is closed; kept mail is dropped; the place on the host is free
//       unread monitors and links are put into the tables
//   (e) one EXIT signal per watcher, (f) then LINK_DOWN per linked peer if abnormal, else UNLINK: in slices of one budget,
//       the process stays a Runnable meanwhile; the encoded reason is shared by all of them
//   (g) zombie and retired: what senders pushed that had found the process before (a) is answered here, for ever until
//       the grace period has passed and the queue is empty.
// Everything the process sent before is in the receivers' mailboxes ahead of (e): same thread, same word per receiver.
#include "runtime/process/links.hpp"
#include "runtime/process/node_core.hpp"
#include "runtime/process/process.hpp"
#include "runtime/process/process_ext.hpp"
#include "runtime/process/process_timers.hpp"
#include "runtime/process/worker_procs.hpp"
#include "scheduler/worker.hpp"

namespace wippy {

namespace {

// The reason a kill flag stands for; null when none is set.
ExitReason kill_reason(uint32_t control) {
  if ((control & Control::kKillDeadline) != 0)
    return ExitReason::failure(ErrorKind::kCanceled, "cancel deadline exceeded");
  if ((control & Control::kKillOverload) != 0)
    return ExitReason::failure(ErrorKind::kRateLimited, "mailbox limit exceeded");
  return ExitReason::failure(ErrorKind::kInternal, "process terminated");
}

void cancel_timers(ProcessExt& x) noexcept {
  uint64_t id = 0;
  TimerNode* node = nullptr;
  for (uint32_t i = 0; i < x.timers.capacity(); ++i) {
    if (x.timers.slot(i, id, node)) drop_process_timer(node);
  }
  x.timers.clear();  // the machine may stop its timers once more when it closes
}

Signal* reason_signal(SignalKind kind, Pid from, uint64_t ref, const ExitReason& reason) noexcept {
  Buffer* value = reason.value();
  if (value != nullptr) value->retain();
  Signal* s = make_shared_signal(kind, from, ref, value);
  if (s == nullptr) {
    if (value != nullptr) value->release();
    return nullptr;
  }
  if (reason.abnormal()) s->flags |= Signal::kAbnormal;
  return s;
}

const ExitReason& reason_of(ProcessExt* x) noexcept {
  static const ExitReason normal;
  return x == nullptr ? normal : x->reason;
}

// Answers what a peer's link entry asks for. False: out of memory, try again later.
bool tell_peer(NodeCore& node, Pid self, Pid peer, const LinkEntry& e, const ExitReason& reason) noexcept {
  if (reason.abnormal()) {
    Signal* s = reason_signal(SignalKind::kLinkDown, self, e.theirs, reason);
    if (s == nullptr) return false;
    static_cast<void>(node.deliver_urgent(peer, s));  // a dead peer needs nothing
    return true;
  }
  Signal* s = make_bare_signal(SignalKind::kUnlink, self, e.mine);
  if (s == nullptr) return false;
  s->wide.aux = e.theirs;
  static_cast<void>(node.deliver(peer, s));
  return true;
}

}  // namespace

Outcome Process::begin_exit() noexcept {
  WorkerProcs& w = WorkerProcs::current();
  const uint32_t before = control_.fetch_or_acq_rel(Control::kExiting);
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kNamesFirst) && (before & Control::kNamed) != 0) w.node().names().release_all(identity());
#endif
  points::exits(identity());
  pid_word().store_release(0);  // (a)
#if defined(WIPPY_SIM)
  if (!sim::planted(sim::Bug::kNamesFirst))
#endif
    if ((before & Control::kNamed) != 0) w.node().names().release_all(identity());  // (b)
  if (mail_limit_ != nullptr) close_mail_limit();
  const bool killed = (before & Control::kKillMask) != 0;
  if (killed) ext().reason = kill_reason(before);
  if (ext_ != nullptr) cancel_timers(*ext_);  // (c)
  machine_->close(*this, killed || ending_);  // (d)
  machine_ = nullptr;
  if (ext_ != nullptr && ext_->next_machine != nullptr) ext_->next_machine->close(*this, true);
  while (kept_first_ != nullptr) {
    Signal* s = kept_first_;
    kept_first_ = s->link();
    drop_signal(s);
  }
  kept_last_ = nullptr;
  w.count_live(-1);
  w.host().give_place();  // before (e): whoever handles the EXIT may use the place
  phase_ = Phase::kExiting;
  return continue_exit();
}

// Monitors and links that were accepted and lie unread in the queue, and their withdrawals, go into the tables first, so
// that a peer with both gets EXIT before LINK_DOWN. The pid is erased: the queue ends. False: another slice is needed.
bool Process::settle_queue() noexcept {
  constexpr uint32_t kSlice = 4096;
  for (uint32_t i = 0; i < kSlice; ++i) {
    Signal* s = pop_raw();
    if (s == nullptr) return head_.nothing_behind(tail_.dummy());  // in a gap more may lie behind it
    LinkRules::apply(*this, *s);
    drop_signal(s);
  }
  return false;
}

Outcome Process::continue_exit() noexcept {
  WorkerProcs& w = WorkerProcs::current();
  const bool nobody_told = ext_ == nullptr || (!ext_->watchers_done && ext_->exit_cursor == 0);
  if (nobody_told && !settle_queue()) return come_back();
  if (ext_ != nullptr) {
    ProcessExt& x = *ext_;
    uint32_t left = kSignalBudget;
    uint64_t id = 0;
    for (uint64_t watcher = 0; !x.watchers_done && x.exit_cursor < x.watchers.capacity(); ++x.exit_cursor) {  // (e)
      if (!x.watchers.slot(x.exit_cursor, id, watcher)) continue;
      Signal* s = left-- == 0 ? nullptr : reason_signal(SignalKind::kExit, identity(), id, x.reason);
      if (s == nullptr) return Outcome::kRequeue;
      static_cast<void>(w.node().deliver(Pid{watcher}, s));
    }
    if (!x.watchers_done) {
      x.watchers_done = true;
      x.exit_cursor = 0;
    }
    for (LinkEntry e; x.exit_cursor < x.links.capacity(); ++x.exit_cursor) {  // (f)
      if (!x.links.slot(x.exit_cursor, id, e)) continue;
      if (left-- == 0 || !tell_peer(w.node(), identity(), Pid{id}, e, x.reason)) return Outcome::kRequeue;
    }
  }
  phase_ = Phase::kZombie;
  w.retire(this);  // (g)
  return run_zombie();
}

Outcome Process::run_zombie() noexcept {
  NodeCore& node = WorkerProcs::current().node();
  while (Signal* s = pop_raw()) {
    const ExitReason& reason = reason_of(ext_);
    if (s->kind == SignalKind::kWatch) {
      if (Signal* a = reason_signal(SignalKind::kExit, identity(), s->ref, reason)) {
        static_cast<void>(node.deliver(s->from, a));
      }
    } else if (s->kind == SignalKind::kLink) {
      static_cast<void>(tell_peer(node, identity(), s->from, LinkEntry{0, s->ref}, reason));
    }
    drop_signal(s);
  }
  return rest();
}

}  // namespace wippy
