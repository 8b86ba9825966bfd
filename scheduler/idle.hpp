// Who sleeps, who searches, and who must be woken. One Idle per host; SpinGate is shared by all hosts of a runtime.
// After Tokio's idle.rs and Go's proc.go ("Worker thread parking/unparking").
//   word = searching | awake << 16 | sleeping << 32    searching <= awake;  awake + sleeping = active workers
//   place     awake -> sleeping or reserve: announce_sleep     sleeping -> awake: wake_one, resume; -> reserve: step_ended
//             reserve (parked and not active: in no field of the word) -> awake: try_activate_reserve, resume
// INVARIANT. If work is queued and an active worker is parked, someone searches or a wake is on its way. "Work" lies in a
// ring, newborn deque, inbox or FIFO of the host; not in a run slot, nor left at home (Worker). Moving work publishes it again.
// Publisher: work (1); SC fence (2); load word (3). Sleeper: RMW of the word (6); SC fence (4); look at all work. (2) <-> (4)
// is store buffering. found_work()'s RMW (5) is a publisher's check (3), and its release reaches every later (6). The other
// RMWs of the word are relaxed: only their order counts; the rest is under the mutex. Proof: docs/internals/parking.md
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "memory/assert.hpp"
#include "memory/atomic.hpp"
#include "memory/cache_line.hpp"
#include "memory/mutex.hpp"

namespace wippy {

inline constexpr uint32_t kNobody = ~uint32_t{0};

// Whom to unpark. any(): the caller owes parker(worker).unpark() at once, without a step in between.
struct [[nodiscard]] Wake {
  uint32_t worker = kNobody;
  bool any() const noexcept { return worker != kNobody; }
};
enum class Place : uint8_t { kAwake, kSleeping, kReserve };
struct IdleCounts {
  uint32_t searching = 0, awake = 0, sleeping = 0;
  uint32_t active() const noexcept { return awake + sleeping; }
};

class Idle {
 public:
  // node_of[i]: NUMA node of worker i. Workers below active_limit = min(workers, usable cores) start awake, the others in
  // reserve: their threads begin with park(). At most 65,535 workers.
  Idle(uint32_t active_limit, std::vector<uint32_t> node_of)
      : active_limit_(active_limit), node_of_(std::move(node_of)), seats_(node_of_.size()) {
    WIPPY_ASSERT(active_limit >= 1 && active_limit <= seats_.size() && seats_.size() < 0xffff);
    sleepers_.reserve(seats_.size());
    for (uint32_t i = active_limit; i < seats_.size(); ++i)
      seats_[i].place.store_relaxed(Place::kReserve);          // no thread yet
    word_.store_relaxed(active_limit * share(Place::kAwake));  // before the threads start
  }

  // ---- any thread ----
  // After publishing surplus work: once per step at the first surplus submission, once more at the step's end if more came
  // (rulings.md S11); after found_work(); after an inbox was empty, with its owner as `preferred`. Wakes nobody while somebody
  // searches, except `preferred` if it sleeps (its caches are warm); else a sleeper, first of `node`. No lock unless it wakes.
  Wake wake_one(uint32_t node, uint32_t preferred = kNobody) noexcept {
    fence_seq_cst();                                                    // (2) with (4)
    return wanted(preferred) ? wake_sleeper(node, preferred) : Wake{};  // (3)
  }
  // The monitor: an active worker's step is older than 10 ms. A reserve worker becomes active, once per stuck worker, until
  // step_ended(). Nobody when there is no reserve left or that worker has its substitute already.
  Wake try_activate_reserve(uint32_t stuck_worker) noexcept {
    LockGuard lock(mutex_);
    if (seats_[stuck_worker].stuck.load_relaxed() != 0 || place(stuck_worker) != Place::kAwake) return {};
    for (uint32_t i = active_limit_; i < seats_.size(); ++i) {
      if (place(i) != Place::kReserve) continue;
      seats_[stuck_worker].stuck.store_relaxed(1);  // read by step_ended(); exact under the mutex
      ++stuck_count_;
      move(i, Place::kAwake, kOneSearching);
      return {i};
    }
    return {};
  }
  IdleCounts counts() const noexcept { return unpack(word_.load_relaxed()); }  // a snapshot
  // Hints without the mutex; exact of those who announced sleep before the caller did.
  Place place(uint32_t worker) const noexcept { return seats_[worker].place.load_relaxed(); }
  bool anyone_sleeps_on(uint32_t node) const noexcept {
    bool any = false;
    for (uint32_t i = 0; i < node_of_.size(); ++i) any |= node_of_[i] == node && asleep(i);
    return any;
  }
  bool starts_in_reserve(uint32_t worker) const noexcept { return worker >= active_limit_; }

  // ---- worker `self` ----
  // True: counted as searching until found_work() or announce_sleep(self, true). False: half of the active ones search.
  [[nodiscard]] bool try_search() noexcept {
    uint64_t w = word_.load_relaxed();  // validated by the CAS
    for (;;) {
      const IdleCounts c = unpack(w);
      if (2 * c.searching >= c.active()) return false;
      if (word_.cas_strong_relaxed(w, w + kOneSearching)) return true;
    }
  }
  // Ends a search; call it when what was taken along lies in the own queues, before running. True: the last searcher has
  // found work and owes wake_one().
  [[nodiscard]] bool found_work() noexcept {
    const IdleCounts before = unpack(word_.fetch_sub_acq_rel(kOneSearching));  // (5), (3)
    WIPPY_ASSERT(before.searching > 0);
    return before.searching == 1 && before.sleeping != 0;
  }
  // Owed then: a look at all sources (own queues, own and siblings' inboxes, overflow, all rings and newborns, due timers).
  //   kSleeping  work found: resume(true) and look again from the top. Else park, and resume(false) when park returns.
  //   kReserve   work found: wake_one(), and park all the same. Own timers due: resume(false).
  [[nodiscard]] Place announce_sleep(uint32_t self, bool searching) noexcept {
    Place to = Place::kSleeping;
    {
      LockGuard lock(mutex_);
      clear_stuck(self);  // the monitor was late: it marked this worker after its long step had ended
      if (starts_in_reserve(self) && too_many_active()) to = Place::kReserve;
      move(self, to, searching ? -kOneSearching : 0);  // (6) with the fence below
    }
    fence_seq_cst();  // (4) with (2) and (5): either the publisher sees the announcement or the re-check sees the work
    return to;
  }
  // Awake again. True: counted as searching, by a waker or for found_work. False (deadline, spurious): not.
  [[nodiscard]] bool resume(uint32_t self, bool found_work) noexcept {
    LockGuard lock(mutex_);
    if (place(self) == Place::kAwake) return true;  // a waker was first and counted us; its token may linger
    move(self, Place::kAwake, found_work ? kOneSearching : 0);
    return found_work;
  }
  // After each step; one relaxed load of an own line unless the monitor found this worker stuck.
  void step_ended(uint32_t self) noexcept {
    if (__builtin_expect(seats_[self].stuck.load_relaxed() != 0, 0)) stuck_returned(self);  // a hint; the mutex decides
  }

 private:
  struct alignas(kCacheLine) Seat {
    Atomic<Place> place{Place::kAwake};  // written under the mutex
    Atomic<uint32_t> stuck{0};           // has a substitute; written under the mutex
  };
  static constexpr uint64_t kOneSearching = 1;
  static constexpr uint64_t share(Place p) noexcept {
    return p == Place::kAwake ? uint64_t{1} << 16 : p == Place::kSleeping ? uint64_t{1} << 32 : 0;
  }
  static IdleCounts unpack(uint64_t w) noexcept {
    return {static_cast<uint16_t>(w), static_cast<uint16_t>(w >> 16), static_cast<uint16_t>(w >> 32)};
  }

  bool asleep(uint32_t worker) const noexcept { return worker != kNobody && place(worker) == Place::kSleeping; }
  bool wanted(uint32_t preferred) const noexcept {
    const IdleCounts c = counts();
    return c.sleeping != 0 && (c.searching == 0 || asleep(preferred));
  }

  // All below: under the mutex. Every change of place is one RMW of the word. `searching`: what it adds to the searchers.
  void move(uint32_t worker, Place to, uint64_t searching) noexcept {
    const Place from = place(worker);
    if (from == Place::kSleeping) std::erase(sleepers_, worker);
    if (to == Place::kSleeping) sleepers_.push_back(worker);
    seats_[worker].place.store_relaxed(to);  // under the mutex; wake_one() reads it as a hint
    word_.fetch_add_relaxed(share(to) - share(from) + searching);
  }
  [[gnu::noinline]] Wake wake_sleeper(uint32_t node, uint32_t preferred) noexcept {
    LockGuard lock(mutex_);
    if (!wanted(preferred)) return {};  // sleeping and the places are exact here; searching as in (3)
    uint32_t chosen = asleep(preferred) ? preferred : sleepers_.back();
    for (std::size_t i = sleepers_.size(); i-- > 0 && chosen != preferred && node_of_[chosen] != node;) {
      if (node_of_[sleepers_[i]] == node) chosen = sleepers_[i];
    }
    // Counted as searching here and not by the woken thread: a second publisher must see the wake that is on its way.
    move(chosen, Place::kAwake, kOneSearching);
    return {chosen};
  }
  bool too_many_active() const noexcept { return counts().active() > active_limit_ + stuck_count_; }
  bool clear_stuck(uint32_t worker) noexcept {
    if (seats_[worker].stuck.load_relaxed() == 0) return false;
    seats_[worker].stuck.store_relaxed(0);
    --stuck_count_;
    return true;
  }
  [[gnu::noinline]] void stuck_returned(uint32_t self) noexcept {
    LockGuard lock(mutex_);
    if (!clear_stuck(self) || !too_many_active()) return;
    // A parked extra worker leaves at once; a running one when it parks.
    for (std::size_t i = sleepers_.size(); i-- > 0;) {
      if (starts_in_reserve(sleepers_[i])) return move(sleepers_[i], Place::kReserve, 0);
    }
  }

  alignas(kCacheLine) Atomic<uint64_t> word_;  // written by everybody who changes place or searches
  alignas(kCacheLine) Mutex mutex_;  // places, sleepers_, stuck_count_, the awake and sleeping fields of word_
  std::vector<uint32_t> sleepers_;   // last in, first out: the warmest
  uint32_t stuck_count_ = 0;         // stuck workers that have a substitute
  const uint32_t active_limit_;
  const std::vector<uint32_t> node_of_;
  std::vector<Seat> seats_;
};

// One spinner in the whole runtime, and none when the other awake threads fill the usable cores (rulings.md S11). A spinner
// stays counted as searching, so publishers do not pay for a wake-up. Advisory: orders nothing; a wrong count costs time.
class SpinGate {
 public:
  explicit SpinGate(uint32_t usable_cores) noexcept : usable_cores_(static_cast<int32_t>(usable_cores)) {}
  void thread_awake() noexcept { awake_.fetch_add_relaxed(1); }  // worker start and after park()
  void thread_parks() noexcept { awake_.fetch_sub_relaxed(1); }  // before park() and at worker end
  // True: the caller, an awake worker, may spin until may_go_on() fails or its 50 us are over, then owes end().
  [[nodiscard]] bool try_begin() noexcept {
    uint32_t nobody = 0;
    return may_go_on() && spinner_.load_relaxed() == 0 && spinner_.cas_strong_relaxed(nobody, 1);
  }
  bool may_go_on() const noexcept { return awake_.load_relaxed() - 1 < usable_cores_; }  // others than the caller
  void end() noexcept { spinner_.store_relaxed(0); }
  int32_t awake() const noexcept { return awake_.load_relaxed(); }  // the monitor's view, after its SC fence

 private:
  alignas(kCacheLine) Atomic<uint32_t> spinner_{0};
  Atomic<int32_t> awake_{0};
  const int32_t usable_cores_;
};

}  // namespace wippy
