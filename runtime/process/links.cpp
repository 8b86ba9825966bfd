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

// In place of a link's instance: its LINK_DOWN has been delivered as the EXIT of the watch whose id stands in `mine`.
constexpr uint64_t kLinkDownOwed = ~uint64_t{0};

bool LinkRules::exit_expected(Process& p, Signal& s) noexcept {
  ProcessExt* x = p.ext_or_null();
  const LinkEntry* owed = x == nullptr ? nullptr : x->links.find(s.from.value);
  if (owed != nullptr && owed->theirs == kLinkDownOwed && owed->mine == s.ref) {
    s.kind = SignalKind::kLinkDown;
    return x->links.erase(s.from.value);
  }
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

// A monitor that reaches its target in the moment of the exit is answered after the links. Who would hear of both gets the EXIT
// first all the same: the two signals say the same, so they change places.
bool LinkRules::link_down_expected(Process& p, Signal& s) noexcept {
  ProcessExt* x = p.ext_or_null();
  LinkEntry* e = x == nullptr ? nullptr : x->links.find(s.from.value);
  if (e == nullptr || e->theirs == kLinkDownOwed) return false;
  const uint64_t* monitor = p.trap_links_ ? x->monitors.find(s.from.value) : nullptr;
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kLinksFirst)) monitor = nullptr;
#endif
  if (monitor == nullptr) return x->links.erase(s.from.value);
  s.kind = SignalKind::kExit;
  s.ref = *monitor;
  *e = LinkEntry{s.ref, kLinkDownOwed};
  x->watches.erase(s.ref);
  x->monitors.erase(s.from.value);
  return true;
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
