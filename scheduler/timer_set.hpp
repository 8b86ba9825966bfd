// The timers of one worker. Late is allowed, early never. Sleeps, receive timeouts, time.after and cancel deadlines are all
// armed here, in the set of the worker that arms them; almost all of them are cancelled before they are due.
//
// Structure: the radix buckets of Seastar's timer-set (a radix heap after Ahuja, Mehlhorn, Orlin and Tarjan, "Faster
// algorithms for the shortest path problem", J. ACM 1990). Bucket b holds the timers whose deadline differs from last_, the
// time of the last expiry that had something to do, in bit b at the highest. Arm and cancel are O(1): one list operation.
// expire(now) empties the buckets up to the highest bit in which now differs from last_: what is due fires, the rest goes
// to a strictly lower bucket, so each timer moves at most 64 times. Buckets above stay valid. No ticks, no allocation.
// Timers that are due in one call fire in the order of their deadlines, equal ones in the order of arming.
//
// Ownership of a node
//   held       some process (its holder) keeps the pointer and may cancel; one thread at a time acts for a holder
//   detached   nobody keeps the pointer; the set disposes of the node after it fired
//   state      idle --arm--> armed --expire (1)--> fired        a held node is its holder's again at once
//                              \----cancel by another thread (2)--> cancelled --queue (3) -> (4)--> disposed by the set
//                              \----cancel by the owner thread--> idle, unlinked at once, the holder's again
//   Only the owner thread touches the links. (1) and (2) are CASes on the same word: exactly one wins. Whoever sees `fired`
//   may free the node while fire() still runs, so expire() copies what it needs before (1) and fire() gets a TimerEvent, not
//   the node.
//
// Synchronises-with pairs:
//   (1) state CAS in expire, release -> (2) failing CAS in cancel, acquire: the owner's last reads of the node come before
//       the holder frees it.
//       A cancelled node needs no pair here: the owner frees it after (4).
//   (3) cancel_head_ CAS in queue_cancelled, release -> (4) exchange in drain_cancelled/absorb, acquire: the queued node.
//       A Treiber stack taken whole, linked through the word that held `fire` (its value no longer matters; an expire()
//       that reads it at that moment loses at (1)).
//   (5) cancel_head_ closed by absorb, release -> (6) load/CAS in queue_cancelled, acquire: a canceller that finds the set
//       closed sees the node's new owner, stored before (5), and that owner's set. A stale owner would cost a retry, or,
//       if it was reopened, a forward in dispose_stack.
//
// Threads: one owner; any other thread may only cancel a node it holds.
#pragma once

#include <cstdint>

#include "memory/atomic.hpp"
#include "memory/cache_line.hpp"

namespace wippy {

class TimerSet;

struct TimerEvent {
  uint64_t deadline_ns = 0;
  uint64_t pid = 0;
  uint64_t ref = 0;
};
// Runs on the owner thread of the set. May arm and cancel timers of that set; must not call expire().
using TimerFire = void (*)(const TimerEvent&) noexcept;

enum class TimerHold : uint8_t { kHeld, kDetached };

enum class Cancelled : uint8_t {
  kUnlinked,         // never fires; the node is the caller's again (the caller is the owner thread)
  kFired,            // has fired; the node is the caller's again
  kQueued,           // never fires; the set disposes of the node, the caller must not touch it again
  kQueuedWakeOwner,  // as kQueued, and the caller owes a wake-up of owner->tag(): too many wait for it
};
struct [[nodiscard]] CancelResult {
  Cancelled outcome;
  TimerSet* owner;  // kQueuedWakeOwner only
  bool node_is_yours() const noexcept { return outcome == Cancelled::kUnlinked || outcome == Cancelled::kFired; }
};

// 64 bytes. pid and ref are the user's: written before arm(), not while armed, handed back in the TimerEvent.
class TimerNode {
 public:
  uint64_t pid = 0;
  uint64_t ref = 0;

 private:
  friend class TimerSet;
  static constexpr uint8_t kNowhere = 255;

  uint64_t deadline_ns_ = 0;   // owner thread of the set
  TimerNode* next_ = nullptr;  // owner thread
  TimerNode* prev_ = nullptr;  // owner thread
  Atomic<uintptr_t> fire_or_next_{
      0};  // TimerFire while armed; then the link of the cancel stack, written by the canceller
  Atomic<TimerSet*> owner_{nullptr};   // owner thread
  Atomic<uint32_t> state_{0};          // owner thread and holder
  uint8_t list_ = kNowhere;            // owner thread
  TimerHold hold_ = TimerHold::kHeld;  // owner thread
};
static_assert(sizeof(TimerNode) == 64);

class TimerSet {
 public:
  // Frees a node that has no holder; runs on the owner thread.
  using Dispose = void (*)(TimerNode*) noexcept;
  // From this many queued cancellations on the owner is worth waking: 256 KiB of nodes (rulings.md S14).
  static constexpr uint32_t kWakeAtQueued = 4096;

  // tag: whatever names the owner for a wake-up. The set must outlive every node that was armed in it.
  explicit TimerSet(Dispose dispose, void* tag = nullptr) noexcept : dispose_(dispose), tag_(tag) {}
  TimerSet(const TimerSet&) = delete;
  TimerSet& operator=(const TimerSet&) = delete;
  void* tag() const noexcept { return tag_; }

  // ---- owner thread ----
  // deadline_ns: CLOCK_MONOTONIC, from a fresh reading of the clock plus a delay. One in the past fires at the next
  // expire(). kDetached: the caller forgets the node.
  void arm(TimerNode* n, uint64_t deadline_ns, TimerFire fire, TimerHold hold) noexcept;
  // Fires what is due, at most `max`; the rest fires in the next call. Disposes of queued cancellations first. Returns how
  // many fired. now_ns must not be ahead of the clock.
  uint32_t expire(uint64_t now_ns, uint32_t max = ~uint32_t{0}) noexcept;
  // When expire() should be called next: kNeverNs, or not later than the earliest deadline. Earlier only if the earliest
  // timer was cancelled; such a visit moves timers down, so there are at most 64 a timer.
  uint64_t next_deadline_ns() const noexcept;
  // Disposes of nodes that other threads have cancelled; returns how many. One relaxed load when there are none.
  uint32_t drain_cancelled() noexcept;
  uint64_t armed() const noexcept { return armed_; }  // linked nodes, cancelled but not drained ones included

  // Live rescale: takes all timers of `from`, whose thread has stopped (the caller owns both sets now) and closes it.
  // Cancellations that are on their way to `from` follow to this set.
  void absorb(TimerSet& from) noexcept;
  // Makes an absorbed set usable again; its owner is the caller.
  void reopen() noexcept;
  // Shutdown; no canceller is active any more. Detached nodes are disposed of; held ones count as fired, without a call.
  void clear() noexcept;

  // ---- any thread ----
  // `n` is held by the caller. `mine`: the set that the calling thread owns, null on threads without one.
  static CancelResult cancel(TimerNode* n, TimerSet* mine) noexcept;

 private:
  enum State : uint32_t { kIdle, kArmed, kFired, kCancelled };
  struct List {
    TimerNode* first = nullptr;
    TimerNode* last = nullptr;
  };
  static constexpr uint8_t kBuckets = 64;
  static constexpr uint8_t kDue = 64;    // deadline <= last_, in firing order
  static constexpr uint8_t kLimbo = 65;  // found cancelled by expire, not yet drained
  static constexpr uint8_t kLists = 66;

  static TimerNode* closed() noexcept;
  static CancelResult queue_cancelled(TimerNode* n) noexcept;
  static TimerNode* sorted(TimerNode* list) noexcept;
  void link(TimerNode* n) noexcept;
  void append(TimerNode* n, uint8_t list) noexcept;
  void unlink(TimerNode* n) noexcept;
  void collect_due(uint64_t now_ns) noexcept;
  bool fire_one(TimerNode* n) noexcept;
  uint32_t dispose_stack(TimerNode* stack) noexcept;

  uint64_t last_ns_ = 0;   // buckets are relative to it
  uint64_t nonempty_ = 0;  // bit b: bucket b has timers
  uint64_t armed_ = 0;
  uint64_t due_count_ = 0;
  Dispose dispose_;
  void* tag_;
  List lists_[kLists];
  uint64_t earliest_ns_[kBuckets];  // of a non-empty bucket; too early after its earliest was cancelled

  alignas(kCacheLine) Atomic<TimerNode*> cancel_head_{nullptr};  // written by cancellers and the owner
  Atomic<uint32_t> cancel_count_{0};                             // the same; raised before, lowered after the queue is
};

}  // namespace wippy
