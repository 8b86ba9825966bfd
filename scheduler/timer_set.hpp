// The timers of one worker. Late is allowed, early never. Sleeps, receive timeouts, time.after and cancel deadlines are all
// armed here, in the set of the worker that arms them; almost all of them are cancelled before they are due.
//
// Structure: a radix heap (Ahuja, Mehlhorn, Orlin and Tarjan, "Faster algorithms for the shortest path problem", J. ACM
// 1990; Seastar's timer-set). Bucket b holds the timers whose deadline differs from last_ns_ in bit b at the highest. Arm and
// cancel are one list operation, a timer moves at most 64 times; no ticks, no allocation. Those due in one call fire in the
// order of their deadlines, equal ones in the order of arming.
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

#include <cstdint>

#include "memory/atomic.hpp"
#include "memory/cache_line.hpp"

namespace wippy {

class TimerSet;

struct TimerEvent {
  uint64_t deadline_ns = 0, pid = 0, ref = 0;
};
// Runs on the owner thread of the set. May arm and cancel timers of that set; must not call expire().
using TimerFire = void (*)(const TimerEvent&) noexcept;

enum class TimerHold : uint8_t { kHeld, kDetached };

// 64 bytes. pid and ref are the user's: written before arm(), not while armed, handed back in the TimerEvent.
class TimerNode {
 public:
  uint64_t pid = 0, ref = 0;

 private:
  friend class TimerSet;
  static constexpr uint8_t kNowhere = 255;

  uint64_t deadline_ns_ = 0;  // owner thread of the set, like the links
  TimerNode* next_ = nullptr;
  TimerNode* prev_ = nullptr;
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
  // Frees a node that has no holder; runs on the owner thread.
  using Dispose = void (*)(TimerNode*) noexcept;
  // Wakes the owner thread, from any thread. So many queued cancellations are worth it: 256 KiB of nodes (rulings.md S14).
  using WakeOwner = void (*)(void* owner) noexcept;
  static constexpr uint32_t kWakeAtQueued = 4096;

  // The set must outlive every node that was armed in it. wake(owner): called by the canceller of number kWakeAtQueued.
  explicit TimerSet(Dispose dispose, WakeOwner wake = nullptr, void* owner = nullptr) noexcept
      : dispose_(dispose), wake_(wake), owner_(owner) {}

  // ---- owner thread ----
  // deadline_ns: CLOCK_MONOTONIC, from a fresh reading of the clock plus a delay. One in the past fires at the next
  // expire(). kDetached: the caller forgets the node.
  void arm(TimerNode* n, uint64_t deadline_ns, TimerFire fire, TimerHold hold) noexcept;
  // Disposes of queued cancellations, then fires what is due; returns how many. now_ns must not be ahead of the clock.
  uint32_t expire(uint64_t now_ns) noexcept;
  // When expire() should be called next: kNeverNs, or not later than the earliest deadline. Earlier only if the earliest
  // timer was cancelled; such a visit moves timers down, so there are at most 64 a timer.
  uint64_t next_deadline_ns() const noexcept;
  // Disposes of nodes that other threads have cancelled; returns how many. One relaxed load when there are none.
  uint32_t drain_cancelled() noexcept;
  uint64_t armed() const noexcept { return armed_; }  // linked nodes, cancelled but not drained ones included

  // Live rescale (rulings.md S14): takes all timers of `from`, whose thread has stopped (the caller owns both sets now) and
  // closes it for ever. Cancellations that are on their way to `from` follow to this set.
  void absorb(TimerSet& from) noexcept;
  // Shutdown; no canceller is active any more. Detached nodes are disposed of; held ones count as fired, without a call.
  void clear() noexcept;

  // ---- any thread ----
  // `n` is held by the caller. `mine`: the set that the calling thread owns, null on threads without one.
  // True: the node has fired or never will and is the caller's again. False: it never fires and the set disposes of it; the
  // caller must not touch it again.
  [[nodiscard]] static bool cancel(TimerNode* n, TimerSet* mine) noexcept;

 private:
  enum State : uint32_t { kIdle, kArmed, kFired, kCancelled };
  struct List {
    TimerNode* first = nullptr;
    TimerNode* last = nullptr;
  };
  static constexpr uint8_t kBuckets = 64;
  static constexpr uint8_t kDue = 64;    // deadline <= last_ns_, in firing order
  static constexpr uint8_t kLimbo = 65;  // found cancelled by expire, not yet drained
  static constexpr uint8_t kLists = 66;

  static TimerNode* closed() noexcept { return reinterpret_cast<TimerNode*>(uintptr_t{1}); }
  static void queue_cancelled(TimerNode* n) noexcept;
  void link(TimerNode* n) noexcept;
  void append(TimerNode* n, uint8_t list) noexcept;
  void unlink(TimerNode* n) noexcept;
  void collect_due(uint64_t now_ns) noexcept;
  bool fire_one(TimerNode* n) noexcept;
  uint32_t dispose_stack(TimerSet& from, TimerNode* stack) noexcept;

  uint64_t last_ns_ = 0;   // a lower bound of all deadlines in buckets, which are relative to it
  uint64_t nonempty_ = 0;  // bit b: bucket b has timers
  uint64_t armed_ = 0;
  uint64_t due_count_ = 0;
  Dispose dispose_;
  WakeOwner wake_;
  void* owner_;
  List lists_[kLists];
  uint64_t earliest_ns_[kBuckets];  // of a non-empty bucket; too early after its earliest was cancelled

  alignas(kCacheLine) Atomic<TimerNode*> cancel_head_{nullptr};  // written by cancellers and the owner
  Atomic<uint32_t> cancel_count_{0};                             // the same; raised before, lowered after the queue is
};

}  // namespace wippy
