// Timers of one process: set + cancel one at a time, a million alive, and a million that fire.
#include <cstdint>
#include <vector>

#include "bench/harness.hpp"
#include "bench/node.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/random.hpp"

namespace wippy::bench {

namespace {

constexpr uint64_t kHourNs = 3'600'000'000'000;
constexpr uint64_t kSpanNs = 200'000'000;

Behavior set_cancel_each(Context& self, Job* job, uint64_t count) {
  job->begin();
  for (uint64_t i = 1; i <= count; ++i) {
    const uint64_t id = self.start_timer(kHourNs + i);
    if (id == 0) {
      job->fail("out of memory");
      co_return;
    }
    self.stop_timer(id);
    if (i % 64 == 0) co_await yield(self);
  }
  job->end();
}

Behavior set_all_cancel_all(Context& self, Job* job, std::vector<uint64_t>* ids, uint64_t count) {
  uint64_t random = 1;
  job->begin();
  for (uint64_t i = 0; i < count; ++i) {
    ids->push_back(self.start_timer(kHourNs + split_mix64(random) % kHourNs));
    if (i % 64 == 63) co_await yield(self);
  }
  for (uint64_t i = 0; i < count; ++i) {
    self.stop_timer((*ids)[i]);
    if (i % 64 == 63) co_await yield(self);
  }
  job->end();
}

// Deadlines spread over 200 ms, so the worker also waits: CPU time counts.
Behavior set_all_fire_all(Context& self, Job* job, uint64_t count) {
  uint64_t random = 1;
  uint64_t last_deadline_ns = 0;
  job->begin();
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t delay_ns = split_mix64(random) % kSpanNs;
    if (self.start_timer(delay_ns) == 0) {
      job->fail("out of memory");
      co_return;
    }
    const uint64_t deadline_ns = monotonic_ns() + delay_ns;
    if (deadline_ns > last_deadline_ns) last_deadline_ns = deadline_ns;
    if (i % 64 == 63) co_await yield(self);
  }
  for (uint64_t i = 0; i < count; ++i) {
    Message m = co_await receive(self);
    if (m.kind() != SignalKind::kTimer) {
      job->fail("something else than a timer came");
      co_return;
    }
  }
  // The reading above came after the one inside start_timer, so it may be a little later than the deadline.
  if (monotonic_ns() + 1'000'000 < last_deadline_ns) {
    job->fail("a timer was early");
  } else {
    job->end();
  }
}

const ScenarioCase kSetCancel("scenario/timer_set_cancel", "set + cancel of a timer, none else alive", {"clock"},
                              {.ops = 1'000'000, .smoke_ops = 1'000},
                              [](uint64_t ops) { return nodes().pair().run(kSecondHost, set_cancel_each, ops); });
const ScenarioCase kMillion("scenario/timer_set_cancel_million", "set + cancel of a timer, a million alive",
                            {"clock", "malloc_pair"}, {.ops = 1'000'000, .smoke_ops = 1'000}, [](uint64_t ops) {
                              std::vector<uint64_t> ids;
                              ids.reserve(ops);
                              return nodes().pair().run(kSecondHost, set_all_cancel_all, &ids, ops);
                            });
const ScenarioCase kFire("scenario/timer_set_fire_million", "set + fire + receive of a timer, a million alive",
                         {"clock", "malloc_pair"}, {.ops = 1'000'000, .smoke_ops = 1'000, .metric = Metric::kCpu},
                         [](uint64_t ops) { return nodes().timers().run(kSecondHost, set_all_fire_all, ops); });

}  // namespace

}  // namespace wippy::bench
