#include "scheduler/parker.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <chrono>
#include <thread>

namespace wippy {
namespace {

constexpr uint64_t kMs = 1'000'000;

TEST(Parker, TokenBeforeParkReturnsAtOnceAndTokensDoNotAddUp) {
  Parker p;
  p.unpark();
  p.unpark();
  EXPECT_EQ(p.park(kNeverNs), Parked::kToken);
  const uint64_t start = monotonic_ns();
  EXPECT_EQ(p.park(start + 5 * kMs), Parked::kNoToken);
  EXPECT_GE(monotonic_ns(), start + 5 * kMs);
}

TEST(Parker, DeadlineInThePast) {
  Parker p;
  EXPECT_EQ(p.park(1), Parked::kNoToken);
  p.unpark();
  EXPECT_EQ(p.park(1), Parked::kToken);
}

TEST(Parker, UnparkWakesASleeperAndPublishes) {
  Parker p;
  uint64_t data = 0;
  std::thread waker([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    data = 42;
    p.unpark();
  });
  while (p.park(kNeverNs) != Parked::kToken) {
  }
  EXPECT_EQ(data, 42u);
  waker.join();
}

void nothing(int) {}

// Signals while parked (the preemption tick, SIGURG) neither end the sleep early nor lose the token.
TEST(Parker, SignalsDoNotWake) {
  struct sigaction action {};
  action.sa_handler = nothing;  // without SA_RESTART: the wait sees EINTR
  ASSERT_EQ(sigaction(SIGUSR2, &action, nullptr), 0);
  Parker p;
  const pthread_t self = pthread_self();
  Atomic<uint32_t> stop{0};
  std::thread pest([&] {
    while (stop.load_relaxed() == 0) {  // partner: the store below
      pthread_kill(self, SIGUSR2);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  const uint64_t start = monotonic_ns();
  EXPECT_EQ(p.park(start + 30 * kMs), Parked::kNoToken);
  EXPECT_GE(monotonic_ns(), start + 30 * kMs);
  stop.store_relaxed(1);  // partner: the loop of pest
  pest.join();
  signal(SIGUSR2, SIG_DFL);
}

}  // namespace
}  // namespace wippy
