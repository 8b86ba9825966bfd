// scheduler/worker, search, scheduler and monitor as they are: what enters the run slot, the ring, the newborns, the inbox and
// the overflow queue is run once, its submitter's writes are seen, and what a busy worker leaves behind is fetched by a
// sibling that sleeps. Compiled without access control (tests/model.cmake): the scenarios call single functions of a Worker.
//
// "Long" jobs run until all other jobs of the scenario have been taken: whoever sleeps although it was owed a wake-up makes
// the execution a deadlock. No monitor runs beside them: it would mend a lost wake-up 100 us later and hide it.
#include "scheduler/scheduler.cpp"
#include "scheduler/worker.cpp"

#include "model/checker/suite.hpp"
#include "model/pools.hpp"
#include "scheduler/monitor.hpp"

namespace {
using namespace wippy;
using namespace wippy::model;

// Made outside executions: only its grace domain is used, whose atomics start afresh in each.
MemoryPools g_pools(1, nullptr, std::size_t{1} << 24);
MemoryPools g_two_nodes(2, nullptr, std::size_t{1} << 24);

struct NoHooks final : WorkerHooks {
  void maintain(uint64_t) noexcept override {}
  void before_park() noexcept override {}
};

// The last worker stands on the last node, all others on node 0.
Placement placement(uint32_t workers, uint32_t nodes) {
  const auto node_of = [&](uint32_t w) { return static_cast<NodeId>(w + 1 == workers ? nodes - 1 : 0); };
  Placement p;
  p.active = workers;
  for (uint32_t i = 0; i < workers; ++i) {
    WorkerPlace place;
    place.active = true;
    place.pu.node = node_of(i);
    for (const TierKind kind : {TierKind::kSameL3, TierKind::kRemote}) {
      VictimTier tier;
      tier.kind = kind;
      for (uint32_t v = 0; v < workers; ++v) {
        if (v != i && (node_of(v) != node_of(i)) == (kind == TierKind::kRemote)) tier.workers.push_back(v);
      }
      if (!tier.workers.empty()) place.tiers.push_back(tier);
    }
    p.workers.push_back(place);
  }
  return p;
}

// Workers of one host, and Jobs for them. Worker i is modelled thread i.
template <int Workers, int Jobs, int Nodes = 1>
struct Bench {
  struct Job final : Runnable {
    Bench* bench = nullptr;
    int id = 0;
    Outcome (*step)(Bench&, Worker&) = nullptr;  // null: nothing but being taken
    bool is_long = false;
    Var<int> payload{0, "payload"};
    Outcome run(Worker& w) noexcept override {
      bench->take(this);
      const Outcome o = step != nullptr ? step(*bench, w) : Outcome::kDone;
      if (is_long && !bench->stops) wait_until([&] { return bench->taken.load_acquire() == Jobs; });
      return o;
    }
  };

  NoHooks hooks[Workers];
  SpinGate gate{0};  // nobody spins
  Monitor monitor{gate, 0};
  MemoryPools& pools = Nodes == 1 ? g_pools : g_two_nodes;
  Scheduler scheduler{Scheduler::Config{"h", placement(Workers, Nodes), 1, nullptr, pools, gate, monitor, g_topology}};
  Job job[Jobs];
  Aside<int> times[Jobs];
  Atomic<int> taken{0};
  bool stops = false;  // constant: the scenario stops the scheduler itself

  Bench() {
    for (int i = 0; i < Jobs; ++i) {
      job[i].bench = this;
      job[i].id = i;
    }
    for (uint32_t i = 0; i < Workers; ++i) {
      Worker& w = worker(i);
      w.watched_.resize(Workers);
      w.hooks_.reset(&hooks[i]);
      w.reader_ = pools.grace().register_reader(ReaderKind::kWorker);
      w.reader_->last_seen = 0;
      pools.grace().online(*w.reader_);
      w.steps_to_tick_ = 1000;
    }
    scheduler.running_ = true;
  }
  ~Bench() {
    scheduler.running_ = false;
    for (uint32_t i = 0; i < Workers; ++i) static_cast<void>(worker(i).hooks_.release());
  }

  Worker& worker(uint32_t i) { return scheduler.worker(i); }
  Runnable* submit(int i) {
    job[i].payload.set(100 + i);
    return &job[i];
  }
  void take(Job* j) {
    check(j->payload.get() == 100 + j->id, "payload not the submitter's");
    check(++times[j->id] == 1, "job taken twice");
    if (taken.fetch_add_acq_rel(1) + 1 == Jobs && !stops) scheduler.stop();
  }
  // Worker i lives: the production loop, without the thread around it.
  void live(uint32_t i) {
    enter(i);
    worker(i).loop();
  }
  void enter(uint32_t i) { t_this_thread.worker = &worker(i); }
  Runnable* pop_overflow() {
    Runnable* r = nullptr;
    return scheduler.overflow().pop_batch(&r, 1) == 0 ? nullptr : r;
  }
  void expect_all_taken() {
    for (int i = 0; i < Jobs; ++i) check(times[i] == 1, "job lost");
  }
};

// ---- the run slot: its owner fills it without a read-modify-write, a thief and the monitor empty it ----------------------
// Thief: a sibling on its last pass that has seen the step for longer than 20 us (Worker::steal_from). Watcher: Monitor::look_at.
template <bool Thief, bool Watcher>
struct Slot : Bench<2, 4> {
  static constexpr int kThreads = 1 + (Thief ? 1 : 0) + (Watcher ? 1 : 0);
  Slot() {
    stops = true;
    job[0].step = [](Bench& b, Worker& w) {
      w.submit_local(b.submit(1));
      w.submit_local(b.submit(2));
      return Outcome::kDone;
    };
  }
  void thread(int id) {
    if (id == 0) {
      enter(0);
      Worker& w = worker(0);
      w.run_one(submit(0));
      if (Runnable* r = w.take_slot()) w.run_one(r);
      w.submit_local(submit(3));  // a timer, between two steps
      return;
    }
    clock_step(200'000);
    if (Thief && id == 1) {
      enter(1);
      for (int i = 0; i < 2; ++i) run(worker(1).steal_from(worker(0), true));
      return;
    }
    Monitor::Seat seat{&worker(0), {}, false};
    for (int i = 0; i < 2; ++i) static_cast<void>(monitor.look_at(seat, monotonic_ns()));
  }
  void run(Runnable* r) {
    if (r != nullptr) static_cast<void>(r->run(worker(1)));
  }
  void finish() {
    run(worker(0).slot_.exchange_acq_rel(nullptr));
    for (uint32_t i = 0; i < 2; ++i) {
      while (Runnable* r = worker(i).ring_.pop()) run(r);
    }
    while (Runnable* r = pop_overflow()) run(r);
    expect_all_taken();
  }
};

// Somebody takes from the overflow queue what the monitor has put there from a slot.
struct SlotToOverflow : Bench<2, 1> {
  static constexpr int kThreads = 3;
  SlotToOverflow() {
    stops = true;
    worker(0).step_seq_.store_relaxed(1);  // inside a step
  }
  void thread(int id) {
    clock_step(200'000);
    if (id == 0) {
      enter(0);
      return worker(0).submit_local(submit(0));
    }
    if (id == 1) {
      Monitor::Seat seat{&worker(0), {1, 0}, false};
      return static_cast<void>(monitor.look_at(seat, monotonic_ns()));
    }
    if (Runnable* r = pop_overflow()) static_cast<void>(r->run(worker(1)));
  }
  void finish() {
    Runnable* r = worker(0).slot_.exchange_acq_rel(nullptr);
    if (r == nullptr) r = pop_overflow();
    if (r != nullptr) static_cast<void>(r->run(worker(1)));
    expect_all_taken();
  }
};

// ---- the monitor marks a step that it sees a second time: that one, or none ---------------------------------------------
enum class Mark {
  kLookAt,   // Monitor::look_at
  kAnyStep,  // planted: whatever step runs by then
  kStored,   // planted: by a store
};
template <Mark M>
struct Marked : Bench<1, 2> {
  static constexpr int kThreads = 2;
  struct Hooks final : WorkerHooks {
    Worker* worker = nullptr;
    int told = 0;
    void maintain(uint64_t) noexcept override {}
    void before_park() noexcept override {}
    void long_step_ended() noexcept override {
      check(worker->step_seq() == 2, "the mark of another step");
      ++told;
    }
  };
  Hooks marks;
  Marked() {
    stops = true;
    marks.worker = &worker(0);
    static_cast<void>(worker(0).hooks_.release());
    worker(0).hooks_.reset(&marks);
  }
  void thread(int id) {
    Worker& w = worker(0);
    if (id == 0) {
      enter(0);
      w.run_one(submit(0));
      return w.run_one(submit(1));
    }
    clock_step(200'000);
    Monitor::Seat seat{&w, {1, 0}, false};  // has seen the first step
    if (M == Mark::kLookAt) return static_cast<void>(monitor.look_at(seat, monotonic_ns()));
    if (w.step_seq() != 1) return;
    if (M == Mark::kAnyStep) static_cast<void>(w.step_seq_.fetch_or_acq_rel(Worker::kSeenTwice));
    if (M == Mark::kStored) w.step_seq_.store_relaxed(1 | Worker::kSeenTwice);
  }
  void finish() {
    check(worker(0).step_seq_.load_relaxed() == 4, "the number of steps is wrong");
    check(marks.told <= 1, "told twice");
    expect_all_taken();
  }
};

// ---- what a step leaves behind must reach a sleeping sibling --------------------------------------------------------------
// The step of job 0 makes work and is requeued; the worker then runs a long job.
enum class Left {
  kSurplus,        // two more: one in the slot, one in the ring
  kRequeued,       // something in the slot, and itself again
  kSpent,          // likewise, after a whole time slice
  kSpentUntold,    // planted: put into the FIFO of the spent as if nothing else were there
  kBoth,           // two more, and itself again
  kTimers,         // nothing, but timers fire after it
  kSurplusTimers,  // two more, and timers fire after it
};
constexpr int jobs_of(Left l) {
  switch (l) {
    case Left::kSurplus:
    case Left::kRequeued:
    case Left::kSpent:
    case Left::kSpentUntold: return 3;
    case Left::kBoth:
    case Left::kTimers: return 4;
    case Left::kSurplusTimers: return 5;
  }
  return 0;
}
template <Left L>
struct LeftBehind : Bench<2, jobs_of(L)> {
  static constexpr int kThreads = 2;
  using Base = Bench<2, jobs_of(L)>;
  static inline LeftBehind* g_self = nullptr;
  static constexpr bool kFires = L == Left::kTimers || L == Left::kSurplusTimers;
  static constexpr int kTimers = L == Left::kTimers ? 3 : 2;
  static constexpr int kFirstTimer = jobs_of(L) - kTimers;
  TimerNode node[3];

  LeftBehind() {
    g_self = this;
    this->job[0].step = [](Base& b, Worker& w) {
      if (L == Left::kSurplus || L == Left::kBoth || L == Left::kSurplusTimers) {
        w.submit_local(b.submit(1));
        w.submit_local(b.submit(2));
      }
      if (L == Left::kRequeued || L == Left::kSpent || L == Left::kSpentUntold) w.submit_local(b.submit(1));
      return Outcome::kDone;
    };
    if (kFires) {
      for (int i = 0; i < kTimers; ++i) {
        node[i].ref = static_cast<uint64_t>(kFirstTimer + i);
        this->worker(0).timers_.arm(&node[i], 1, &fire, TimerHold::kHeld);
      }
    }
  }
  static void fire(const TimerEvent& e) noexcept {
    g_self->worker(0).submit_local(g_self->submit(static_cast<int>(e.ref)));
  }
  void thread(int id) {
    if (id == 1) return this->live(1);
    this->enter(0);
    Worker& w = this->worker(0);
    w.surplus_ = 0;
    w.spawned_ = false;
    static_cast<void>(this->submit(0)->run(w));
    if (L == Left::kRequeued || L == Left::kSpent) w.requeue(this->submit(2), L == Left::kSpent);
    if (L == Left::kSpentUntold) this->scheduler.spent().push(this->submit(2));
    if (L == Left::kBoth) w.requeue(this->submit(3), false);
    if (w.surplus_ > 1) w.wake_for_surplus();
    if (kFires) w.fire_due_timers();
    Runnable* r = w.next();
    if (r == nullptr) return;  // the sibling has everything
    static_cast<typename Base::Job*>(r)->is_long = true;
    static_cast<void>(r->run(w));
  }
  void finish() { this->expect_all_taken(); }
};

// ---- the 61st decision (Worker::take_overdue) -----------------------------------------------------------------------------
// The FIFO's turn: three jobs in the overflow queue, one taken, two moved to the ring, and the taken one is long.
// Late: the sibling looks around only when the three are out and counted.
template <bool Late>
struct FifoTurn : Bench<2, 3> {
  static constexpr int kThreads = 2;
  FifoTurn() {
    for (int i = 0; i < 3; ++i) scheduler.overflow().push(submit(i));
    worker(0).decisions_ = 60;
  }
  void thread(int id) {
    if (id == 1) {
      if (Late) wait_until([&] { return worker(0).counters_.overflow_takes.read() != 0; });
      return live(1);
    }
    enter(0);
    Runnable* r = worker(0).next();
    if (r == nullptr) return;
    static_cast<Job*>(r)->is_long = true;
    static_cast<void>(r->run(worker(0)));
  }
  void finish() { expect_all_taken(); }
};
// The turn of the spent: the older of two is taken, though the slot is full; the slot's is long, and the sibling takes the other.
struct SpentTurn : Bench<2, 3> {
  static constexpr int kThreads = 2;
  SpentTurn() {
    scheduler.spent().push(submit(0));
    scheduler.spent().push(submit(1));
    worker(0).submit_local(submit(2));
    worker(0).lifo_run_ = kSlotLimit;
    worker(0).spent_due_ns_ = 1;  // long ago
  }
  void thread(int id) {
    if (id == 1) {
      wait_until([&] { return worker(0).counters_.overflow_takes.read() != 0; });
      return live(1);
    }
    enter(0);
    Worker& w = worker(0);
    w.tick();
    Runnable* const first = w.next();
    check(first == &job[0], "the turn of the spent has passed");
    static_cast<void>(first->run(w));
    auto* const second = static_cast<Job*>(w.next());
    check(second == &job[2], "two turns of the spent in a row");
    second->is_long = true;
    static_cast<void>(second->run(w));
  }
  void finish() { expect_all_taken(); }
};
// The oldest newborn's turn, against a thief that takes newborns from the same end, with the owner's other end in use.
struct OldestTurn : Bench<2, 3> {
  static constexpr int kThreads = 2;
  OldestTurn() {
    stops = true;
    worker(0).decisions_ = 60;
    worker(0).overdue_ = 31;
  }
  void thread(int id) {
    enter(static_cast<uint32_t>(id));
    Worker& w = worker(static_cast<uint32_t>(id));
    if (id == 1) {
      for (int i = 0; i < 2; ++i) run(w.steal_from(worker(0), false), w);
      return;
    }
    for (int i = 0; i < 3; ++i) w.submit_newborn(submit(i));
    for (int i = 0; i < 3; ++i) run(w.next(), w);
  }
  void run(Runnable* r, Worker& w) {
    if (r != nullptr) static_cast<void>(r->run(w));
  }
  void finish() {
    while (Runnable* r = worker(0).newborns_.pop()) run(r, worker(0));
    expect_all_taken();
  }
};

// ---- work on another node ------------------------------------------------------------------------------------------------
// Worker 0 leaves a newborn behind a long step; its neighbour 1, if it has one, or after a while a worker of the other node
// takes it.
template <int Workers>
struct Crossing : Bench<Workers, 2, 2> {
  static constexpr int kThreads = Workers;
  using Base = Bench<Workers, 2, 2>;
  Crossing() {
    this->job[0].step = [](Base& b, Worker& w) {
      w.submit_newborn(b.submit(1));
      return Outcome::kDone;
    };
    this->job[0].is_long = true;
  }
  void thread(int id) {
    clock_step(200'000);
    if (id != 0) return this->live(static_cast<uint32_t>(id));
    this->enter(0);
    this->worker(0).run_one(this->submit(0));
  }
  void finish() { this->expect_all_taken(); }
};

// ---- from outside, to the end: the production loops of one or two workers against submit_remote and stop ------------------
template <int Workers, int Jobs>
struct Remote : Bench<Workers, Jobs> {
  static constexpr int kThreads = Workers + 1;
  Remote() {
    if (Workers > 1) {
      for (auto& j : this->job) j.is_long = true;
    }
  }
  void thread(int id) {
    if (id < Workers) return this->live(static_cast<uint32_t>(id));
    for (int i = 0; i < Jobs; ++i) this->scheduler.submit_remote(this->submit(i), 0);
  }
  void finish() { this->expect_all_taken(); }
};
// stop() reaches a worker wherever it is.
struct Stop : Bench<2, 1> {
  static constexpr int kThreads = 3;
  Stop() { stops = true; }
  void thread(int id) {
    if (id < 2) return live(static_cast<uint32_t>(id));
    scheduler.stop();
  }
};

// ---- the monitor's sleep ----------------------------------------------------------------------------------------------------
// It sleeps without limit while no worker is awake. One that wakes up and then stands in a long step with something in its
// slot must be looked at.
struct MonitorWakes : Bench<2, 2> {
  static constexpr int kThreads = 2;
  MonitorWakes() {
    stops = true;
    static_cast<void>(submit(1));
    worker(0).slot_.store_relaxed(&job[1]);
    worker(0).step_seq_.store_relaxed(1);
    monitor.add(scheduler);
  }
  void thread(int id) {
    clock_step(60'000);
    if (id == 0) return monitor.loop();
    gate.thread_awake();
    monitor.worker_woke();
    wait_until([&] { return scheduler.overflow().has_entries(); });
    monitor.stop_.store_release(1);
    monitor.parker_.unpark();
  }
  void finish() {
    Runnable* r = pop_overflow();
    check(r == &job[1] && static_cast<Job*>(r)->payload.get() == 101, "not what lay in the slot");
  }
};

const char* const kEmpty = "an emptied slot tells its owner nothing";
const char* const kOwn = "the owner's own store: nobody else fills the slot";
const char* const kHint = "a step's number is compared; nothing is read by it";
const char* const kToken = "the token that stop() gives afterwards carries the flag";
const char* const kEnd = "the monitor only ends; its maker joins it";

const Suite suite("worker", [](Suite& s) {
  s.verify<Slot<true, false>>("slot: owner and thief", {.bound = 3});
  s.verify<Slot<false, true>>("slot: owner and monitor", {.bound = 2});
  s.verify<SlotToOverflow>("slot: owner, monitor, overflow", {.bound = 3});
  s.verify<Marked<Mark::kLookAt>>("a step that is seen twice", {.bound = 3});
  s.planted<Marked<Mark::kAnyStep>>("a mark for whatever step runs", {.bound = 2}, "");
  s.planted<Marked<Mark::kStored>>("a mark that is stored", {.bound = 2}, "the number of steps is wrong");
  s.verify<LeftBehind<Left::kSurplus>>("surplus of a step", {.bound = 2});
  s.verify<LeftBehind<Left::kRequeued>>("requeued beside a full slot", {.bound = 2});
  s.verify<LeftBehind<Left::kSpent>>("spent beside a full slot", {.bound = 2});
  s.planted<LeftBehind<Left::kSpentUntold>>("spent beside a full slot, and no wake check", {.bound = 1}, "");
  s.verify<LeftBehind<Left::kBoth>>("requeued after the step's surplus check", {.bound = 1});
  s.verify<LeftBehind<Left::kTimers>>("timers fire work", {.bound = 1});
  s.verify<LeftBehind<Left::kSurplusTimers>>("timers fire work after a step's surplus check", {.bound = 1});
  s.verify<FifoTurn<true>>("61st decision: the FIFO", {.bound = 1});
  s.verify<FifoTurn<false>>("61st decision: the FIFO, the sibling at any time", {.bound = 1});
  s.verify<SpentTurn>("the turn of the spent", {.bound = 1});
  s.verify<OldestTurn>("61st decision: the oldest newborn", {.bound = 2});
  s.verify<Crossing<2>>("work on another node", {.bound = 2});
  s.verify<Crossing<3>>("work on another node and its neighbour's", {.bound = 1});
  s.verify<Remote<1, 2>>("submit_remote, 1 worker", {.bound = 2});
  s.verify<Remote<2, 2>>("submit_remote, 2 workers", {.bound = 0});
  s.verify<Stop>("stop", {.bound = 0});
  s.verify<MonitorWakes>("the monitor is woken", {.bound = 2});
  s.weakenings("every order weakened",
               {Suite::scenario<Slot<true, false>>({.bound = 1}), Suite::scenario<Slot<false, true>>({.bound = 1}),
                Suite::scenario<SlotToOverflow>({.bound = 1}), Suite::scenario<MonitorWakes>({.bound = 1}),
                Suite::scenario<Stop>({.bound = 0})},
               {"scheduler/worker.", "scheduler/monitor.", "scheduler/scheduler."},
               {{"loop: load_acquire without acquire", kEnd},
                {"stop: store_release without release", kEnd},
                {"take_slot: exchange_acq_rel without release", kEmpty},
                {"displace: exchange_acq_rel without acquire", kOwn},
                {"run_one: store_release without release", kHint, 2},
                {"step_seq: load_acquire without acquire", kHint},
                {"stop: fence_seq_cst removed", kToken},
                {"stop: fence_seq_cst only acq_rel", kToken}});
});

}  // namespace
