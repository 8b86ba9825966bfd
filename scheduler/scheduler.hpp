// Scheduler: the workers of one host, their shared overflow queue and idle accounting. Knows Runnables only.
//
// Life: construct -> start() -> stop(): after stop() returns no worker runs. What is still queued then is the caller's
// loss; hosts end their processes first. SpinGate and Monitor are shared by all schedulers of a runtime.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "memory/slab.hpp"
#include "memory/status.hpp"
#include "numa/placement.hpp"
#include "scheduler/idle.hpp"
#include "scheduler/monitor.hpp"
#include "scheduler/overflow_queue.hpp"
#include "scheduler/worker.hpp"

namespace wippy {

class WorkerHooksFactory {
 public:
  virtual WorkerHooks* make_hooks(Worker& worker) = 0;
  virtual void destroy_hooks(WorkerHooks* hooks) noexcept = 0;

 protected:
  ~WorkerHooksFactory() = default;
};

class Scheduler {
 public:
  struct Config {
    std::string name;  // threads are called name/0 … (15 characters are visible)
    Placement placement;
    uint64_t seed = 1;
  };
  // All references outlive the scheduler.
  Scheduler(Config config, MemoryPools& pools, SpinGate& gate, Monitor& monitor, WorkerHooksFactory& hooks,
            const Topology& topology);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // CONFLICT when it runs already; UNAVAILABLE when the system refuses a thread (those started are stopped again).
  Status start();
  void stop() noexcept;
  bool running() const noexcept { return running_; }

  // Any thread: from another host, from outside. `preferred`: the worker that ran it last.
  void submit_remote(Runnable* r, uint16_t preferred) noexcept;
  // Wakes a worker for housekeeping (a full cancel stack).
  void unpark(uint32_t worker) noexcept { workers_[worker]->parker_.unpark(); }

  uint32_t worker_count() const noexcept { return static_cast<uint32_t>(workers_.size()); }
  Worker& worker(uint32_t i) noexcept { return *workers_[i]; }
  Idle& idle() noexcept { return idle_; }
  SpinGate& gate() noexcept { return gate_; }
  OverflowQueue& overflow() noexcept { return overflow_; }
  MemoryPools& pools() noexcept { return pools_; }
  const Placement& placement() const noexcept { return config_.placement; }
  bool stopping() const noexcept { return stopping_.load_relaxed() != 0; }
  CounterTotals totals() const noexcept;
  // "app:processes workers=4 active=2 awake=1 searching=0 queued=3 steps=…", one line; any thread, approximate.
  std::string dump_line() const;

 private:
  friend class Worker;
  friend class Monitor;
  void pin(const WorkerPlace& place) noexcept;
  WorkerHooks* make_hooks(Worker& w) { return hooks_.make_hooks(w); }
  void destroy_hooks(WorkerHooks* h) noexcept { hooks_.destroy_hooks(h); }
  void worker_woke() noexcept { monitor_.worker_woke(); }

  Config config_;
  MemoryPools& pools_;
  SpinGate& gate_;
  Monitor& monitor_;
  WorkerHooksFactory& hooks_;
  const Topology& topology_;
  Idle idle_;
  OverflowQueue overflow_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Atomic<uint32_t> stopping_{0};
  bool running_ = false;
};

}  // namespace wippy
