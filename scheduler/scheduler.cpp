#include "scheduler/scheduler.hpp"

#include <cstdio>

#include "scheduler/clock.hpp"

namespace wippy {

namespace {
std::vector<uint32_t> nodes_of(const Placement& p) {
  std::vector<uint32_t> out;
  for (const WorkerPlace& w : p.workers) out.push_back(w.pu.node);
  return out;
}
}  // namespace

Scheduler::Scheduler(Config config, MemoryPools& pools, SpinGate& gate, Monitor& monitor, WorkerHooksFactory& hooks,
                     const Topology& topology)
    : config_(std::move(config)),
      pools_(pools),
      gate_(gate),
      monitor_(monitor),
      hooks_(hooks),
      topology_(topology),
      idle_(config_.placement.active, nodes_of(config_.placement)) {
  uint64_t seed = config_.seed;
  for (const WorkerPlace& place : config_.placement.workers) {
    const auto index = static_cast<uint16_t>(workers_.size());
    workers_.push_back(std::make_unique<Worker>(*this, index, place, split_mix64(seed)));
  }
}

Scheduler::~Scheduler() { stop(); }

Status Scheduler::start() {
  if (running_) return Status::error(ErrorKind::kConflict, "host already running");
  stopping_.store_relaxed(0);  // threads start later
  running_ = true;
  monitor_.add(*this);
  for (auto& w : workers_) {
    char name[24];
    std::snprintf(name, sizeof name, "%.10s/%u", config_.name.c_str(), static_cast<unsigned>(w->index()));
    name[15] = 0;  // the system's limit
    if (!w->thread_.start(name, &Worker::thread_main, w.get())) {
      stop();
      return Status::error(ErrorKind::kUnavailable, "the system refused a thread", true);
    }
  }
  return Status::good();
}

void Scheduler::stop() noexcept {
  if (!running_) return;
  stopping_.store_relaxed(1);
  fence_seq_cst();  // a worker that parks after this sees the flag in its re-check; one that parked before gets a token
  for (auto& w : workers_) w->parker_.unpark();
  for (auto& w : workers_) w->thread_.join();
  monitor_.remove(*this);
  running_ = false;
}

void Scheduler::submit_remote(Runnable* r, uint16_t preferred) noexcept {
  const uint32_t target = preferred < workers_.size() && !idle_.starts_in_reserve(preferred) ? preferred : 0;
  if (workers_[target]->inbox_.push(r) == InboxPush::kHadEntries) return;
  const Wake w = idle_.wake_worker(target, workers_[target]->place_.pu.node);
  if (w.any()) unpark(w.worker);
}

void Scheduler::pin(const WorkerPlace& place) noexcept {
  if (!place.pinned) return;
  static_cast<void>(topology_.pin_this_thread(place.pu.os_index));  // a refusal costs speed, not correctness
}

CounterTotals Scheduler::totals() const noexcept {
  CounterTotals t;
  for (const auto& w : workers_) {
    const WorkerCounters& c = w->counters();
    t.steps += c.steps.read();
    t.slot_hits += c.slot_hits.read();
    t.inbox_takes += c.inbox_takes.read();
    t.overflow_takes += c.overflow_takes.read();
    t.overflows += c.overflows.read();
    t.steal_attempts += c.steal_attempts.read();
    t.steals += c.steals.read();
    t.stolen += c.stolen.read();
    t.remote_stolen += c.remote_stolen.read();
    t.parks += c.parks.read();
    t.wakes_sent += c.wakes_sent.read();
    t.timers_fired += c.timers_fired.read();
  }
  return t;
}

std::string Scheduler::dump_line() const {
  const IdleCounts i = idle_.counts();
  uint64_t queued = overflow_.size_estimate();
  for (const auto& w : workers_) queued += w->queued_estimate();
  const CounterTotals t = totals();
  char line[320];
  std::snprintf(
      line, sizeof line,
      "%s workers=%zu active=%u awake=%u searching=%u queued=%llu steps=%llu steals=%llu stolen=%llu parks=%llu "
      "wakes=%llu timers=%llu",
      config_.name.c_str(), workers_.size(), i.active(), i.awake, i.searching, static_cast<unsigned long long>(queued),
      static_cast<unsigned long long>(t.steps), static_cast<unsigned long long>(t.steals),
      static_cast<unsigned long long>(t.stolen), static_cast<unsigned long long>(t.parks),
      static_cast<unsigned long long>(t.wakes_sent), static_cast<unsigned long long>(t.timers_fired));
  return line;
}

}  // namespace wippy
