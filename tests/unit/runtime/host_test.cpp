// Hosts: limits, terminal hosts, stop; and the blocking pool's bounds.
#include <time.h>
#include <thread>

#include "runtime/dispatch/blocking_pool.hpp"
#include "tests/unit/runtime/puppet.hpp"

namespace wippy {
namespace {

using namespace test;
using test::Node;

void nap(uint64_t ns) {
  Parker p;
  static_cast<void>(p.park(monotonic_ns() + ns));
}

HostCore& second_host(Node& n, const char* id, uint32_t workers, uint32_t limit, bool terminal = false) {
  HostOptions o;
  o.id = id;
  o.workers = workers;
  o.max_processes = limit;
  o.terminal = terminal;
  ProcessHost& h = n.runtime().add_host(o);
  EXPECT_TRUE(h.start().ok());
  EXPECT_EQ(h.start().kind, ErrorKind::kConflict);
  return h.core();
}

SpawnOptions on(HostCore* host) {
  SpawnOptions o;
  o.host = host;
  return o;
}

TEST(Hosts, MaxProcessesIsExactUnderConcurrentSpawns) {
  Node n(4);
  static HostCore* limited;
  static Atomic<int> started{0};
  started.store_relaxed(0);
  limited = &second_host(n, "app:limited", 2, 50);
  n.run([](Context& self, Node& node) -> Behavior {
    for (int i = 0; i < 8; ++i) {
      spawn_native(
          self, {},
          [](Context& c, Pid boss) -> Behavior {
            int64_t taken = 0;
            for (int k = 0; k < 20; ++k) {
              const SpawnResult r = spawn_native(c, on(limited), [](Context& child) -> Behavior {
                started.fetch_add_relaxed(1);  // read at the end
                for (;;) Message m = co_await receive(child);
              });
              taken += r.status.ok() ? 1 : 0;
              if (!r.status.ok()) {
                EXPECT_EQ(r.status.kind, ErrorKind::kUnavailable);
                EXPECT_TRUE(r.status.retryable);
                EXPECT_FALSE(r.pid);
              }
              if (k % 3 == 0) co_await yield(c);
            }
            tell(c, boss, "taken", taken);
          },
          self.pid());
    }
    int64_t taken = 0;
    for (int i = 0; i < 8; ++i) {
      Message m = co_await receive(self);
      taken += m.integer();
    }
    EXPECT_EQ(taken, 50);
    node.done();
  });
  EXPECT_EQ(limited->limited_live(), 50);
  nap(20 * kMs);
  EXPECT_EQ(started.load_relaxed(), 50);
}

// Whoever handles the EXIT may use the place: a supervisor's restart on a full host must not be refused.
TEST(Hosts, ThePlaceIsFreeWhenTheExitIsHandled) {
  Node n(2);
  static HostCore* limited;
  limited = &second_host(n, "app:limited", 1, 1);
  n.run([](Context& self, Node& node) -> Behavior {
    for (int i = 0; i < 2000; ++i) {
      const SpawnResult r = spawn_native(self, watched(limited), nothing);
      EXPECT_TRUE(r.status.ok()) << "round " << i << ": " << r.status.message;
      if (!r.status.ok()) break;
      Message m = co_await receive(self);
      expect_exit(m, r.pid);
    }
    node.done();
  });
}

// The same when the exit goes out in slices: the first watchers run before the last are told.
TEST(Hosts, ThePlaceIsFreeForTheFirstOfManyWatchers) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid target = spawn_puppet(self);
    constexpr int kWatchers = 500;
    for (int i = 0; i < kWatchers; ++i) {
      spawn_native(
          self, {},
          [](Context& c, Pid t, Pid boss) -> Behavior {
            EXPECT_TRUE(c.monitor(t).ok());
            tell(c, boss, "up");
            Message m = co_await receive(c);
            tell(c, boss, "live", c.node().live_processes());
            Message end = co_await receive(c);
          },
          target, self.pid());
      Message up = co_await receive(self);
      expect_note(up, "up", 0);
    }
    tell(self, target, "end");
    int late = 0;
    for (int i = 0; i < kWatchers; ++i) {
      Message m = co_await receive(self);
      late += m.integer() != kWatchers + 1 ? 1 : 0;
    }
    EXPECT_EQ(late, 0) << "the finished process was still counted";
    node.done();
  });
}

TEST(Hosts, ATerminalHostRunsOneProcess) {
  Node n(2);
  static HostCore* terminal;
  terminal = &second_host(n, "app:terminal", 1, 0, true);
  n.run([](Context& self, Node& node) -> Behavior {
    const SpawnResult first = spawn_native(self, watched(terminal), puppet, self.pid());
    EXPECT_TRUE(first.status.ok());
    const SpawnResult second = spawn_native(self, watched(terminal), nothing);
    EXPECT_EQ(second.status.kind, ErrorKind::kConflict);
    EXPECT_EQ(second.pid, first.pid) << "who is in the way";
    tell(self, first.pid, "end");
    Message m = co_await receive(self);
    expect_exit(m, first.pid);
    EXPECT_TRUE(spawn_native(self, on(terminal), nothing).status.ok());
    node.done();
  });
}

TEST(Hosts, AFailingFactoryLeavesNothingBehind) {
  Node n(1);
  static HostCore* limited;
  limited = &second_host(n, "app:limited", 1, 3);
  struct Refusing final : MachineFactory {
    Status create(Context&, Machine*&, std::string& text) override {
      text = "line 1: no";
      return Status::error(ErrorKind::kInvalid, "does not compile");
    }
  };
  n.run([](Context& self, Node& node) -> Behavior {
    const int64_t before = self.node().live_processes();
    for (int i = 0; i < 1000; ++i) {
      Refusing f;
      const SpawnResult r = self.spawn(f, watched(limited));
      EXPECT_EQ(r.status.kind, ErrorKind::kInvalid);
      EXPECT_EQ(r.error_text, "line 1: no");
      EXPECT_FALSE(r.pid);
    }
    EXPECT_EQ(limited->limited_live(), 0);
    EXPECT_EQ(self.node().live_processes(), before);
    WIPPY_SILENCE(10 * kMs);
    node.done();
  });
}

// A machine that has no coroutine frame leaves its place to the ext, whatever way the spawn takes: with something to furnish,
// or, from the second time on, with a block of the worker's own and nothing else.
TEST(Hosts, AnExtLiesInThePlaceOfAFrameThatIsNotNeeded) {
  struct Frameless final : MachineFactory {
    Frameless() : MachineFactory(true) {}
    Status create(Context& child, Machine*&, std::string&) override {
      auto& p = static_cast<Process&>(child);
      in_block += reinterpret_cast<char*>(p.make_ext()) == p.frame_storage() ? 1 : 0;
      return Status::error(ErrorKind::kInvalid, "no");
    }
    int in_block = 0;
  };
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    const int64_t before = self.node().live_processes();
    for (const SpawnOptions& options : {SpawnOptions{}, watched()}) {
      Frameless f;
      for (int i = 0; i < 100; ++i) {
        const SpawnResult r = self.spawn(f, options);
        EXPECT_EQ(r.status.kind, ErrorKind::kInvalid);
        EXPECT_FALSE(r.pid);
      }
      EXPECT_EQ(f.in_block, 100);
    }
    EXPECT_EQ(self.node().live_processes(), before);
    node.done();
    co_return;
  });
}

TEST(Hosts, C327_StopCancelsThenKillsAndRefusesNewcomers) {
  Node n(2);
  static HostCore* other;
  static Atomic<int> phase{0};
  phase.store_relaxed(0);
  other = &second_host(n, "app:other", 2, 0);
  ProcessHost* host = n.runtime().host("app:other");
  uint32_t killed = 99;
  std::thread stopper([&] {
    ThreadMemory scope(n.runtime().pools(), 0, ReaderKind::kOutside);
    while (phase.load_acquire() != 1) nap(kMs);
    host->begin_stop(60 * kMs);
    phase.store_release(2);
    killed = host->finish_stop(monotonic_ns() + 60 * kMs);
    phase.store_release(3);
  });
  n.run([](Context& self, Node& node) -> Behavior {
    const Pid polite = spawn_native(self, watched(other), [](Context& c) -> Behavior {
                         Message m = co_await receive(c);
                         EXPECT_EQ(m.kind(), SignalKind::kCancel);
                         EXPECT_EQ(m.from(), Pid{}) << "the runtime itself cancels";
                         EXPECT_NE(m.ref(), 0u) << "it says until when";
                       }).pid;
    const Pid stubborn = spawn_native(self, watched(other), deaf).pid;
    phase.store_release(1);
    while (phase.load_acquire() < 2) co_await sleep_for(self, kMs);
    const SpawnResult late = spawn_native(self, watched(other), nothing);
    EXPECT_EQ(late.status.kind, ErrorKind::kUnavailable);
    Message first = co_await receive(self);
    expect_exit(first, polite);
    EXPECT_FALSE(first.abnormal());
    Message second = co_await receive(self);
    expect_failure(second, stubborn, SignalKind::kExit, "cancel deadline exceeded");
    while (phase.load_acquire() < 3) co_await sleep_for(self, kMs);
    const SpawnResult after = spawn_native(self, watched(other), nothing);
    EXPECT_EQ(after.status.kind, ErrorKind::kUnavailable);
    node.done();
  });
  stopper.join();
  EXPECT_EQ(killed, 1u);
}

TEST(Hosts, H107_ASecondStopDoesNothingAndASecondStartIsAConflict) {
  Node n(1);
  ProcessHost& host = *n.runtime().host(second_host(n, "app:other", 1, 0).id());
  EXPECT_EQ(host.start().kind, ErrorKind::kConflict);
  for (int i = 0; i < 2; ++i) {
    host.begin_stop(0);
    EXPECT_EQ(host.finish_stop(monotonic_ns() + 1000 * kMs), 0u);
    EXPECT_EQ(host.core().state(), HostState::kStopped);
  }
  EXPECT_TRUE(host.start().ok());
  EXPECT_EQ(host.start().kind, ErrorKind::kConflict);
  EXPECT_EQ(host.core().state(), HostState::kRunning);
}

// A spawn that has passed the host's door when the stop begins (a slow compiler, say) brings its process into a stopping
// host: it is ended like the others, and its monitor is told.
Atomic<int> g_door{0};
class SlowFactory final : public MachineFactory {
 public:
  Status create(Context& child, Machine*& machine, std::string&) override {
    g_door.store_release(1);
    while (g_door.load_acquire() < 2) nap(kMs);  // the stop has begun
    nap(40 * kMs);
    put_native_machine(child, deaf(child), machine);
    return Status::good();
  }
};

TEST(Hosts, StopWaitsForSpawnsThatHadBegun) {
  for (const bool from_outside : {false, true}) {
    g_door.store_relaxed(0);
    Node n(2);
    static HostCore* other;
    other = &second_host(n, "app:other", 2, 0);
    ProcessHost* host = n.runtime().host("app:other");
    uint32_t killed = 99;
    std::thread stopper([&] {
      ThreadMemory scope(n.runtime().pools(), 0, ReaderKind::kOutside);
      while (g_door.load_acquire() != 1) nap(kMs);
      host->begin_stop(0);
      g_door.store_release(2);
      killed = host->finish_stop(monotonic_ns());
      g_door.store_release(3);
    });
    if (from_outside) {
      SlowFactory factory;
      EXPECT_TRUE(n.runtime().node().spawn(factory, on(other)).status.ok());
    } else {
      n.run([](Context& self, Node& node) -> Behavior {
        SlowFactory factory;
        const SpawnResult r = self.spawn(factory, watched(other));
        EXPECT_TRUE(r.status.ok());
        Message m = co_await receive_for(self, 5'000 * kMs);
        expect_failure(m, r.pid, SignalKind::kExit, "cancel deadline exceeded");
        node.done();
      });
    }
    stopper.join();
    EXPECT_EQ(killed, 1u);
    EXPECT_TRUE(host->pids().empty());
    EXPECT_TRUE(n.empties());
  }
}

TEST(Hosts, StopUnderFullTrafficEnds) {
  for (int round = 0; round < 10; ++round) {
    Node n(4);
    static HostCore* other;
    other = &second_host(n, "app:other", 2, 0);
    n.run([](Context& self, Node& node) -> Behavior {
      for (int i = 0; i < 50; ++i) {
        spawn_native(self, on(i % 2 == 0 ? other : nullptr), [](Context& c) -> Behavior {
          const Pid peer = spawn_native(c, on(other), [](Context& e) -> Behavior {
                             for (;;) {
                               Message m = co_await receive(e);
                               static_cast<void>(send(e, m.from(), "back", 1));
                             }
                           }).pid;
          for (;;) {
            static_cast<void>(send(c, peer, "out", 1));
            spawn_native(c, linked(), nothing);
            Message m = co_await receive_for(c, kMs);
          }
        });
      }
      co_await sleep_for(self, 20 * kMs);
      node.done();
    });
    EXPECT_GT(n.runtime().stop(2 * kMs), 0u);
    EXPECT_EQ(n.runtime().node().live_processes(), 0);
    EXPECT_TRUE(n.host().pids().empty());
  }
}

// --- blocking pool

struct Gate {
  Atomic<uint32_t> open{0};
  Atomic<uint32_t> ran{0};
  Atomic<uint32_t> disposed{0};
};
std::string wait_at_gate(void* arg) {
  auto& g = *static_cast<Gate*>(arg);
  while (g.open.load_acquire() == 0) nap(kMs);
  g.ran.fetch_add_relaxed(1);  // read after stop
  return {};
}
void count_disposal(void* arg) { static_cast<Gate*>(arg)->disposed.fetch_add_relaxed(1); }

TEST(Pool, TheQueueIsBoundedAndHalfOfItForOneHost) {
  Node n(1);
  Gate gate;
  BlockingPool pool(n.runtime().node(), 2);
  const auto submit = [&](uint16_t host) {
    return pool.submit(Command{Pid{}, 1, host, wait_at_gate, &gate, count_disposal});
  };
  uint32_t accepted = 0;
  for (; accepted < 2; ++accepted) ASSERT_TRUE(submit(0));
  nap(50 * kMs);  // both threads hold one each now
  uint32_t first = 0, second = 0, third = 0;
  while (submit(0)) ++first;
  EXPECT_EQ(first, BlockingPool::kQueue / 2);
  while (submit(1)) ++second;
  EXPECT_EQ(second, BlockingPool::kQueue / 2);
  while (submit(2)) ++third;
  EXPECT_EQ(third, 0u);
  accepted += first + second;
  gate.open.store_release(1);
  pool.stop();
  EXPECT_EQ(gate.ran.load_relaxed(), accepted) << "what was queued runs before stop returns";
  EXPECT_EQ(gate.disposed.load_relaxed(), accepted);
  EXPECT_FALSE(submit(0)) << "stopped";
  EXPECT_EQ(gate.disposed.load_relaxed(), accepted) << "a refused command stays the caller's";
}

TEST(Pool, ThrowingWorkIsTheCallersErrorAndLateAnswersAreHarmless) {
  Node n(2);
  n.run([](Context& self, Node& node) -> Behavior {
    Message bad = co_await call(
        self, [](void*) -> std::string { throw 7; }, nullptr, nullptr);
    ValueReader r;
    EXPECT_TRUE(r.open_body(bad.body()).ok());
    EXPECT_EQ(r.next().token, Token::kError);
    const Pid p = spawn_native(self, watched(), [](Context& c) -> Behavior {
                    Message m = co_await call(
                        c,
                        [](void*) {
                          nap(20 * kMs);
                          return std::string(20'000, 'x');
                        },
                        nullptr, nullptr);
                    ADD_FAILURE() << "went on after its kill";
                  }).pid;
    co_await sleep_for(self, 2 * kMs);
    EXPECT_TRUE(self.terminate(p).ok());
    Message m = co_await receive(self);
    expect_failure(m, p, SignalKind::kExit, "process terminated");
    co_await sleep_for(self, 40 * kMs);
    Message big = co_await call(
        self, [](void*) { return std::string(100'000, 'y'); }, nullptr, nullptr);
    EXPECT_EQ(big.body().size(), 100'000u);
    node.done();
  });
  EXPECT_TRUE(n.empties());
}

TEST(Pool, ARefusedCallGivesItsArgumentBackOnce) {
  Node n(2);
  static Gate gate;
  gate.open.store_relaxed(0);
  gate.disposed.store_relaxed(0);
  static constexpr uint32_t kCallers = 700;  // 8 run, 512 wait, the rest is refused
  n.run([](Context& self, Node& node) -> Behavior {
    for (uint32_t i = 0; i < kCallers; ++i) {
      spawn_native(
          self, {},
          [](Context& c, Pid boss) -> Behavior {
            Message m = co_await call(c, wait_at_gate, &gate, count_disposal);
            tell(c, boss, m ? "ran" : "refused");
          },
          self.pid());
    }
    uint32_t refused = 0, ran = 0;
    for (uint32_t i = 0; i < kCallers; ++i) {
      Message m = co_await receive_for(self, i < kCallers - 520 ? 10'000 * kMs : 100 * kMs);
      if (!m) {
        gate.open.store_release(1);
        --i;
        continue;
      }
      ++(m.topic() == "ran" ? ran : refused);
      if (refused >= kCallers - 520) gate.open.store_release(1);
    }
    EXPECT_EQ(refused + ran, kCallers);
    EXPECT_GE(refused, kCallers - 520 - 8);
    node.done();
  });
  EXPECT_EQ(gate.disposed.load_relaxed(), kCallers);
}

}  // namespace
}  // namespace wippy
