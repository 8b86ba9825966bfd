#include "bench/gate/counts.hpp"

#include <optional>

#include "bench/gate/heap.hpp"
#include "bench/harness.hpp"
#include "bench/node.hpp"
#include "scheduler/parker.hpp"
#include "scheduler/scheduler.hpp"

namespace wippy::bench {

namespace {

struct Totals {
  CounterTotals scheduler;
  sim::Counts counted;
  HeapTotals heap;
};

Totals now() { return {totals_of_nodes(), sim::counts(), heap_totals()}; }

// The run that is going on. One OS thread.
struct Region {
  std::optional<Totals> begin;
  std::optional<Totals> end;
  Injection injection;
  uint64_t signals = 0;
};
Region g_region;

bool measured() { return g_region.begin.has_value() && !g_region.end.has_value(); }

void inject(Counted what) {
  if (what != Counted::kSignalTaken || !measured()) return;
  ++g_region.signals;
  const bool now_is_the_time = g_region.signals == g_region.injection.at;
  switch (g_region.injection.extra) {
    case Extra::kNothing: break;
    case Extra::kAllocation:
      if (void* p = slab_allocate(0)) slab_free(p, 0);
      break;
    case Extra::kWake:
      if (now_is_the_time) Worker::current()->scheduler().wake(Wake{Worker::current()->index()});
      break;
    case Extra::kSyscall: {
      Atomic<uint32_t> nobody_waits{0};
      if (now_is_the_time) futex_wake_one(nobody_waits);
      break;
    }
  }
}

void on_job(bool begins) {
  if (begins && !g_region.begin) g_region.begin = now();
  if (!begins && measured()) g_region.end = now();
}

const sim::Count& of(const Totals& t, Counted what) { return t.counted[static_cast<std::size_t>(what)]; }

double times(Counted what) {
  return static_cast<double>(of(*g_region.end, what).times - of(*g_region.begin, what).times);
}
double amount(Counted what) {
  return static_cast<double>(of(*g_region.end, what).amount - of(*g_region.begin, what).amount);
}
double difference(uint64_t end, uint64_t begin) { return static_cast<double>(end - begin); }

// What is allocated and not freed, apart from what the run held when its measured part began.
double live_bytes() {
  const double heap = static_cast<double>(g_region.end->heap.live_bytes - g_region.begin->heap.live_bytes);
  const double slab = amount(Counted::kSlab) - amount(Counted::kSlabFree);
  const double blocks = times(Counted::kBlock) - times(Counted::kBlockFree);
  return heap + slab + blocks * static_cast<double>(BlockTable::kBlockBytes);
}

Metrics metrics_of(const CountRun& run) {
  const Totals& b = *g_region.begin;
  const Totals& e = *g_region.end;
  Metrics m;
  m["steps"] = difference(e.scheduler.steps, b.scheduler.steps);
  m["steals"] = difference(e.scheduler.steals, b.scheduler.steals);
  m["parks"] = difference(e.scheduler.parks, b.scheduler.parks);
  m["cas_retries"] = times(Counted::kCasFailed);
  m["wakeups"] = times(Counted::kWake);
  m["syscalls"] = times(Counted::kSyscall);
  m["slab_allocations"] = times(Counted::kSlab);
  m["block_allocations"] = times(Counted::kBlock);
  m["arena_allocations"] = times(Counted::kArena);
  m["mallocs"] = difference(e.heap.allocations, b.heap.allocations);
  m["allocated_bytes"] = amount(Counted::kSlab) + difference(e.heap.bytes, b.heap.bytes) +
                         times(Counted::kBlock) * static_cast<double>(BlockTable::kBlockBytes);
  m["copied_bytes"] = amount(Counted::kCopy);
  m["signals"] = times(Counted::kSignalTaken);
  if (run.per_process)
    m["bytes_per_process"] = static_cast<double>(static_cast<int64_t>(live_bytes()) / static_cast<int64_t>(run.ops));
  return m;
}

const Case* find_case(const std::string& name) {
  for (const Case& c : all_cases()) {
    if (c.name == name) return &c;
  }
  return nullptr;
}

}  // namespace

CountResult count_once(const CountRun& run, uint64_t seed, const Injection& injection) {
  const Case* c = find_case(run.scenario);
  if (c == nullptr) return {{}, std::string("no case ") + run.scenario};
  g_region = Region{};
  g_region.injection = injection;
  sim::Options o;
  o.mean_points = run.mean_points;
  o.step_ns = run.exact() ? 1 : 5;  // slow time: deadlines and spins hang little on how many accesses a step has
  o.freeze_per_mille = 0;
  o.spurious_per_mille = 0;
  o.topology = run.topology;
  o.max_virtual_ns = 600'000'000'000;
  Measured measured_by_case;
  observe_jobs(&on_job);
  sim::observe_counts(injection.extra == Extra::kNothing ? nullptr : &inject);
  const sim::Result r = sim::run(seed, o, [&] {
    const Nodes nodes;
    measured_by_case = c->scenario(run.ops);
    return 0;
  });
  sim::observe_counts(nullptr);
  observe_jobs(nullptr);
  if (r.outcome != sim::Outcome::kFinished) return {{}, r.report};
  if (!measured_by_case.error.empty()) return {{}, measured_by_case.error};
  if (!g_region.begin || !g_region.end) return {{}, "the case has no measured part"};
  return {metrics_of(run), ""};
}

}  // namespace wippy::bench
