// Scenarios: messages, fan-in order, hosts, overflow, late senders, blocking calls, timers.
#include "tests/sim/scenarios.hpp"

namespace wippy::simtest {
namespace {

// --- a token goes round

struct Ring {
  std::vector<Pid> nodes;
  Pid root;
  int64_t passed = 0;
};

Behavior ring_node(Context& self, Ring* ring, std::size_t at) {
  for (;;) {
    Message m = co_await receive(self);
    ++ring->passed;
    const int64_t left = m.integer();
    if (left == 0) {
      static_cast<void>(send(self, ring->root, "done", 0));
    } else {
      static_cast<void>(send(self, ring->nodes[(at + 1) % ring->nodes.size()], "token", left - 1));
    }
  }
}

Behavior ring_root(Context& self, World* w, Ring* ring) {
  ring->root = self.pid();
  for (std::size_t i = 0; i < 12; ++i) ring->nodes.push_back(spawn_native(self, {}, ring_node, ring, i).pid);
  for (int64_t token = 0; token < 3; ++token) static_cast<void>(send(self, ring->nodes[0], "token", 99));
  for (int64_t token = 0; token < 3; ++token) Message m = co_await receive(self);
  w->check().equal(ring->passed, 300, "hops");
  w->done();
}

void ring(World& w) {
  Ring r;
  w.run(ring_root, &r);
  w.finish();
}

// --- many senders, one receiver that watches them: order per sender, one EXIT behind all of it

Behavior fan_sender(Context& self, Pid to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    static_cast<void>(send(self, to, "n", i));
    if (dice(6) == 0) co_await yield(self);
  }
}

Behavior fan_root(Context& self, World* w) {
  constexpr int64_t kEach = 20;
  std::map<uint64_t, int64_t> next;
  for (int i = 0; i < 10; ++i) {
    SpawnOptions o;
    o.monitor = true;
    next[spawn_native(self, o, fan_sender, self.pid(), kEach).pid.value] = 0;
  }
  std::size_t exits = 0;
  while (exits < next.size()) {
    Message m = co_await receive(self);
    int64_t& expected = next[m.from().value];
    if (m.kind() == SignalKind::kMessage) {
      w->check().equal(m.integer(), expected, "a sender's next message");
      ++expected;
    } else {
      w->check().that(m.kind() == SignalKind::kExit && !m.abnormal(), "senders end normally");
      w->check().equal(expected, kEach, "messages before the EXIT");
      expected = -1000;
      ++exits;
    }
  }
  Message more = co_await receive_for(self, 5'000'000);
  w->check().that(!more, "nothing comes behind the last EXIT");
  w->done();
}

void fan_in(World& w) { w.run(fan_root); }

// --- across hosts

Behavior ponger(Context& self) {
  for (;;) {
    Message m = co_await receive(self);
    static_cast<void>(send(self, m.from(), "pong", m.integer() + 1));
  }
}

Behavior pinger(Context& self, Pid root, Pid peer, World* w) {
  for (int64_t i = 0; i < 15; ++i) {
    w->check().that(send(self, peer, "ping", i).ok(), "the peer is there");
    Message m = co_await receive(self);
    w->check().equal(m.integer(), i + 1, "answer");
    if (dice(4) == 0) co_await sleep_for(self, dice(200'000));
  }
  static_cast<void>(send(self, root, "end", 0));
}

Behavior hosts_root(Context& self, World* w) {
  for (int i = 0; i < 8; ++i) {
    SpawnOptions other;
    other.host = &w->host(1).core();
    const Pid peer = spawn_native(self, other, ponger).pid;
    spawn_native(self, {}, pinger, self.pid(), peer, w);
  }
  for (int i = 0; i < 8; ++i) Message m = co_await receive(self);
  w->done();
}

void hosts(World& w) { w.run(hosts_root); }

// --- more runnable processes than a ring holds: overflow, steals, inboxes

Behavior once_echo(Context& self, Pid to) {
  Message m = co_await receive(self);
  static_cast<void>(send(self, to, "r", m.integer()));
}

Behavior overflow_root(Context& self, World* w) {
  std::vector<Pid> all;
  constexpr int kCount = 600;
  for (int i = 0; i < kCount; ++i) {
    all.push_back(spawn_native(self, {}, once_echo, self.pid()).pid);
    if (i % 50 == 49) co_await yield(self);
  }
  co_await sleep_for(self, 1'000'000);
  for (std::size_t i = 0; i < all.size(); ++i) static_cast<void>(send(self, all[i], "q", static_cast<int64_t>(i)));
  std::vector<bool> answered(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    Message m = co_await receive(self);
    const auto n = static_cast<std::size_t>(m.integer());
    w->check().that(!answered[n], "one answer each");
    answered[n] = true;
  }
  w->done();
}

void overflow(World& w) { w.run(overflow_root); }

// --- blocks are used again while old senders still push

struct Churn {
  std::vector<Pid> current;  // by place; replaced when its process ends
  bool stop = false;
};

Behavior churn_target(Context& self, World* w, std::size_t life) {
  for (std::size_t i = 0; i < life; ++i) {
    Message m = co_await receive_for(self, 300'000);
    if (!m) break;
    w->check().that(static_cast<uint64_t>(m.integer()) == self.pid().value, "a message reaches the process it names");
  }
}

Behavior churn_sender(Context& self, Churn* churn, Pid root) {
  while (!churn->stop) {
    const Pid to = churn->current[dice(churn->current.size())];
    co_await yield(self);
    static_cast<void>(send(self, to, "to", static_cast<int64_t>(to.value)));
  }
  static_cast<void>(send(self, root, "end", 0));
}

Behavior churn_root(Context& self, World* w, Churn* churn) {
  constexpr std::size_t kPlaces = 5;
  constexpr int kSenders = 4;
  std::map<uint64_t, std::size_t> place;
  std::set<uint64_t> ever;
  SpawnOptions o;
  o.monitor = true;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    churn->current.push_back(spawn_native(self, o, churn_target, w, std::size_t{1 + dice(4)}).pid);
    place[churn->current.back().value] = i;
  }
  for (int i = 0; i < kSenders; ++i) spawn_native(self, {}, churn_sender, churn, self.pid());
  for (int i = 0; i < 60; ++i) {
    Message m = co_await receive(self);
    w->check().that(m.kind() == SignalKind::kExit && place.count(m.from().value) == 1, "EXIT of a current target");
    const std::size_t at = place[m.from().value];
    place.erase(m.from().value);
    w->check().that(ever.insert(m.from().value).second, "pids are unique for ever");
    churn->current[at] = spawn_native(self, o, churn_target, w, std::size_t{1 + dice(4)}).pid;
    place[churn->current[at].value] = at;
  }
  churn->stop = true;
  int ended = 0;
  for (std::size_t exits = 0; exits < kPlaces || ended < kSenders;) {
    Message m = co_await receive(self);
    m.kind() == SignalKind::kExit ? static_cast<void>(++exits) : static_cast<void>(++ended);
  }
  w->done();
}

void churn(World& w) {
  Churn c;
  w.run(churn_root, &c);
  w.finish();
}

// --- blocking calls

struct Work {
  int64_t number;
};

Behavior caller(Context& self, World* w, Pid root, int64_t number) {
  for (int64_t i = 0; i < 3; ++i) {
    auto* work = new Work{number * 10 + i};
    Message m = co_await call(
        self,
        [](void* p) {
          for (uint64_t k = dice(50); k > 0; --k) cpu_relax();
          return std::to_string(static_cast<Work*>(p)->number);
        },
        work, [](void* p) { delete static_cast<Work*>(p); });
    w->check().that(m && m.body() == std::to_string(number * 10 + i), "each caller gets its own answer");
  }
  static_cast<void>(send(self, root, "end", 0));
}

Behavior calls_root(Context& self, World* w) {
  for (int64_t i = 0; i < 12; ++i) spawn_native(self, {}, caller, w, self.pid(), i);
  for (int i = 0; i < 12; ++i) Message m = co_await receive(self);
  w->done();
}

void calls(World& w) { w.run(calls_root); }

// --- timers

Behavior sleeper(Context& self, World* w, Pid root) {
  for (int i = 0; i < 6; ++i) {
    const uint64_t wanted_ns = dice(3) == 0 ? dice(50'000) : dice(3'000'000);
    const uint64_t t0_ns = monotonic_ns();
    co_await sleep_for(self, wanted_ns);
    const uint64_t slept_ns = monotonic_ns() - t0_ns;
    w->check().that(slept_ns >= wanted_ns, "a sleep is never early");
    w->check().that(slept_ns < wanted_ns + 1'000'000'000, "a sleep ends");
  }
  static_cast<void>(send(self, root, "end", 0));
}

Behavior late_sender(Context& self, Pid to, uint64_t delay_ns) {
  co_await sleep_for(self, delay_ns);
  static_cast<void>(send(self, to, "late", 1));
}

// A message races with a time-out: it comes now or later, once.
Behavior racer(Context& self, World* w, Pid root) {
  for (int i = 0; i < 6; ++i) {
    spawn_native(self, {}, late_sender, self.pid(), uint64_t{100'000 + dice(20'000)});
    Message first = co_await receive_for(self, 110'000);
    if (!first) {
      Message second = co_await receive_for(self, 1'000'000'000);
      w->check().that(static_cast<bool>(second), "the message comes after the time-out");
    }
    Message third = co_await receive_for(self, 200'000);
    w->check().that(!third, "it comes once, and no old timer with it");
  }
  static_cast<void>(send(self, root, "end", 0));
}

Behavior timers_root(Context& self, World* w) {
  for (int i = 0; i < 8; ++i) spawn_native(self, {}, sleeper, w, self.pid());
  for (int i = 0; i < 4; ++i) spawn_native(self, {}, racer, w, self.pid());
  for (int i = 0; i < 12; ++i) Message m = co_await receive(self);
  w->done();
}

void timers(World& w) { w.run(timers_root); }

}  // namespace

const std::vector<Scenario>& message_scenarios() {
  static const std::vector<Scenario> all{{"ring", ring},         {"fan_in", fan_in}, {"hosts", hosts, 2},
                                         {"overflow", overflow}, {"churn", churn},   {"calls", calls},
                                         {"timers", timers}};
  return all;
}

}  // namespace wippy::simtest
