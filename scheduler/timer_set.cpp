#include "scheduler/timer_set.hpp"

#include <bit>
#include <utility>

#include "memory/assert.hpp"
#include "scheduler/clock.hpp"

namespace wippy {

void TimerSet::append(TimerNode* n, uint8_t list) noexcept {
  List& l = lists_[list];
  n->list_ = list;
  n->next_ = nullptr;
  n->prev_ = l.last;
  (l.last != nullptr ? l.last->next_ : l.first) = n;
  l.last = n;
  ++armed_;
  if (list == kDue) ++due_count_;
}

void TimerSet::link(TimerNode* n) noexcept {
  const uint64_t deadline = n->deadline_ns_;
  if (deadline <= last_ns_) return append(n, kDue);
  const auto b = static_cast<uint8_t>(std::bit_width(deadline ^ last_ns_) - 1);
  const uint64_t bit = uint64_t{1} << b;
  if ((nonempty_ & bit) == 0 || deadline < earliest_ns_[b]) earliest_ns_[b] = deadline;
  nonempty_ |= bit;
  append(n, b);
}

void TimerSet::unlink(TimerNode* n) noexcept {
  List& l = lists_[n->list_];
  (n->prev_ != nullptr ? n->prev_->next_ : l.first) = n->next_;
  (n->next_ != nullptr ? n->next_->prev_ : l.last) = n->prev_;
  if (l.first == nullptr && n->list_ < kBuckets) nonempty_ &= ~(uint64_t{1} << n->list_);
  if (n->list_ == kDue) --due_count_;
  --armed_;
  n->list_ = TimerNode::kNowhere;
}

void TimerSet::arm(TimerNode* n, uint64_t deadline_ns, TimerFire fire, TimerHold hold) noexcept {
  WIPPY_ASSERT(n->list_ == TimerNode::kNowhere && n->state_.load_relaxed() != kArmed);
  WIPPY_ASSERT(cancel_head_.load_relaxed() != closed());
  n->deadline_ns_ = deadline_ns;
  n->hold_ = hold;
  // Before any canceller exists: the holder reaches another thread through a queue (release/acquire).
  n->fire_or_next_.store_relaxed(reinterpret_cast<uintptr_t>(fire));
  n->owner_.store_relaxed(this);
  n->state_.store_relaxed(kArmed);
  link(n);
}

// Moves what is due to kDue in the order of deadlines: the heap's delete-min, repeated. The lowest bucket holds the earliest
// timers, and all of them agree with its earliest deadline in bit b and above: with that as last_ns_ each is due or goes to a
// lower bucket, while the buckets above stay as they are.
void TimerSet::collect_due(uint64_t now_ns) noexcept {
  while (nonempty_ != 0) {
    const int b = std::countr_zero(nonempty_);
    if (earliest_ns_[b] > now_ns) return;
    last_ns_ = earliest_ns_[b];
    nonempty_ &= nonempty_ - 1;
    for (TimerNode* n = std::exchange(lists_[b], List{}).first; n != nullptr;) {
      TimerNode* next = n->next_;
      --armed_;  // link() counts it again
      link(n);
      n = next;
    }
  }
}

// False: another thread was quicker and cancelled it. Whoever sees kFired may free the node while fire() still runs, so
// everything is copied before (1) and fire() gets an event, not the node.
bool TimerSet::fire_one(TimerNode* n) noexcept {
  unlink(n);
  const TimerEvent event{n->deadline_ns_, n->pid, n->ref};
  const auto fire = reinterpret_cast<TimerFire>(n->fire_or_next_.load_relaxed());  // void if (1) fails
  const bool detached = n->hold_ == TimerHold::kDetached;
  uint32_t state = kArmed;
  if (!n->state_.cas_strong_acq_rel(state, kFired)) {  // (1)
    append(n, kLimbo);  // its canceller has queued it or will; absorb() must still find it
    return false;
  }
  fire(event);
  if (detached) dispose_(n);
  return true;
}

uint32_t TimerSet::expire(uint64_t now_ns) noexcept {
  drain_cancelled();
  collect_due(now_ns);
  uint32_t fired = 0;
  // Not more than are due now: a fire() that arms for the past is served in the next call.
  for (uint64_t left = due_count_; left != 0 && lists_[kDue].first != nullptr; --left) {
    if (fire_one(lists_[kDue].first)) ++fired;
  }
  return fired;
}

uint64_t TimerSet::next_deadline_ns() const noexcept {
  if (lists_[kDue].first != nullptr) return lists_[kDue].first->deadline_ns_;
  return nonempty_ == 0 ? kNeverNs : earliest_ns_[std::countr_zero(nonempty_)];
}

bool TimerSet::cancel(TimerNode* n, TimerSet* mine) noexcept {
  if (mine != nullptr && n->owner_.load_relaxed() == mine) {  // own store, then no other thread can change the state
    if (n->state_.load_relaxed() != kArmed) return true;
    mine->unlink(n);
    n->state_.store_relaxed(kIdle);  // own
    return true;
  }
  uint32_t state = kArmed;
  if (!n->state_.cas_strong_acq_rel(state, kCancelled)) return true;  // (2); failure after (1)
  queue_cancelled(n);
  return false;
}

// A Treiber stack taken whole, linked through the word that held `fire`.
void TimerSet::queue_cancelled(TimerNode* n) noexcept {
  for (;;) {
    TimerSet* set = n->owner_.load_acquire();                             // after (6) not older than absorb's store
    const uint32_t queued = set->cancel_count_.fetch_add_relaxed(1) + 1;  // a hint, for the wake-up only
    TimerNode* head = set->cancel_head_.load_acquire();                   // (6)
    while (head != closed()) {
      n->fire_or_next_.store_relaxed(reinterpret_cast<uintptr_t>(head));  // published by (3)
      if (set->cancel_head_.cas_weak_acq_rel(head, n)) {                  // (3); failure is (6)
        if (queued == kWakeAtQueued && set->wake_ != nullptr) set->wake_(set->owner_);
        return;
      }
    }
    set->cancel_count_.fetch_sub_relaxed(1);  // it moved on
  }
}

uint32_t TimerSet::drain_cancelled() noexcept {
  TimerNode* head = cancel_head_.load_relaxed();  // a hint; the owner itself closes
  if (head == nullptr || head == closed()) return 0;
  return dispose_stack(*this, cancel_head_.exchange_acquire(nullptr));  // (4)
}

// `stack`: what was queued at `from`, this set itself or one that it absorbs.
uint32_t TimerSet::dispose_stack(TimerSet& from, TimerNode* stack) noexcept {
  uint32_t taken = 0;
  while (TimerNode* n = stack) {
    stack = reinterpret_cast<TimerNode*>(n->fire_or_next_.load_relaxed());  // published by (3)
    ++taken;
    unlink(n);
    dispose_(n);
  }
  from.cancel_count_.fetch_sub_relaxed(taken);  // a hint
  return taken;
}

void TimerSet::absorb(TimerSet& from) noexcept {
  WIPPY_ASSERT(&from != this && from.cancel_head_.load_relaxed() != closed());
  for (uint8_t i = 0; i < kLists; ++i) {
    while (TimerNode* n = from.lists_[i].first) {
      from.unlink(n);
      n->owner_.store_release(this);  // before (5)
      i == kLimbo ? append(n, kLimbo) : link(n);
    }
  }
  dispose_stack(from, from.cancel_head_.exchange_acq_rel(closed()));  // (4), (5)
}

void TimerSet::clear() noexcept {
  drain_cancelled();
  for (List& l : lists_) {
    while (TimerNode* n = l.first) {
      unlink(n);
      n->state_.store_relaxed(kFired);  // no canceller is active
      if (n->hold_ == TimerHold::kDetached) dispose_(n);
    }
  }
}

}  // namespace wippy
