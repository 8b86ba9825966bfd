// scheduler/parker.hpp and scheduler/idle.hpp: what waking costs when nobody sleeps.
#include <vector>

#include "bench/harness.hpp"
#include "scheduler/idle.hpp"
#include "scheduler/parker.hpp"

namespace wippy::bench {

namespace {

void token(benchmark::State& state) {
  Parker parker;
  uint64_t tokens = 0;
  uint64_t rounds = 0;
  for (auto _ : state) {
    parker.unpark();
    tokens += parker.park(kNeverNs) ? 1 : 0;
    ++rounds;
  }
  if (tokens != rounds) state.SkipWithError("a token was lost");
}
const MicroCase kToken("micro/parker_token", "unpark + park that finds the token, no system call", {"exchange"},
                       2'000'000, token);

void wake_check(benchmark::State& state) {
  Idle idle(2, std::vector<uint32_t>{0, 0});
  uint64_t woken = 0;
  for (auto _ : state) woken += idle.wake_one(0).any() ? 1 : 0;
  if (woken != 0) state.SkipWithError("somebody was woken who was awake");
}
const MicroCase kWake("micro/idle_wake_check", "check after a surplus submission, all workers awake", {"exchange"},
                      2'000'000, wake_check);

}  // namespace

}  // namespace wippy::bench
