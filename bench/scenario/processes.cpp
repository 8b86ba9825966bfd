// Native processes on one worker: spawn and exit, ping-pong, ring, fan-in, tree. The definitions are those of the floor
// prototype that reports compare with (perf-reports/README.md), so that the figures can be divided.
#include <cstdint>
#include <vector>

#include "bench/harness.hpp"
#include "bench/node.hpp"

namespace wippy::bench {

namespace {

constexpr uint64_t kSpawns = 1'000'000;
constexpr uint64_t kRoundTrips = 1'000'000;
constexpr uint64_t kFanInMessages = 960'000;
constexpr std::size_t kRingSize = 503;
constexpr uint64_t kTreeLeaves = 1'000'000;
constexpr uint64_t kTreeNodes = 1'111'111;

// --- spawn + exit

struct Tally {
  uint64_t ended = 0;
  uint64_t expected = 0;
};

Behavior nothing(Context&, Job* job, Tally* tally) {
  if (++tally->ended == tally->expected) job->end();
  co_return;
}

// Lets `every` newborns queue up before it gives way.
Behavior spawner(Context& self, Job* job, Tally* tally, uint64_t every) {
  job->begin();
  uint64_t until_yield = every;
  for (uint64_t i = 0; i < tally->expected; ++i) {
    const SpawnResult r = spawn_native(self, {}, nothing, job, tally);
    if (!r.status.ok()) {
      job->fail(r.status.message);
      co_return;
    }
    if (--until_yield == 0) {
      until_yield = every;
      co_await yield(self);
    }
  }
}

Measured spawn_exit(uint64_t ops, uint64_t backlog) {
  Tally tally;
  tally.expected = ops;
  Measured m = nodes().pair().run(kSecondHost, spawner, &tally, backlog);
  if (m.error.empty() && tally.ended != ops) m.error = "a process has not run";
  return m;
}

const ScenarioCase kSpawn64("scenario/spawn_exit_64", "spawn + run + exit, at most 64 newborns queued",
                            {"coroutine", "malloc_pair"}, {.ops = kSpawns, .smoke_ops = 2'000},
                            [](uint64_t ops) { return spawn_exit(ops, 64); });
const ScenarioCase kSpawn1024("scenario/spawn_exit_1024", "spawn + run + exit, 1,024 newborns queued",
                              {"coroutine", "malloc_pair"}, {.ops = kSpawns, .smoke_ops = 2'000},
                              [](uint64_t ops) { return spawn_exit(ops, 1024); });
const ScenarioCase kSpawnAll("scenario/spawn_exit_million", "spawn + run + exit, all newborns queued at once",
                             {"coroutine", "malloc_pair"}, {.ops = kSpawns, .smoke_ops = 2'000},
                             [](uint64_t ops) { return spawn_exit(ops, ops); });

// --- ping-pong

Behavior ponger(Context& self) {
  for (;;) {
    Message m = co_await receive(self);
    if (m.kind() != SignalKind::kMessage) continue;
    const int64_t v = m.integer();
    if (v == 0) co_return;
    static_cast<void>(send(self, m.from(), "", v));
  }
}

Behavior pinger(Context& self, Job* job, uint64_t rounds) {
  const Pid peer = spawn_native(self, {}, ponger).pid;
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

const ScenarioCase kPingPong("scenario/ping_pong_w1", "round trip of a number between two processes of one worker",
                             {"exchange", "coroutine"}, {.ops = kRoundTrips, .smoke_ops = 1'000},
                             [](uint64_t ops) { return nodes().pair().run(kSecondHost, pinger, ops); });

// --- ring

// The number counts down at each hop; whoever gets 1 ends the run.
Behavior ring_process(Context& self, Job* job, const std::vector<Pid>* ring, std::size_t next) {
  for (;;) {
    Message m = co_await receive(self);
    const int64_t left = m.integer();
    if (left == 1) {
      job->end();
    } else {
      static_cast<void>(send(self, (*ring)[next], "", left - 1));
    }
  }
}

Behavior ring_driver(Context& self, Job* job, std::vector<Pid>* ring, uint64_t hops) {
  for (std::size_t i = 0; i < kRingSize; ++i) {
    ring->push_back(spawn_native(self, {}, ring_process, job, ring, (i + 1) % kRingSize).pid);
    if (i % 64 == 63) co_await yield(self);
  }
  co_await sleep_for(self, 1'000'000);  // all of them wait now
  job->begin();
  static_cast<void>(send(self, ring->front(), "", static_cast<int64_t>(hops)));
}

const ScenarioCase kRing("scenario/ring_503_w1", "hop of a number in a ring of 503 processes",
                         {"exchange", "coroutine"}, {.ops = kRoundTrips, .smoke_ops = 2'000}, [](uint64_t ops) {
                           std::vector<Pid> ring;
                           ring.reserve(kRingSize);
                           return nodes().pair().run(kSecondHost, ring_driver, &ring, ops);
                         });

// --- fan-in, everything on one worker

Behavior sink(Context& self, Job* job, uint64_t count, int64_t expected_sum) {
  int64_t sum = 0;
  for (uint64_t i = 0; i < count; ++i) {
    Message m = co_await receive(self);
    sum += m.integer();
  }
  if (sum == expected_sum) {
    job->end();
  } else {
    job->fail("the sum of the numbers is wrong");
  }
}

// Gives way after 64 messages, so that the backlog stays small.
Behavior source(Context& self, Pid to, uint64_t count) {
  for (uint64_t i = 1; i <= count; ++i) {
    static_cast<void>(send(self, to, "", static_cast<int64_t>(i)));
    if (i % 64 == 0) co_await yield(self);
  }
}

int64_t sum_to(uint64_t n) { return static_cast<int64_t>(n * (n + 1) / 2); }

Behavior fan_in_driver(Context& self, Job* job, uint64_t senders, uint64_t each) {
  const Pid to = spawn_native(self, {}, sink, job, senders * each, sum_to(each) * static_cast<int64_t>(senders)).pid;
  job->begin();
  for (uint64_t i = 0; i < senders; ++i) spawn_native(self, {}, source, to, each);
  co_return;
}

Measured fan_in(uint64_t ops, uint64_t senders) {
  return nodes().pair().run(kSecondHost, fan_in_driver, senders, ops / senders);
}

const ScenarioCase kFanIn1("scenario/fan_in_w1_1", "message from 1 sender to one receiver, one worker", {"exchange"},
                           {.ops = kFanInMessages, .smoke_ops = 1'920}, [](uint64_t ops) { return fan_in(ops, 1); });
const ScenarioCase kFanIn8("scenario/fan_in_w1_8", "message from 8 senders to one receiver, one worker", {"exchange"},
                           {.ops = kFanInMessages, .smoke_ops = 1'920}, [](uint64_t ops) { return fan_in(ops, 8); });
const ScenarioCase kFanIn64("scenario/fan_in_w1_64", "message from 64 senders to one receiver, one worker",
                            {"exchange"}, {.ops = kFanInMessages, .smoke_ops = 1'920},
                            [](uint64_t ops) { return fan_in(ops, 64); });

// --- tree: every process that is no leaf makes ten; leaves report their number, the root checks the sum

Behavior tree(Context& self, Job* job, Pid parent, int64_t number, int64_t size) {
  if (size == 1) {
    static_cast<void>(send(self, parent, "", number));
    co_return;
  }
  for (int64_t i = 0; i < 10; ++i) {
    const SpawnResult r = spawn_native(self, {}, tree, job, self.pid(), number + i * (size / 10), size / 10);
    if (!r.status.ok()) {
      job->fail(r.status.message);
      co_return;
    }
  }
  int64_t sum = 0;
  for (int i = 0; i < 10; ++i) {
    Message m = co_await receive(self);
    sum += m.integer();
  }
  static_cast<void>(send(self, parent, "", sum));
}

Behavior tree_root(Context& self, Job* job, int64_t leaves) {
  job->begin();
  spawn_native(self, {}, tree, job, self.pid(), int64_t{0}, leaves);
  Message m = co_await receive(self);
  if (m.integer() == leaves * (leaves - 1) / 2) {
    job->end();
  } else {
    job->fail("the sum of the leaves is wrong");
  }
}

Measured run_tree(BenchNode& node, std::size_t host, uint64_t ops) {
  int64_t leaves = 1;
  for (uint64_t nodes_so_far = 1; nodes_so_far * 10 + 1 <= ops; nodes_so_far = nodes_so_far * 10 + 1) leaves *= 10;
  return node.run(host, tree_root, leaves);
}

const ScenarioCase kTreeOne("scenario/tree_w1", "process of a tree of 1,111,111, ten children each, depth first",
                            {"coroutine", "exchange"}, {.ops = kTreeNodes, .smoke_ops = 1'111},
                            [](uint64_t ops) { return run_tree(nodes().pair(), kSecondHost, ops); });
const ScenarioCase kTreeTwo("scenario/tree_w2", "the same tree, two workers that steal", {"coroutine", "exchange"},
                            {.ops = kTreeNodes, .smoke_ops = 1'111, .min_cpus = 2},
                            [](uint64_t ops) { return run_tree(nodes().team(), kFirstHost, ops); });
const ScenarioCase kTreeSixteen("scenario/tree_w16", "the same tree, sixteen workers", {"coroutine", "exchange"},
                                {.ops = kTreeNodes, .smoke_ops = 1'111, .min_cpus = 2},
                                [](uint64_t ops) { return run_tree(nodes().crowd(), kFirstHost, ops); });
static_assert(kTreeLeaves + kTreeLeaves / 9 == kTreeNodes);

}  // namespace

}  // namespace wippy::bench
