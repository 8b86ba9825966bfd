// Which processor is near which: hwloc's view of the machine, reduced to what placement and memory need. A plain value:
// after discover() only memory_binding.cpp talks to hwloc, through the shared handle. Ids are dense and deterministic:
//   NodeId     NUMA nodes with at least one usable PU, by OS index. Nodes that hold only memory (CXL, HBM) have no id.
//              A PU near several nodes belongs to the one with the smallest set of PUs, then the lowest OS index.
//   core, L3   numbered as met when walking nodes in id order and PUs in hwloc's logical order. An L3 group never
//              crosses a node (where the cache does, it counts as one group per node); without L3 a node is one group.
// HWLOC_SYNTHETIC and HWLOC_XMLFILE are honoured by hwloc itself; is_this_system() is then false and binding is skipped.
// hwloc silently takes the real machine when it cannot use what these variables name.
// Thread-safety: immutable after discover(); discover() itself reads the environment and must not race with setenv.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "memory/slab.hpp"  // NodeId, kMaxNodes

struct hwloc_topology;

namespace wippy {

struct Pu {
  uint32_t os_index = 0;
  uint32_t core = 0;
  uint32_t l3_group = 0;
  uint32_t smt_rank = 0;  // position among the usable PUs of its core; 0 for the first
  NodeId node = 0;
};

struct Node {
  uint32_t os_index = 0;
  uint64_t memory_bytes = 0;
  uint32_t pus = 0;
};

class Topology {
 public:
  // allowed: OS indices of the PUs that may be used; null: the calling thread's affinity on this system, all elsewhere.
  // Never fails: if hwloc cannot load, the answer is one node with one core per PU of the affinity, without binding.
  // A restriction that leaves no PU at all is ignored. Nodes beyond kMaxNodes share the last id.
  static Topology discover(const std::vector<uint32_t>* allowed = nullptr);

  const std::vector<Pu>& pus() const noexcept { return pus_; }  // >= 1; ordered by node, then hwloc's logical order
  const std::vector<Node>& nodes() const noexcept { return nodes_; }  // >= 1; index is the NodeId
  uint32_t node_count() const noexcept { return static_cast<uint32_t>(nodes_.size()); }
  uint32_t core_count() const noexcept { return core_count_; }
  uint32_t l3_group_count() const noexcept { return l3_group_count_; }
  // Relative latency, ACPI SLIT style: 10 is local. 10/20 when the machine does not say. a, b < node_count().
  uint32_t distance(NodeId a, NodeId b) const noexcept { return distances_[a * nodes_.size() + b]; }
  bool is_this_system() const noexcept { return is_this_system_; }
  // For memory_binding.cpp only; null after a failed load.
  const std::shared_ptr<hwloc_topology>& handle() const noexcept { return handle_; }

 private:
  void read_pus(const std::vector<uint32_t>* allowed);
  void read_distances();

  std::vector<Pu> pus_;
  std::vector<Node> nodes_;
  std::vector<uint32_t> distances_;  // [from * node_count + to]
  uint32_t core_count_ = 0;
  uint32_t l3_group_count_ = 0;
  bool is_this_system_ = false;
  std::shared_ptr<hwloc_topology> handle_;
};

}  // namespace wippy
