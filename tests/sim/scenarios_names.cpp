// Scenarios: spawns under a name against each other, against registrations, and against the exits of the owners.
#include <array>

#include "scheduler/thread.hpp"
#include "tests/sim/scenarios.hpp"

namespace wippy::simtest {
namespace {

constexpr const char* kName = "one";

struct Race {
  uint64_t holder = 0;  // the pid of the process that runs as owner of the name
  uint64_t started = 0;
  uint64_t failed = 0;
  uint64_t signalled = 0;
};

std::string body(std::string_view topic, int64_t value) {
  ValueWriter w;
  w.reset_body(topic, 1);
  w.integer(value);
  static_cast<void>(w.finish());
  return std::string(w.view());
}

Behavior name_owner(Context& self, World* w, Race* race, int64_t number) {
  w->check().that(race->holder == 0, "one process for a name");
  race->holder = self.pid().value;
  w->check().that(self.lookup_name(kName) == self.pid(), "the name is there before the first instruction");
  for (const char* topic : {"first", "second"}) {
    Message m = co_await receive(self);
    w->check().that(!m.from() && m.topic() == topic && m.integer() == number, "queued messages come first");
  }
  for (uint64_t k = dice(4); k > 0; --k) co_await yield(self);
  race->holder = 0;
}

// A machine that takes its time, as a program that is loaded does, and now and then is not made at all.
class SlowFactory final : public MachineFactory {
 public:
  SlowFactory(World* w, Race* race, int64_t number, bool fails)
      : world_(w), race_(race), number_(number), fails_(fails) {}
  Status create(Context& child, Machine*& machine, std::string&) override {
    for (uint64_t k = dice(4); k > 0; --k) yield_thread();
    world_->check().that(child.lookup_name(kName) != child.pid(), "a name that is reserved is shown to nobody");
    if (fails_) return Status::error(ErrorKind::kInternal, "not made");
    put_native_machine(child, name_owner(child, world_, race_, number_), machine);
    return Status::good();
  }

 private:
  World* const world_;
  Race* const race_;
  const int64_t number_;
  const bool fails_;
};

void spawn_or_signal(Context& self, World* w, Race* race, int64_t number) {
  const std::array<std::string, 2> bodies{body("first", number), body("second", number)};
  const std::array<std::string_view, 2> views{bodies[0], bodies[1]};
  const SpawnExtras extras{kName, views};
  SpawnOptions o;
  o.extras = &extras;
  if (dice(3) == 0) o.host = &w->host(dice(2)).core();
  const bool fails = dice(5) == 0;
  SlowFactory factory(w, race, number, fails);
  const SpawnResult r = self.spawn(factory, o);
  if (!r.status.ok()) {
    w->check().that(fails && !r.pid, "only a machine that is not made fails a spawn");
    ++race->failed;
  } else {
    w->check().that(r.pid != Pid{}, "somebody has the name");
    ++(r.signalled ? race->signalled : race->started);
  }
}

// Becomes the owner by registering itself, for a moment.
Behavior name_grabber(Context& self, World* w, Race* race) {
  for (uint64_t k = dice(5); k > 0; --k) co_await yield(self);
  const Status s = self.register_name(kName, self.pid());
  if (!s.ok()) {
    w->check().that(s.kind == ErrorKind::kAlreadyExists, "a name is taken or free");
    co_return;
  }
  w->check().that(race->holder == 0, "one process for a name");
  race->holder = self.pid().value;
  for (uint64_t k = dice(3); k > 0; --k) co_await yield(self);
  race->holder = 0;
}

// Writes to whoever has the name as soon as it is found.
Behavior name_sender(Context& self) {
  for (uint64_t k = 4 + dice(20); k > 0; --k) {
    if (const Pid to = self.lookup_name(kName)) static_cast<void>(send(self, to, "late", 0));
    if (dice(2) == 0) co_await yield(self);
  }
}

Behavior name_racer(Context& self, World* w, Race* race, int64_t first) {
  for (int64_t i = 0; i < 6; ++i) {
    spawn_or_signal(self, w, race, first + i);
    if (dice(3) == 0) co_await yield(self);
  }
}

Behavior builders_root(Context& self, World* w, Race* race) {
  SpawnOptions o;
  o.monitor = true;
  uint32_t spawned = 0;
  for (int64_t i = 0; i < 4; ++i, ++spawned) {
    if (dice(2) == 0) o.host = &w->host(dice(2)).core();
    spawn_native(self, o, name_racer, w, race, i * 100);
  }
  for (int i = 0; i < 2; ++i, ++spawned) spawn_native(self, o, name_sender);
  for (int i = 0; i < 2; ++i, ++spawned) spawn_native(self, o, name_grabber, w, race);
  for (; spawned > 0; --spawned) {
    Message m = co_await receive(self);
    w->check().that(m.kind() == SignalKind::kExit && !m.abnormal(), "all end normally");
  }
  for (int i = 0; i < 1000 && race->holder != 0; ++i) co_await sleep_for(self, 100'000);
  w->check().equal(race->started + race->failed + race->signalled, 24u, "spawns that were answered");
  w->check().that(race->started + race->signalled > 0 || race->failed == 24, "a free name is had by somebody");
  // The last owner lets go of the name when it exits; then nothing is left, neither of names nor of reservations.
  for (int i = 0; i < 1000 && self.node().names().size() != 0; ++i) co_await sleep_for(self, 100'000);
  w->check().equal(self.node().names().size(), 0u, "names left");
  w->done();
}

void builders(World& w) {
  Race race;
  w.run(builders_root, &race);
  w.finish();
}

// --- the owner is killed while others spawn under its name: its successor has the name to itself

Behavior killed_owner(Context& self, World* w, Race* race) {
  w->check().that(race->holder == 0 || !self.node().alive(Pid{race->holder}), "one live process for a name");
  race->holder = self.pid().value;
  for (;;) Message m = co_await receive(self);
}

Behavior heir_racer(Context& self, World* w, Race* race) {
  const SpawnExtras extras{kName, {}};
  SpawnOptions o;
  o.extras = &extras;
  for (int i = 0; i < 8; ++i) {
    const SpawnResult r = spawn_native(self, o, killed_owner, w, race);
    w->check().that(r.status.ok() && r.pid, "somebody has the name");
    if (r.signalled) w->check().that(r.pid != self.pid(), "an owner that is another");
    if (dice(2) == 0) static_cast<void>(self.terminate(r.pid));
    if (dice(3) == 0) co_await yield(self);
  }
}

Behavior heirs_root(Context& self, World* w, Race* race) {
  SpawnOptions o;
  o.monitor = true;
  for (int i = 0; i < 4; ++i) spawn_native(self, o, heir_racer, w, race);
  for (int i = 0; i < 4; ++i) Message m = co_await receive(self);
  if (const Pid last = self.lookup_name(kName); last && self.monitor(last).ok()) {  // it may be about to end already
    static_cast<void>(self.terminate(last));
    Message m = co_await receive(self);
    w->check().that(m.kind() == SignalKind::kExit && m.from() == last, "the last owner ends");
  }
  for (int i = 0; i < 1000 && self.node().names().size() != 0; ++i) co_await sleep_for(self, 100'000);
  w->check().equal(self.node().names().size(), 0u, "names left");
  w->done();
}

void heirs(World& w) {
  Race race;
  w.run(heirs_root, &race);
  w.finish();
}

}  // namespace

const std::vector<Scenario>& name_scenarios() {
  static const std::vector<Scenario> all{{"builders", builders, 2}, {"heirs", heirs}};
  return all;
}

}  // namespace wippy::simtest
