// Scenarios: an observer asks all processes again and again. Circles of waits that never were at one moment are never named; those
// that are, are.
#include "runtime/inspect/deadlocks.hpp"
#include "runtime/inspect/inspector.hpp"
#include "tests/sim/scenarios.hpp"

namespace wippy::simtest {
namespace {

constexpr uint64_t kLongNs = 3'600'000'000'000;

std::string body(std::string_view topic) {
  ValueWriter w;
  w.reset_body(topic, 0);
  static_cast<void>(w.finish());
  return std::string(w.view());
}

const MailLimits& narrow() {
  static const MailLimits kLimits = [] {
    MailLimits m;
    m.max_messages = 1;
    m.policy = MailPolicy::kBlock;
    m.block_ns = kLongNs;
    return m;
  }();
  return kLimits;
}

struct Watched {
  explicit Watched(World& w) : inspector(w.runtime().node()) {}
  Inspector inspector;
  uint64_t named = 0;       // circles
  std::size_t members = 0;  // of the last one
  uint64_t rounds = 0;
  uint32_t playing = 0;   // pairs that still are
  std::vector<Pid> pids;  // of those that wait for each other
  uint32_t expected = 0;  // how many they are
};

// One round after the other; `most` of them after the last player has ended, or until a circle is named.
Behavior observer(Context& self, Watched* watched, uint32_t most, bool until_named) {
  DeadlockWatch watch;
  Snapshot round;
  while (most > 0 && !(until_named && watched->named > 0)) {
    watched->inspector.begin(round);
    co_await sleep_for(self, 1'000 + dice(200'000));
    watched->inspector.end(round);
    ++watched->rounds;
    for (const Deadlock& d : watch.look(round)) {
      ++watched->named;
      watched->members = d.members.size();
    }
    if (watched->playing == 0 || until_named) --most;
  }
}

// The two of a pair send to each other in turns, each send waiting for room: at one moment only one of them waits.
Behavior player(Context& self, Watched* watched, uint32_t number) {
  while (watched->pids.size() < watched->expected) co_await yield(self);
  const bool first = number % 2 == 0;
  const Pid other = watched->pids[number ^ 1u];
  const std::string ball = body("ball");
  bool sends = first;
  for (uint64_t turn = 8; turn > 0; --turn) {
    for (int i = 0; i < 4; ++i) {
      if (sends) {
        static_cast<void>(co_await send_wait(self, other, ball));
      } else {
        Message taken = co_await receive(self);
        if (dice(3) == 0) co_await yield(self);
      }
    }
    sends = !sends;
  }
  if (first) --watched->playing;
}

Behavior executes(Context& self, uint64_t depth) {
  if (depth == 0) {
    co_await sleep_for(self, dice(300'000));
    co_return;
  }
  SpawnOptions o;
  o.monitor = true;
  const Pid child = spawn_native(self, o, executes, depth - 1).pid;
  for (;;) {
    Message m = co_await receive(self);
    if (m.kind() == SignalKind::kExit && m.from() == child) co_return;
  }
}

Behavior honest_root(Context& self, World* w, Watched* watched) {
  SpawnOptions watched_child;
  watched_child.monitor = true;
  uint32_t spawned = 0;
  watched->playing = 4;
  watched->expected = 8;
  for (int pair = 0; pair < 4; ++pair) {
    SpawnOptions o = watched_child;
    o.mail = &narrow();
    if (dice(2) == 0) o.host = &w->host(1).core();
    for (uint32_t end = 0; end < 2; ++end, ++spawned)
      watched->pids.push_back(spawn_native(self, o, player, watched, uint32_t(pair) * 2 + end).pid);
  }
  spawn_native(self, watched_child, executes, uint64_t{4}), ++spawned;
  spawn_native(self, watched_child, observer, watched, 2u, false), ++spawned;
  for (; spawned > 0; --spawned) Message m = co_await receive(self);
  w->check().equal(watched->named, 0u, "deadlocks that are none");
  w->done();
}

void honest_waits(World& w) {
  Watched watched(w);
  w.run(honest_root, &watched);
  w.finish();
  w.check().that(watched.rounds > 1, "rounds while they play");
}

Behavior stuck(Context& self, Watched* watched, uint32_t number) {
  while (watched->pids.size() < watched->expected) co_await yield(self);
  const Pid next = watched->pids[(number + 1) % watched->expected];
  const std::string ball = body("ball");
  for (;;) {
    const Status s = co_await send_wait(self, next, ball);
    if (!s.ok()) co_return;  // the other one was killed
  }
}

Behavior circle_root(Context& self, World* w, Watched* watched) {
  constexpr uint32_t kSizes[] = {2, 3, 7};
  const uint32_t size = kSizes[dice(3)];
  watched->expected = size;
  for (uint32_t i = 0; i < size; ++i) {
    SpawnOptions o;
    o.mail = &narrow();
    if (dice(2) == 0) o.host = &w->host(1).core();
    watched->pids.push_back(spawn_native(self, o, stuck, watched, i).pid);
  }
  SpawnOptions o;
  o.monitor = true;
  spawn_native(self, o, observer, watched, 200u, true);
  Message m = co_await receive(self);
  w->check().equal(watched->named, 1u, "circles named");
  w->check().equal(watched->members, std::size_t{size}, "members");
  for (const Pid p : watched->pids) static_cast<void>(self.terminate(p));
  w->done();
}

void real_deadlocks(World& w) {
  Watched watched(w);
  w.run(circle_root, &watched);
  w.finish();
}

}  // namespace

const std::vector<Scenario>& inspect_scenarios() {
  static const std::vector<Scenario> all{{"deadlocks_named", real_deadlocks, 2}, {"honest_waits", honest_waits, 2}};
  return all;
}

}  // namespace wippy::simtest
