// What the count gate relies on (bench/gate): each seam counts what happens there, and kOnlyAtWaits switches nowhere else.
#include <gtest/gtest.h>

#include "mailbox/signal.hpp"
#include "memory/arena.hpp"
#include "memory/mutex.hpp"
#include "runtime/sim/sim.hpp"
#include "scheduler/parker.hpp"
#include "scheduler/thread.hpp"

namespace wippy {
namespace {

uint64_t times(Counted what) { return sim::counts()[static_cast<std::size_t>(what)].times; }
uint64_t amount(Counted what) { return sim::counts()[static_cast<std::size_t>(what)].amount; }

TEST(SimCounts, OnlyFailedSwapsCount) {
  Atomic<uint32_t> word{1};
  const uint64_t before = times(Counted::kCasFailed);
  uint32_t expected = 1;
  EXPECT_TRUE(word.cas_strong_acq_rel(expected, 2));
  EXPECT_EQ(times(Counted::kCasFailed), before);
  EXPECT_FALSE(word.cas_strong_acq_rel(expected, 3));
  expected = 7;
  EXPECT_FALSE(word.cas_weak_release(expected, 3));
  EXPECT_EQ(times(Counted::kCasFailed), before + 2);
}

TEST(SimCounts, WakesAndSystemCalls) {
  const sim::Result r = sim::run(1, {}, [] {
    Parker parker;
    const uint64_t wakes = times(Counted::kWake);
    const uint64_t calls = times(Counted::kSyscall);
    parker.unpark();  // nobody sleeps: no system call
    EXPECT_EQ(times(Counted::kWake), wakes + 1);
    EXPECT_EQ(times(Counted::kSyscall), calls);
    EXPECT_TRUE(parker.park(kNeverNs));
    EXPECT_EQ(times(Counted::kSyscall), calls);
    EXPECT_FALSE(parker.park(monotonic_ns() + 1000));
    EXPECT_EQ(times(Counted::kSyscall), calls + 1);
    yield_thread();
    EXPECT_EQ(times(Counted::kSyscall), calls + 2);
    return 0;
  });
  EXPECT_EQ(r.outcome, sim::Outcome::kFinished);
}

TEST(SimCounts, MemoryAndCopies) {
  const sim::Result r = sim::run(1, {}, [] {
    MemoryPools pools(1, nullptr, std::size_t{1} << 30);
    ThreadMemory scope(pools, NodeId{0}, ReaderKind::kOutside);
    const uint64_t slab = amount(Counted::kSlab);
    const uint64_t freed = amount(Counted::kSlabFree);
    const uint64_t copied = amount(Counted::kCopy);
    Signal* s = make_signal(SignalKind::kMessage, Pid{}, 0, "twelve bytes", 12);
    EXPECT_EQ(amount(Counted::kSlab), slab + 64);
    EXPECT_EQ(amount(Counted::kCopy), copied + 12);
    destroy_signal(s);
    EXPECT_EQ(amount(Counted::kSlabFree), freed + 64);
    const uint64_t blocks = times(Counted::kArena);
    Arena arena;
    EXPECT_NE(arena.allocate(40), nullptr);
    EXPECT_EQ(times(Counted::kArena), blocks + 1);
    return 0;
  });
  EXPECT_EQ(r.outcome, sim::Outcome::kFinished);
}

uint32_t g_seen = 0;

TEST(SimCounts, AnObserverIsNotCalledForWhatItDoes) {
  g_seen = 0;
  sim::observe_counts([](Counted) {
    ++g_seen;
    count(Counted::kWake);
  });
  const uint64_t wakes = times(Counted::kWake);
  count(Counted::kCopy, 5);
  count(Counted::kCopy, 5);
  sim::observe_counts(nullptr);
  count(Counted::kCopy, 5);
  EXPECT_EQ(g_seen, 2u);
  EXPECT_EQ(times(Counted::kWake), wakes + 2);
}

// load; store of load + 1: any switch in between loses an increment (kernel_test.cpp: most seeds do).
TEST(SimCounts, OnlyAtWaitsSwitchesNowhereElse) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Atomic<uint32_t> counter{0};
    sim::Options o;
    o.mean_points = sim::kOnlyAtWaits;
    const sim::Result r = sim::run(seed, o, [&counter] {
      Thread t[3];
      for (Thread& each : t) {
        EXPECT_TRUE(each.start(
            "adder",
            [](void* p) {
              auto& c = *static_cast<Atomic<uint32_t>*>(p);
              for (int i = 0; i < 2000; ++i) {
                c.store_relaxed(c.load_relaxed() + 1);  // no partner: that nobody comes between is what is tested
                if (i % 100 == 0) yield_thread();
              }
            },
            &counter));
      }
      for (Thread& each : t) each.join();
      return 0;
    });
    EXPECT_EQ(r.outcome, sim::Outcome::kFinished);
    EXPECT_GT(r.switches, 10u);
    EXPECT_EQ(counter.load_relaxed(), 6000u) << seed;
  }
}

}  // namespace
}  // namespace wippy
