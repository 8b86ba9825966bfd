#include "numa/topology.hpp"

#include <hwloc.h>
#include <hwloc/distances.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <type_traits>
#include <utility>

#include "memory/assert.hpp"
#if defined(WIPPY_SIM)
#include "runtime/sim/hooks.hpp"
#endif

namespace wippy {

namespace {

constexpr uint32_t kLocalDistance = 10;  // ACPI SLIT's local value; 20 is the usual value of "one hop"
constexpr uint32_t kRemoteDistance = 20;

// The node whose memory is nearest to `pu`; null on a machine that reports none (hwloc >= 2.0 always makes one).
hwloc_obj_t nearest_node(hwloc_topology_t topology, hwloc_obj_t pu) {
  const auto size = [](hwloc_obj_t n) { return std::pair(hwloc_bitmap_weight(n->cpuset), n->os_index); };
  hwloc_obj_t best = nullptr;
  for (hwloc_obj_t n = nullptr; (n = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, n)) != nullptr;) {
    if (hwloc_bitmap_isset(n->cpuset, pu->os_index) && (best == nullptr || size(n) < size(best))) best = n;
  }
  return best;
}

struct FoundPu {
  hwloc_obj_t pu, node;
};

// Usable PUs by (node OS index, logical index); hwloc lists them in logical order already.
std::vector<FoundPu> find_pus(hwloc_topology_t topology, const std::vector<uint32_t>* allowed) {
  std::vector<FoundPu> out;
  for (hwloc_obj_t p = nullptr; (p = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PU, p)) != nullptr;) {
    if (allowed != nullptr && std::find(allowed->begin(), allowed->end(), p->os_index) == allowed->end()) continue;
    if (hwloc_obj_t node = nearest_node(topology, p); node != nullptr) out.push_back({p, node});
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const FoundPu& a, const FoundPu& b) { return a.node->os_index < b.node->os_index; });
  return out;
}

// Dense ids by first appearance. The keys are hwloc's logical numbers, so ids never depend on addresses.
template <class Key>
uint32_t dense_id(std::map<Key, uint32_t>& ids, const std::type_identity_t<Key>& key) {
  return ids.try_emplace(key, static_cast<uint32_t>(ids.size())).first->second;
}

// `machine` in hwloc's synthetic notation; null: what the environment and the system say. Null when hwloc refuses.
std::shared_ptr<hwloc_topology> load(const char* machine) {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) return nullptr;
  std::shared_ptr<hwloc_topology> out(raw, hwloc_topology_destroy);
  const bool chosen = machine == nullptr || hwloc_topology_set_synthetic(raw, machine) == 0;
  return chosen && hwloc_topology_load(raw) == 0 ? out : nullptr;
}

// Gives bind(set) the set {index}; true when there was memory for it and bind answers 0.
template <class Bind>
bool with_bitmap(uint32_t index, Bind&& bind) noexcept {
  hwloc_bitmap_t set = hwloc_bitmap_alloc();
  const bool done = set != nullptr && hwloc_bitmap_only(set, index) == 0 && bind(set) == 0;
  hwloc_bitmap_free(set);
  return done;
}

}  // namespace

Topology Topology::discover(const std::vector<uint32_t>* allowed) {
#if defined(WIPPY_SIM)
  const char* const machine = sim::topology();  // the same everywhere: how many workers are active decides what happens
#else
  const char* const machine = nullptr;
#endif
  const std::vector<uint32_t> affinity = affinity_pus();
  const std::string fallback = "core:" + std::to_string(std::max<std::size_t>(affinity.size(), 1)) + " pu:1";
  Topology t;
  for (const char* m : {machine, fallback.c_str()}) {
    t.handle_ = load(m);
    if (t.handle_ == nullptr) continue;
    t.is_this_system_ = hwloc_topology_is_thissystem(t.handle_.get()) != 0;
    t.read_pus(allowed == nullptr && t.is_this_system_ && !affinity.empty() ? &affinity : allowed);
    if (t.pus_.empty()) t.read_pus(nullptr);
    if (!t.pus_.empty()) break;
  }
  if (t.pus_.empty()) die("cannot make a picture of the machine");
  t.read_distances();
  return t;
}

void Topology::read_pus(const std::vector<uint32_t>* allowed) {
  std::map<std::pair<bool, uint32_t>, uint32_t> core_ids;   // {has a core object, logical index of core or PU}
  std::map<std::pair<uint32_t, int64_t>, uint32_t> l3_ids;  // {node OS index, L3 logical index or -1}
  std::map<uint32_t, uint32_t> node_ids;                    // OS index -> dense id
  std::vector<uint32_t> pus_of_core;
  for (const auto& [found, node] : find_pus(handle_.get(), allowed)) {
    hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(handle_.get(), HWLOC_OBJ_CORE, found);
    hwloc_obj_t l3 = hwloc_get_ancestor_obj_by_type(handle_.get(), HWLOC_OBJ_L3CACHE, found);
    Pu pu;
    pu.os_index = found->os_index;
    pu.node = static_cast<NodeId>(std::min(dense_id(node_ids, node->os_index), kMaxNodes - 1));
    pu.core = dense_id(core_ids, {core != nullptr, (core != nullptr ? core : found)->logical_index});
    pu.l3_group = dense_id(l3_ids, {node->os_index, l3 != nullptr ? int64_t{l3->logical_index} : -1});
    pus_of_core.resize(core_ids.size());
    pu.smt_rank = pus_of_core[pu.core]++;
    if (pu.node == nodes_.size()) nodes_.push_back({node->os_index, node->attr->numanode.local_memory, 0});
    ++nodes_[pu.node].pus;
    pus_.push_back(pu);
  }
  core_count_ = static_cast<uint32_t>(core_ids.size());
  l3_group_count_ = static_cast<uint32_t>(l3_ids.size());
}

void Topology::read_distances() {
  const std::size_t n = nodes_.size();
  distances_.assign(n * n, kRemoteDistance);
  for (std::size_t i = 0; i < n; ++i) distances_[i * n + i] = kLocalDistance;
  if (n == 1) return;
  hwloc_distances_s* matrix = nullptr;
  unsigned count = 1;
  const int failed = hwloc_distances_get_by_type(handle_.get(), HWLOC_OBJ_NUMANODE, &count, &matrix,
                                                 HWLOC_DISTANCES_KIND_MEANS_LATENCY, 0);
  if (failed != 0 || count == 0 || matrix == nullptr) return;
  const auto object = [this](std::size_t node) {
    return hwloc_get_numanode_obj_by_os_index(handle_.get(), nodes_[node].os_index);
  };
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = 0; b < n; ++b) {
      hwloc_uint64_t there = 0, back = 0;
      if (hwloc_distances_obj_pair_values(matrix, object(a), object(b), &there, &back) != 0) continue;
      distances_[a * n + b] = static_cast<uint32_t>(std::min<hwloc_uint64_t>(there, 0xffffffffu));
    }
  }
  hwloc_distances_release(handle_.get(), matrix);
}

Status Topology::bind_pages(void* begin, std::size_t bytes, NodeId node) const noexcept {
  if (node >= nodes_.size()) return Status::error(ErrorKind::kInvalid, "no such NUMA node");
  if (reinterpret_cast<uintptr_t>(begin) % static_cast<uintptr_t>(sysconf(_SC_PAGESIZE)) != 0) {
    return Status::error(ErrorKind::kInvalid, "memory to be bound must begin on a page border");
  }
  if (page_binder() == nullptr || bytes == 0) return Status::good();
  const bool bound = with_bitmap(nodes_[node].os_index, [&](hwloc_bitmap_t set) {
    // Without HWLOC_MEMBIND_STRICT the kernel policy is "preferred".
    return hwloc_set_area_membind(handle_.get(), begin, bytes, set, HWLOC_MEMBIND_BIND, HWLOC_MEMBIND_BYNODESET);
  });
  return bound ? Status::good() : Status::error(ErrorKind::kUnavailable, "cannot bind pages to a NUMA node");
}

Status Topology::pin_this_thread(uint32_t pu_os_index) const noexcept {
  const auto is_it = [pu_os_index](const Pu& p) { return p.os_index == pu_os_index; };
  if (std::none_of(pus_.begin(), pus_.end(), is_it)) {
    return Status::error(ErrorKind::kInvalid, "no such processor among those we may use");
  }
  const bool pinned = !is_this_system_ || with_bitmap(pu_os_index, [this](hwloc_bitmap_t set) {
    return hwloc_set_cpubind(handle_.get(), set, HWLOC_CPUBIND_THREAD);
  });
  return pinned ? Status::good() : Status::error(ErrorKind::kUnavailable, "cannot set the thread's processors");
}

}  // namespace wippy
