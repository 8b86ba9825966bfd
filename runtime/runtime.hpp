// Runtime: the assembled node. Build order and tear-down order, nothing else.
//
//   topology -> budget -> pools -> monitor -> node -> blocking pool -> hosts          (down: reverse)
//
// Thread-safety: add/start/stop from one thread, which is registered with the memory pools for the runtime's lifetime
// (ThreadMemory); other threads that send or spawn make a ThreadMemory of their own.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "numa/topology.hpp"
#include "runtime/dispatch/blocking_pool.hpp"
#include "runtime/host/process_host.hpp"
#include "runtime/process/node_core.hpp"
#include "scheduler/monitor.hpp"

namespace wippy {

class Runtime {
 public:
  struct Config {
    uint32_t cores = 0;  // 0: what affinity and cgroup allow
    uint64_t seed = 1;
    uint32_t pid_index_bits = kPidIndexBits;
    std::string node_name;
    bool pin = true;
    uint64_t watchdog_ns = 0;  // 0: long steps are not reported
  };
  explicit Runtime(const Config& config);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // The id must be new. The host is created, not started.
  ProcessHost& add_host(const HostOptions& options);
  ProcessHost* host(const std::string& id);
  const std::map<std::string, std::unique_ptr<ProcessHost>>& hosts() const noexcept { return hosts_; }
  // All running hosts; returns how many processes had to be terminated.
  uint32_t stop(uint64_t grace_ns);

  BlockingPool& blocking() noexcept { return *blocking_; }
  NodeCore& node() noexcept { return *node_; }
  Monitor& monitor() noexcept { return monitor_; }
  MemoryPools& pools() noexcept { return *pools_; }
  const Topology& topology() const noexcept { return topology_; }
  const CpuBudget& budget() const noexcept { return budget_; }
  uint64_t seed() const noexcept { return config_.seed; }

 private:
  Config config_;
  Topology topology_;
  CpuBudget budget_;
  std::unique_ptr<MemoryPools> pools_;
  std::unique_ptr<ThreadMemory> scope_;
  SpinGate gate_;
  Monitor monitor_;
  std::unique_ptr<NodeCore> node_;
  std::unique_ptr<BlockingPool> blocking_;
  std::map<std::string, std::unique_ptr<ProcessHost>> hosts_;
  uint32_t active_planned_ = 0;
  uint64_t next_seed_ = 0;
};

}  // namespace wippy
