#include "runtime/process/links.hpp"

#include "runtime/process/process.hpp"
#include "runtime/process/process_ext.hpp"
#include "runtime/process/process_timers.hpp"

namespace wippy {

bool LinkRules::timer_fired(Process& p, const Signal& s) noexcept {
  ProcessExt* x = p.ext_or_null();
  TimerNode* const held = x == nullptr ? nullptr : x->timers.take(s.ref);
  if (held == nullptr) return false;  // stopped meanwhile
  if (s.from) {
    drop_process_timer(held);  // told early by a mailbox that has room (tell_waiters)
  } else {
    slab_free(held, 0);
  }
  return true;
}

bool LinkRules::exit_expected(Process& p, Signal& s) noexcept {
  ProcessExt* x = p.ext_or_null();
  uint64_t* target = x == nullptr ? nullptr : x->watches.find(s.ref);
  if (target == nullptr) return false;  // unmonitored
  const uint64_t* monitor = x->monitors.find(*target);
  if (monitor != nullptr && *monitor == s.ref) {
    x->monitors.erase(*target);
  } else {
    s.flags |= Signal::kPrivate;
  }
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kTwiceTold)) return true;
#endif
  x->watches.erase(s.ref);
  return true;
}

bool LinkRules::link_down_expected(Process& p, const Signal& s) noexcept {
  ProcessExt* x = p.ext_or_null();
  return x != nullptr && x->links.erase(s.from.value);
}

void LinkRules::fail_by_link(Process& p) noexcept {
  if (p.ending_ || p.finished_) return;  // what was processed first decides
  p.set_reason(ExitReason::standard().link_failed.share());
  p.ending_ = true;
}

bool LinkRules::apply(Process& p, const Signal& s) noexcept {
  switch (s.kind) {
    case SignalKind::kLink: {
#if defined(WIPPY_SIM)
      if (sim::planted(sim::Bug::kLinkUnheard)) break;
#endif
      ProcessExt* x = p.make_ext();
      LinkEntry* e = x == nullptr ? nullptr : x->links.insert(s.from.value);
      if (e == nullptr) return false;
      e->theirs = s.ref;
      break;
    }
    case SignalKind::kUnlink: {
      ProcessExt* x = p.ext_or_null();
      LinkEntry* e = x == nullptr ? nullptr : x->links.find(s.from.value);
      if (e == nullptr) break;
      if (s.ref != 0 && e->theirs == s.ref) e->theirs = 0;
      if (s.wide.aux != 0 && e->mine == s.wide.aux) e->mine = 0;
      if (e->mine == 0 && e->theirs == 0) x->links.erase(s.from.value);
      break;
    }
    case SignalKind::kWatch: {
      ProcessExt* x = p.make_ext();
      uint64_t* w = x == nullptr ? nullptr : x->watchers.insert(s.ref);
      if (w == nullptr) return false;
      *w = s.from.value;
      break;
    }
    case SignalKind::kUnwatch:
      if (ProcessExt* x = p.ext_or_null()) x->watchers.erase(s.ref);
      break;
    default: break;
  }
  return true;
}

}  // namespace wippy
