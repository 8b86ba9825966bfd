// Idle accounting, one thread: each transition, and random histories against counts kept by hand.
#include "scheduler/idle.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace wippy {
namespace {

std::vector<uint32_t> nodes(uint32_t workers) { return std::vector<uint32_t>(workers, 0); }

void expect_counts(const Idle& idle, uint32_t searching, uint32_t awake, uint32_t sleeping) {
  const IdleCounts c = idle.counts();
  EXPECT_EQ(c.searching, searching);
  EXPECT_EQ(c.awake, awake);
  EXPECT_EQ(c.sleeping, sleeping);
}

TEST(Idle, NobodyToWakeWhileAllAreAwake) {
  Idle idle(2, nodes(2));
  expect_counts(idle, 0, 2, 0);
  EXPECT_FALSE(idle.wake_one(0).any());
  EXPECT_FALSE(idle.wake_one(0, 1).any());
}

TEST(Idle, WokenWorkerSearchesAndASecondPublisherDoesNotWake) {
  Idle idle(3, nodes(3));
  EXPECT_EQ(idle.announce_sleep(1, false), Place::kSleeping);
  EXPECT_EQ(idle.announce_sleep(2, false), Place::kSleeping);
  const Wake w = idle.wake_one(0);
  EXPECT_EQ(w.worker, 2u) << "last in, first out";
  expect_counts(idle, 1, 2, 1);
  EXPECT_FALSE(idle.wake_one(0).any());
  EXPECT_TRUE(idle.resume(2, false));
  EXPECT_TRUE(idle.found_work()) << "the last searcher that finds work wakes the next";
  EXPECT_EQ(idle.wake_one(0).worker, 1u);
  EXPECT_FALSE(idle.found_work()) << "nobody left to wake";
  expect_counts(idle, 0, 3, 0);
}

TEST(Idle, AtMostHalfSearch) {
  Idle idle(4, nodes(4));
  EXPECT_TRUE(idle.try_search());
  EXPECT_TRUE(idle.try_search());
  EXPECT_FALSE(idle.try_search());
  EXPECT_FALSE(idle.found_work());
  EXPECT_TRUE(idle.try_search());
  Idle single(1, nodes(1));
  EXPECT_TRUE(single.try_search());
}

TEST(Idle, RecheckThatFindsWorkResumesAsSearcher) {
  Idle idle(2, nodes(2));
  ASSERT_TRUE(idle.try_search());
  ASSERT_EQ(idle.announce_sleep(0, true), Place::kSleeping);
  expect_counts(idle, 0, 1, 1);
  EXPECT_TRUE(idle.resume(0, true));
  expect_counts(idle, 1, 2, 0);
  EXPECT_FALSE(idle.found_work());
}

TEST(Idle, TimeoutResumesPlain) {
  Idle idle(2, nodes(2));
  ASSERT_EQ(idle.announce_sleep(0, false), Place::kSleeping);
  EXPECT_FALSE(idle.resume(0, false));
  expect_counts(idle, 0, 2, 0);
}

TEST(Idle, PrefersASleeperOnTheNode) {
  Idle idle(4, {0, 1, 0, 1});
  for (uint32_t w = 0; w < 4; ++w) ASSERT_EQ(idle.announce_sleep(w, false), Place::kSleeping);
  EXPECT_EQ(idle.wake_one(0).worker, 2u);
  ASSERT_TRUE(idle.found_work());
  EXPECT_EQ(idle.wake_one(0).worker, 0u);
  ASSERT_TRUE(idle.found_work());
  EXPECT_EQ(idle.wake_one(0).worker, 3u) << "no sleeper left on node 0";
}

TEST(Idle, WakeWorkerTakesThatOneEvenIfOthersSearch) {
  Idle idle(4, nodes(4));
  for (uint32_t w = 1; w < 4; ++w) ASSERT_EQ(idle.announce_sleep(w, false), Place::kSleeping);
  EXPECT_EQ(idle.wake_one(0, 1).worker, 1u);
  EXPECT_EQ(idle.wake_one(0, 2).worker, 2u) << "asleep: woken although worker 1 searches";
  EXPECT_FALSE(idle.wake_one(0, 1).any()) << "awake, and somebody searches";
  EXPECT_FALSE(idle.found_work());
  EXPECT_TRUE(idle.found_work());
  EXPECT_EQ(idle.wake_one(0, 0).worker, 3u) << "awake, nobody searches: any sleeper";
}

TEST(Idle, ReserveIsActivatedOncePerStuckWorkerAndReturns) {
  Idle idle(2, nodes(4));
  EXPECT_FALSE(idle.starts_in_reserve(1));
  EXPECT_TRUE(idle.starts_in_reserve(2));
  expect_counts(idle, 0, 2, 0);
  const Wake w = idle.try_activate_reserve(0);
  EXPECT_EQ(w.worker, 2u);
  EXPECT_FALSE(idle.try_activate_reserve(0).any());
  expect_counts(idle, 1, 3, 0);
  EXPECT_TRUE(idle.resume(2, false));
  EXPECT_EQ(idle.announce_sleep(2, true), Place::kSleeping) << "worker 0 is still stuck";
  expect_counts(idle, 0, 2, 1);
  idle.step_ended(1);
  expect_counts(idle, 0, 2, 1);
  idle.step_ended(0);
  expect_counts(idle, 0, 2, 0);
  EXPECT_EQ(idle.place(2), Place::kReserve) << "a parked extra worker leaves at once";
  EXPECT_EQ(idle.try_activate_reserve(0).worker, 2u) << "stuck again";
}

TEST(Idle, RunningExtraWorkerReturnsToReserveWhenItParks) {
  Idle idle(1, nodes(3));
  ASSERT_EQ(idle.try_activate_reserve(0).worker, 1u);
  ASSERT_FALSE(idle.found_work());
  ASSERT_EQ(idle.try_activate_reserve(1).worker, 2u) << "an extra worker can be stuck, too";
  EXPECT_FALSE(idle.try_activate_reserve(2).any()) << "reserve exhausted";
  idle.step_ended(0);
  EXPECT_EQ(idle.announce_sleep(2, true), Place::kReserve);
  expect_counts(idle, 0, 2, 0);
  EXPECT_EQ(idle.announce_sleep(0, false), Place::kSleeping) << "never a primary worker";
  EXPECT_FALSE(idle.resume(2, false)) << "for a timer of its own";
  EXPECT_EQ(idle.announce_sleep(2, false), Place::kReserve);
  EXPECT_EQ(idle.announce_sleep(1, false), Place::kReserve) << "marked stuck too late: parking clears the mark";
  expect_counts(idle, 0, 0, 1);
}

// Random histories in which each worker keeps its side of the contract.
RC_GTEST_PROP(Idle, CountsMatchPlaces, (const std::vector<std::pair<uint8_t, uint8_t>>& ops)) {
  constexpr uint32_t kWorkers = 5, kActive = 3;
  Idle idle(kActive, {0, 1, 0, 1, 0});
  std::vector<bool> searching(kWorkers, false), stuck(kWorkers, false);
  const auto woken = [&](Wake w) {
    if (!w.any()) return;
    RC_ASSERT(!searching[w.worker]);
    searching[w.worker] = true;
  };
  for (const auto& [op, who] : ops) {
    const uint32_t w = who % kWorkers;
    const bool awake = idle.place(w) == Place::kAwake;
    switch (op % 8) {
      case 0: woken(idle.wake_one(w % 2)); break;
      case 1: woken(idle.wake_one(w % 2, w)); break;
      case 2:
        if (awake && !searching[w]) searching[w] = idle.try_search();
        break;
      case 3:
        if (!searching[w]) break;
        searching[w] = false;
        if (idle.found_work()) woken(idle.wake_one(w % 2));
        break;
      case 4:
        if (!awake) break;
        static_cast<void>(idle.announce_sleep(w, searching[w]));
        searching[w] = stuck[w] = false;
        break;
      case 5:
        if (awake) break;
        searching[w] = idle.resume(w, who > 127);
        break;
      case 6: {
        const Wake r = idle.try_activate_reserve(w);
        RC_ASSERT(!r.any() || (awake && !stuck[w] && r.worker >= kActive));
        if (r.any()) stuck[w] = true;
        woken(r);
        break;
      }
      case 7:
        if (awake) idle.step_ended(w), stuck[w] = false;
        break;
    }
    IdleCounts expected;
    for (uint32_t i = 0; i < kWorkers; ++i) {
      if (searching[i]) ++expected.searching;
      if (idle.place(i) == Place::kAwake) ++expected.awake;
      if (idle.place(i) == Place::kSleeping) ++expected.sleeping;
      RC_ASSERT(!searching[i] || idle.place(i) == Place::kAwake);
      RC_ASSERT(i >= kActive || idle.place(i) != Place::kReserve);
    }
    const IdleCounts c = idle.counts();
    RC_ASSERT(c.searching == expected.searching && c.awake == expected.awake && c.sleeping == expected.sleeping);
  }
}

TEST(SpinGate, OneSpinnerAndNoneWhenTheCoresAreTaken) {
  SpinGate gate(2);
  gate.thread_awake();  // the spinner
  gate.thread_awake();  // one that works
  ASSERT_TRUE(gate.try_begin());
  EXPECT_FALSE(gate.try_begin()) << "one in the whole runtime";
  EXPECT_TRUE(gate.may_go_on());
  gate.thread_awake();  // a third thread: both cores are taken
  EXPECT_FALSE(gate.may_go_on());
  gate.end();
  EXPECT_FALSE(gate.try_begin());
  gate.thread_parks();
  EXPECT_TRUE(gate.try_begin());
}

}  // namespace
}  // namespace wippy
