// scheduler/deque.hpp: newborns, LIFO for the owner, oldest first for a thief.
#include <memory>
#include <vector>

#include "bench/harness.hpp"
#include "bench/micro/runnables.hpp"
#include "scheduler/deque.hpp"

namespace wippy::bench {

namespace {

void push_pop(benchmark::State& state) {
  auto deque = std::make_unique<NewbornDeque<256>>();
  std::vector<Ball> balls(8);
  for (std::size_t i = 0; i < 7; ++i) static_cast<void>(deque->push(&balls[i]));
  Runnable* in_hand = &balls[7];
  for (auto _ : state) {
    if (!deque->push(in_hand)) break;
    in_hand = deque->pop();
  }
  if (in_hand != &balls[7]) state.SkipWithError("not the newest came back");
}
const MicroCase kPushPop("micro/deque_push_pop", "push + pop by the owner", {"exchange"}, 2'000'000, push_pop);

void steal(benchmark::State& state) {
  auto deque = std::make_unique<NewbornDeque<256>>();
  std::vector<Ball> balls(8);
  for (Ball& b : balls) static_cast<void>(deque->push(&b));
  std::size_t expected = 0;
  for (auto _ : state) {
    Runnable* r = deque->steal();
    if (r != &balls[expected]) {
      state.SkipWithError("not the oldest was stolen");
      break;
    }
    expected = (expected + 1) % balls.size();
    static_cast<void>(deque->push(r));
  }
}
const MicroCase kSteal("micro/deque_steal_push", "steal of the oldest + push", {"exchange"}, 2'000'000, steal);

}  // namespace

}  // namespace wippy::bench
