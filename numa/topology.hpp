// The machine, as far as placement and memory need it: which processors are near which (hwloc), how many of them we may
// really use, and the two ways to act on it. Ids are dense and deterministic:
//   NodeId     NUMA nodes with at least one usable PU, by OS index. Nodes that hold only memory (CXL, HBM) have no id.
//              A PU near several nodes belongs to the one with the smallest set of PUs, then the lowest OS index.
//   core, L3   numbered as met when walking nodes in id order and PUs in hwloc's logical order. An L3 group never
//              crosses a node (where the cache does, it counts as one group per node); without L3 a node is one group.
// HWLOC_SYNTHETIC and HWLOC_XMLFILE are honoured by hwloc itself (which silently takes the real machine when it cannot use
// them); is_this_system() is then false and nothing is bound. Immutable after discover(), which must not race with setenv.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "memory/slab.hpp"  // NodeId, kMaxNodes, PageBinder

struct hwloc_topology;

namespace wippy {

struct Pu {  // a hardware thread
  uint32_t os_index = 0;
  uint32_t core = 0, l3_group = 0;
  uint32_t smt_rank = 0;  // position among the usable PUs of its core; 0 for the first
  NodeId node = 0;
};

struct Node {
  uint32_t os_index = 0;
  uint64_t memory_bytes = 0;
  uint32_t pus = 0;
};

class Topology final : public PageBinder {
 public:
  // allowed: OS indices of the PUs that may be used; null: the calling thread's affinity on this system, all elsewhere.
  // A restriction that leaves no PU at all is ignored. Nodes beyond kMaxNodes share the last id. If hwloc cannot read the
  // machine, the answer is one node with one core per PU of the affinity, where nothing is bound.
  static Topology discover(const std::vector<uint32_t>* allowed = nullptr);

  const std::vector<Pu>& pus() const noexcept { return pus_; }  // >= 1; ordered by node, then hwloc's logical order
  const std::vector<Node>& nodes() const noexcept { return nodes_; }  // >= 1; index is the NodeId
  uint32_t node_count() const noexcept { return static_cast<uint32_t>(nodes_.size()); }
  uint32_t core_count() const noexcept { return core_count_; }
  uint32_t l3_group_count() const noexcept { return l3_group_count_; }
  // Relative latency, ACPI SLIT style: 10 is local. 10/20 when the machine does not say. a, b < node_count().
  uint32_t distance(NodeId a, NodeId b) const noexcept { return distances_[a * nodes_.size() + b]; }
  bool is_this_system() const noexcept { return is_this_system_; }

  // Any thread. Advice: after an error the program is only slower. kInvalid for a node, PU or address that cannot be right
  // (checked also where nothing is bound), kUnavailable when the kernel refuses.
  // For MemoryPools and BlockTable, which this object outlives. Null when no page would be bound.
  const PageBinder* page_binder() const noexcept { return is_this_system_ && nodes_.size() > 1 ? this : nullptr; }
  // Preferred node, not strict: a full node spills to its neighbours instead of ending in the OOM killer. Pages that are
  // already touched do not move. `begin` on a page border; the last page may be partial.
  Status bind_pages(void* begin, std::size_t bytes, NodeId node) const noexcept override;
  // To one PU, by its OS index (WorkerPlace::pu). Call from the thread itself, before it touches its memory.
  Status pin_this_thread(uint32_t pu_os_index) const noexcept;

 private:
  void read_pus(const std::vector<uint32_t>* allowed);
  void read_distances();

  std::vector<Pu> pus_;
  std::vector<Node> nodes_;
  std::vector<uint32_t> distances_;  // [from * node_count + to]
  uint32_t core_count_ = 0, l3_group_count_ = 0;
  bool is_this_system_ = false;
  std::shared_ptr<hwloc_topology> handle_;
};

// How many PUs this process may use. affinity: the thread's mask (taskset, cpusets). quota: CPU time per period of the
// cgroup, the smallest one from ours up to the mount's root, as in the kernel. option: `--cores N` overrides both
// (rulings.md, "Workers"). What is missing or malformed means "no limit": a wrong guess costs speed, never correctness.
enum class CpuLimitSource : uint8_t { kAffinity, kQuota, kOption };
struct CpuBudget {
  uint32_t usable_cores = 1;  // >= 1
  CpuLimitSource source = CpuLimitSource::kAffinity;
};

// OS indices of the PUs the calling thread may run on, ascending; empty when the system does not say.
std::vector<uint32_t> affinity_pus();
// ceil(quota / period) of our cgroup, at least 1; 0: no limit. Tests put a folder, `root`, before every path that is read.
uint32_t cgroup_quota_cores(const std::string& root = "");
// The quota counts only on this system. cores_override 0: none.
CpuBudget machine_budget(const Topology& topology, uint32_t cores_override, const std::string& root = "");

}  // namespace wippy
