// ProcessHost: a pool of workers with its processes (spec/host.md §3). Owns the scheduler; the HostCore lives in the node.
// start and stop block: they are for the runtime's own thread and for the blocking pool, never for a worker.
// Thread-safety: all from any thread that has a ThreadMemory. finish_stop of two threads: the second waits for the first, and
// the earlier deadline holds for both.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "memory/mutex.hpp"
#include "runtime/host/capabilities.hpp"
#include "runtime/process/mail_limit.hpp"
#include "runtime/process/node_core.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/scheduler.hpp"

namespace wippy {

struct HostOptions {
  std::string id;
  uint32_t workers = 1;
  uint32_t max_processes = 0;                            // 0: unlimited
  bool terminal = false;                                 // exactly one process at a time
  bool io = true;                                        // terminal: its process has the terminal
  bool spawn = true;                                     // its processes may spawn
  std::size_t memory_limit = 0;                          // bytes each process may take; 0: what its entry allows
  MailLimits mail;                                       // of processes that are spawned without limits of their own
  std::shared_ptr<const HostCapabilities> capabilities;  // null: any entry may run here
};

// What all hosts of a runtime share; outlives them.
struct HostEnvironment {
  NodeCore& node;
  SpinGate& gate;
  Monitor& monitor;
  const Topology& topology;
};

class ProcessHost final {
 public:
  ProcessHost(HostEnvironment env, const HostOptions& options, Placement placement, uint64_t seed);
  ~ProcessHost();

  HostCore& core() noexcept { return core_; }
  Scheduler& scheduler() noexcept { return *scheduler_; }

  // CONFLICT: it runs already. A stopped host starts again, with no processes.
  Status start();
  // Refuses new processes from now on; those that live notice nothing.
  void refuse_spawns();
  // The same, and sends CANCEL to every process, once. grace_ns is what the CANCEL tells them.
  void begin_stop(uint64_t grace_ns);
  // After begin_stop: waits for the processes to end until the deadline, then terminates them; returns when no worker runs.
  // Returns how many had to be terminated. Not stopping: 0 at once.
  uint32_t finish_stop(uint64_t deadline_ns);

  // Brings the deadline of a stop under way forward to now; does not wait.
  void hurry();

  // Live processes, by pid; a snapshot from any thread.
  std::vector<Pid> pids() const;

  // What its workers have done since the host was made, and what waits for them now. Any thread.
  struct Stats {
    uint32_t workers = 0;
    CounterTotals totals;
    uint64_t queued = 0;                // runnable processes
    std::vector<uint64_t> local_queue;  // of them, by worker
  };
  Stats stats() const;

  // Holds for spawns from now on.
  void set_capabilities(std::shared_ptr<const HostCapabilities> capabilities);

 private:
  bool is_empty();
  bool wait_until_empty();
  void end_processes(std::set<Pid>& killed);
  void settle();

  HostEnvironment env_;
  HostCore& core_;
  std::unique_ptr<Scheduler> scheduler_;
  Placement placement_;
  MailLimits mail_;
  uint64_t seed_;
  mutable Mutex state_mutex_;  // changes of the state; capabilities_, the pointer scheduler_, former_
  bool canceled_ = false;
  CounterTotals former_;                                               // of schedulers before the present one
  std::vector<std::shared_ptr<const HostCapabilities>> capabilities_;  // also former ones: a spawn may look at one
  Mutex stop_mutex_;                                                   // one start or finish_stop at a time
  Atomic<uint64_t> deadline_ns_{kNeverNs};                             // of the stop; only ever earlier
};

}  // namespace wippy
