#include "runtime/process/process.hpp"

#include "memory/assert.hpp"
#include "runtime/process/crash_log.hpp"
#include "runtime/process/links.hpp"
#include "runtime/process/mail_limit.hpp"
#include "runtime/process/points.hpp"
#include "runtime/process/process_ext.hpp"
#include "runtime/process/worker_procs.hpp"
#include "runtime/sim/counted.hpp"
#include "scheduler/worker.hpp"

namespace wippy {

void Process::check_offsets() noexcept {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"  // one base with data, no virtual bases: the offset is fixed
  static_assert(offsetof(Process, pid_) == kPidOffset && offsetof(Process, grace_) == kGraceOffset);
#pragma GCC diagnostic pop
}

ProcessExt* Process::make_ext() noexcept {
  if (ext_ != nullptr) return ext_;
  const bool in_block = frame_offered_ && !frame_used_;
  if (in_block) frame_used_ = true;
  if (void* p = in_block ? frame_ : slab_allocate(kExtClass)) ext_ = new (p) ProcessExt;
  return ext_;
}

const ExitReason& Process::reason() const noexcept {
  static const ExitReason normal;
  if (reason_lost_) return ExitReason::standard().out_of_memory;
  return ext_ == nullptr ? normal : ext_->reason;
}

void Process::set_reason(ExitReason reason) noexcept {
  if (!reason.abnormal() && reason.value() == nullptr) return;  // what it is without
  if (reason.abnormal()) log_crash(*this, reason);
  if (ProcessExt* x = make_ext()) {
    x->reason = std::move(reason);
  } else {
    reason_lost_ = true;
  }
}

KillResult Process::kill(uint32_t kill_bit) noexcept {
  uint32_t c = control_.load_relaxed();
  for (;;) {
    if ((c & (Control::kKillMask | Control::kExiting)) != 0) return KillResult::kAlreadyDying;
    if (control_.cas_weak_acq_rel(c, c | kill_bit)) return KillResult::kKilled;
  }
}

// --- signals

bool Process::is_answer(const Signal& s) noexcept {
  return s.kind == SignalKind::kTimer || s.kind == SignalKind::kCompletion;
}

void Process::keep(Signal* s) noexcept {
  if (is_answer(*s)) kept_answers_ = true;
#if defined(WIPPY_SIM)
  const bool overtakes = sim::planted(sim::Bug::kExitOvertakes) ? s->kind == SignalKind::kExit
                         : sim::planted(sim::Bug::kReordered)   ? s->kind == SignalKind::kMessage
                                                                : false;
  if (overtakes && kept_first_ != nullptr) {
    s->link() = kept_first_;
    kept_first_ = s;
    return;
  }
#endif
  s->link() = nullptr;
  if (kept_last_ != nullptr) {
    kept_last_->link() = s;
  } else {
    kept_first_ = s;
  }
  kept_last_ = s;
}

Signal* Process::admit_other(Signal* s) noexcept {
  switch (s->kind) {
    case SignalKind::kMessage:
    case SignalKind::kCancel: return s;
    case SignalKind::kCompletion:
      if (s->from.value == Context::upgrades()) return s;
      break;  // an earlier machine's
    case SignalKind::kTimer:
      if (LinkRules::timer_fired(*this, *s)) return s;
      break;
    case SignalKind::kExit:
      if (!LinkRules::exit_expected(*this, *s)) break;
      if (s->kind == SignalKind::kExit || trap_links_) return s;
      LinkRules::fail_by_link(*this);
      break;
    case SignalKind::kLinkDown:
      if (!LinkRules::link_down_expected(*this, *s)) break;
#if defined(WIPPY_SIM)
      if (sim::planted(sim::Bug::kTrapIgnored)) {
        LinkRules::fail_by_link(*this);
        break;
      }
#endif
      if (trap_links_) return s;
      LinkRules::fail_by_link(*this);
      break;
    case SignalKind::kLink:
    case SignalKind::kUnlink:
    case SignalKind::kWatch:
    case SignalKind::kUnwatch:
      if (LinkRules::apply(*this, *s)) break;
      stall(s);
      return nullptr;
    case SignalKind::kTerminate:  // the control word says why; in the middle of a step nobody else would look at it
#if defined(WIPPY_SIM)
      if (sim::planted(sim::Bug::kDeafToKill)) break;
#endif
      if ((control_.load_acquire() & Control::kKillMask) != 0) ending_ = true;  // partner: kill
      break;
  }
  drop_signal(s);
  return nullptr;
}

void Process::stall(Signal* s) noexcept {
  s->link() = kept_first_;
  kept_first_ = s;
  if (kept_last_ == nullptr) kept_last_ = s;
  stalled_ = true;
}

void Process::unstall() noexcept {
  Signal* s = kept_first_;
  kept_first_ = s->link();
  if (kept_first_ == nullptr) kept_last_ = nullptr;
  stalled_ = false;
  forget_kept(s);
  drop_signal(s);
}

bool Process::retry_stalled() noexcept {
  if (!LinkRules::apply(*this, *kept_first_)) return false;
  unstall();
  return true;
}

// `s` leaves the kept list.
void Process::forget_kept(const Signal* s) noexcept {
  if (ext_ != nullptr && ext_->kept_looked_until == s) ext_->kept_looked_until = nullptr;
}

// Drains and other waits put answers into the kept list, too: an awaitable that comes later must find its own there. Each
// kept signal is looked at once for one ref, and a list without answers not at all: a wait costs the same behind any mail.
Signal* Process::take_kept(SignalKind kind, uint64_t ref) noexcept {
  if (!kept_answers_) return nullptr;
  ProcessExt* x = ext_;
  Signal* before = x != nullptr && x->kept_looked_for == ref ? x->kept_looked_until : nullptr;
  Signal* s = before == nullptr ? kept_first_ : before->link();
  const bool all = s == kept_first_;
  bool answers = false;
  for (; s != nullptr; before = s, s = s->link()) {
    count(Counted::kMailLooked);
    answers |= is_answer(*s);
    if (s->kind != kind || s->ref != ref) continue;
    if (before == nullptr) {
      kept_first_ = s->link();
    } else {
      before->link() = s->link();
    }
    if (kept_last_ == s) kept_last_ = before;
    if (x != nullptr) x->kept_looked_for = 0;
    return s;
  }
  if (all) kept_answers_ = answers;
  if (x != nullptr) {
    x->kept_looked_for = ref;
    x->kept_looked_until = kept_last_;
  }
  return nullptr;
}

// Everything that has arrived goes to the kept list; used before unlink and unmonitor, whose promise is "what is already
// queued is delivered, otherwise it never comes". False: stalled.
bool Process::drain_all() noexcept {
  while (!stalled_) {
    Signal* s = pop_raw();
    if (s == nullptr) return true;
    if (Signal* mine = admit(s)) keep(mine);
  }
  return false;
}

// LINK_DOWN must not wait behind data: the queue is drained in slices before the machine runs on.
void Process::handle_urgent() noexcept {
  constexpr uint32_t kSlice = 4096;
  control_.fetch_and_acq_rel(~Control::kUrgent);
  for (uint32_t i = 0; i < kSlice && !stalled_; ++i) {
    Signal* s = pop_raw();
    if (s == nullptr) {
      if (!head_.nothing_behind(tail_.dummy())) break;  // a gap: the urgent signal may lie behind it
      return;
    }
    if (Signal* mine = admit(s)) keep(mine);
    if (ending_) return;
  }
  control_.fetch_or_acq_rel(Control::kUrgent);
}

// --- the step

// True: the process ends.
bool Process::attend(uint32_t control) noexcept {
  if ((control & Control::kKillMask) != 0) ending_ = true;
  if (stalled_ && !ending_ && !retry_stalled()) return false;
  if ((control & Control::kUrgent) != 0 && !ending_) handle_urgent();
  if ((control & Control::kReport) != 0) report_overload();  // also the last one of a process that its limit ends
  if ((control & Control::kShed) != 0 && !ending_) shed();
  if ((control & Control::kInspect) != 0 && !ending_) answer_observer();
  return ending_;
}

// What a signal holds besides its block.
void Process::release_parts(Signal* s) noexcept {
  const uint16_t flags = s->flags;
  s->flags = static_cast<uint16_t>(flags & ~(Signal::kExternal | Signal::kGauged));
  if ((flags & Signal::kGauged) != 0) {
    uint64_t bytes = slab_class_bytes(s->slab_class);
    if ((flags & Signal::kExternal) != 0) bytes += s->body_bytes;
    release_gauged(bytes);
  }
  if ((flags & Signal::kExternal) != 0) s->wide.buffer->release();
}

Outcome Process::run(Worker& worker) noexcept {
  if (last_worker_.load_relaxed() != worker.index()) last_worker_.store_relaxed(worker.index());
  budget_ = kSignalBudget;
  points::step_begins(identity_);
  if (phase_ <= Phase::kRunning) return run_live();
  return phase_ == Phase::kExiting ? continue_exit() : run_zombie();
}

Outcome Process::run_live() noexcept {
  const uint32_t control = control_.load_acquire();  // partners: kill, set_urgent, ask_owner
  if (__builtin_expect((control & Control::kAttention) != 0 || ending_ || stalled_, 0)) {
    if (attend(control)) return begin_exit();
    // The drain goes on.
    if (stalled_ || (control_.load_relaxed() & Control::kUrgent) != 0) return Outcome::kRequeue;
  }
  Verdict v = Verdict::kDone;
  show(WaitReason::kNone, true);
  if (phase_ == Phase::kNew) {
    phase_ = Phase::kRunning;
    v = machine_->init(*this);
  } else {
    v = machine_->step(*this);
  }
  if (__builtin_expect(ext_ != nullptr && ext_->successor != nullptr, 0) && !ending_) v = change_machine();
  if (v == Verdict::kDone || ending_) return begin_exit();
  if (v != Verdict::kWait) {
    stop_showing_running();
    return v == Verdict::kMore ? Outcome::kRequeue : Outcome::kSpent;
  }
  // Asked in the middle of the step, whose signal may have been taken already.
  if (ext_ != nullptr && mail_limit_ != nullptr && (control_.load_acquire() & Control::kAttention) != 0) {
    stop_showing_running();
    return Outcome::kRequeue;  // partner: ask_owner
  }
  return rest();
}

// Going idle. After a successful try_idle another worker may already run the process: nothing of it is touched again.
Outcome Process::rest() noexcept {
  stop_showing_running();
  if (__builtin_expect(stalled_, 0)) return Outcome::kRequeue;
  MailNode* const dummy = tail_.dummy();
  // An idle process should not hold a large block: the stub becomes the dummy again. Not a zombie's: what came in between
  // would be admitted here, though only run_zombie may answer it, and its block is free soon anyway.
  if (dummy != head_.stub() && static_cast<Signal*>(dummy)->slab_class >= 2 && phase_ != Phase::kZombie &&
      head_.nothing_behind(dummy)) {
    return rest_on_stub();
  }
  return head_.try_idle(dummy) ? Outcome::kDone : come_back();
}

[[gnu::noinline]] Outcome Process::rest_on_stub() noexcept {
  static_cast<void>(head_.push(head_.stub(), head_.stub()));  // never kMustSubmit: the owner is awake
  Signal* const s = pop_raw();
  if (s == nullptr) return head_.try_idle(tail_.dummy()) ? Outcome::kDone : come_back();
  if (Signal* mine = admit(s)) keep(mine);
  return Outcome::kRequeue;
}

// Something came, or a producer stands between its exchange and its link. In a gap that lasts, the CPU is given up, so that
// the producer can go on.
[[gnu::noinline]] Outcome Process::come_back() noexcept {
  if (tail_.dummy()->next.load_relaxed() != nullptr) {
    gap_count_ = 0;
  } else if (++gap_count_ >= 3) {
    gap_count_ = 0;
    yield_thread();
  }
  return Outcome::kRequeue;
}

void Process::drop_ext() noexcept {
  if (mail_limit_ != nullptr) MailLimit::destroy(mail_limit_);  // a bounded process always has an ext
  mail_limit_ = nullptr;
  ext_->~ProcessExt();
  if (reinterpret_cast<char*>(ext_) == frame_) {
    frame_used_ = false;
  } else {
    slab_free(ext_, kExtClass);
  }
  ext_ = nullptr;
}

}  // namespace wippy
