// Questions of observers and what a process answers.
#include "runtime/process/inspection.hpp"
#include "runtime/process/node_core.hpp"
#include "runtime/process/process.hpp"
#include "runtime/process/process_ext.hpp"

namespace wippy {

// The mark stays with the message: who finds it on the oldest one knows that it was there at the last look. New messages come
// without it, and only an oldest one ever gets it.
void Inspection::add(Signal& s) noexcept {
  if (messages++ != 0) return;
  oldest_is_old = (s.flags & Signal::kLookedAt) != 0;
  s.flags |= Signal::kLookedAt;
}

bool Process::ask() noexcept {
  return (control_.fetch_or_acq_rel(Control::kInspect) & Control::kExiting) == 0;  // partner: attend
}

void Process::answer_observer() noexcept {
  control_.fetch_and_acq_rel(~Control::kInspect);
  InspectSink* const sink = node().inspect_sink();
  if (sink == nullptr || machine_ == nullptr) return;
  Inspection i;
  i.pid = identity();
  i.host_index = host_index_;
  i.entry = entry_id();
  i.wait = static_cast<WaitReason>(shown_.load_relaxed() & 0x7f);
  i.memory_bytes = sizeof(Process);
  i.named = (control_.load_relaxed() & Control::kNamed) != 0;
  machine_->inspect(*this, i);  // the messages that it has taken are older than those below
  for (Signal* s = kept_first_; s != nullptr && !i.full(); s = s->link()) {
    if (s->kind == SignalKind::kMessage) i.add(*s);
  }
  uint32_t looked = 0;
  for (MailNode* n = tail_.dummy()->next.load_acquire();
       n != nullptr && !i.full() && ++looked < Inspection::kMostCounted;
       n = n->next.load_acquire()) {  // partner: push's link
    Signal* const s = static_cast<Signal*>(n);
    if (n != head_.stub() && s->kind == SignalKind::kMessage) i.add(*s);
  }
  if (ext_ != nullptr) {
    i.links = ext_->links.size();
    i.monitors = ext_->monitors.size();
    i.watchers = ext_->watchers.size();
  }
  sink->answer(i);
}

bool NodeCore::ask(Pid pid) noexcept {
  Signal* const wake = make_bare_signal(SignalKind::kTerminate, Pid{}, 0);  // without a kill bit: a wake-up
  if (wake == nullptr) return false;
  PushResult r = PushResult::kQueued;
  Process* p = nullptr;
  {
    ReaderSection section(this_memory().reader());
    p = find(pid);
    if (p != nullptr && p->ask()) {
      r = p->head().push(wake, wake);
    } else {
      p = nullptr;
    }
  }
  if (p == nullptr) destroy_signal(wake);
  if (r == PushResult::kMustSubmit) submit(p);
  return p != nullptr;
}

}  // namespace wippy
