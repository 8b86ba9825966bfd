#include "numa/topology.hpp"

#include <hwloc.h>
#include <hwloc/distances.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#if defined(WIPPY_SIM)
#include "memory/sim_hooks.hpp"
#endif
#include "numa/cpu_limit.hpp"

namespace wippy {

namespace {

constexpr uint32_t kLocalDistance = 10;  // ACPI SLIT's local value; 20 is the usual value of "one hop"
constexpr uint32_t kRemoteDistance = 20;

// In simulation the same machine everywhere: how many workers are active decides what happens.
bool choose_machine([[maybe_unused]] hwloc_topology_t topology) {
#if defined(WIPPY_SIM)
  return hwloc_topology_set_synthetic(topology, sim::topology()) == 0;
#else
  return true;
#endif
}

// The node whose memory is nearest to `pu`; null on a machine that reports none (hwloc >= 2.0 always makes one).
hwloc_obj_t nearest_node(hwloc_topology_t topology, hwloc_obj_t pu) {
  hwloc_obj_t best = nullptr;
  int best_weight = 0;
  for (hwloc_obj_t n = nullptr; (n = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, n)) != nullptr;) {
    if (!hwloc_bitmap_isset(n->cpuset, pu->os_index)) continue;
    const int weight = hwloc_bitmap_weight(n->cpuset);
    if (best == nullptr || weight < best_weight || (weight == best_weight && n->os_index < best->os_index)) {
      best = n;
      best_weight = weight;
    }
  }
  return best;
}

struct FoundPu {
  hwloc_obj_t pu;
  hwloc_obj_t node;
};

// Usable PUs by (node OS index, logical index); hwloc lists them in logical order already.
std::vector<FoundPu> find_pus(hwloc_topology_t topology, const std::vector<uint32_t>* allowed) {
  std::vector<FoundPu> out;
  for (hwloc_obj_t p = nullptr; (p = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PU, p)) != nullptr;) {
    if (allowed != nullptr && std::find(allowed->begin(), allowed->end(), p->os_index) == allowed->end()) continue;
    hwloc_obj_t node = nearest_node(topology, p);
    if (node != nullptr) out.push_back({p, node});
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const FoundPu& a, const FoundPu& b) { return a.node->os_index < b.node->os_index; });
  return out;
}

// Dense ids by first appearance. The keys are hwloc's logical numbers, so ids never depend on addresses.
template <class Key>
uint32_t dense_id(std::map<Key, uint32_t>& ids, const Key& key) {
  return ids.try_emplace(key, static_cast<uint32_t>(ids.size())).first->second;
}

}  // namespace

Topology Topology::discover(const std::vector<uint32_t>* allowed) {
  Topology t;
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) == 0) {
    t.handle_ = std::shared_ptr<hwloc_topology>(raw, hwloc_topology_destroy);
    if (!choose_machine(raw) || hwloc_topology_load(raw) != 0) t.handle_.reset();
  }
  t.is_this_system_ = t.handle_ != nullptr && hwloc_topology_is_thissystem(raw) != 0;
  const bool elsewhere = t.handle_ != nullptr && !t.is_this_system_;
  const std::vector<uint32_t> affinity = affinity_pus();
  if (allowed == nullptr && !elsewhere && !affinity.empty()) allowed = &affinity;

  if (t.handle_ != nullptr) {
    t.read_pus(allowed);
    if (t.pus_.empty()) t.read_pus(nullptr);
  }
  if (t.pus_.empty()) {
    t.handle_.reset();
    t.is_this_system_ = false;
    const std::vector<uint32_t> flat = allowed != nullptr && !allowed->empty() ? *allowed : std::vector<uint32_t>{0};
    for (uint32_t i = 0; i < flat.size(); ++i) t.pus_.push_back({flat[i], i, 0, 0, 0});
    t.core_count_ = static_cast<uint32_t>(flat.size());
    t.l3_group_count_ = 1;
    t.nodes_.push_back({0, 0, t.core_count_});
  }
  t.read_distances();
  return t;
}

void Topology::read_pus(const std::vector<uint32_t>* allowed) {
  constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
  std::map<std::pair<bool, uint32_t>, uint32_t> core_ids;       // {has a core object, logical index of core or PU}
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> group_ids;  // {node OS index, L3 logical index or kNone}
  std::map<uint32_t, uint32_t> node_ids;                        // OS index -> dense id
  std::vector<uint32_t> pus_of_core;
  for (const FoundPu& f : find_pus(handle_.get(), allowed)) {
    hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(handle_.get(), HWLOC_OBJ_CORE, f.pu);
    hwloc_obj_t l3 = hwloc_get_ancestor_obj_by_type(handle_.get(), HWLOC_OBJ_L3CACHE, f.pu);
    Pu pu;
    pu.os_index = f.pu->os_index;
    pu.node = static_cast<NodeId>(std::min(dense_id(node_ids, uint32_t{f.node->os_index}), kMaxNodes - 1));
    pu.core =
        dense_id(core_ids, std::pair(core != nullptr, core != nullptr ? core->logical_index : f.pu->logical_index));
    pu.l3_group = dense_id(group_ids, std::pair(uint32_t{f.node->os_index}, l3 != nullptr ? l3->logical_index : kNone));
    pus_of_core.resize(core_ids.size());
    pu.smt_rank = pus_of_core[pu.core]++;
    if (pu.node == nodes_.size()) nodes_.push_back({f.node->os_index, f.node->attr->numanode.local_memory, 0});
    ++nodes_[pu.node].pus;
    pus_.push_back(pu);
  }
  core_count_ = static_cast<uint32_t>(core_ids.size());
  l3_group_count_ = static_cast<uint32_t>(group_ids.size());
}

void Topology::read_distances() {
  const std::size_t n = nodes_.size();
  distances_.assign(n * n, kRemoteDistance);
  for (std::size_t i = 0; i < n; ++i) distances_[i * n + i] = kLocalDistance;
  if (handle_ == nullptr || n == 1) return;

  hwloc_distances_s* matrix = nullptr;
  unsigned count = 1;
  if (hwloc_distances_get_by_type(handle_.get(), HWLOC_OBJ_NUMANODE, &count, &matrix,
                                  HWLOC_DISTANCES_KIND_MEANS_LATENCY, 0) != 0 ||
      count == 0 || matrix == nullptr) {
    return;
  }
  const auto position = [&](std::size_t node) {  // row of a node in hwloc's matrix; nbobjs when it is not there
    unsigned i = 0;
    while (i < matrix->nbobjs && (matrix->objs[i] == nullptr || matrix->objs[i]->os_index != nodes_[node].os_index))
      ++i;
    return i;
  };
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = 0; b < n; ++b) {
      const unsigned row = position(a), column = position(b);
      if (row == matrix->nbobjs || column == matrix->nbobjs) continue;
      const hwloc_uint64_t value = matrix->values[row * matrix->nbobjs + column];
      distances_[a * n + b] =
          static_cast<uint32_t>(std::min<hwloc_uint64_t>(value, std::numeric_limits<uint32_t>::max()));
    }
  }
  hwloc_distances_release(handle_.get(), matrix);
}

}  // namespace wippy
