// scheduler/ring.hpp: the owner's push and pop, and a thief's batch.
#include <memory>
#include <vector>

#include "bench/harness.hpp"
#include "bench/micro/runnables.hpp"
#include "scheduler/ring.hpp"

namespace wippy::bench {

namespace {

void push_pop(benchmark::State& state) {
  auto ring = std::make_unique<RunRing<256>>();
  std::vector<Ball> balls(8);
  for (std::size_t i = 0; i < 7; ++i) static_cast<void>(ring->push(&balls[i]));  // never empty, never full
  Runnable* in_hand = &balls[7];
  for (auto _ : state) {
    if (!ring->push(in_hand)) break;
    in_hand = ring->pop();
  }
  uint32_t left = 0;
  while (ring->pop() != nullptr) ++left;
  if (left != 7 || in_hand == nullptr) state.SkipWithError("the ring lost or made a Runnable");
}
const MicroCase kPushPop("micro/ring_push_pop", "push + pop by the owner", {"exchange"}, 2'000'000, push_pop);

// 64 in the victim: the thief takes 32 by one CAS, runs one and queues 31. One operation is one Runnable moved; refilling the
// victim and emptying the thief are part of it.
void steal_batch(benchmark::State& state) {
  auto victim = std::make_unique<RunRing<256>>();
  auto thief = std::make_unique<RunRing<256>>();
  std::vector<Ball> balls(64);
  for (Ball& b : balls) static_cast<void>(victim->push(&b));
  uint64_t moved = 0;
  while (state.KeepRunningBatch(32)) {
    Runnable* first = nullptr;
    moved += victim->steal_half_into(*thief, first);
    static_cast<void>(victim->push(first));
    while (Runnable* r = thief->pop()) static_cast<void>(victim->push(r));
  }
  if (moved != static_cast<uint64_t>(state.iterations())) state.SkipWithError("a batch was not 32");
}
const MicroCase kSteal("micro/ring_steal_32", "Runnable stolen in a batch of 32, pushed back", {"exchange"}, 2'000'000,
                       steal_batch);

}  // namespace

}  // namespace wippy::bench
