// Who sleeps, who searches, and who must be woken. One Idle per host; SpinGate is shared by all hosts of a runtime.
//
// After Tokio's idle.rs and Go's proc.go ("Worker thread parking/unparking"). One word counts three kinds of *active*
// workers; the list of sleepers is under a small mutex and touched only when somebody falls asleep or is woken.
//
//   word   = searching | awake << 16 | sleeping << 32       searching <= awake;  awake + sleeping = active workers
//   awake     runs or looks for work               sleeping   parked, may be woken for work
//   reserve   parked and not active: in no field of the word, until try_activate_reserve()
//
//   place      on sleep               woken by work         by itself (deadline, re-check)    stuck sibling returns
//   awake      -> sleeping/reserve    -                     -                                 -
//   sleeping   -                      -> awake, searching   -> awake (searching: kFoundWork)  extra worker -> reserve
//   reserve    -                      (never)               -> awake                          -
//
// INVARIANT. If work is queued and an active worker is parked, someone searches or a wake is on its way ("on its way": a
// thread is between its publication, its last decrement or its announcement, and the check that follows it).
// "Work" is what lies in a ring, newborn deque, inbox or overflow queue. Not the run slot, which its own worker runs next;
// behind a long step that is the monitor's business (rulings.md S11).
//
// PROOF. Order the changes of the word as they happen (its modification order; all are RMWs). Let P publish work w:
//     P:  publish w  (1);  SC fence (2);  load word (3)             wake_one / wake_worker
// (3) reads some value v of the word; whoever changed it later did so after (3) in that order.
//   a. v: nobody searches, somebody sleeps. P wakes one under the mutex, counted as awake and searching by P itself, so a
//      second publisher does not wake a second one. Under the mutex `sleeping` is exact, and the recheck is b or c.
//   b. v: somebody searches. The transition that later takes `searching` to 0 carries the duty:
//        found_work      with sleepers: kWakeNext obliges to wake_one(), so there is a searcher again: b once more, until a
//                        searcher takes w or falls asleep. Without sleepers: c from here on.
//        announce_sleep  comes later in the order than (3), so its SC fence (4) comes after (2) and the caller's re-check of
//                        *all* sources sees w (or w was taken): it goes on as a searcher, or, going to reserve, owes
//                        wake_one().
//   c. v: nobody sleeps. All active workers are awake. Each that falls asleep later announces it later in the order than
//      (3): as under announce_sleep, its re-check sees w.
//   A worker that resumes after its re-check is counted as searching *before* it takes anything, so b holds for the work
//   that a publisher left to it. A worker resuming for a timer is awake, sees c.
//   A stale v (relaxed load) is an older v: a, b or c applies to it as it stands; a then wakes one too many at worst.
//   Activation only adds a searcher. Sleeping -> reserve removes a sleeper: it weakens "an active worker is parked".
//   When all sleepers are woken by (3)-like checks of other publishers at the same time: they are searchers, b.  QED
// Moving work publishes it again: between taking an inbox, an overflow batch or half a ring and putting the rest into the
// own ring nobody sees it. A searcher's check is found_work(), called *after* the move: its RMW is (3), and its release (5)
// is acquired by every later announce_sleep (RMW (6), then fence (4)), because all changes of the word are RMWs and continue (5)'s release
// sequence. A worker that is not searching owes wake_one() after the move, like any publisher.
//
// Pairs: SC fences (2) <-> (4) in announce_sleep, store buffering: each side writes its own word and reads the other's.
// (5) -> (6)+(4) as above. The other RMWs of the word are relaxed: only their order counts. Everything else is ordered by the
// mutex and by the parkers. Checked by tests/model/idle_suite.cpp on this code.
//
// What the caller of each function owes is in its comment; results that oblige are must-use.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

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

enum class [[nodiscard]] SearchStart : uint8_t{
    kSearch,  // counted: ends with found_work() or announce_sleep(searching = true), nothing else
    kEnough,  // half of the active workers search already: announce sleep without a search
};
enum class [[nodiscard]] SearchEnd : uint8_t{
    kQuiet,     // nothing owed
    kWakeNext,  // the last searcher has found work: wake_one(), before running what was found
};
enum class [[nodiscard]] Announced : uint8_t{
    // Owed: look at all sources (own queues, own and siblings' inboxes, overflow, all rings and newborns, due timers). Work
    // found: resume(kFoundWork) and look again from the top. Else park, and resume(kNoReason) when park returns.
    kSleeper,
    // Owed: the same look, own timers included. Work found: wake_one(), and park all the same. Due timers: resume().
    kReserve,
};
enum class Place : uint8_t { kAwake, kSleeping, kReserve };
enum class ResumeFor : uint8_t { kFoundWork, kNoReason };
enum class [[nodiscard]] Resumed : uint8_t{
    kSearching,  // counted as a searcher, by a waker or by kFoundWork: search, see SearchStart::kSearch
    kPlain,      // awake, not a searcher: deadline or spurious; fire timers, look at the own queues, then as usual
};

struct IdleCounts {
  uint32_t searching = 0;
  uint32_t awake = 0;
  uint32_t sleeping = 0;
  uint32_t active() const noexcept { return awake + sleeping; }
};

class Idle {
 public:
  // node_of[i]: NUMA node of worker i. Workers below active_limit = min(workers, usable cores) start awake, the others in
  // reserve: their threads begin with park(). At most 65,535 workers.
  Idle(uint32_t active_limit, std::vector<uint32_t> node_of);

  // ---- any thread ----
  // After publishing surplus work: once per step at the first surplus submission, once more at the step's end if more came
  // (rulings.md S11); after SearchEnd::kWakeNext. Prefers a sleeper on `node`. One SC fence; no lock unless it wakes.
  Wake wake_one(uint32_t node) noexcept;
  // After InboxPush::kWasEmpty on that worker's inbox: the worker itself if it sleeps, even if others search (its caches
  // are warm), else as wake_one.
  Wake wake_worker(uint32_t worker, uint32_t node) noexcept;
  // The monitor: an active worker's step is older than 10 ms. A reserve worker becomes active, once per stuck worker, until
  // step_ended(). Nobody when there is no reserve left or that worker has its substitute already.
  Wake try_activate_reserve(uint32_t stuck_worker) noexcept;
  IdleCounts counts() const noexcept;           // a snapshot, for dumps and tests
  Place place(uint32_t worker) const noexcept;  // a hint, for dumps

  // ---- worker `self` ----
  SearchStart try_search() noexcept;
  SearchEnd found_work() noexcept;  // after what was taken with it lies in the own queues, before running
  Announced announce_sleep(uint32_t self, bool searching) noexcept;
  Resumed resume(uint32_t self, ResumeFor reason) noexcept;
  // After each step; one relaxed load of an own line unless the monitor found this worker stuck.
  void step_ended(uint32_t self) noexcept {
    if (__builtin_expect(seats_[self].stuck.load_relaxed() != 0, 0)) stuck_returned(self);  // a hint; the mutex decides
  }
  // True while an extra worker runs although nobody is stuck any more. Advisory, for the 61st decision: hand the ring to
  // the overflow queue, wake_one(), announce sleep (it will go to reserve).
  bool is_surplus(uint32_t self) const noexcept;
  bool starts_in_reserve(uint32_t self) const noexcept { return self >= active_limit_; }

 private:
  struct alignas(kCacheLine) Seat {
    Atomic<Place> place{Place::kAwake};  // written under the mutex
    Atomic<uint32_t> stuck{0};           // written under the mutex
    uint32_t node = 0;                   // constant
  };

  static constexpr uint64_t kOneSearching = 1;
  static constexpr uint64_t kOneAwake = uint64_t{1} << 16;
  static constexpr uint64_t kOneSleeping = uint64_t{1} << 32;
  static IdleCounts unpack(uint64_t w) noexcept;

  Wake wake_sleeper(uint32_t preferred, uint32_t node, bool even_if_searching) noexcept;
  void stuck_returned(uint32_t self) noexcept;
  bool clear_stuck(Seat& seat) noexcept;
  uint32_t allowed() const noexcept { return active_limit_ + stuck_count_.load_relaxed(); }

  alignas(kCacheLine) Atomic<uint64_t> word_;  // written by everybody who changes place or searches
  alignas(kCacheLine) Mutex mutex_;            // place, sleepers_, reserve_, the awake and sleeping fields of word_
  std::vector<uint32_t> sleepers_;             // last in, first out: the warmest
  std::vector<uint32_t> reserve_;
  Atomic<uint32_t> stuck_count_{0};  // stuck workers that have a substitute; written under the mutex
  const uint32_t active_limit_;
  std::unique_ptr<Seat[]> seats_;
};

// One spinner in the whole runtime, and none when the other awake threads fill the usable cores (rulings.md S11: waking
// costs about as much as 50 us of spinning, but 16 workers on 2 cores, or several hosts, must not all spin). A spinner
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
