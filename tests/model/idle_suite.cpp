// scheduler/idle.hpp with the parker, as scheduler/worker.cpp uses them: no wake-up is lost. A worker that has
// taken a job "runs a long step" until all other jobs are taken: what lies in a queue can only be taken by a sibling, so
// whoever sleeps although it was owed a wake-up makes the execution a deadlock.
//
// Idle, Parker, RunRing and Inbox are the production headers; the worker's loop is written here after worker.cpp, without
// timers and spinning.
#include "scheduler/idle.hpp"

#include "model/items.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/inbox.hpp"
#include "scheduler/parker.hpp"
#include "scheduler/ring.hpp"

namespace {
using namespace wippy;
using namespace wippy::model;

enum class Bug {
  kNone,
  kNoRecheck,           // parks right after announcing
  kLookBeforeAnnounce,  // the look at the queues comes first
  kIgnoreWakeNext,      // the last searcher keeps what it found to itself
  kWakeBeforePush,      // the check for sleepers comes before the work is published
  kNoWake,              // surplus without a wake check
  kForgetResume,        // found work in the re-check and takes it without being counted again
  kNeverComesBack,      // leaves work at home and parks without a deadline
  kLeavesForGood,       // the deadline has passed and it still leaves it
  kDeserts,             // has left work at home, runs something else and tells nobody
};

// The last `Away` workers are on node 1, all others on node 0.
template <Bug B, int Workers, int Jobs, uint32_t Active = Workers, int Away = 0>
struct Host {
  static constexpr uint32_t node_of(uint32_t worker) { return static_cast<int>(worker) + Away >= Workers ? 1 : 0; }
  static std::vector<uint32_t> nodes() {
    std::vector<uint32_t> out;
    for (uint32_t i = 0; i < Workers; ++i) out.push_back(node_of(i));
    return out;
  }
  Book<Jobs> book;
  Idle idle{Active, nodes()};
  RunRing<4> ring[Workers];
  Inbox inbox[Workers];
  Parker parker[Workers];
  Aside<uint64_t> look_again_ns[Workers];
  Atomic<int> taken{0};
  Atomic<bool> stopping{false};

  Host() {
    for (auto& at : look_again_ns) at = kNeverNs;
  }
  void send(Wake w) {
    if (w.any()) parker[w.worker].unpark();
  }
  // Scheduler::submit_remote
  void submit(int job, uint32_t to) {
    Runnable* r = book.submit(job);
    if (B == Bug::kWakeBeforePush) {
      send(idle.wake_one(0, to));
      static_cast<void>(inbox[to].push(r));
      return;
    }
    if (inbox[to].push(r) && B != Bug::kNoWake) send(idle.wake_one(0, to));
  }
  bool leaves_at_home(uint32_t self, uint32_t victim) {
    const bool one = ring[victim].size_estimate() == 1 && !inbox[victim].has_entries();
    if (node_of(self) == node_of(victim) || !one || idle.anyone_sleeps_on(node_of(victim))) return false;
    if (look_again_ns[self] == kNeverNs) look_again_ns[self] = monotonic_ns() + 500'000;
    return monotonic_ns() < look_again_ns[self] || B == Bug::kLeavesForGood;
  }
  bool work_anywhere(uint32_t self) {
    bool left = false;
    for (uint32_t i = 0; i < Workers; ++i) {
      if (inbox[i].has_entries()) return true;
      if (ring[i].size_estimate() == 0) continue;
      if (!leaves_at_home(self, i)) return true;
      left = true;
    }
    if (!left || B == Bug::kNeverComesBack) look_again_ns[self] = kNeverNs;
    return stopping.load_acquire();
  }
  Runnable* next(uint32_t self) {
    if (inbox[self].has_entries()) {
      RunnableList list = inbox[self].take_all();
      const bool surplus = list.count > 1;
      while (Runnable* r = list.pop()) check(ring[self].push(r), "room");
      if (surplus && B != Bug::kNoWake) send(idle.wake_one(node_of(self)));
    }
    return ring[self].pop();
  }
  Runnable* search(uint32_t self) {
    Runnable* r = nullptr;
    for (uint32_t i = 0; i < 2 * Workers; ++i) {
      const uint32_t v = i % Workers;
      if (v == self || (node_of(v) == node_of(self)) != (i < Workers) || leaves_at_home(self, v)) continue;
      if (ring[v].steal_half_into(ring[self], r) != 0) return r;
      RunnableList list = inbox[v].take_all();
      r = list.pop();
      while (Runnable* more = list.pop()) check(ring[self].push(more), "room");
      if (r != nullptr) return r;
    }
    return nullptr;
  }
  bool sleep(uint32_t self, bool searching) {
    bool work = B == Bug::kLookBeforeAnnounce && work_anywhere(self);
    const Place a = idle.announce_sleep(self, searching);
    if (B != Bug::kLookBeforeAnnounce && B != Bug::kNoRecheck) work = work_anywhere(self);
    const bool found = work && a == Place::kSleeping;
    if (!found) {
      if (work) send(idle.wake_one(node_of(self)));
      static_cast<void>(parker[self].park(look_again_ns[self]));
    }
    if (B == Bug::kForgetResume && found) return false;
    return idle.resume(self, found);
  }
  Runnable* leaves_idleness(uint32_t self, bool searching, Runnable* r) {
    const bool owes = searching ? idle.found_work() && B != Bug::kIgnoreWakeNext
                                : look_again_ns[self] != kNeverNs && B != Bug::kDeserts;
    look_again_ns[self] = kNeverNs;
    if (owes) send(idle.wake_one(node_of(self)));
    return r;
  }
  Runnable* idle_turn(uint32_t self, bool searching) {
    for (;;) {
      Runnable* r = searching ? search(self) : nullptr;
      if (r == nullptr) {
        if (stopping.load_acquire()) return nullptr;
        searching = sleep(self, searching);
        r = next(self);
      }
      if (r != nullptr) return leaves_idleness(self, searching, r);
      if (!searching) searching = idle.try_search();
    }
  }
  void stop() {
    stopping.store_release(true);
    for (Parker& p : parker) p.unpark();
  }
  // A step that lasts until every job has been taken: its worker's own queues are only emptied by siblings.
  void long_step(Runnable* r) {
    book.take(r);
    if (taken.fetch_add_acq_rel(1) + 1 == Jobs) return stop();
    if constexpr (Workers > 1) wait_until([&] { return taken.load_acquire() == Jobs; });
  }
  void worker(uint32_t self) {
    if (idle.starts_in_reserve(self)) {
      static_cast<void>(parker[self].park(kNeverNs));
      if (idle.resume(self, false) && idle.found_work()) {
        send(idle.wake_one(0));
      }
    }
    while (!stopping.load_acquire()) {
      Runnable* r = next(self);
      if (r == nullptr) r = idle_turn(self, idle.try_search());
      if (r != nullptr) long_step(r);
    }
  }
};

// One publisher, one worker that may be anywhere between awake and parked.
template <Bug B>
struct OneWorker : Host<B, 1, 1> {
  static constexpr int kThreads = 2;
  void thread(int id) { id == 0 ? this->submit(0, 0) : this->worker(0); }
  void finish() { this->book.expect_all_taken(); }
};

// Two publications to one worker's inbox; its sibling must come for the second while the first runs.
template <Bug B>
struct SiblingMustCome : Host<B, 2, 2> {
  static constexpr int kThreads = 3;
  void thread(int id) {
    if (id > 0) return this->worker(static_cast<uint32_t>(id - 1));
    this->submit(0, 0);
    this->submit(1, 0);
  }
  void finish() { this->book.expect_all_taken(); }
};

// A running worker produces surplus in its own ring (rulings.md S11) while the sibling falls asleep.
template <Bug B>
struct Surplus : Host<B, 2, 2> {
  static constexpr int kThreads = 2;
  void thread(int id) {
    if (id == 1) return this->worker(1);
    check(this->ring[0].push(this->book.submit(0)), "room");
    if (B == Bug::kWakeBeforePush) this->send(this->idle.wake_one(0));
    check(this->ring[0].push(this->book.submit(1)), "room");
    if (B != Bug::kNoWake && B != Bug::kWakeBeforePush) this->send(this->idle.wake_one(0));
    this->long_step(this->ring[0].pop() /* its own next job, unless the thief has both */);
  }
  void finish() { this->book.expect_all_taken(); }
};

// One active worker is stuck in a long step with a job behind it; the monitor calls a worker from the reserve, twice. When
// the stuck one returns there is one worker too many, which goes back.
struct Reserve : Host<Bug::kNone, 2, 2, 1> {
  static constexpr int kThreads = 3;
  void thread(int id) {
    if (id == 1) return worker(1);
    if (id == 2) {
      send(idle.try_activate_reserve(0));
      return send(idle.try_activate_reserve(0));
    }
    check(ring[0].push(book.submit(0)) && ring[0].push(book.submit(1)), "room");
    send(idle.wake_one(0));  // nobody: the reserve is not woken for work
    long_step(ring[0].pop());
    idle.step_ended(0);
    worker(0);
  }
  void finish() {
    book.expect_all_taken();
    const IdleCounts c = idle.counts();
    check(c.awake + c.sleeping <= 2 && c.searching <= c.awake, "the word's counts are out of range");
  }
};

// Two workers fall asleep at the same time as two publishers publish to different inboxes.
struct TwoPublishers : Host<Bug::kNone, 2, 2> {
  static constexpr int kThreads = 4;
  void thread(int id) { id < 2 ? submit(id, static_cast<uint32_t>(id)) : worker(static_cast<uint32_t>(id - 2)); }
  void finish() { book.expect_all_taken(); }
};

// A worker in a long step with one job in its queue; all others are on another node. One of them comes for it after a while.
template <Bug B>
struct LeftAtHome : Host<B, 2, 2, 2, 1> {
  static constexpr int kThreads = 2;
  void thread(int id) {
    clock_step(200'000);  // each reading of the clock; it stands still otherwise
    if (id == 1) return this->worker(1);
    Runnable* first = this->book.submit(0);
    check(this->ring[0].push(this->book.submit(1)), "room");
    this->send(this->idle.wake_one(0));
    this->long_step(first);
  }
  void finish() { this->book.expect_all_taken(); }
};
// Two sleep on another node when the job is left, and one of them would come for it. It gets something of its own to do (a
// timer's) when it wakes for it: the other one must come.
template <Bug B>
struct LeftToAnother : Host<B, 3, 3, 3, 2> {
  static constexpr int kThreads = 3;
  LeftToAnother() {
    for (uint32_t i = 1; i < 3; ++i) static_cast<void>(this->idle.announce_sleep(i, false));
    check(this->ring[0].push(this->book.submit(1)), "room");
    this->look_again_ns[1] = 500'000;
  }
  void thread(int id) {
    clock_step(200'000);
    const auto self = static_cast<uint32_t>(id);
    if (id == 0) return this->long_step(this->book.submit(0));
    static_cast<void>(this->parker[self].park(this->look_again_ns[self]));
    const bool searching = this->idle.resume(self, false);
    Runnable* r = id == 1 ? this->leaves_idleness(1, searching, this->book.submit(2)) : this->idle_turn(2, searching);
    if (r != nullptr) this->long_step(r);
    this->worker(self);
  }
  void finish() { this->book.expect_all_taken(); }
};

const char* const kVerb = "the release is what announce_sleep needs; there is no verb without the other half";

const Suite suite("idle", [](Suite& s) {
  using B = Bug;
  s.verify<OneWorker<B::kNone>>("1 publisher, 1 worker", {.bound = 4});
  s.verify<Surplus<B::kNone>>("surplus of a running worker", {.bound = 3});
  s.verify<SiblingMustCome<B::kNone>>("2 jobs in one inbox, the sibling must come", {.bound = 1});
  s.planted<OneWorker<B::kNoRecheck>>("park without a second look", {.bound = 3}, "deadlock");
  s.planted<OneWorker<B::kLookBeforeAnnounce>>("look before announcing sleep", {.bound = 3}, "deadlock");
  s.planted<OneWorker<B::kWakeBeforePush>>("wake check before the push", {.bound = 3}, "deadlock");
  s.planted<Surplus<B::kNoWake>>("surplus without a wake check", {.bound = 3}, "deadlock");
  s.planted<SiblingMustCome<B::kIgnoreWakeNext>>("the last searcher wakes nobody", {.bound = 3}, "deadlock");
  s.planted<SiblingMustCome<B::kForgetResume>>("found work, not counted again", {.bound = 2}, "livelock");
  s.verify<Reserve>("stuck worker, reserve called", {.bound = 1});
  s.verify<TwoPublishers>("2 publishers, 2 workers", {.bound = 0});
  s.verify<LeftAtHome<B::kNone>>("1 job left at home", {.bound = 2});
  s.planted<LeftAtHome<B::kNeverComesBack>>("left at home, parked without a deadline", {.bound = 2}, "deadlock");
  s.planted<LeftAtHome<B::kLeavesForGood>>("left at home for good", {.bound = 1}, "livelock");
  s.verify<LeftToAnother<B::kNone>>("left at home, then something else to do", {.bound = 1});
  s.planted<LeftToAnother<B::kDeserts>>("left at home, something else to do, tells nobody", {.bound = 1}, "deadlock");
  s.weakenings("every order weakened",
               {Suite::scenario<OneWorker<B::kNone>>({.bound = 3}), Suite::scenario<Surplus<B::kNone>>({.bound = 1}),
                Suite::scenario<SiblingMustCome<B::kNone>>({.bound = 0})},
               {"scheduler/idle."}, {{"found_work: fetch_sub_acq_rel without acquire", kVerb}});
});

}  // namespace
