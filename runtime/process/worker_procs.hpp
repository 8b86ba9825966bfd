// WorkerProcs: the process layer's part of a worker: free blocks, retired blocks, id range, gauges. Owner-only.
// Hangs on Worker::hooks(); threads that are no workers use the node's shared one under its lock (NodeCore::spawn).
#pragma once

#include <array>
#include <cstdint>

#include "memory/grace.hpp"
#include "runtime/process/decision_cache.hpp"
#include "runtime/process/engine_slot.hpp"
#include "runtime/process/host_tally.hpp"
#include "runtime/process/node_core.hpp"
#include "scheduler/counters.hpp"
#include "scheduler/worker.hpp"

namespace wippy {

class WorkerProcs final : public WorkerHooks {
 public:
  WorkerProcs(NodeCore& node, HostCore& host);
  ~WorkerProcs() override;

  static WorkerProcs& of(Worker& w) noexcept { return *static_cast<WorkerProcs*>(w.hooks()); }
  static WorkerProcs& current() noexcept { return of(*Worker::current()); }
  static WorkerProcs* current_or_null() noexcept {
    Worker* w = Worker::current();
    return w == nullptr ? nullptr : static_cast<WorkerProcs*>(w->hooks());
  }

  NodeCore& node() noexcept { return node_; }
  const HostCore& host() const noexcept { return host_; }
  HostCore& host() noexcept { return host_; }
  EngineSlot& engine_slot() noexcept { return engine_slot_; }
  GuardState& guard() noexcept { return guard_; }

  // A block for a process of this worker's host, not yet published. Null: table or memory used up.
  Process* allocate(HostCore& host, uint16_t worker) noexcept;
  // The same from this worker's own free blocks only; null: there is none.
  Process* take_free(uint16_t worker) noexcept {
    Process* const p = pop_free();
    return p == nullptr ? nullptr : prepared(p, host_, worker);
  }
  // A block that was never published.
  void give_back(HostCore& host, Process* p) noexcept;
  // After the last exit slice; the process is a zombie.
  void retire(Process* p) noexcept;

  uint64_t new_ref() noexcept {
    if (next_ref_ == end_ref_) refill_refs();
    return next_ref_++;
  }
  // One writer, read by observers. Spawns by this worker, on whatever host; exits of its own host's processes.
  void count_spawned() noexcept { spawned_.add(); }
  void count_exited() noexcept { exited_.add(); }
  void count_spawned_elsewhere() noexcept { elsewhere_.add(); }
  void count_abnormal(AbnormalExit kind) noexcept { abnormal_[static_cast<std::size_t>(kind)].add(); }
  int64_t live() const noexcept { return static_cast<int64_t>(spawned_.read() - exited_.read()); }
  HostTally tally() const noexcept;

  // WorkerHooks
  void maintain(uint64_t now_ns) noexcept override;
  void before_park() noexcept override;
  void park_begins() noexcept override;
  void park_ends() noexcept override;
  void long_step_ended() noexcept override;
  void stole(uint32_t victim, uint32_t count) noexcept override;
  void woke(uint32_t worker) noexcept override;
  uint32_t timers_allowed() noexcept override;

  // For a firing timer: never null while timers_allowed() is kept to.
  Signal* take_signal(SignalKind kind, uint64_t ref) noexcept;

 private:
  static constexpr uint32_t kKeep = 512;  // free blocks kept at most
  static constexpr uint32_t kSpill = 256;
  static constexpr uint32_t kSetAside = 32;
  static constexpr uint32_t kAwayBatch = 64;
  struct Away {
    Process* first = nullptr;
    uint32_t count = 0;
  };
  Process* pop_free() noexcept {
    Process* const p = free_;
    if (p == nullptr) return nullptr;
    free_ = p->next_free();
    --free_count_;
    return p;
  }
  static Process* prepared(Process* p, HostCore& host, uint16_t worker) noexcept {
    count(Counted::kBlock);
    p->prepare(host.index(), worker);
    return p;
  }
  Process* take_own() noexcept;
  Process* take_fresh() noexcept;
  Process* take_shared(HostCore& host) noexcept;
  Process* take_list(HostCore& host, NodeId node) noexcept;
  void refill_refs() noexcept;
  void reclaim(GraceNode* list) noexcept;
  void recycle(HostCore& host, Process* p) noexcept;
  void push_free(Process* p) noexcept;
  void spill() noexcept;
  NodeId home_of(Process* p) noexcept;
  void send_home(Process* p, NodeId home) noexcept;
  void flush_away() noexcept;

  NodeCore& node_;
  HostCore& host_;
  void resume_flight(uint64_t now_ns) noexcept;
  FlightRing* flight_ = nullptr;  // null: not a worker's
  FlightPace pace_;
  EngineSlot engine_slot_;
  GuardState guard_;
  Process* free_ = nullptr;
  uint32_t free_count_ = 0;
  std::vector<Away> away_;  // by node: free blocks of other nodes, on their way home; empty on one-node machines
  uint32_t fresh_ = 0;      // bump run
  uint32_t fresh_end_ = 0;
  uint64_t next_ref_ = 0;
  uint64_t end_ref_ = 0;
  Signal* set_aside_ = nullptr;  // linked; for timers that fire while memory is refused
  uint32_t set_aside_count_ = 0;
  RetireQueue retired_;
  Counter spawned_, exited_, elsewhere_;
  std::array<Counter, kAbnormalExits> abnormal_;
};

}  // namespace wippy
