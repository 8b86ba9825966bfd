// Messages between two cores. `cross`: sender and receiver belong to hosts of one worker each, so every message crosses (the
// floor prototype's definition). `team`: one host of two workers, placed by stealing, which is what an application gets.
// Senders hold back while 4,096 messages are unread, as in the floor.
#include <cstdint>

#include "bench/harness.hpp"
#include "bench/node.hpp"

namespace wippy::bench {

namespace {

constexpr uint64_t kMessages = 960'000;
constexpr uint64_t kSmokeMessages = 5'120;
constexpr uint64_t kWindow = 4096;

struct Flow {
  alignas(kCacheLine) Atomic<uint64_t> sent{0};
  alignas(kCacheLine) Atomic<uint64_t> received{0};
};

Behavior counted_sink(Context& self, Job* job, Flow* flow, uint64_t count, int64_t expected_sum) {
  int64_t sum = 0;
  for (uint64_t i = 1; i <= count; ++i) {
    Message m = co_await receive(self);
    sum += m.integer();
    if (i % 256 == 0) flow->received.store_relaxed(i);  // a hint for windowed_source
  }
  if (sum == expected_sum) {
    job->end();
  } else {
    job->fail("the sum of the numbers is wrong");
  }
}

Behavior windowed_source(Context& self, Pid to, Flow* flow, uint64_t count) {
  for (uint64_t i = 1; i <= count; ++i) {
    static_cast<void>(send(self, to, "", static_cast<int64_t>(i)));
    if (i % 64 != 0) continue;
    flow->sent.fetch_add_relaxed(64);  // read by the other senders
    do {
      co_await yield(self);
    } while (flow->sent.load_relaxed() - flow->received.load_relaxed() > kWindow);
  }
}

Behavior flow_driver(Context& self, Job* job, HostCore* senders_host, Flow* flow, uint64_t senders, uint64_t each) {
  const int64_t sum = static_cast<int64_t>(each * (each + 1) / 2 * senders);
  const Pid to = spawn_native(self, {}, counted_sink, job, flow, senders * each, sum).pid;
  job->begin();
  for (uint64_t i = 0; i < senders; ++i) {
    SpawnOptions o;
    o.host = senders_host;
    spawn_native(self, o, windowed_source, to, flow, each);
  }
  co_return;
}

Measured cross(uint64_t ops, uint64_t senders) {
  Flow flow;
  BenchNode& node = nodes().pair();
  return node.run(kSecondHost, flow_driver, &node.host(kFirstHost), &flow, senders, ops / senders);
}
Measured team(BenchNode& node, uint64_t ops, uint64_t senders) {
  Flow flow;
  return node.run(kFirstHost, flow_driver, &node.host(kFirstHost), &flow, senders, ops / senders);
}

const ScenarioOptions kOptions{.ops = kMessages, .smoke_ops = kSmokeMessages, .min_cpus = 2};
const ScenarioCase kCross1("scenario/fan_in_w2_cross_1", "message from 1 sender on one core to a receiver on the other",
                           {"line_round_trip"}, kOptions, [](uint64_t ops) { return cross(ops, 1); });
const ScenarioCase kCross8("scenario/fan_in_w2_cross_8",
                           "message from 8 senders on one core to a receiver on the other", {"line_round_trip"},
                           kOptions, [](uint64_t ops) { return cross(ops, 8); });
const ScenarioCase kTeam1("scenario/fan_in_w2_team_1", "message from 1 sender, two workers that steal",
                          {"line_round_trip"}, kOptions, [](uint64_t ops) { return team(nodes().team(), ops, 1); });
const ScenarioCase kTeam8("scenario/fan_in_w2_team_8", "message from 8 senders, two workers that steal",
                          {"line_round_trip"}, kOptions, [](uint64_t ops) { return team(nodes().team(), ops, 8); });
const ScenarioCase kCrowd8("scenario/fan_in_w16_team_8", "message from 8 senders, sixteen workers that steal",
                           {"line_round_trip"}, kOptions, [](uint64_t ops) { return team(nodes().crowd(), ops, 8); });

// --- ping-pong over two cores: both workers spin (or park) between the messages

Behavior far_ponger(Context& self) {
  for (;;) {
    Message m = co_await receive(self);
    if (m.kind() != SignalKind::kMessage) continue;
    const int64_t v = m.integer();
    if (v == 0) co_return;
    static_cast<void>(send(self, m.from(), "", v));
  }
}

Behavior far_pinger(Context& self, Job* job, HostCore* other, uint64_t rounds) {
  SpawnOptions o;
  o.host = other;
  const Pid peer = spawn_native(self, o, far_ponger).pid;
  job->begin();
  for (uint64_t i = 1; i <= rounds; ++i) {
    static_cast<void>(send(self, peer, "", static_cast<int64_t>(i)));
    Message m = co_await receive(self);
    if (m.integer() != static_cast<int64_t>(i)) {
      job->fail("a wrong number came back");
      co_return;
    }
  }
  job->end();
  static_cast<void>(send(self, peer, "", 0));
}

const ScenarioCase kPingPongCross("scenario/ping_pong_w2_cross", "round trip between two cores", {"line_round_trip"},
                                  {.ops = 50'000, .smoke_ops = 200, .min_cpus = 2}, [](uint64_t ops) {
                                    BenchNode& node = nodes().pair();
                                    return node.run(kSecondHost, far_pinger, &node.host(kFirstHost), ops);
                                  });

}  // namespace

}  // namespace wippy::bench
