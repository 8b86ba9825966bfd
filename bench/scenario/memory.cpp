// Resident memory of a process that waits for its first message. A runtime of its own, so that every page is new.
#include <cstdint>

#include "bench/harness.hpp"
#include "bench/node.hpp"
#include "scheduler/clock.hpp"

namespace wippy::bench {

namespace {

Behavior waiter(Context& self) { Message m = co_await receive(self); }

Behavior crowd_driver(Context& self, Job* job, uint64_t count) {
  job->begin();
  for (uint64_t i = 0; i < count; ++i) {
    const SpawnResult r = spawn_native(self, {}, waiter);
    if (!r.status.ok()) {
      job->fail(r.status.message);
      co_return;
    }
    if (i % 64 == 63) co_await yield(self);
  }
  co_await sleep_for(self, 1'000'000);  // newborns run before the sleeper is called again
  job->end();
  for (;;) Message m = co_await receive(self);
}

Measured idle_bytes(uint64_t ops) {
  BenchNode node("crowd", {1});
  ThreadMemory scope(node.runtime().pools(), NodeId{0}, ReaderKind::kOutside);
  Job job;
  SpawnOptions o;
  o.host = &node.host(0);
  const uint64_t before = resident_bytes();
  const SpawnResult r = spawn_native(node.runtime().node(), o, crowd_driver, &job, ops);
  if (!r.status.ok() || !job.wait()) return Measured::wrong("the crowd did not start");
  const uint64_t after = resident_bytes();
  Measured m = job.result();
  const auto alive = static_cast<uint64_t>(node.runtime().node().live_processes());
  m.bytes = static_cast<double>(after - before) / static_cast<double>(ops);
  if (m.error.empty() && alive != ops + 1) m.error = "not all are alive";
  if (!node.clear()) m.error = "processes are left";
  return m;
}

const ScenarioCase kIdle("scenario/memory_idle_process", "resident bytes of a native process that waits", {},
                         {.ops = 200'000, .smoke_ops = 10'000, .metric = Metric::kBytes}, idle_bytes);

}  // namespace

}  // namespace wippy::bench
