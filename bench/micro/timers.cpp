// scheduler/timer_set.hpp without a clock: deadlines are given.
#include <memory>
#include <vector>

#include "bench/harness.hpp"
#include "scheduler/random.hpp"
#include "scheduler/timer_set.hpp"

namespace wippy::bench {

namespace {

constexpr uint64_t kStartNs = 1'000'000'000;
uint64_t g_fired = 0;
uint64_t g_last_deadline_ns = 0;
bool g_in_order = true;

void fire(const TimerEvent& e) noexcept {
  ++g_fired;
  g_in_order = g_in_order && e.deadline_ns >= g_last_deadline_ns;
  g_last_deadline_ns = e.deadline_ns;
}
void keep(TimerNode*) noexcept {}

void arm_cancel(benchmark::State& state) {
  auto set = std::make_unique<TimerSet>(&keep);
  auto node = std::make_unique<TimerNode>();
  uint64_t random = 1;
  for (auto _ : state) {
    set->arm(node.get(), kStartNs + split_mix64(random) % kStartNs, &fire, TimerHold::kHeld);
    if (!TimerSet::cancel(node.get(), set.get())) {
      state.SkipWithError("the timer was not given back");
      break;
    }
  }
  if (set->armed() != 0) state.SkipWithError("a timer is left");
}
const MicroCase kCancel("micro/timer_arm_cancel", "arm at a random deadline + cancel", {"clock", "exchange"}, 2'000'000,
                        arm_cancel);

void arm_fire(benchmark::State& state) {
  constexpr uint32_t kBatch = 1024;
  auto set = std::make_unique<TimerSet>(&keep);
  std::vector<TimerNode> nodes(kBatch);
  uint64_t random = 1;
  uint64_t now_ns = kStartNs;
  g_fired = 0;
  g_last_deadline_ns = 0;
  g_in_order = true;
  while (state.KeepRunningBatch(kBatch)) {
    for (TimerNode& n : nodes) set->arm(&n, now_ns + 1 + split_mix64(random) % 1'000'000, &fire, TimerHold::kHeld);
    const uint64_t end_ns = now_ns + 1'000'000;
    for (; now_ns < end_ns; now_ns += 100'000) set->expire(now_ns);
    set->expire(end_ns);
    now_ns = end_ns;
  }
  if (g_fired != static_cast<uint64_t>(state.iterations())) state.SkipWithError("a timer did not fire, or fired twice");
  if (!g_in_order) state.SkipWithError("timers fired out of order");
}
const MicroCase kFire("micro/timer_arm_fire", "arm within 1 ms + fire, 1,024 armed, looked at every 100 us",
                      {"clock", "exchange"}, 512'000, arm_fire);

}  // namespace

}  // namespace wippy::bench
