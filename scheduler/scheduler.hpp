// Scheduler: the workers of one host, their shared overflow queue and idle accounting. Knows Runnables only.
// Life: construct -> start() -> stop(): after stop() returns no worker runs. What is still queued then is the caller's
// loss; hosts end their processes first. SpinGate and Monitor are shared by all schedulers of a runtime.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "memory/slab.hpp"
#include "memory/status.hpp"
#include "numa/placement.hpp"
#include "scheduler/idle.hpp"
#include "scheduler/inbox.hpp"
#include "scheduler/worker.hpp"

namespace wippy {

class Monitor;

class Scheduler {
 public:
  struct Config {
    std::string name;  // threads are called name/0 … (15 characters are visible)
    Placement placement;
    uint64_t seed = 1;
    std::function<std::unique_ptr<WorkerHooks>()> make_hooks;  // called on the worker's thread, destroyed there
    MemoryPools& pools;                                        // the references outlive the scheduler
    SpinGate& gate;
    Monitor& monitor;
    const Topology& topology;
  };
  explicit Scheduler(Config config);
  ~Scheduler() { stop(); }

  // CONFLICT when it runs already; UNAVAILABLE when the system refuses a thread (those started are stopped again).
  Status start();
  void stop() noexcept;
  // Any thread: from another host, from outside. `preferred`: the worker that ran it last.
  void submit_remote(Runnable* r, uint16_t preferred) noexcept;
  void wake(Wake w) noexcept {
    if (w.any()) workers_[w.worker]->parker_.unpark();
  }

  uint32_t worker_count() const noexcept { return static_cast<uint32_t>(workers_.size()); }
  Worker& worker(uint32_t i) noexcept { return *workers_[i]; }
  Idle& idle() noexcept { return idle_; }
  OverflowQueue& overflow() noexcept { return overflow_; }
  OverflowQueue& spent() noexcept { return spent_; }  // what ran for a whole time slice and would run on
  const Config& config() const noexcept { return config_; }
  bool stopping() const noexcept { return stopping_.load_relaxed() != 0; }
  CounterTotals totals() const noexcept;

 private:
  const Config config_;
  Idle idle_;
  OverflowQueue overflow_, spent_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Atomic<uint32_t> stopping_{0};
  bool running_ = false;
};

}  // namespace wippy
