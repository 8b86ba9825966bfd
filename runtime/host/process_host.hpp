// ProcessHost: a pool of workers with its processes (spec/host.md §3). Owns the scheduler; the HostCore lives in the node.
// Thread-safety: start and stop from one thread (the runtime's); the rest from any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/process/mail_limit.hpp"
#include "runtime/process/node_core.hpp"
#include "scheduler/scheduler.hpp"

namespace wippy {

struct HostOptions {
  std::string id;
  uint32_t workers = 1;
  uint32_t max_processes = 0;    // 0: unlimited
  bool terminal = false;         // exactly one process at a time
  std::size_t memory_limit = 0;  // bytes each process may take; 0: what its entry allows
  MailLimits mail;               // of processes that are spawned without limits of their own
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

  Status start();
  // Refuses new processes and sends CANCEL to every process. grace_ns is what the CANCEL tells them.
  void begin_stop(uint64_t grace_ns);
  // After begin_stop: waits for the processes to end until the deadline, then terminates them; returns when no worker runs.
  // Returns how many had to be terminated.
  uint32_t finish_stop(uint64_t deadline_ns);

  // Live processes, by pid; a snapshot from any thread.
  std::vector<Pid> pids() const;

 private:
  bool is_empty();
  bool wait_until_empty(uint64_t deadline_ns);

  HostEnvironment env_;
  HostCore& core_;
  std::unique_ptr<Scheduler> scheduler_;
  Placement placement_;
  MailLimits mail_;
  uint64_t seed_;
};

}  // namespace wippy
