#include "runtime/dispatch/call_gate.hpp"

#include <algorithm>

#include "mailbox/signal.hpp"
#include "runtime/process/node_core.hpp"

namespace wippy {

CallGate::Entered CallGate::enter(Pid caller, uint64_t ticket, uint32_t upgrades) {
  const LockGuard lock(mutex_);
  if (seats_ == 0 || (taken_ < seats_ && queue_.empty())) {
    ++taken_;
    return Entered::kSeated;
  }
  queue_.push_back({caller, ticket, upgrades});
  return queue_.size() <= buffer_ ? Entered::kQueued : Entered::kCrowded;
}

bool CallGate::sit(uint64_t ticket) {
  const LockGuard lock(mutex_);
  return called_.erase(ticket) != 0;
}

// A seat has become free: the first of the queue who can still be told gets it.
void CallGate::seat_next() {
  for (;;) {
    Ticket next;
    {
      const LockGuard lock(mutex_);
      if (queue_.empty()) {
        --taken_;
        return;
      }
      next = queue_.front();
      queue_.pop_front();
      called_.insert(next.number);
    }
    Signal* const s = make_shared_signal(SignalKind::kCompletion, Pid{next.upgrades}, next.number, nullptr);
    if (s != nullptr && node_.deliver(next.caller, s)) return;
    const LockGuard lock(mutex_);
    if (called_.erase(next.number) == 0) return;  // abandon() has passed the seat on
  }
}

void CallGate::leave() { seat_next(); }

void CallGate::abandon(uint64_t ticket) {
  {
    const LockGuard lock(mutex_);
    const auto stands = std::find_if(queue_.begin(), queue_.end(), [&](const Ticket& t) { return t.number == ticket; });
    if (stands != queue_.end()) {
      queue_.erase(stands);
      return;
    }
    if (called_.erase(ticket) == 0) return;
  }
  seat_next();
}

uint32_t CallGate::taken() const {
  const LockGuard lock(mutex_);
  return taken_;
}

std::size_t CallGate::queued() const {
  const LockGuard lock(mutex_);
  return queue_.size();
}

}  // namespace wippy
