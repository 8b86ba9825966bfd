// The timers of one worker, armed in the set of the worker that arms them; almost all are cancelled before they are due. Late
// is allowed, early never. A radix heap (Ahuja, Mehlhorn, Orlin and Tarjan, J. ACM 1990; Seastar's timer-set): bucket b holds
// the timers whose deadline differs from last_ns_ in bit b at the highest. Arm and cancel are one list operation, a timer
// moves at most 64 times; no ticks, no allocation. Timers fire in the order of deadlines, equal ones in the order of arming.
//
// A node is `held` (some process keeps the pointer and may cancel; one thread at a time acts for it) or `detached`.
//   idle --arm--> armed --expire (1)--> fired                      held: its holder's again; detached: disposed of
//                      \--cancel by another thread (2)--> cancelled --queue (3) -> (4)--> disposed of by the set
//                      \--cancel by the owner thread--> idle, unlinked at once, the holder's again
// Pairs: (1) state CAS in expire, release -> (2) failing CAS in cancel, acquire: the owner's reads before the holder frees.
//   (3) cancel_head_ CAS, release -> (4) exchange in drain_cancelled/absorb, acquire: the queued node.
//   (5) cancel_head_ closed by absorb, release -> (6) load/CAS in queue_cancelled, acquire: the node's new owner.
// Argument, live rescale, model suite: docs/internals/timers.md
#pragma once

#include <bit>
#include <cstdint>
#include <utility>

#include "memory/assert.hpp"
#include "memory/atomic.hpp"
#include "memory/cache_line.hpp"
#include "scheduler/clock.hpp"

namespace wippy {

class TimerSet;
struct TimerEvent {
  uint64_t deadline_ns = 0, pid = 0, ref = 0;
};
// Runs on the owner thread of the set. May arm and cancel timers of that set; must not call expire().
using TimerFire = void (*)(const TimerEvent&) noexcept;

enum class TimerHold : uint8_t { kHeld, kDetached };  // kDetached: whoever armed it forgets the node
// 64 bytes. pid and ref are the user's: written before arm(), not while armed, handed back in the TimerEvent.
class TimerNode {
 public:
  uint64_t pid = 0, ref = 0;

 private:
  friend class TimerSet;
  static constexpr uint8_t kNowhere = 255;
  uint64_t deadline_ns_ = 0;  // owner thread of the set, like the links
  TimerNode *next_ = nullptr, *prev_ = nullptr;
  Atomic<uintptr_t> fire_or_next_{0};  // TimerFire while armed; then the cancel stack's link, written by the canceller
  Atomic<TimerSet*> owner_{nullptr};   // owner thread
  Atomic<uint32_t> state_{0};          // owner thread and holder
  uint8_t list_ = kNowhere;            // owner thread
  TimerHold hold_ = TimerHold::kHeld;  // owner thread
};
static_assert(sizeof(TimerNode) == 64);

// One owner thread; any other thread may only cancel a node it holds.
class TimerSet {
 public:
  using Dispose = void (*)(TimerNode*) noexcept;     // frees a node that has no holder; runs on the owner thread
  using WakeOwner = void (*)(void* owner) noexcept;  // wakes the owner thread, from any thread
  static constexpr uint32_t kWakeAtQueued = 4096;    // cancellations: 256 KiB of nodes (rulings.md S14)

  // The set must outlive every node that was armed in it. wake(owner): called by the canceller of number kWakeAtQueued.
  explicit TimerSet(Dispose dispose, WakeOwner wake = nullptr, void* owner = nullptr) noexcept
      : dispose_(dispose), wake_(wake), owner_(owner) {}

  // ---- owner thread ----
  // deadline_ns: from a fresh reading of the monotonic clock plus a delay; one in the past fires at the next expire().
  void arm(TimerNode* n, uint64_t deadline_ns, TimerFire fire, TimerHold hold) noexcept {
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

  // Disposes of queued cancellations, then fires what is due, `max` at most; returns how many. now_ns must not be ahead of
  // the clock.
  uint32_t expire(uint64_t now_ns, uint32_t max = ~uint32_t{0}) noexcept {
    drain_cancelled();
    collect_due(now_ns);
    uint32_t fired = 0;
    // Not more than are due now: a fire() that arms for the past is served in the next call.
    for (uint64_t left = std::min<uint64_t>(due_count_, max); left != 0 && lists_[kDue].first != nullptr; --left) {
      if (fire_one(lists_[kDue].first)) ++fired;
    }
    return fired;
  }

  // When expire() should be called next: kNeverNs, or not later than the earliest deadline. Earlier only if the earliest
  // timer was cancelled; such a visit moves timers down, so there are at most 64 a timer.
  uint64_t next_deadline_ns() const noexcept {
    if (lists_[kDue].first != nullptr) return lists_[kDue].first->deadline_ns_;
    return nonempty_ == 0 ? kNeverNs : earliest_ns_[std::countr_zero(nonempty_)];
  }

  // Disposes of nodes that other threads have cancelled; returns how many. One relaxed load when there are none.
  uint32_t drain_cancelled() noexcept {
    TimerNode* head = cancel_head_.load_relaxed();  // a hint; the owner itself closes
    if (head == nullptr || head == closed()) return 0;
    return dispose_stack(*this, cancel_head_.exchange_acquire(nullptr));  // (4)
  }
  uint64_t armed() const noexcept { return armed_; }  // linked nodes, cancelled but not drained ones included

  // Live rescale (rulings.md S14): takes all timers of `from`, whose thread has stopped (the caller owns both sets now) and
  // closes it for ever. Cancellations that are on their way to `from` follow to this set.
  void absorb(TimerSet& from) noexcept {
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

  // Shutdown; no canceller is active any more. Detached nodes are disposed of; held ones count as fired, without a call.
  void clear() noexcept {
    drain_cancelled();
    for (List& l : lists_) {
      while (TimerNode* n = l.first) {
        unlink(n);
        n->state_.store_relaxed(kFired);  // no canceller is active
        if (n->hold_ == TimerHold::kDetached) dispose_(n);
      }
    }
  }

  // ---- any thread ----
  // `n` is held by the caller. `mine`: the set that the calling thread owns, null on threads without one. True: the node has
  // fired or never will and is the caller's again. False: it never fires and the set disposes of it; hands off.
  [[nodiscard]] static bool cancel(TimerNode* n, TimerSet* mine) noexcept {
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

 private:
  enum State : uint32_t { kIdle, kArmed, kFired, kCancelled };
  struct List {
    TimerNode *first = nullptr, *last = nullptr;
  };
  static constexpr uint8_t kDue = 64;    // after the buckets 0 to 63: deadline <= last_ns_, in firing order
  static constexpr uint8_t kLimbo = 65;  // found cancelled by expire, not yet drained
  static constexpr uint8_t kLists = 66;
  static TimerNode* closed() noexcept { return reinterpret_cast<TimerNode*>(uintptr_t{1}); }

  void append(TimerNode* n, uint8_t list) noexcept {
    List& l = lists_[list];
    n->list_ = list;
    n->next_ = nullptr;
    n->prev_ = l.last;
    (l.last != nullptr ? l.last->next_ : l.first) = n;
    l.last = n;
    ++armed_;
    if (list == kDue) ++due_count_;
  }
  void link(TimerNode* n) noexcept {
    const uint64_t deadline = n->deadline_ns_;
    if (deadline <= last_ns_) return append(n, kDue);
    const auto b = static_cast<uint8_t>(std::bit_width(deadline ^ last_ns_) - 1);
    const uint64_t bit = uint64_t{1} << b;
    if ((nonempty_ & bit) == 0 || deadline < earliest_ns_[b]) earliest_ns_[b] = deadline;
    nonempty_ |= bit;
    append(n, b);
  }
  void unlink(TimerNode* n) noexcept {
    List& l = lists_[n->list_];
    (n->prev_ != nullptr ? n->prev_->next_ : l.first) = n->next_;
    (n->next_ != nullptr ? n->next_->prev_ : l.last) = n->prev_;
    if (l.first == nullptr && n->list_ < kDue) nonempty_ &= ~(uint64_t{1} << n->list_);
    if (n->list_ == kDue) --due_count_;
    --armed_;
    n->list_ = TimerNode::kNowhere;
  }

  // Moves what is due to kDue in the order of deadlines: the heap's delete-min, repeated. The lowest bucket holds the earliest
  // timers, and all agree with its earliest deadline in bit b and above: with that as last_ns_ each is due or goes to a lower
  // bucket, while the buckets above stay as they are.
  void collect_due(uint64_t now_ns) noexcept {
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
  bool fire_one(TimerNode* n) noexcept {
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

  // A Treiber stack taken whole, linked through the word that held `fire`.
  static void queue_cancelled(TimerNode* n) noexcept {
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
  // `stack`: what was queued at `from`, this set itself or one that it absorbs.
  uint32_t dispose_stack(TimerSet& from, TimerNode* stack) noexcept {
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

  uint64_t last_ns_ = 0;                // a lower bound of all deadlines in buckets, which are relative to it
  uint64_t nonempty_ = 0;               // bit b: bucket b has timers
  uint64_t armed_ = 0, due_count_ = 0;  // nodes in all lists, in kDue
  Dispose dispose_;
  WakeOwner wake_;
  void* owner_;
  List lists_[kLists];
  uint64_t earliest_ns_[kDue];  // of a non-empty bucket; too early after its earliest was cancelled

  alignas(kCacheLine) Atomic<TimerNode*> cancel_head_{nullptr};  // written by cancellers and the owner
  Atomic<uint32_t> cancel_count_{0};                             // the same; raised before, lowered after the queue is
};

}  // namespace wippy
