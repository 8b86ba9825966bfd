// More workers than cores: the same work on a host of two workers and on one of sixteen. Beside these: tree_w2 and _w16
// (processes.cpp), fan_in_w2_team_8 and fan_in_w16_team_8 (two_workers.cpp). The report divides the medians of a pair.
#include <cstdint>

#include "bench/harness.hpp"
#include "bench/node.hpp"

namespace wippy::bench {

namespace {

constexpr uint64_t kPairs = 16;
constexpr uint64_t kThinkers = 64;
constexpr uint64_t kRoundTrips = 640'000;
constexpr uint64_t kSteps = 64'000;
constexpr uint64_t kWorkPerStep = 10'000;  // additions and shifts: some ten microseconds

struct Crew {
  Atomic<uint64_t> done{0};
  uint64_t expected = 0;
  // The last one ends the run; what the others wrote is not read.
  void finished(Job* job) noexcept {
    if (done.fetch_add_relaxed(1) + 1 == expected) job->end();
  }
};

// --- pairs that play ping-pong

Behavior answerer(Context& self) {
  for (;;) {
    Message m = co_await receive(self);
    if (m.kind() != SignalKind::kMessage) continue;
    const int64_t v = m.integer();
    if (v == 0) co_return;
    static_cast<void>(send(self, m.from(), "", v));
  }
}

Behavior asker(Context& self, Job* job, Crew* crew, uint64_t rounds) {
  const Pid peer = spawn_native(self, {}, answerer).pid;
  for (uint64_t i = 1; i <= rounds; ++i) {
    static_cast<void>(send(self, peer, "", static_cast<int64_t>(i)));
    Message m = co_await receive(self);
    if (m.integer() != static_cast<int64_t>(i)) {
      job->fail("a wrong number came back");
      co_return;
    }
  }
  static_cast<void>(send(self, peer, "", 0));
  crew->finished(job);
}

Behavior pairs_driver(Context& self, Job* job, Crew* crew, uint64_t rounds) {
  crew->expected = kPairs;
  job->begin();
  for (uint64_t i = 0; i < kPairs; ++i) spawn_native(self, {}, asker, job, crew, rounds);
  co_return;
}

Measured pairs(BenchNode& node, uint64_t ops) {
  Crew crew;
  return node.run(kFirstHost, pairs_driver, &crew, ops / kPairs);
}

// --- steps that only compute

uint64_t compute(uint64_t x) noexcept {
  for (uint64_t i = 0; i < kWorkPerStep; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  return x;
}

Behavior thinker(Context& self, Job* job, Crew* crew, uint64_t steps, uint64_t seed) {
  uint64_t x = seed;
  for (uint64_t i = 0; i < steps; ++i) {
    x = compute(x);
    co_await yield(self);
  }
  if (x == 0) job->fail("a shift register came to zero");
  crew->finished(job);
}

Behavior thinkers_driver(Context& self, Job* job, Crew* crew, uint64_t steps) {
  crew->expected = kThinkers;
  job->begin();
  for (uint64_t i = 0; i < kThinkers; ++i) spawn_native(self, {}, thinker, job, crew, steps, i + 1);
  co_return;
}

Measured thinkers(BenchNode& node, uint64_t ops) {
  Crew crew;
  return node.run(kFirstHost, thinkers_driver, &crew, ops / kThinkers);
}

const ScenarioOptions kPairOptions{.ops = kRoundTrips, .smoke_ops = 1'600, .min_cpus = 2};
const ScenarioOptions kStepOptions{.ops = kSteps, .smoke_ops = 128, .min_cpus = 2};
const ScenarioCase kPairs2("scenario/ping_pong_w2_16", "round trip in one of 16 pairs, two workers",
                           {"exchange", "coroutine"}, kPairOptions,
                           [](uint64_t ops) { return pairs(nodes().team(), ops); });
const ScenarioCase kPairs16("scenario/ping_pong_w16_16", "round trip in one of 16 pairs, sixteen workers",
                            {"exchange", "coroutine"}, kPairOptions,
                            [](uint64_t ops) { return pairs(nodes().crowd(), ops); });
const ScenarioCase kSteps2("scenario/compute_w2_64", "step of 10 us by one of 64 processes, two workers", {"exchange"},
                           kStepOptions, [](uint64_t ops) { return thinkers(nodes().team(), ops); });
const ScenarioCase kSteps16("scenario/compute_w16_64", "step of 10 us by one of 64 processes, sixteen workers",
                            {"exchange"}, kStepOptions, [](uint64_t ops) { return thinkers(nodes().crowd(), ops); });

}  // namespace

}  // namespace wippy::bench
