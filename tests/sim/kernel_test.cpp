// The simulation's own machinery: fibers, clock, futex semantics, locks, failures, repeatability.
#include <gtest/gtest.h>

#include <ctime>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "memory/mutex.hpp"
#include "runtime/sim/sim.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/parker.hpp"
#include "scheduler/thread.hpp"

namespace wippy {
namespace {

sim::Options quiet_options() {
  sim::Options o;
  o.freeze_per_mille = 0;
  o.spurious_per_mille = 0;
  return o;
}

struct Shared {
  Atomic<uint32_t> counter{0};
  Atomic<uint32_t> flag{0};
  Parker parker;
  Mutex mutex;
  std::vector<int> order;
  uint64_t woke_ns = 0;
  uint32_t inside = 0;
  uint32_t most_inside = 0;
};

TEST(SimKernel, MainRunsAndItsCodeComesBack) {
  const sim::Result r = sim::run(1, {}, [] { return 42; });
  EXPECT_EQ(r.outcome, sim::Outcome::kFinished);
  EXPECT_EQ(r.code, 42);
  EXPECT_EQ(r.fibers_left, 0u);
  EXPECT_TRUE(r.report.empty());
}

TEST(SimKernel, ThreadsInterleaveAtAtomicVerbs) {
  // load; store of load + 1: only an interleaving loses an increment.
  uint32_t lossy = 0;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Shared s;
    sim::run(seed, {}, [&s] {
      Thread t[2];
      for (Thread& each : t) {
        EXPECT_TRUE(each.start(
            "adder",
            [](void* p) {
              auto& x = *static_cast<Shared*>(p);
              for (int i = 0; i < 200; ++i) x.counter.store_relaxed(x.counter.load_relaxed() + 1);
            },
            &s));
      }
      for (Thread& each : t) each.join();
      return 0;
    });
    EXPECT_LE(s.counter.load_relaxed(), 400u);
    if (s.counter.load_relaxed() < 400) ++lossy;
  }
  EXPECT_GT(lossy, 20u);
}

TEST(SimKernel, ReadModifyWritesLoseNothing) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Shared s;
    sim::run(seed, {}, [&s] {
      Thread t[3];
      for (Thread& each : t) {
        EXPECT_TRUE(each.start(
            "adder",
            [](void* p) {
              for (int i = 0; i < 100; ++i) static_cast<Shared*>(p)->counter.fetch_add_relaxed(1);
            },
            &s));
      }
      for (Thread& each : t) each.join();
      return 0;
    });
    EXPECT_EQ(s.counter.load_relaxed(), 300u);
  }
}

TEST(SimKernel, TimeJumpsToTheDeadlineWhenAllWait) {
  Shared s;
  const sim::Result r = sim::run(3, quiet_options(), [&s] {
    const uint64_t t0 = monotonic_ns();
    EXPECT_FALSE(s.parker.park(t0 + 3'600'000'000'000));
    EXPECT_GE(monotonic_ns(), t0 + 3'600'000'000'000);
    EXPECT_LT(monotonic_ns(), t0 + 3'600'001'000'000);
    return 0;
  });
  EXPECT_EQ(r.outcome, sim::Outcome::kFinished);
  EXPECT_LT(r.points, 100u);
}

TEST(SimKernel, TimeMovesWithWorkAndIsTheWallsToo) {
  sim::run(4, {}, [] {
    const uint64_t mono = monotonic_ns();
    const uint64_t wall = wall_ns();
    Atomic<uint32_t> a{0};
    for (int i = 0; i < 1000; ++i) a.fetch_add_relaxed(1);
    EXPECT_GE(monotonic_ns() - mono, 5000u);
    EXPECT_GE(wall_ns() - wall, 5000u);
    EXPECT_EQ(static_cast<uint64_t>(std::time(nullptr)), wall_ns() / 1'000'000'000u)
        << "is the link missing --wrap=time?";
    return 0;
  });
}

TEST(SimKernel, UnparkEndsAPark) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    Shared s;
    const sim::Result r = sim::run(seed, {}, [&s] {
      Thread sleeper;
      EXPECT_TRUE(sleeper.start(
          "sleeper",
          [](void* p) {
            auto& x = *static_cast<Shared*>(p);
            while (x.flag.load_acquire() == 0) static_cast<void>(x.parker.park(kNeverNs));
            x.order.push_back(2);
          },
          &s));
      for (uint64_t i = 0; i < sim::random_u64() % 20; ++i) cpu_relax();
      s.order.push_back(1);
      s.flag.store_release(1);
      s.parker.unpark();
      sleeper.join();
      return 0;
    });
    ASSERT_EQ(r.outcome, sim::Outcome::kFinished) << r.report;
    EXPECT_EQ(s.order, (std::vector<int>{1, 2}));
  }
}

TEST(SimKernel, WakeOneWakesOneOfTheWaiters) {
  Shared s;
  std::set<int> first;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    s.order.clear();
    s.flag.store_relaxed(0);
    struct Waiter {
      Shared* s;
      int number;
    };
    const sim::Result r = sim::run(seed, quiet_options(), [&s] {
      Waiter w[3] = {{&s, 0}, {&s, 1}, {&s, 2}};
      Thread t[3];
      for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(t[i].start(
            "waiter",
            [](void* p) {
              auto& x = *static_cast<Waiter*>(p);
              futex_wait(x.s->flag, 0, kNeverNs);
              x.s->order.push_back(x.number);
              futex_wake_one(x.s->flag);
            },
            &w[i]));
      }
      Parker pause;
      static_cast<void>(pause.park(monotonic_ns() + 10'000'000));
      EXPECT_TRUE(s.order.empty());
      futex_wake_one(s.flag);
      for (Thread& each : t) each.join();
      return 0;
    });
    ASSERT_EQ(r.outcome, sim::Outcome::kFinished) << r.report;
    ASSERT_EQ(s.order.size(), 3u);
    first.insert(s.order.front());
  }
  EXPECT_EQ(first.size(), 3u) << "the woken one is chosen by the seed";
}

TEST(SimKernel, LocksExclude) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Shared s;
    const sim::Result r = sim::run(seed, {}, [&s] {
      Thread t[4];
      for (Thread& each : t) {
        EXPECT_TRUE(each.start(
            "locker",
            [](void* p) {
              auto& x = *static_cast<Shared*>(p);
              for (int i = 0; i < 20; ++i) {
                LockGuard lock(x.mutex);
                if (++x.inside > x.most_inside) x.most_inside = x.inside;
                for (int k = 0; k < 5; ++k) cpu_relax();
                --x.inside;
              }
            },
            &s));
      }
      for (Thread& each : t) each.join();
      return 0;
    });
    ASSERT_EQ(r.outcome, sim::Outcome::kFinished) << r.report;
    EXPECT_EQ(s.most_inside, 1u);
  }
}

TEST(SimKernel, DeadlockIsReportedWithNames) {
  Shared s;
  sim::Options o = quiet_options();
  o.replay = "some command";
  const sim::Result r = sim::run(5, o, [&s] {
    Thread t;
    EXPECT_TRUE(t.start(
        "forgotten", [](void* p) { static_cast<void>(static_cast<Shared*>(p)->parker.park(kNeverNs)); }, &s));
    t.join();
    return 0;
  });
  EXPECT_EQ(r.outcome, sim::Outcome::kDeadlock);
  EXPECT_EQ(r.code, 3);
  EXPECT_NE(r.report.find("forgotten"), std::string::npos) << r.report;
  EXPECT_NE(r.report.find("waits for a wake-up"), std::string::npos) << r.report;
  EXPECT_NE(r.report.find("waits for another thread's end"), std::string::npos) << r.report;
  EXPECT_NE(r.report.find("replay: some command"), std::string::npos) << r.report;
  EXPECT_EQ(sim::run(5, {}, [] { return 1; }).code, 1) << "the next run is whole again";
}

TEST(SimKernel, LocksTakenCrosswiseAreADeadlockOnSomeSeed) {
  uint32_t found = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    struct Two {
      Mutex a, b;
    };
    auto* two = new Two;  // a failed run never leaves
    const sim::Result r = sim::run(seed, {}, [two] {
      Thread t;
      EXPECT_TRUE(t.start(
          "ba",
          [](void* p) {
            LockGuard first(static_cast<Two*>(p)->b);
            LockGuard second(static_cast<Two*>(p)->a);
          },
          two));
      {
        LockGuard first(two->a);
        LockGuard second(two->b);
      }
      t.join();
      return 0;
    });
    if (r.outcome == sim::Outcome::kDeadlock) {
      ++found;
      EXPECT_NE(r.report.find("waits for a lock"), std::string::npos) << r.report;
    }
    delete two;
  }
  EXPECT_GT(found, 0u);
  EXPECT_LT(found, 60u);
}

TEST(SimKernel, EndlessLoopHitsTheLimit) {
  sim::Options o;
  o.max_points = 100'000;
  const sim::Result r = sim::run(6, o, []() -> int {
    for (;;) cpu_relax();
  });
  EXPECT_EQ(r.outcome, sim::Outcome::kLimit);
}

TEST(SimKernel, TheOperatorIsAskedWhenNothingCanHappen) {
  Shared s;
  sim::Options o = quiet_options();
  o.operator_stops = [&s] {
    if (s.flag.load_relaxed() != 0) return false;
    s.flag.store_relaxed(1);
    s.parker.unpark();
    return true;
  };
  const sim::Result r = sim::run(7, o, [&s] {
    while (s.flag.load_acquire() == 0) static_cast<void>(s.parker.park(kNeverNs));
    return 9;
  });
  EXPECT_EQ(r.outcome, sim::Outcome::kFinished) << r.report;
  EXPECT_EQ(r.code, 9);
}

TEST(SimKernel, TheOperatorIsAskedWhenTimeIsOver) {
  Shared s;
  sim::Options o = quiet_options();
  o.max_virtual_ns = 3'000'000'000;
  o.operator_stops = [&s] {
    if (s.flag.load_relaxed() != 0) return false;
    s.flag.store_release(1);
    return true;
  };
  const auto tick = [&s](uint32_t until) {
    uint64_t seconds = 0;
    for (; s.flag.load_acquire() < until; ++seconds) static_cast<void>(s.parker.park(monotonic_ns() + 1'000'000'000));
    return static_cast<int>(seconds);
  };
  const sim::Result obedient = sim::run(8, o, [&] { return tick(1); });
  EXPECT_EQ(obedient.outcome, sim::Outcome::kFinished) << obedient.report;
  EXPECT_GE(obedient.virtual_ns, 3'000'000'000u);
  EXPECT_LT(obedient.virtual_ns, 5'000'000'000u);
  s.flag.store_relaxed(0);
  const sim::Result stubborn = sim::run(8, o, [&] { return tick(2); });
  EXPECT_EQ(stubborn.outcome, sim::Outcome::kLimit);
  EXPECT_GT(stubborn.virtual_ns, 63'000'000'000u);
}

TEST(SimKernel, ExceptionsStayInTheirFiber) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Shared s;
    sim::Options o;
    o.mean_points = 2;
    sim::run(seed, o, [&s] {
      Thread t[3];
      for (Thread& each : t) {
        EXPECT_TRUE(each.start(
            "thrower",
            [](void* p) {
              auto& x = *static_cast<Shared*>(p);
              for (int i = 0; i < 10; ++i) {
                const std::string mine = std::to_string(x.counter.fetch_add_relaxed(1));
                try {
                  throw std::runtime_error(mine);
                } catch (const std::exception&) {
                  for (int k = 0; k < 5; ++k) cpu_relax();  // others throw and catch meanwhile
                  try {
                    throw;
                  } catch (const std::exception& again) {
                    EXPECT_EQ(again.what(), mine);
                  }
                }
                EXPECT_EQ(std::uncaught_exceptions(), 0);
              }
            },
            &s));
      }
      for (Thread& each : t) each.join();
      return 0;
    });
  }
}

uint64_t workload(uint64_t seed, uint64_t* events) {
  Shared s;
  const sim::Result r = sim::run(seed, {}, [&s] {
    Thread t[3];
    for (Thread& each : t) {
      EXPECT_TRUE(each.start(
          "w",
          [](void* p) {
            auto& x = *static_cast<Shared*>(p);
            for (int i = 0; i < 50; ++i) {
              sim::record_event(x.counter.fetch_add_relaxed(1), 1, 2);
              if (sim::random_u64() % 8 == 0) yield_thread();
            }
          },
          &s));
    }
    for (Thread& each : t) each.join();
    return 0;
  });
  *events = r.events;
  return r.schedule_hash;
}

TEST(SimKernel, SameSeedSameScheduleOtherSeedOther) {
  std::set<uint64_t> seen;
  uint64_t events = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const uint64_t once = workload(seed, &events);
    EXPECT_EQ(events, 150u);
    EXPECT_EQ(workload(seed, &events), once) << seed;
    seen.insert(once);
  }
  EXPECT_EQ(seen.size(), 40u);
}

TEST(SimKernel, ASwitchPointThatDoesNotSwitchIsCheap) {
  timespec a{}, b{};
  sim::Options o = quiet_options();
  o.mean_points = 512;
  constexpr uint32_t kRounds = 20'000'000;
  sim::run(1, o, [&] {
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    for (uint32_t i = 0; i < kRounds; ++i) {
      sim::switch_point();
      asm volatile("" ::: "memory");
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    return 0;
  });
  const double ns =
      (static_cast<double>(b.tv_sec - a.tv_sec) * 1e9 + static_cast<double>(b.tv_nsec - a.tv_nsec)) / kRounds;
  RecordProperty("ns_per_switch_point", std::to_string(ns));
  std::printf("             %.2f ns per switch point\n", ns);
  EXPECT_LT(ns, 10.0);
}

}  // namespace
}  // namespace wippy
