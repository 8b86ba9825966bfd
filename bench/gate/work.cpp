// Counted only: stealing, parking and waking, large payloads.
#include <cstdint>
#include <string>
#include <vector>

#include "bench/harness.hpp"
#include "bench/node.hpp"
#include "mailbox/values.hpp"

namespace wippy::bench {

namespace {

// --- stealing: in the middle of each step another worker may go on, and takes what it finds

constexpr int kTurns = 8;

Behavior busy(Context& self, Pid root, int64_t number) {
  for (int turn = 0; turn < kTurns; ++turn) {
    sim::yield_fiber();
    co_await yield(self);
  }
  static_cast<void>(send(self, root, "", number));
}

Behavior team(Context& self, Job* job, uint64_t count) {
  job->begin();
  for (uint64_t i = 0; i < count; ++i) spawn_native(self, {}, busy, self.pid(), static_cast<int64_t>(i));
  int64_t sum = 0;
  for (uint64_t i = 0; i < count; ++i) {
    Message m = co_await receive(self);
    sum += m.integer();
  }
  sum == static_cast<int64_t>(count * (count - 1) / 2) ? job->end() : job->fail("the sum of the numbers is wrong");
}

Measured steal(uint64_t ops, uint32_t workers) {
  BenchNode node("gate", {workers});
  return node.run(0, team, ops);
}
const ScenarioCase kSteal2("gate/steal_2", "process of eight turns, two workers", {}, {.ops = 128},
                           [](uint64_t ops) { return steal(ops, 2); });
const ScenarioCase kSteal4("gate/steal_4", "process of eight turns, four workers", {}, {.ops = 128},
                           [](uint64_t ops) { return steal(ops, 4); });
const ScenarioCase kSteal8("gate/steal_8", "process of eight turns, eight workers", {}, {.ops = 128},
                           [](uint64_t ops) { return steal(ops, 8); });

// --- both workers sleep before each round trip

Behavior answers(Context& self) {
  for (;;) {
    Message m = co_await receive(self);
    static_cast<void>(send(self, m.from(), "", m.integer() + 1));
  }
}

Behavior sleeper(Context& self, Job* job, HostCore* other, uint64_t rounds) {
  SpawnOptions o;
  o.host = other;
  const Pid peer = spawn_native(self, o, answers).pid;
  job->begin();
  for (uint64_t i = 0; i < rounds; ++i) {
    co_await sleep_for(self, 1'000'000);
    static_cast<void>(send(self, peer, "", static_cast<int64_t>(i)));
    Message m = co_await receive(self);
    if (m.integer() != static_cast<int64_t>(i) + 1) {
      job->fail("a wrong number came back");
      co_return;
    }
  }
  job->end();
}
const ScenarioCase kPark("gate/park_and_wake", "sleep + round trip to a parked worker", {}, {.ops = 200},
                         [](uint64_t ops) {
                           BenchNode& node = nodes().pair();
                           return node.run(kSecondHost, sleeper, &node.host(kFirstHost), ops);
                         });

// --- payloads of 1 KB (in a slab item) and 100 KB (in a shared buffer)

constexpr std::size_t kSizes[] = {1'000, 100'000};

Behavior measures(Context& self) {
  for (;;) {
    Message m = co_await receive(self);
    if (m.kind() != SignalKind::kMessage) continue;
    ValueReader r;
    static_cast<void>(r.open_body(m.body()));
    const ValueItem& item = r.next();
    static_cast<void>(send(self, m.from(), "", static_cast<int64_t>(item.text.size())));
  }
}

Behavior big(Context& self, Job* job, uint64_t count) {
  const Pid peer = spawn_native(self, {}, measures).pid;
  const std::string text(kSizes[1], 'x');
  ValueWriter w;
  job->begin();
  for (uint64_t i = 0; i < count; ++i) {
    const std::size_t size = kSizes[i % 2];
    w.reset_body("big", 1);
    w.string(text.data(), size);
    if (!w.finish().ok() || !self.send(peer, w.view().data(), w.view().size()).ok()) break;
    Message m = co_await receive(self);
    if (m.integer() != static_cast<int64_t>(size)) {
      job->fail("a payload came short");
      co_return;
    }
  }
  job->end();
}
const ScenarioCase kBig("gate/big_payload", "payload of 1 KB or 100 KB + answer", {}, {.ops = 64},
                        [](uint64_t ops) { return nodes().pair().run(kSecondHost, big, ops); });

}  // namespace

}  // namespace wippy::bench
