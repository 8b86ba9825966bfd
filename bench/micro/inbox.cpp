// scheduler/inbox.hpp: how Runnables come from elsewhere.
#include <array>
#include <memory>
#include <vector>

#include "bench/harness.hpp"
#include "bench/micro/runnables.hpp"
#include "scheduler/inbox.hpp"

namespace wippy::bench {

namespace {

constexpr uint32_t kBatch = 8;

void push_take(benchmark::State& state) {
  auto inbox = std::make_unique<Inbox>();
  std::vector<Ball> balls(kBatch);
  uint64_t taken = 0;
  while (state.KeepRunningBatch(kBatch)) {
    for (Ball& b : balls) static_cast<void>(inbox->push(&b));
    RunnableList list = inbox->take_all();
    while (list.pop() != nullptr) ++taken;
  }
  if (taken != static_cast<uint64_t>(state.iterations())) state.SkipWithError("the inbox lost a Runnable");
}
const MicroCase kInbox("micro/inbox_push_take", "push + its share of a take of 8", {"exchange"}, 2'000'000, push_take);

void overflow(benchmark::State& state) {
  auto queue = std::make_unique<OverflowQueue>();
  std::vector<Ball> balls(OverflowQueue::kMaxBatch);
  std::array<Runnable*, OverflowQueue::kMaxBatch> in{};
  for (uint32_t i = 0; i < in.size(); ++i) in[i] = &balls[i];
  std::array<Runnable*, OverflowQueue::kMaxBatch> out{};
  uint64_t taken = 0;
  while (state.KeepRunningBatch(OverflowQueue::kMaxBatch)) {
    queue->push_batch(in.data(), OverflowQueue::kMaxBatch);
    taken += queue->pop_batch(out.data(), OverflowQueue::kMaxBatch);
  }
  if (taken != static_cast<uint64_t>(state.iterations())) state.SkipWithError("the queue lost a Runnable");
}
const MicroCase kOverflow("micro/overflow_push_pop_32", "push + pop in batches of 32 (oneTBB)", {"exchange"}, 1'000'000,
                          overflow);

}  // namespace

}  // namespace wippy::bench
