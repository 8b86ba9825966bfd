// A host of the process layer with one worker and two processes, for suites over runtime/process as it is. They are compiled
// without access control and with WIPPY_QUIET_FLIGHT (tests/model.cmake): the flight recorder writes plain words there, so that
// its fences do not stand in for one that a protocol needs. The production sources are in process_layer.cpp.
#pragma once

#include "model/checker/suite.hpp"
#include "model/pools.hpp"
#include "runtime/process/mail_limit.hpp"
#include "runtime/process/process_ext.hpp"
#include "runtime/process/worker_procs.hpp"
#include "scheduler/monitor.hpp"
#include "scheduler/scheduler.hpp"

namespace wippy::model {

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

inline Placement one_worker() {
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
  SpinGate gate{0};  // nobody spins
  Monitor monitor{gate, 0};
  NodeCore node{pools, {12, nullptr, {}}};
  HostCore& host = node.add_host("h");
  Scheduler scheduler{Scheduler::Config{"h", one_worker(), 1, nullptr, pools, gate, monitor, g_topology}};
  Memory worker_memory{pools, ReaderKind::kWorker};
  Memory first{pools, ReaderKind::kOutside};
  Memory second{pools, ReaderKind::kOutside};
  WorkerProcs procs{node, host};
  FlightRing flight{0};
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
    w.hooks_.reset(&procs);
    procs.flight_ = &flight;
    w.reader_ = &worker_memory.get()->reader();
    w.reader_->last_seen = 0;
    pools.grace().online(*w.reader_);
    w.steps_to_tick_ = 1'000'000;
    for (Memory* m : {&worker_memory, &first, &second}) m->get()->free(m->get()->allocate(0), 0);  // carve now
    enter_worker();
    machine[0].fails = fails_at_once;
    p = born(machine[0]);
    q = born(machine[1]);
    pid_p = p->identity();
    pid_q = q->identity();
  }
  ~World() {
    enter_worker();
    procs.flight_ = nullptr;
    static_cast<void>(scheduler.worker(0).hooks_.release());
  }

  // As spawn.cpp does, without a queue: the scenario runs P itself, and Q never runs.
  Process* born(Machine& m, const MailLimits& limits = {}) {
    Process* n = procs.allocate(host, 0);
    n->set_machine(&m);
    if (limits.bounded()) check(n->set_mail_limit(MailLimit::create(limits, 1)), "memory for the limit");
    procs.count_spawned();
    n->publish();
    return n;
  }
  bool send(SignalKind kind, uint64_t ref) {
    Signal* s = make_bare_signal(kind, pid_q, ref);
    if (kind == SignalKind::kUnlink) s->wide.aux = 0;
    return node.deliver(pid_p, s);
  }
  void enter_sender(int id) { t_this_thread = ThisThread{id == 1 ? first.get() : second.get(), nullptr, nullptr}; }
  void enter_worker() { t_this_thread = ThisThread{worker_memory.get(), &scheduler.worker(0), &flight}; }

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
    enter_worker();
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

}  // namespace wippy::model
