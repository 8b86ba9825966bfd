// Counted only: links, monitors, exits, names, cancelling, supervision. One worker.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/harness.hpp"
#include "bench/node.hpp"
#include "runtime/service/supervisor.hpp"

namespace wippy::bench {

namespace {

Pid pid_of(int64_t value) { return Pid{static_cast<uint64_t>(value)}; }

Measured one_worker(auto main, auto... args) { return nodes().pair().run(kSecondHost, main, args...); }

// --- link and unlink, always both ends alive

Behavior linker(Context& self) {
  for (;;) {
    Message m = co_await receive(self);
    if (m.kind() != SignalKind::kMessage) continue;
    const Pid peer = pid_of(m.integer());
    const bool ok = self.link(peer).ok() && self.unlink(peer).ok();
    static_cast<void>(send(self, m.from(), "", ok ? 1 : 0));
  }
}

Behavior links(Context& self, Job* job, uint64_t count) {
  std::vector<Pid> all;
  for (int i = 0; i < 16; ++i) all.push_back(spawn_native(self, {}, linker).pid);
  co_await sleep_for(self, 1'000'000);  // all of them wait now
  job->begin();
  uint64_t linked = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const Pid peer = all[(i * 7 + 1) % all.size()];
    static_cast<void>(send(self, all[i % all.size()], "", static_cast<int64_t>(peer.value)));
    Message m = co_await receive(self);
    linked += m.integer() == 1 ? 1 : 0;
  }
  linked == count ? job->end() : job->fail("a link was refused");
}
const ScenarioCase kLinks("gate/links", "link + unlink", {}, {.ops = 512},
                          [](uint64_t ops) { return one_worker(links, ops); });

// --- linked children fail, the parent traps

Behavior fails(Context& self) {
  self.finish(ExitReason::failure(ErrorKind::kInternal, "on purpose"));
  co_return;
}

Behavior trapper(Context& self, Job* job, uint64_t count) {
  self.set_trap_links(true);
  job->begin();
  uint64_t down = 0;
  for (uint64_t i = 0; i < count; ++i) {
    SpawnOptions o;
    o.link = true;
    spawn_native(self, o, fails);
    Message m = co_await receive(self);
    down += m.kind() == SignalKind::kLinkDown && m.abnormal() ? 1 : 0;
  }
  down == count ? job->end() : job->fail("a LINK_DOWN is missing");
}
const ScenarioCase kLinkFailure("gate/link_failure", "linked child that fails + LINK_DOWN", {}, {.ops = 256},
                                [](uint64_t ops) { return one_worker(trapper, ops); });

// --- a chain of links dies from one end to the other

Behavior chained(Context& self, Pid next) {
  if (next) static_cast<void>(self.link(next));
  Message m = co_await receive(self);
  self.finish(ExitReason::failure(ErrorKind::kInternal, "told to"));
}

Behavior chain(Context& self, Job* job, uint64_t count) {
  Pid last{};
  SpawnOptions o;
  o.monitor = true;
  for (uint64_t i = 0; i < count; ++i) last = spawn_native(self, o, chained, last).pid;
  co_await sleep_for(self, 1'000'000);
  job->begin();
  static_cast<void>(send(self, last, "", 0));
  uint64_t ended = 0;
  for (uint64_t i = 0; i < count; ++i) {
    Message m = co_await receive(self);
    ended += m.kind() == SignalKind::kExit && m.abnormal() ? 1 : 0;
  }
  ended == count ? job->end() : job->fail("a part of the chain survived");
}
const ScenarioCase kChain("gate/exit_chain", "process of a linked chain that fails", {}, {.ops = 128},
                          [](uint64_t ops) { return one_worker(chain, ops); });

// --- monitors: half of them are taken back

Behavior told_to_end(Context& self) { Message m = co_await receive(self); }

Behavior monitors(Context& self, Job* job, uint64_t count) {
  job->begin();
  std::vector<Pid> all;
  for (uint64_t i = 0; i < count; ++i) {
    all.push_back(spawn_native(self, {}, told_to_end).pid);
    static_cast<void>(self.monitor(all.back()));
    if (i % 2 == 1) static_cast<void>(self.unmonitor(all.back()));
    if (i % 32 == 31) co_await yield(self);
  }
  for (const Pid p : all) static_cast<void>(send(self, p, "", 0));
  for (uint64_t i = 0; i < count / 2; ++i) {
    Message m = co_await receive(self);
    const auto at = std::find(all.begin(), all.end(), m.from());
    if (m.kind() != SignalKind::kExit || at == all.end() || (at - all.begin()) % 2 != 0) {
      job->fail("an EXIT is missing, or came from where it was no longer wanted");
      co_return;
    }
  }
  job->end();
}
const ScenarioCase kMonitors("gate/monitors", "process that is monitored and ends", {}, {.ops = 256},
                             [](uint64_t ops) { return one_worker(monitors, ops); });

// --- names: registered, looked up, given back by the owner or by its end

Behavior named(Context& self, uint64_t number) {
  const std::string name = "service-" + std::to_string(number);
  if (!self.register_name(name, self.pid()).ok()) co_return;
  if (self.lookup_name(name) != self.pid()) co_return;
  if (number % 2 == 0) static_cast<void>(self.unregister_name(name));
  self.finish(ExitReason::failure(ErrorKind::kInternal, "has had its name"));
}

Behavior names(Context& self, Job* job, uint64_t count) {
  job->begin();
  uint64_t had = 0;
  for (uint64_t i = 0; i < count; ++i) {
    SpawnOptions o;
    o.monitor = true;
    spawn_native(self, o, named, i);
    Message m = co_await receive(self);
    had += m.abnormal() ? 1 : 0;
  }
  had == count&& self.node().names().size() == 0 ? job->end() : job->fail("a name was refused, or one is left");
}
const ScenarioCase kNames("gate/names", "name registered, looked up, released", {}, {.ops = 256},
                          [](uint64_t ops) { return one_worker(names, ops); });

// --- cancelling what does not obey

Behavior stubborn(Context& self) {
  for (;;) Message m = co_await receive(self);
}

Behavior canceller(Context& self, Job* job, uint64_t count) {
  job->begin();
  for (uint64_t i = 0; i < count; ++i) {
    SpawnOptions o;
    o.monitor = true;
    const Pid p = spawn_native(self, o, stubborn).pid;
    static_cast<void>(self.cancel(p, 1'000'000 + i * 1'000));
    if (i % 32 == 31) co_await yield(self);
  }
  uint64_t killed = 0;
  for (uint64_t i = 0; i < count; ++i) {
    Message m = co_await receive(self);
    killed += m.kind() == SignalKind::kExit && m.abnormal() ? 1 : 0;
  }
  killed == count ? job->end() : job->fail("a deadline was not enforced");
}
const ScenarioCase kCancel("gate/cancel_deadline", "process killed by its cancel deadline", {}, {.ops = 128},
                           [](uint64_t ops) { return one_worker(canceller, ops); });

// --- a service that crashes until its supervisor gives up

Measured restarts(uint64_t ops) {
  BenchNode& node = nodes().pair();
  ThreadMemory scope(node.runtime().pools(), NodeId{0}, ReaderKind::kOutside);
  Job job;
  Job gone;
  uint64_t starts = 0;
  std::vector<ServiceSpec> specs(1);
  specs[0].id = "crashing";
  specs[0].start = [&](Context& supervisor) {
    ++starts;
    SpawnOptions o;
    o.private_watch = true;
    return spawn_native(supervisor, o, fails);
  };
  specs[0].ended = [&](bool, std::string_view) { job.end(); };
  specs[0].lifecycle.restart.jitter = 0;
  specs[0].lifecycle.restart.backoff_factor = 1;
  specs[0].lifecycle.restart.initial_delay_ns = 1'000'000;
  specs[0].lifecycle.restart.max_attempts = static_cast<int64_t>(ops);
  Supervisor supervisor(std::move(specs), 1);
  job.begin();
  if (!supervisor.launch(node.runtime().node(), node.host(kSecondHost), [&] { gone.end(); }).ok()) {
    return Measured::wrong("the supervisor was not started");
  }
  if (!job.wait()) return Measured::wrong("the supervisor did not give up");
  supervisor.request_stop();
  if (!gone.wait() || !node.clear()) return Measured::wrong("the supervisor did not end");
  if (starts != ops + 1) return Measured::wrong("a restart is missing");
  return job.result();
}
const ScenarioCase kRestarts("gate/supervisor_restarts", "restart of a service", {}, {.ops = 32}, restarts);

}  // namespace

}  // namespace wippy::bench
