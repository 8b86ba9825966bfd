// The change of machines (docs/internals/upgrade.md): between two steps, on the process's own worker. The order:
//   (a) a kill or an end that came before wins
//   (b) the old machine is closed; unread mail that it had taken comes back in front of the kept list (Context::unread)
//   (c) what it had asked for is ended: timers, private watches, calls; answers that have come already are dropped
//   (d) the successor makes the new machine; if it cannot, the process ends with "upgrade: why"
// Senders see nothing of it: they push into the same mailbox before, meanwhile and afterwards, and nothing here looks at
// the queue. What is in it is behind the kept list, as before.
#include "runtime/process/links.hpp"
#include "runtime/process/node_core.hpp"
#include "runtime/process/points.hpp"
#include "runtime/process/process.hpp"
#include "runtime/process/process_ext.hpp"
#include "runtime/process/process_timers.hpp"
#include "runtime/process/worker_procs.hpp"

namespace wippy {

bool Context::replace_machine(std::unique_ptr<Successor> next) noexcept {
  if (ProcessExt* x = self().make_ext()) {
    x->successor = std::move(next);
    return true;
  }
  finish(ExitReason::standard().out_of_memory.share());
  return false;
}

uint32_t Context::upgrades() const noexcept {
  const ProcessExt* x = self().ext_;
  return x == nullptr ? 0 : x->upgrades;
}

void Context::unread(Signal* s) noexcept {
  Process& p = self();
  // A stalled signal stays the first: retry_stalled() looks there, and it is not the machine's.
  Signal*& first = p.stalled_ ? p.kept_first_->link() : p.kept_first_;
  s->link() = first;
  if (first == nullptr) p.kept_last_ = s;
  first = s;
  if (Process::is_answer(*s)) p.kept_answers_ = true;
  if (p.ext_ != nullptr) p.ext_->kept_looked_for = 0;
}

// (c) The watches that are no monitors; timers, also those that have fired and are still in the queue.
void Process::end_requests(ProcessExt& x) noexcept {
  x.timers.take_all(drop_process_timer);
  NodeCore& node = WorkerProcs::current().node();
  uint64_t ref = 0;
  uint64_t target = 0;
  for (uint32_t i = 0; i < x.watches.capacity();) {
    const bool used = x.watches.slot(i, ref, target);
    const uint64_t* monitor = used ? x.monitors.find(target) : nullptr;
    if (!used || (monitor != nullptr && *monitor == ref)) {
      ++i;
      continue;
    }
    x.watches.erase(ref);  // an entry that has not been looked at may move here, none further back
    // Out of memory: the target forgets its watcher when it ends; nobody waits for that EXIT any more.
    if (Signal* s = make_bare_signal(SignalKind::kUnwatch, identity(), ref))
      static_cast<void>(node.deliver(Pid{target}, s));
  }
}

// (c) Answers to the old machine that wait unread.
void Process::forget_answers() noexcept {
  Signal* before = stalled_ ? kept_first_ : nullptr;
  for (Signal* s = before != nullptr ? before->link() : kept_first_; s != nullptr;) {
    Signal* const next = s->link();
    if (s->kind != SignalKind::kTimer && s->kind != SignalKind::kCompletion && (s->flags & Signal::kPrivate) == 0) {
      before = s;
    } else {
      (before == nullptr ? kept_first_ : before->link()) = next;
      if (kept_last_ == s) kept_last_ = before;
      drop_signal(s);
    }
    s = next;
  }
  ext_->kept_looked_for = 0;
  ext_->kept_looked_until = nullptr;
}

namespace {
// Empty without memory for it.
std::string copy_of(std::string_view text) noexcept {
  try {
    return std::string(text);
  } catch (const std::bad_alloc&) {
    return {};
  }
}
}  // namespace

[[gnu::noinline]] Verdict Process::change_machine() noexcept {
  ProcessExt& x = *ext_;
  const std::unique_ptr<Successor> next = std::move(x.successor);
  if (finished_ || killed()) return Verdict::kDone;  // (a); a kill that comes later ends the new machine
  // The machine that it may lie in is closed below. No block of the heap for one of usual length.
  char short_id[128];
  const std::string long_id = entry_id().size() > sizeof short_id ? copy_of(entry_id()) : std::string();
  const std::string_view old_entry_id =
      long_id.empty() ? std::string_view(short_id, entry_id().copy(short_id, sizeof short_id)) : long_id;
  machine_->close(*this, false);  // (b)
  machine_ = nullptr;
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kKeptLost)) drop_kept();
  if (!sim::planted(sim::Bug::kOldRequests))
#endif
  {
    end_requests(x);
    forget_answers();
  }
  ++x.upgrades;
  x.entry_id.reset();
  points::upgraded(identity());
  Machine* made = nullptr;
  std::string why;
  const Status s = next->create(*this, made, why);  // (d)
  if (!s.ok()) {
    set_entry_id(old_entry_id);  // whose failure it is
    set_reason(ExitReason::failure(s.kind, "upgrade: " + (why.empty() ? std::string(s.message) : why)));
    finished_ = true;
    return Verdict::kDone;
  }
  machine_ = made;
  if (made->entry_id().empty() && !next->entry_id.empty()) set_entry_id(next->entry_id);
  phase_ = Phase::kNew;
  return Verdict::kMore;
}

}  // namespace wippy
