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
  EXPECT_TRUE(p.park(kNeverNs));
  const uint64_t start = monotonic_ns();
  EXPECT_FALSE(p.park(start + 5 * kMs));
  EXPECT_GE(monotonic_ns(), start + 5 * kMs);
}

TEST(Parker, DeadlineInThePast) {
  Parker p;
  EXPECT_FALSE(p.park(1));
  p.unpark();
  EXPECT_TRUE(p.park(1));
}

TEST(Parker, UnparkWakesASleeperAndPublishes) {
  Parker p;
  uint64_t data = 0;
  std::thread waker([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    data = 42;
    p.unpark();
  });
  while (!p.park(kNeverNs)) {
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
  EXPECT_FALSE(p.park(start + 30 * kMs));
  EXPECT_GE(monotonic_ns(), start + 30 * kMs);
  stop.store_relaxed(1);  // partner: the loop of pest
  pest.join();
  signal(SIGUSR2, SIG_DFL);
}

}  // namespace
}  // namespace wippy
