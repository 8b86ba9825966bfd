// runtime/process as it is: the end of a process with all its answers, against senders. What is delivered is answered once and
// with the true reason, EXIT before LINK_DOWN where both were asked for before the end, nothing where it was withdrawn, and
// the block is used again only when nobody can reach it. Every plain field of process, signal and table is race-checked.
// Compiled without access control (tests/model.cmake). Names are left out: their map is TBB's.
#include "mailbox/buffer.cpp"
#include "mailbox/signal.cpp"
#include "memory/arena.cpp"
#include "memory/block_table.cpp"
#include "runtime/process/context.cpp"
#include "runtime/process/exit.cpp"
#include "runtime/process/links.cpp"
#include "runtime/process/node_core.cpp"
#include "runtime/process/process.cpp"
#include "runtime/process/process_timers.cpp"
#include "runtime/process/worker_procs.cpp"

#include "model/checker/suite.hpp"
#include "model/pools.hpp"
#include "scheduler/scheduler.hpp"

namespace wippy {
// What the scenarios do not reach.
struct NameTable::Maps {};
NameTable::NameTable() = default;
NameTable::~NameTable() = default;
Status NameTable::add(NodeCore&, std::string_view, Pid) { model::fail("no names here"); }
Pid NameTable::lookup(NodeCore&, std::string_view) const { model::fail("no names here"); }
bool NameTable::remove(NodeCore&, std::string_view) { model::fail("no names here"); }
void NameTable::release_all(Pid) { model::fail("no names here"); }
ExitReason ExitReason::failure(ErrorKind, std::string_view) noexcept { return ExitReason(true, nullptr); }
}  // namespace wippy

namespace {
using namespace wippy;
using namespace wippy::model;

struct NoFactory final : WorkerHooksFactory {
  WorkerHooks* make_hooks(Worker&) override { return nullptr; }
  void destroy_hooks(WorkerHooks*) noexcept override {}
};

// Fails at once, or waits for mail for ever.
struct TestMachine final : Machine {
  bool fails = false;  // constant
  Var<int> state{0, "machine"};
  Verdict init(Context& self) noexcept override {
    state.set(1);
    if (!fails) return Verdict::kWait;
    self.finish(ExitReason(true, nullptr));
    return Verdict::kDone;
  }
  Verdict step(Context& self) noexcept override {
    while (Signal* s = self.next_signal()) self.release(s);
    return Verdict::kWait;
  }
  void close(Context&, bool) noexcept override { state.set(2); }
};

Placement one_worker() {
  Placement p;
  p.active = 1;
  p.workers.resize(1);
  p.workers[0].active = true;
  return p;
}

// Never destroyed: its magazines need not go home, the next execution's pools are new.
struct Memory {
  explicit Memory(MemoryPools& pools, ReaderKind kind) { new (at) ThreadMemory(pools, 0, kind); }
  ThreadMemory* get() { return std::launder(reinterpret_cast<ThreadMemory*>(at)); }
  alignas(ThreadMemory) unsigned char at[sizeof(ThreadMemory)];
};

// A host with one worker, process P that ends and its peer Q, which only receives. Modelled thread 0 is the worker, the
// others are outside threads.
template <int Senders>
struct World {
  static constexpr int kThreads = 1 + Senders;
  static constexpr uint64_t kLink = 5, kWatch = 6;
  MemoryPools& pools = fresh_pools();
  NoFactory factory;
  SpinGate gate{0};  // nobody spins
  Monitor monitor{gate};
  NodeCore node{pools, {12, nullptr, {}}};
  HostCore& host = node.add_host("h");
  Scheduler scheduler{Scheduler::Config{"h", one_worker(), 1}, pools, gate, monitor, factory, nullptr};
  Memory worker_memory{pools, ReaderKind::kWorker};
  Memory first{pools, ReaderKind::kOutside};
  Memory second{pools, ReaderKind::kOutside};
  WorkerProcs procs{node, host};
  TestMachine machine[2];
  Process* p = nullptr;
  Process* q = nullptr;
  Pid pid_p, pid_q;
  Atomic<int> senders_done{0};
  bool sent[4] = {};  // LINK, WATCH, … were accepted; each written by one thread, read at the end

  explicit World(bool fails_at_once) {
    host.set_scheduler(&scheduler);
    host.set_state(HostState::kRunning);
    Worker& w = scheduler.worker(0);
    w.hooks_ = &procs;
    w.reader_ = &worker_memory.get()->reader();
    w.reader_->last_seen = 0;
    pools.grace().online(*w.reader_);
    w.steps_to_tick_ = 1'000'000;
    for (Memory* m : {&worker_memory, &first, &second}) m->get()->free(m->get()->allocate(0), 0);  // carve now
    t_this_thread = ThisThread{worker_memory.get(), &w};
    machine[0].fails = fails_at_once;
    p = born(machine[0]);
    q = born(machine[1]);
    pid_p = p->identity();
    pid_q = q->identity();
  }
  ~World() { t_this_thread = ThisThread{worker_memory.get(), &scheduler.worker(0)}; }

  // As spawn.cpp does, without a queue: the scenario runs P itself, and Q never runs.
  Process* born(TestMachine& m) {
    Process* n = procs.allocate(host, 0);
    n->set_machine(&m);
    procs.count_live(1);
    n->publish();
    return n;
  }
  bool send(SignalKind kind, uint64_t ref) {
    Signal* s = make_bare_signal(kind, pid_q, ref);
    if (kind == SignalKind::kUnlink) s->wide.aux = 0;
    return node.deliver(pid_p, s);
  }
  void enter_sender(int id) { t_this_thread = ThisThread{id == 1 ? first.get() : second.get(), nullptr}; }
  void enter_worker() { t_this_thread = ThisThread{worker_memory.get(), &scheduler.worker(0)}; }

  // Until P's block is free again.
  void live(bool p_runs_first) {
    Worker& w = scheduler.worker(0);
    if (p_runs_first) w.run_one(p);
    for (;;) {
      if (Runnable* r = w.next()) {
        w.run_one(r);
        continue;
      }
      pools.grace().quiescent(*w.reader_);
      procs.maintain(1);
      if (procs.free_count_ != 0) break;
      cpu_relax();
    }
    pools.grace().offline(*w.reader_);
    check(p->identity().value != pid_p.value, "the old pid is given out again");
  }
  // What Q has received.
  struct Received {
    int exits = 0;
    int downs = 0;
    bool down_first = false;
  };
  Received received() {
    t_this_thread = ThisThread{worker_memory.get(), &scheduler.worker(0)};
    Received r;
    while (Signal* s = q->pop_raw()) {
      check(s->from == pid_p, "from somebody else");
      check((s->flags & Signal::kAbnormal) != 0, "not the true reason");
      if (s->kind == SignalKind::kExit) {
        check(s->ref == kWatch, "another watch");
        ++r.exits;
      } else {
        check(s->kind == SignalKind::kLinkDown && s->ref == kLink, "another link");
        ++r.downs;
        if (r.exits == 0) r.down_first = true;
      }
      q->drop_signal(s);
    }
    return r;
  }
};

// P ends while Q links and watches it.
struct AskWhileEnding : World<1> {
  AskWhileEnding() : World(true) {}
  void thread(int id) {
    if (id == 0) {
      enter_worker();
      return live(true);
    }
    enter_sender(id);
    sent[0] = send(SignalKind::kLink, kLink);
    sent[1] = send(SignalKind::kWatch, kWatch);
  }
  void finish() {
    const Received r = received();
    check(r.downs == (sent[0] ? 1 : 0), "an accepted link needs exactly one LINK_DOWN");
    check(r.exits == (sent[1] ? 1 : 0), "an accepted watch needs exactly one EXIT");
  }
};

// The link and the watch lie unread in P's queue when it ends; another sender pushes at the same time, perhaps in front of
// them and slowly (the gap of mailbox.hpp).
template <bool Gap>
struct Unread : World<Gap ? 2 : 1> {
  using Base = World<Gap ? 2 : 1>;
  Unread() : Base(true) {}
  void thread(int id) {
    if (id == 0) {
      this->enter_worker();
      wait_until([&] { return this->senders_done.load_acquire() == 1; });
      return this->live(true);
    }
    this->enter_sender(id);
    if (id == 2) {
      static_cast<void>(this->send(SignalKind::kTimer, 99));  // means nothing to P
      return;
    }
    check(this->send(SignalKind::kLink, Base::kLink) && this->send(SignalKind::kWatch, Base::kWatch), "P is alive");
    this->senders_done.store_release(1);
  }
  void finish() {
    const auto r = this->received();
    check(r.exits == 1 && r.downs == 1, "one EXIT and one LINK_DOWN");
    check(!r.down_first, "LINK_DOWN before EXIT");
  }
};

// The same, taken back before the end.
struct Withdrawn : World<2> {
  Withdrawn() : World(true) {}
  void thread(int id) {
    if (id == 0) {
      enter_worker();
      wait_until([&] { return senders_done.load_acquire() == 1; });
      return live(true);
    }
    enter_sender(id);
    if (id == 2) {
      static_cast<void>(send(SignalKind::kTimer, 99));
      return;
    }
    static_cast<void>(send(SignalKind::kWatch, kWatch));
    check(send(SignalKind::kUnwatch, kWatch), "P is alive");
    senders_done.store_release(1);
  }
  void finish() {
    const Received r = received();
    check(r.exits == 0 && r.downs == 0, "an answer although the watch was withdrawn");
  }
};

// An idle P is watched, then killed: it wakes up, and the reason is the kill's.
struct KillIdle : World<1> {
  KillIdle() : World(false) {}
  void thread(int id) {
    if (id == 0) {
      enter_worker();
      return live(true);
    }
    enter_sender(id);
    sent[1] = send(SignalKind::kWatch, kWatch);
    check(node.kill(pid_p, Control::kKillTerminate), "P is alive");
  }
  void finish() { check(sent[1] && received().exits == 1, "an accepted watch needs exactly one EXIT"); }
};

// LINK_DOWN must not wait behind data: whoever has sent one leaves it either taken, or flagged as urgent.
struct Urgent : World<1> {
  Urgent() : World(false) {}
  void thread(int id) {
    if (id == 1) {
      enter_sender(id);
      check(node.deliver_urgent(pid_p, make_bare_signal(SignalKind::kLinkDown, pid_q, kLink)), "P is alive");
      return;
    }
    enter_worker();
    static_cast<void>(p->should_end());  // before a step, and at each await
  }
  void finish() {
    t_this_thread = ThisThread{worker_memory.get(), &scheduler.worker(0)};
    const bool flagged = (p->control_.load_relaxed() & Control::kUrgent) != 0;
    check(flagged || p->pop_raw() == nullptr, "an urgent signal lies in the queue and nobody is told");
  }
};

// A process is born in a fresh block while somebody already has its pid, guessed.
struct Born : World<1> {
  static constexpr Pid kNext = make_pid(1, 2);  // after P and Q
  TestMachine third;
  Born() : World(false) {}
  void thread(int id) {
    if (id == 1) {
      enter_sender(id);
      for (int i = 0; i < 2; ++i) sent[i] = node.deliver(kNext, make_bare_signal(SignalKind::kTimer, pid_q, 1));
      return;
    }
    enter_worker();
    Process* r = born(third);
    check(r->identity() == kNext, "another block");
    scheduler.worker(0).run_one(r);
  }
  void finish() { check(sent[1] || !sent[0], "found, then not"); }
};

const char* const kBits =
    "only the word's own bits are read; what a kill or a name wants beside them comes by a queue or a lock";
const char* const kTwice =
    "acquired twice: should_end looks, handle_urgent clears; each of the two shows the signal of set_urgent";
const char* const kSeal = "the release of seal() publishes the erasure";

const Suite suite("exit", [](Suite& s) {
  s.verify<AskWhileEnding>("linked and watched while ending", {.bound = 1});
  s.verify<Unread<false>>("link and watch unread", {.bound = 2});
  s.verify<Unread<true>>("link and watch unread behind a gap", {.bound = 1});
  s.verify<Withdrawn>("withdrawn behind a gap", {.bound = 1});
  s.verify<KillIdle>("idle, watched and killed", {.bound = 1});
  s.verify<Urgent>("urgent against the owner's look", {.bound = 4});
  s.verify<Born>("born while looked for", {.bound = 3});
  s.weakenings("every order weakened",
               {Suite::scenario<Born>({.bound = 1}), Suite::scenario<AskWhileEnding>({.bound = 0}),
                Suite::scenario<KillIdle>({.bound = 0}), Suite::scenario<Urgent>({.bound = 2})},
               {"runtime/process/process.", "runtime/process/exit.cpp", "runtime/process/node_core.",
                "runtime/process/worker_procs."},
               {{"begin_exit: fetch_or_acq_rel without acquire", kBits},
                {"begin_exit: fetch_or_acq_rel without release", kBits},
                {"begin_exit: store_release without release", kSeal},
                {"kill: cas_weak_acq_rel without acquire", kBits},
                {"kill: cas_weak_acq_rel without release", kBits},
                {"kill: cas_weak_acq_rel failing without acquire", kBits},
                {"admit_other: load_acquire without acquire", kBits},
                {"should_end: load_acquire without acquire", kTwice},
                {"set_urgent: fetch_or_acq_rel without acquire", kBits},
                {"handle_urgent: fetch_and_acq_rel without acquire", kTwice},
                {"handle_urgent: fetch_and_acq_rel without release", kBits}});
});

}  // namespace
