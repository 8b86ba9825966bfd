// The exit of a process, in the order spec/process.md §8.5 fixes:
//   (a) the pid is erased: from here every send answers NOT_FOUND
//   (b) its names are released
//   (c) timers are cancelled, calls detached (their completions find no process)
//   (d) the machine is closed; kept mail is dropped; the place on the host is free
//       unread monitors and links are put into the tables
//   (e) one EXIT signal per watcher, (f) then LINK_DOWN per linked peer if abnormal, else UNLINK, then UNWATCH to whom it
//       still watches: in slices of one budget, the process stays a Runnable meanwhile; the encoded reason is shared by
//       all of them. A slice ends, too, when memory for a signal is refused.
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

// The reason a kill flag stands for.
ExitReason kill_reason(uint32_t control) noexcept {
  const ExitReason::Standard& all = ExitReason::standard();
  if ((control & Control::kKillDeadline) != 0) return all.deadline.share();
  return ((control & Control::kKillOverload) != 0 ? all.overload : all.terminated).share();
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

// Answers what a peer's link entry asks for. False: out of memory, try again later.
bool tell_peer(NodeCore& node, Pid self, Pid peer, const LinkEntry& e, const ExitReason& reason) noexcept {
  bool failed = reason.abnormal();
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kNoCascade) && reason.value() == ExitReason::standard().link_failed.value()) return true;
  failed |= sim::planted(sim::Bug::kNormalIsFailure);
#endif
  if (failed) {
#if defined(WIPPY_SIM)
    const ExitReason& told = sim::planted(sim::Bug::kTwoReasons) ? ExitReason::standard().terminated : reason;
#else
    const ExitReason& told = reason;
#endif
    Signal* s = reason_signal(SignalKind::kLinkDown, self, e.theirs, told);
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
  const bool killed = (before & Control::kKillMask) != 0;
  if (killed && make_ext() == nullptr) return Outcome::kRequeue;  // no memory for the reason yet
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kNamesFirst) && (before & Control::kNamed) != 0) w.node().names().release_all(identity());
#endif
  points::exits(identity());
  pid_word().store_release(0);                                                                   // (a)
  if (before != 0 || mail_limit_ != nullptr || ext_ != nullptr) leave_names_and_timers(before);  // (b), (c)
  if (machine_ != nullptr) machine_->close(*this, killed || ending_);  // (d); none: no successor
  machine_ = nullptr;
  if (ext_ != nullptr) ext_->successor.reset();
  if (kept_first_ != nullptr) drop_kept();
  w.count_exited();
  w.host().give_place();  // before (e): whoever handles the EXIT may use the place
  phase_ = Phase::kExiting;
  return continue_exit();
}

// Kept mail; the signal that settle_queue has to apply once more stays.
[[gnu::noinline]] void Process::drop_kept() noexcept {
  Signal* const stalled = stalled_ ? kept_first_ : nullptr;
  Signal* s = stalled_ ? kept_first_->link() : kept_first_;
  while (s != nullptr) {
    Signal* next = s->link();
    points::dropped(*s);
    drop_signal(s);
    s = next;
  }
  kept_first_ = kept_last_ = stalled;
  if (stalled != nullptr) stalled->link() = nullptr;
}

// By what ended it; the reason is set.
AbnormalExit Process::abnormal_kind(uint32_t control) const noexcept {
  if ((control & Control::kKillTerminate) != 0) return AbnormalExit::kTerminated;
  if ((control & Control::kKillDeadline) != 0) return AbnormalExit::kCanceled;
  return reason().value() == ExitReason::standard().link_failed.value() ? AbnormalExit::kLink : AbnormalExit::kError;
}

[[gnu::noinline]] void Process::leave_names_and_timers(uint32_t control) noexcept {
  if ((control & Control::kInspect) != 0 && node().inspect_sink() != nullptr) node().inspect_sink()->ended();
#if defined(WIPPY_SIM)
  if (!sim::planted(sim::Bug::kNamesFirst) && !(sim::planted(sim::Bug::kNamesLate) && ext_ != nullptr))
#endif
    if ((control & Control::kNamed) != 0) WorkerProcs::current().node().names().release_all(identity());  // (b)
  if (mail_limit_ != nullptr) close_mail_limit();
  if ((control & Control::kKillMask) != 0) {
    reason_lost_ = false;
    ext_->reason = kill_reason(control);
  }
  if (reason().abnormal()) WorkerProcs::current().count_abnormal(abnormal_kind(control));
  if (ext_ != nullptr)
    ext_->timers.take_all(drop_process_timer);  // (c); the machine may stop them once more when it closes
}

// Monitors and links that were accepted and lie unread in the queue, and their withdrawals, go into the tables first, so
// that a peer with both gets EXIT before LINK_DOWN. The pid is erased: the queue ends. False: another slice is needed.
bool Process::settle_queue() noexcept {
  constexpr uint32_t kSlice = 4096;
  if (stalled_ && !retry_stalled()) return false;
  for (uint32_t i = 0; i < kSlice; ++i) {
    Signal* s = pop_raw();
    if (s == nullptr) return head_.nothing_behind(tail_.dummy());  // in a gap more may lie behind it
    if (!LinkRules::apply(*this, *s)) {
      stall(s);
      return false;
    }
    points::dropped(*s);
#if defined(WIPPY_SIM)
    if (sim::planted(sim::Bug::kMailLeak) && s->kind == SignalKind::kMessage) continue;
#endif
    drop_signal(s);
  }
  return false;
}

// One entry of the present table. False: the budget is spent or memory is refused.
bool Process::step_exit_walk(ProcessExt& x, uint32_t& left) noexcept {
  NodeCore& node = WorkerProcs::current().node();
  uint64_t id = 0;
  uint64_t pid = 0;
  LinkEntry e;
  const uint32_t at = x.exit_cursor;
  const bool used = x.exit_walk == ExitWalk::kWatchers ? x.watchers.slot(at, id, pid)
                    : x.exit_walk == ExitWalk::kLinks  ? x.links.slot(at, id, e)
                                                       : x.watches.slot(at, id, pid);
  if (!used) return true;
  if (left == 0) return false;
  --left;
  if (x.exit_walk == ExitWalk::kLinks) return tell_peer(node, identity(), Pid{id}, e, reason());
  Signal* s = x.exit_walk == ExitWalk::kWatchers ? reason_signal(SignalKind::kExit, identity(), id, reason())
                                                 : make_bare_signal(SignalKind::kUnwatch, identity(), id);
  if (s == nullptr) return false;
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kTwiceTold) && x.exit_walk == ExitWalk::kWatchers) {
    if (Signal* again = reason_signal(SignalKind::kExit, identity(), id, reason()))
      static_cast<void>(node.deliver(Pid{pid}, again));
  }
#endif
  static_cast<void>(node.deliver(Pid{pid}, s));  // a dead one needs nothing
  return true;
}

Outcome Process::continue_exit() noexcept {
  const bool nobody_told = ext_ == nullptr || (ext_->exit_walk == ExitWalk::kWatchers && ext_->exit_cursor == 0);
  const bool settled = !stalled_ && head_.nothing_behind(tail_.dummy());
  if (nobody_told && !settled && !settle_queue()) return come_back();
  if (ext_ != nullptr && !tell_peers(*ext_)) return Outcome::kRequeue;
  phase_ = Phase::kZombie;
  WorkerProcs::current().retire(this);  // (g)
  return head_.nothing_behind(tail_.dummy()) ? rest() : run_zombie();
}

// False: another slice is needed.
[[gnu::noinline]] bool Process::tell_peers(ProcessExt& x) noexcept {
  uint32_t left = kSignalBudget;
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kLinksFirst) && x.exit_walk == ExitWalk::kWatchers && x.exit_cursor == 0) {
    uint64_t peer = 0;
    LinkEntry e;
    for (uint32_t i = 0; i < x.links.capacity(); ++i) {
      if (x.links.slot(i, peer, e)) tell_peer(WorkerProcs::current().node(), identity(), Pid{peer}, e, reason());
    }
  }
#endif
  for (; x.exit_walk != ExitWalk::kDone; x.exit_walk = static_cast<ExitWalk>(static_cast<int>(x.exit_walk) + 1)) {
    const uint32_t end = x.exit_walk == ExitWalk::kWatchers ? x.watchers.capacity()
                         : x.exit_walk == ExitWalk::kLinks  ? x.links.capacity()
                                                            : x.watches.capacity();
    for (; x.exit_cursor < end; ++x.exit_cursor) {
      if (!step_exit_walk(x, left)) return false;
    }
    x.exit_cursor = 0;
  }
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kNamesLate)) WorkerProcs::current().node().names().release_all(identity());
#endif
  return true;
}

// What was pushed by who had found the process before it ended. False: memory for the answer is refused.
bool Process::answer_latecomer(const Signal& s) noexcept {
  NodeCore& node = WorkerProcs::current().node();
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kDeafZombie)) return true;
#endif
  if (s.kind == SignalKind::kLink) return tell_peer(node, identity(), s.from, LinkEntry{0, s.ref}, reason());
  if (s.kind != SignalKind::kWatch) return true;
  Signal* a = reason_signal(SignalKind::kExit, identity(), s.ref, reason());
  if (a == nullptr) return false;
  static_cast<void>(node.deliver(s.from, a));
  return true;
}

Outcome Process::run_zombie() noexcept {
  if (stalled_) {
    if (!answer_latecomer(*kept_first_)) return Outcome::kRequeue;
    unstall();
  }
  while (Signal* s = pop_raw()) {
    if (!answer_latecomer(*s)) {
      stall(s);
      break;
    }
    points::dropped(*s);
    drop_signal(s);
  }
  return rest();
}

}  // namespace wippy
