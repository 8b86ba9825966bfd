#include "scheduler/scheduler.hpp"

#include "scheduler/monitor.hpp"

namespace wippy {

Scheduler::Scheduler(Config config)
    : config_(std::move(config)), idle_(config_.placement.active, [this] {
        std::vector<uint32_t> nodes;
        for (const WorkerPlace& w : config_.placement.workers) nodes.push_back(w.pu.node);
        return nodes;
      }()) {
  uint64_t seed = config_.seed;
  for (const WorkerPlace& place : config_.placement.workers) {
    const auto index = static_cast<uint16_t>(workers_.size());
    workers_.push_back(std::make_unique<Worker>(*this, index, place, split_mix64(seed)));
  }
}

Status Scheduler::start() {
  if (running_) return Status::error(ErrorKind::kConflict, "host already running");
  stopping_.store_relaxed(0);  // threads start later
  running_ = true;
  config_.monitor.add(*this);
  for (auto& w : workers_) {
    const std::string name = config_.name.substr(0, 10) + "/" + std::to_string(w->index());
    if (!w->thread_.start(name.substr(0, 15).c_str(), &Worker::thread_main, w.get())) {
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
  config_.monitor.remove(*this);
  running_ = false;
}

void Scheduler::submit_remote(Runnable* r, uint16_t preferred) noexcept {
  const uint32_t target = preferred < workers_.size() && !idle_.starts_in_reserve(preferred) ? preferred : 0;
  Worker& w = worker(target);
  if (w.inbox_.push(r)) wake(idle_.wake_one(w.node(), target));
}

CounterTotals Scheduler::totals() const noexcept {
  CounterTotals sum;
  for (const CounterField& f : kCounterFields) {
    for (const auto& w : workers_) sum.*f.total += (w->counters().*f.live).read();
  }
  return sum;
}

}  // namespace wippy
