// Scenarios: links, monitors, cancel, names, spawn storms, stopping a host.
#include "tests/sim/scenarios.hpp"

namespace wippy::simtest {
namespace {

Pid pid_of(int64_t value) { return Pid{static_cast<uint64_t>(value)}; }

// --- a link that both ends know makes them die together, however late it came

struct Links {
  std::vector<Pid> nodes;
  std::vector<std::pair<Pid, Pid>> made;  // link() returned ok, not unlinked
};

Behavior link_node(Context& self, Links* links) {
  for (;;) {
    Message m = co_await receive(self);
    if (m.topic() == "link") {
      if (self.link(pid_of(m.integer())).ok()) links->made.emplace_back(self.pid(), pid_of(m.integer()));
    } else if (m.topic() == "ping") {
      static_cast<void>(send(self, m.from(), "alive", 0));
    } else if (m.topic() == "die") {
      self.finish(ExitReason::failure(ErrorKind::kInternal, "told to"));
      co_return;
    }
  }
}

Behavior links_root(Context& self, World* w, Links* links) {
  constexpr std::size_t kNodes = 12;
  SpawnOptions o;
  o.monitor = true;
  for (std::size_t i = 0; i < kNodes; ++i) links->nodes.push_back(spawn_native(self, o, link_node, links).pid);
  for (int i = 0; i < 16; ++i) {
    const Pid a = links->nodes[dice(kNodes)];
    const Pid b = links->nodes[dice(kNodes)];
    static_cast<void>(send(self, a, "link", static_cast<int64_t>(b.value)));
    if (dice(8) == 0) co_await yield(self);
  }
  const Pid first = links->nodes[dice(kNodes)];
  if (dice(2) == 0) {
    static_cast<void>(self.terminate(first));
  } else {
    static_cast<void>(send(self, first, "die", 0));
  }
  co_await sleep_for(self, 50'000'000);
  for (const Pid p : links->nodes) static_cast<void>(send(self, p, "ping", 0));
  std::map<uint64_t, int> exits;
  std::set<uint64_t> alive;
  for (;;) {
    Message m = co_await receive_for(self, 50'000'000);
    if (!m) break;
    if (m.kind() == SignalKind::kExit) {
      ++exits[m.from().value];
      w->check().that(m.abnormal(), "nobody ends by itself");
      const std::string why = reason_text(m);
      w->check().that(m.from() == first
                          ? why == "told to" || why == "process terminated" || why == "linked process failed"
                          : why == "linked process failed",
                      "the reason is the link's: " + why);
    } else {
      alive.insert(m.from().value);
    }
  }
  for (const Pid p : links->nodes) {
    w->check().equal(static_cast<std::size_t>(exits[p.value]) + alive.count(p.value), 1u,
                     "each is alive or has one EXIT");
  }
  w->check().that(alive.count(first.value) == 0, "the first one is dead");
  for (const auto& [a, b] : links->made) {
    w->check().that(alive.count(a.value) == alive.count(b.value), "linked processes live or die together");
  }
  w->done();
}

void links(World& w) {
  Links l;
  w.run(links_root, &l);
  w.finish();
}

// --- link and unlink of both ends, against each other: what was undone kills nobody

struct Relink {
  bool linked[2] = {false, false};
  Pid pair[2];
};

// The last word of each side is known when it reports; if both said "unlinked" last, the peer must survive.
Behavior relink_node(Context& self, Relink* r, int side, Pid root) {
  Message go = co_await receive(self);
  const Pid peer = r->pair[1 - side];
  const uint64_t rounds = 1 + dice(5);
  for (uint64_t i = 0; i < rounds; ++i) {
    if (dice(2) == 0) {
      if (self.link(peer).ok()) r->linked[side] = true;
    } else {
      static_cast<void>(self.unlink(peer));
      r->linked[side] = false;
    }
    if (dice(2) == 0) co_await yield(self);
  }
  if (side == 1) {  // the survivor: undoes everything
    static_cast<void>(self.unlink(peer));
    r->linked[side] = false;
  }
  static_cast<void>(send(self, root, "settled", side));
  Message die = co_await receive(self);
  if (side == 1) static_cast<void>(self.unlink(peer));  // also what the peer linked meanwhile
  static_cast<void>(send(self, root, "cut", side));
  Message end = co_await receive(self);
  if (side == 0) self.finish(ExitReason::failure(ErrorKind::kInternal, "boom"));
}

Behavior relink_root(Context& self, World* w, Relink* r) {
  SpawnOptions o;
  o.monitor = true;
  for (int side = 0; side < 2; ++side) r->pair[side] = spawn_native(self, o, relink_node, r, side, self.pid()).pid;
  for (const Pid p : r->pair) static_cast<void>(send(self, p, "go", 0));
  for (int i = 0; i < 2; ++i) Message settled = co_await receive(self);
  for (const Pid p : r->pair) static_cast<void>(send(self, p, "cut", 0));
  for (int i = 0; i < 2; ++i) Message cut = co_await receive(self);
  static_cast<void>(send(self, r->pair[0], "end", 0));
  Message first = co_await receive(self);
  w->check().that(first.kind() == SignalKind::kExit && first.from() == r->pair[0], "the failing side ends");
  Message second = co_await receive_for(self, 20'000'000);
  w->check().that(!second, "who has unlinked survives");
  static_cast<void>(send(self, r->pair[1], "end", 0));
  w->done();
}

void relink(World& w) {
  Relink r;
  w.run(relink_root, &r);
  w.finish();
}

// --- monitors that come while the target goes

Behavior short_life(Context& self, uint64_t ns) {
  if (dice(2) == 0) {
    Message m = co_await receive_for(self, ns);
  } else {
    for (uint64_t i = 0; i < ns / 20'000; ++i) co_await yield(self);
  }
}

Behavior watcher(Context& self, World* w, Pid target, Pid root) {
  for (uint64_t i = dice(6); i > 0; --i) co_await yield(self);
  const bool ok = self.monitor(target).ok();
  const bool again = self.monitor(target).ok();
  w->check().that(!again, "no second monitor on the same pid");
  const bool undo = ok && dice(3) == 0;
  if (undo) static_cast<void>(self.unmonitor(target));
  uint32_t exits = 0;
  if (ok && !undo) {
    Message m = co_await receive(self);
    w->check().that(m.kind() == SignalKind::kExit && m.from() == target, "an accepted monitor yields EXIT");
    ++exits;
  }
  Message more = co_await receive_for(self, 3'000'000);
  if (more) {
    w->check().that(undo && more.from() == target, "only an EXIT that was queued before unmonitor may still come");
    Message third = co_await receive_for(self, 3'000'000);
    w->check().that(!third, "exactly one EXIT");
  }
  static_cast<void>(send(self, root, "end", 0));
}

Behavior monitors_root(Context& self, World* w) {
  for (int round = 0; round < 4; ++round) {
    const Pid target = spawn_native(self, {}, short_life, dice(300'000)).pid;
    for (int i = 0; i < 5; ++i) spawn_native(self, {}, watcher, w, target, self.pid());
    if (dice(3) == 0) {
      co_await yield(self);
      static_cast<void>(self.terminate(target));
    }
    for (int i = 0; i < 5; ++i) Message m = co_await receive(self);
  }
  w->done();
}

void monitors(World& w) { w.run(monitors_root); }

// --- terminate against a target in every state: new, running, taking its mail, idle

Behavior killer(Context& self, Pid target) {
  for (uint64_t i = dice(4); i > 0; --i) co_await yield(self);
  static_cast<void>(self.terminate(target));
}

Behavior reads(Context& self) {
  for (;;) Message m = co_await receive(self);
}

Behavior kills_root(Context& self, World* w) {
  for (int round = 0; round < 15; ++round) {
    SpawnOptions o;
    o.monitor = true;
    const Pid target = spawn_native(self, o, reads).pid;
    for (uint64_t i = 1 + dice(2); i > 0; --i) spawn_native(self, {}, killer, target);
    for (int64_t i = 0; i < 6; ++i) {
      static_cast<void>(send(self, target, "x", i));
      if (dice(4) == 0) co_await yield(self);
    }
    Message m = co_await receive(self);
    w->check().that(m.kind() == SignalKind::kExit && m.from() == target, "who is terminated ends");
    w->check().that(reason_text(m) == "process terminated", "with that reason");
  }
  Message more = co_await receive_for(self, 5'000'000);
  w->check().that(!more, "one EXIT each");
  w->done();
}

void kills(World& w) { w.run(kills_root); }

// --- cancel: obeyed, ignored, and racing with a normal end

Behavior obeys(Context& self) {
  for (;;) {
    Message m = co_await receive(self);
    if (m.kind() == SignalKind::kCancel) co_return;
  }
}
Behavior ignores(Context& self) {
  for (;;) Message m = co_await receive(self);
}
Behavior spins(Context& self) {
  for (;;) co_await yield(self);
}

Behavior cancel_root(Context& self, World* w) {
  struct Target {
    int kind = 0;
    uint64_t cancelled_ns = 0;
    uint64_t deadline_ns = 0;
  };
  std::map<uint64_t, Target> targets;
  SpawnOptions o;
  o.monitor = true;
  for (int i = 0; i < 8; ++i) {
    Target t;
    t.kind = static_cast<int>(dice(4));
    // Who obeys has time enough, however long the kernel keeps its worker away.
    t.deadline_ns = t.kind == 0 ? 60'000'000'000 : 100'000 + dice(2'000'000);
    const Pid p = t.kind == 0   ? spawn_native(self, o, obeys).pid
                  : t.kind == 1 ? spawn_native(self, o, ignores).pid
                  : t.kind == 2
                      ? spawn_native(self, o, spins).pid
                      : spawn_native(self, o, short_life, uint64_t{t.deadline_ns - 50'000 + dice(100'000)}).pid;
    t.cancelled_ns = monotonic_ns();
    w->check().that(self.cancel(p, t.deadline_ns).ok() || t.kind == 3, "there is somebody to cancel");
    targets[p.value] = t;
  }
  for (std::size_t left = targets.size(); left > 0; --left) {
    Message m = co_await receive(self);
    w->check().that(m.kind() == SignalKind::kExit && targets.count(m.from().value) == 1, "one EXIT each");
    const Target t = targets[m.from().value];
    targets.erase(m.from().value);
    if (t.kind == 0) w->check().that(!m.abnormal(), "who obeys ends normally");
    if (t.kind == 1 || t.kind == 2) w->check().that(m.abnormal(), "who does not obey is killed");
    if (m.abnormal()) {
      w->check().that(reason_text(m) == "cancel deadline exceeded", "the reason is the deadline");
      w->check().that(monotonic_ns() - t.cancelled_ns >= t.deadline_ns, "the deadline is not early");
    }
  }
  Message more = co_await receive_for(self, 5'000'000);
  w->check().that(!more, "no EXIT after the EXIT");
  w->done();
}

void cancel(World& w) { w.run(cancel_root); }

// --- several deadlines for one process, in any order: the earliest kills

Behavior deadlines_root(Context& self, World* w) {
  constexpr uint64_t kFarNs = 200'000'000;
  struct Target {
    uint64_t cancelled_ns;
    uint64_t soonest_ns;
  };
  std::map<uint64_t, Target> targets;
  SpawnOptions o;
  o.monitor = true;
  for (int i = 0; i < 5; ++i) {
    const Pid p = dice(2) == 0 ? spawn_native(self, o, ignores).pid : spawn_native(self, o, spins).pid;
    Target t{monotonic_ns(), 100'000 + dice(2'000'000)};
    uint64_t deadlines_ns[] = {t.soonest_ns, kFarNs, 0, kFarNs / 2};
    for (std::size_t k = 4; k > 1; --k) std::swap(deadlines_ns[k - 1], deadlines_ns[dice(k)]);
    for (const uint64_t d : deadlines_ns) {
      // Kept away for long, the canceller may come after the soonest deadline.
      w->check().that(self.cancel(p, d).ok() || monotonic_ns() >= t.cancelled_ns + t.soonest_ns,
                      "there is somebody to cancel");
      if (dice(4) == 0) co_await yield(self);
    }
    targets[p.value] = t;
  }
  for (std::size_t left = targets.size(); left > 0; --left) {
    Message m = co_await receive(self);
    const Target t = targets[m.from().value];
    const uint64_t after_ns = monotonic_ns() - t.cancelled_ns;
    w->check().that(m.kind() == SignalKind::kExit && reason_text(m) == "cancel deadline exceeded", "a deadline kills");
    w->check().that(after_ns >= t.soonest_ns && after_ns < kFarNs / 4, "the earliest deadline counts");
  }
  Message more = co_await receive_for(self, kFarNs);
  w->check().that(!more, "no EXIT after the EXIT");
  w->done();
}

void deadlines(World& w) { w.run(deadlines_root); }

// --- names: one live owner at a time, released by the exit

struct Names {
  static constexpr std::size_t kNames = 3;
  uint64_t owner[kNames] = {};  // what the scenario believes
};

std::string name_of(std::size_t i) { return "service-" + std::to_string(i); }

Behavior name_taker(Context& self, World* w, Names* names) {
  const std::size_t i = dice(Names::kNames);
  if (self.register_name(name_of(i), self.pid()).ok()) {
    w->check().that(names->owner[i] == 0, "a name has one owner");
    names->owner[i] = self.pid().value;
    for (uint64_t k = dice(4); k > 0; --k) co_await yield(self);
    w->check().that(self.lookup_name(name_of(i)) == self.pid(), "the owner is found");
    names->owner[i] = 0;
    if (dice(2) == 0) static_cast<void>(self.unregister_name(name_of(i)));
  }
}

// Gives names to processes that may be ending.
Behavior name_giver(Context& self, std::vector<Pid> targets) {
  for (int i = 0; i < 8; ++i) {
    const std::size_t at = dice(targets.size());
    static_cast<void>(self.register_name("gift-" + std::to_string(at), targets[at]));
    if (dice(3) == 0) co_await yield(self);
  }
}

Behavior named_short(Context& self, std::size_t at) {
  static_cast<void>(self.register_name("short-" + std::to_string(at), self.pid()));
  for (uint64_t k = dice(6); k > 0; --k) co_await yield(self);
}

Behavior names_root(Context& self, World* w, Names* names) {
  SpawnOptions o;
  o.monitor = true;
  std::size_t spawned = 0;
  for (int round = 0; round < 4; ++round) {
    std::vector<Pid> targets;
    for (std::size_t i = 0; i < 4; ++i, ++spawned) targets.push_back(spawn_native(self, o, named_short, i).pid);
    for (int i = 0; i < 2; ++i, ++spawned) spawn_native(self, o, name_giver, targets);
    for (int i = 0; i < 5; ++i, ++spawned) spawn_native(self, o, name_taker, w, names);
    if (dice(2) == 0) co_await yield(self);
  }
  for (; spawned > 0; --spawned) {
    Message m = co_await receive(self);
    w->check().that(m.kind() == SignalKind::kExit && !m.abnormal(), "all end normally");
  }
  for (std::size_t i = 0; i < Names::kNames; ++i) {
    w->check().that(!self.lookup_name(name_of(i)), "names of the dead are free when their EXIT is handled");
  }
  w->check().equal(self.node().names().size(), 0u, "names left");
  w->done();
}

void names(World& w) {
  Names n;
  w.run(names_root, &n);
  w.finish();
}

// --- a name is given to a process in the very moment of its exit

Behavior giver(Context& self, Pid target, int64_t number) {
  static_cast<void>(self.register_name("gift-" + std::to_string(number), target));
  co_return;
}

Behavior gifts_root(Context& self, World* w) {
  for (int round = 0; round < 25; ++round) {
    SpawnOptions o;
    o.monitor = true;
    const Pid target = spawn_native(self, o, named_short, std::size_t{0}).pid;
    for (int64_t i = 0; i < 4; ++i) spawn_native(self, o, giver, target, i);
    for (int i = 0; i < 5; ++i) Message m = co_await receive(self);
    w->check().equal(self.node().names().size(), 0u, "names left");
  }
  w->done();
}

void gifts(World& w) { w.run(gifts_root); }

// --- trees of monitored children

struct Storm {
  uint32_t born = 0;
  uint32_t reported = 0;
};

Behavior storm_node(Context& self, World* w, Storm* storm, int depth) {
  ++storm->born;
  constexpr int kFanOut = 4;
  if (depth == 0) co_return;
  std::set<uint64_t> children;
  for (int i = 0; i < kFanOut; ++i) {
    SpawnOptions o;
    o.monitor = true;
    o.link = true;
    children.insert(spawn_native(self, o, storm_node, w, storm, depth - 1).pid.value);
  }
  while (!children.empty()) {
    Message m = co_await receive(self);
    w->check().that(m.kind() == SignalKind::kExit && !m.abnormal(), "children end normally");
    w->check().that(children.erase(m.from().value) == 1, "one EXIT for each child");
    ++storm->reported;
  }
}

Behavior storm_root(Context& self, World* w, Storm* storm) {
  SpawnOptions o;
  o.monitor = true;
  spawn_native(self, o, storm_node, w, storm, 4);
  Message m = co_await receive(self);
  w->check().equal(storm->born, 341u, "processes born");
  w->check().equal(storm->reported, 340u, "exits seen");
  w->done();
}

void storm(World& w) {
  Storm s;
  w.run(storm_root, &s);
  w.finish();
}

// --- a host is stopped while its processes talk, spawn and sleep

Behavior busy(Context& self, Pid peer, bool obey) {
  for (int64_t i = 0;; ++i) {
    static_cast<void>(send(self, peer, "x", i));
    if (dice(4) == 0) spawn_native(self, {}, short_life, dice(100'000));
    Message m = co_await receive_for(self, 1 + dice(300'000));
    if (m && m.kind() == SignalKind::kCancel && obey) co_return;
  }
}

Behavior stop_root(Context& self, World* w) {
  SpawnOptions other;
  other.host = &w->host(1).core();
  Pid peer = self.pid();
  for (int i = 0; i < 6; ++i) peer = spawn_native(self, other, busy, peer, dice(4) != 0).pid;
  w->done();
  for (;;) {
    Message m = co_await receive(self);
    if (m.kind() == SignalKind::kCancel) co_return;
  }
}

void stop(World& w) {
  w.run(stop_root);
  Parker pause;
  static_cast<void>(pause.park(monotonic_ns() + dice(1'000'000)));
  const uint64_t t0_ns = monotonic_ns();
  const uint64_t grace_ns = 500'000 + dice(5'000'000);
  w.host(1).begin_stop(grace_ns);
  static_cast<void>(w.host(1).finish_stop(t0_ns + grace_ns));
  w.check().that(monotonic_ns() - t0_ns < 1'000'000'000, "stopping does not run into its emergency limits");
  w.check().equal(w.host(1).pids().size(), 0u, "processes of the stopped host");
}

}  // namespace

const std::vector<Scenario>& life_scenarios() {
  static const std::vector<Scenario> all{
      {"links", links}, {"relink", relink},       {"monitors", monitors}, {"cancel", cancel}, {"kills", kills},
      {"names", names}, {"deadlines", deadlines}, {"gifts", gifts},       {"storm", storm},   {"stop", stop, 2}};
  return all;
}

}  // namespace wippy::simtest
