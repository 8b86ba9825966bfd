#include "scheduler/timer_set.hpp"

#include <bit>

#include "memory/assert.hpp"
#include "scheduler/clock.hpp"

namespace wippy {

TimerNode* TimerSet::closed() noexcept { return reinterpret_cast<TimerNode*>(uintptr_t{1}); }

// ---- lists --------------------------------------------------------------------------------------------------------

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

// Stable bottom-up merge sort by deadline, over next_ only: bin i holds a sorted list of 2^i nodes.
TimerNode* TimerSet::sorted(TimerNode* list) noexcept {
  const auto merge = [](TimerNode* a, TimerNode* b) {  // a's nodes were armed before b's
    TimerNode* first = nullptr;
    TimerNode** end = &first;
    while (a != nullptr && b != nullptr) {
      TimerNode*& smaller = b->deadline_ns_ < a->deadline_ns_ ? b : a;
      *end = smaller;
      end = &smaller->next_;
      smaller = smaller->next_;
    }
    *end = a != nullptr ? a : b;
    return first;
  };
  TimerNode* bins[64] = {};
  uint32_t used = 0;
  while (list != nullptr) {
    TimerNode* carry = list;
    list = list->next_;
    carry->next_ = nullptr;
    uint32_t i = 0;
    for (; bins[i] != nullptr; ++i) {
      carry = merge(bins[i], carry);
      bins[i] = nullptr;
    }
    bins[i] = carry;
    if (i >= used) used = i + 1;
  }
  TimerNode* all = nullptr;
  for (uint32_t i = 0; i < used; ++i) {
    if (bins[i] != nullptr) all = merge(bins[i], all);
  }
  return all;
}

// ---- the owner's side ---------------------------------------------------------------------------------------------

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

// Moves what is due to kDue and the rest of the emptied buckets downwards.
void TimerSet::collect_due(uint64_t now_ns) noexcept {
  if (nonempty_ == 0 || earliest_ns_[std::countr_zero(nonempty_)] > now_ns) return;
  // earliest > last_ns_, so now_ns > last_ns_. Buckets below `top` are due as a whole: they agree with last_ns_ in bit
  // `top`, where now_ns has a one. In bucket `top` both have the one: what is not due differs from now_ns further down.
  const int top = static_cast<int>(std::bit_width(now_ns ^ last_ns_)) - 1;
  uint64_t affected = nonempty_ & ((uint64_t{2} << top) - 1);
  nonempty_ &= ~affected;
  last_ns_ = now_ns;
  TimerNode* due = nullptr;
  TimerNode** due_end = &due;
  for (; affected != 0; affected &= affected - 1) {
    List taken = lists_[std::countr_zero(affected)];
    lists_[std::countr_zero(affected)] = List{};
    for (TimerNode* n = taken.first; n != nullptr;) {
      TimerNode* next = n->next_;
      --armed_;  // append() counts it again
      if (n->deadline_ns_ <= now_ns) {
        *due_end = n;
        due_end = &n->next_;
      } else {
        link(n);
      }
      n = next;
    }
  }
  *due_end = nullptr;
  for (TimerNode* n = sorted(due); n != nullptr;) {
    TimerNode* next = n->next_;
    append(n, kDue);
    n = next;
  }
}

// False: another thread was quicker and cancelled it.
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
  fire(event);  // from (1) on a held node may be gone
  if (detached) dispose_(n);
  return true;
}

uint32_t TimerSet::expire(uint64_t now_ns, uint32_t max) noexcept {
  drain_cancelled();
  collect_due(now_ns);
  // Not more than are due now: a fire() that arms for the past is served in the next call.
  uint64_t left = due_count_ < max ? due_count_ : max;
  uint32_t fired = 0;
  for (; left != 0 && lists_[kDue].first != nullptr; --left) {
    if (fire_one(lists_[kDue].first)) ++fired;
  }
  return fired;
}

uint64_t TimerSet::next_deadline_ns() const noexcept {
  if (lists_[kDue].first != nullptr) return lists_[kDue].first->deadline_ns_;
  return nonempty_ == 0 ? kNeverNs : earliest_ns_[std::countr_zero(nonempty_)];
}

// ---- cancellation -------------------------------------------------------------------------------------------------

CancelResult TimerSet::cancel(TimerNode* n, TimerSet* mine) noexcept {
  if (mine != nullptr && n->owner_.load_relaxed() == mine) {  // own store, then no other thread can change the state
    if (n->state_.load_relaxed() != kArmed) return {Cancelled::kFired, nullptr};
    mine->unlink(n);
    n->state_.store_relaxed(kIdle);  // own
    return {Cancelled::kUnlinked, nullptr};
  }
  uint32_t state = kArmed;
  if (!n->state_.cas_strong_acq_rel(state, kCancelled)) return {Cancelled::kFired, nullptr};  // (2); failure after (1)
  return queue_cancelled(n);
}

CancelResult TimerSet::queue_cancelled(TimerNode* n) noexcept {
  for (;;) {
    TimerSet* set = n->owner_.load_acquire();                             // after (6) not older than absorb's store
    const uint32_t queued = set->cancel_count_.fetch_add_relaxed(1) + 1;  // a hint, for the wake-up only
    TimerNode* head = set->cancel_head_.load_acquire();                   // (6)
    while (head != closed()) {
      n->fire_or_next_.store_relaxed(reinterpret_cast<uintptr_t>(head));  // published by (3)
      if (set->cancel_head_.cas_weak_acq_rel(head, n)) {                  // (3); failure is (6)
        if (queued == kWakeAtQueued) return {Cancelled::kQueuedWakeOwner, set};
        return {Cancelled::kQueued, nullptr};
      }
    }
    set->cancel_count_.fetch_sub_relaxed(1);  // it moved on
  }
}

uint32_t TimerSet::drain_cancelled() noexcept {
  TimerNode* head = cancel_head_.load_relaxed();  // a hint; the owner itself closes
  if (head == nullptr || head == closed()) return 0;
  const uint32_t taken = dispose_stack(cancel_head_.exchange_acquire(nullptr));  // (4)
  cancel_count_.fetch_sub_relaxed(taken);                                        // a hint
  return taken;
}

uint32_t TimerSet::dispose_stack(TimerNode* stack) noexcept {
  uint32_t taken = 0;
  while (stack != nullptr) {
    TimerNode* n = stack;
    stack = reinterpret_cast<TimerNode*>(n->fire_or_next_.load_relaxed());  // published by (3)
    ++taken;
    if (n->owner_.load_relaxed() == this) {  // own store
      unlink(n);
      dispose_(n);
    } else {
      // Queued with the owner it had before absorb(), after a reopen(): forward it. Its new owner is told to wake up by
      // a later canceller.
      static_cast<void>(queue_cancelled(n));
    }
  }
  return taken;
}

// ---- rescale and shutdown -----------------------------------------------------------------------------------------

void TimerSet::absorb(TimerSet& from) noexcept {
  WIPPY_ASSERT(&from != this && from.cancel_head_.load_relaxed() != closed());
  for (uint8_t i = 0; i < kLists; ++i) {
    while (TimerNode* n = from.lists_[i].first) {
      from.unlink(n);
      n->owner_.store_release(this);  // before (5)
      if (i == kLimbo) {
        append(n, kLimbo);
      } else {
        link(n);
      }
    }
  }
  const uint32_t taken = dispose_stack(from.cancel_head_.exchange_acq_rel(closed()));  // (4), (5)
  from.cancel_count_.fetch_sub_relaxed(taken);                                         // a hint
}

void TimerSet::reopen() noexcept {
  WIPPY_ASSERT(armed_ == 0 && cancel_head_.load_relaxed() == closed());
  cancel_head_.store_release(nullptr);  // no canceller writes a closed head
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
