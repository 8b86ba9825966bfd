// HostCore: what a process needs to know of the host it runs on. The life cycle around it is runtime/host/.
// Created before its scheduler starts, destroyed after the runtime's last worker has ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "memory/atomic.hpp"
#include "memory/block_table.hpp"
#include "memory/mutex.hpp"
#include "runtime/process/host_tally.hpp"

namespace wippy {

class Process;
class Scheduler;
class NodeCore;
struct MailLimits;
class Actor;
class HostCapabilities;
struct Boundary;

enum class HostState : uint32_t { kCreated, kRunning, kDraining, kStopped };

class HostCore {
 public:
  HostCore(NodeCore& node, uint16_t index, std::string id) : node_(node), index_(index), id_(std::move(id)) {}
  HostCore(const HostCore&) = delete;
  HostCore& operator=(const HostCore&) = delete;

  NodeCore& node() noexcept { return node_; }
  uint16_t index() const noexcept { return index_; }
  const std::string& id() const noexcept { return id_; }
  // How the PIDs of its processes begin: "{node@host|0x". Before start.
  const std::string& pid_prefix() const noexcept { return pid_prefix_; }
  void set_pid_prefix(std::string prefix) { pid_prefix_ = std::move(prefix); }
  Scheduler* scheduler() noexcept { return scheduler_; }
  void set_scheduler(Scheduler* s) noexcept { scheduler_ = s; }

  HostState state() const noexcept { return static_cast<HostState>(state_.load_acquire()); }
  void set_state(HostState s) noexcept {
    state_.store_release(static_cast<uint32_t>(s));
    fence_seq_cst();  // with arrive()
  }
  // A spawn from another host or thread, from before it looks at the state until the child is submitted. Store buffering on
  // (state_, arriving_): either the spawn sees the host stopping, or the host sees the spawn and waits for its process.
  // A host's own spawners need no count: they are live processes of it themselves.
  void arrive() noexcept {
    arriving_.fetch_add_acq_rel(1);
    fence_seq_cst();  // with set_state()
  }
  void depart() noexcept { arriving_.fetch_sub_acq_rel(1); }  // -> arriving(): the published pid
  uint32_t arriving() const noexcept { return arriving_.load_acquire(); }
  // 0: unlimited. Before start; afterwards from one limit to another, which holds from the next spawn on.
  void set_limit(uint32_t max_processes) noexcept {
    limit_.store_relaxed(max_processes);
    note_plain();
  }
  uint32_t limit() const noexcept { return limit_.load_relaxed(); }  // a number, nothing behind it
  // Mailbox limits of processes whose entry has none of its own; null: unbounded. Before start; outlives the host.
  void set_mail_limits(const MailLimits* limits) noexcept {
    mail_limits_ = limits;
    note_plain();
  }
  const MailLimits* mail_limits() const noexcept { return mail_limits_; }
  // Bytes each process of the host may take, whatever its entry allows; 0: the entry's limit alone. Before start. Machines
  // that own their memory keep it (lua/machine.cpp).
  void set_memory_limit(std::size_t bytes) noexcept { memory_limit_ = bytes; }
  std::size_t memory_limit() const noexcept { return memory_limit_; }
  // What the checks of its processes ask besides (runtime/process/decision_cache.hpp); null: nothing. Any thread, any time: the
  // next check sees it. Version 0: there has never been one.
  void set_boundary(std::shared_ptr<const Boundary> boundary);
  std::shared_ptr<const Boundary> boundary() const {
    LockGuard lock(boundary_mutex_);
    return boundary_;
  }
  uint64_t boundary_version() const noexcept { return boundary_version_.load_acquire(); }  // <- set_boundary
  // The actor of processes that arrive without one; null: they have none. Before start.
  void set_guest(std::shared_ptr<const Actor> actor) noexcept { guest_ = std::move(actor); }
  const std::shared_ptr<const Actor>& guest() const noexcept { return guest_; }
  bool terminal() const noexcept { return terminal_; }
  void set_terminal(bool on) noexcept { terminal_ = on; }
  // A terminal host that grants its process the terminal. Before start.
  bool grants_io() const noexcept { return terminal_ && grants_io_; }
  void set_grants_io(bool on) noexcept { grants_io_ = on; }
  // Whether its processes may spawn at all, on whatever host. Before start.
  bool may_spawn() const noexcept { return may_spawn_; }
  void set_may_spawn(bool may) noexcept {
    may_spawn_ = may;
    note_plain();
  }
  // What entries may run on it; null: all. Any thread at any time, `c` outlives the host (ProcessHost::set_capabilities).
  const HostCapabilities* capabilities() const noexcept { return capabilities_.load_acquire(); }
  void set_capabilities(const HostCapabilities* c) noexcept { capabilities_.store_release(c); }  // partner: the load
  // Nothing to settle when one of its processes spawns on it: no limits, no prohibition.
  bool plain_spawns() const noexcept { return plain_spawns_; }

  // Live processes, from allotment until the machine is closed. Limited hosts settle exactly on one word; others count per worker
  // (WorkerProcs) and only the sum is exact, while nobody runs.
  bool take_place() noexcept {
    if (limit() == 0) return true;
    if (live_.fetch_add_acq_rel(1) < static_cast<int64_t>(limit())) return true;
    live_.fetch_sub_acq_rel(1);
    return false;
  }
  void give_place() noexcept {
    if (limit() != 0) live_.fetch_sub_acq_rel(1);
  }
  // A spawn onto it by somebody who is not of it; exact, any thread.
  void count_foreign_spawn() noexcept { foreign_spawns_.fetch_add_relaxed(1); }
  uint64_t foreign_spawns() const noexcept { return foreign_spawns_.load_relaxed(); }
  int64_t limited_live() const noexcept { return live_.load_relaxed(); }

  // Free blocks of one NUMA node as a list through next_free, ending in null: given back by one worker, taken by another. One
  // lock a list.
  void spill(Process* first, uint32_t count, NodeId node) noexcept;
  Process* refill(NodeId node, uint32_t& count) noexcept;

  HostTally departed;  // of workers that are gone; guarded by the node's list of workers

 private:
  void note_plain() noexcept {
    if (const bool plain = limit() == 0 && mail_limits_ == nullptr && may_spawn_; plain_spawns_ != plain)
      plain_spawns_ = plain;
  }

  NodeCore& node_;
  const uint16_t index_;
  const std::string id_;
  std::string pid_prefix_;
  Scheduler* scheduler_ = nullptr;
  Atomic<uint32_t> state_{0};
  Atomic<uint32_t> arriving_{0};
  Atomic<int64_t> live_{0};
  Atomic<uint64_t> foreign_spawns_{0};
  Atomic<uint32_t> limit_{0};
  bool terminal_ = false;
  bool grants_io_ = true;
  bool may_spawn_ = true;
  bool plain_spawns_ = true;
  Atomic<const HostCapabilities*> capabilities_{nullptr};
  const MailLimits* mail_limits_ = nullptr;
  std::size_t memory_limit_ = 0;
  std::shared_ptr<const Actor> guest_;
  mutable Mutex boundary_mutex_;
  std::shared_ptr<const Boundary> boundary_;
  Atomic<uint64_t> boundary_version_{0};
  Mutex free_mutex_;
  struct FreeList {
    Process* first;
    uint32_t count;
  };
  std::vector<std::vector<FreeList>> free_;  // by node, as far as one was given back
};

}  // namespace wippy
