#include "numa/placement.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace wippy {

namespace {

// Indices into topology.pus(), in the order in which workers take them (see the header).
std::vector<uint32_t> slot_order(const Topology& topology) {
  std::vector<uint32_t> order(topology.pus().size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto key = [&topology](uint32_t i) {
    const Pu& p = topology.pus()[i];
    return std::tuple(p.smt_rank, p.node, p.l3_group, p.core, p.os_index);
  };
  std::sort(order.begin(), order.end(), [&key](uint32_t a, uint32_t b) { return key(a) < key(b); });
  return order;
}

std::vector<VictimTier> tiers_of(const Topology& topology, const std::vector<WorkerPlace>& workers, uint32_t thief) {
  std::map<std::pair<TierKind, uint32_t>, std::vector<uint32_t>> near_to_far;  // {kind, distance}
  const Pu& me = workers[thief].pu;
  for (uint32_t w = 0; w < workers.size(); ++w) {
    if (w == thief) continue;
    const Pu& other = workers[w].pu;
    const bool near = other.l3_group == me.l3_group || topology.node_count() == 1;
    const TierKind kind = other.node != me.node ? TierKind::kRemote : near ? TierKind::kSameL3 : TierKind::kSameNode;
    near_to_far[{kind, topology.distance(me.node, other.node)}].push_back(w);
  }
  std::vector<VictimTier> tiers;
  for (auto& [key, victims] : near_to_far) tiers.push_back({key.first, key.second, std::move(victims)});
  return tiers;
}

}  // namespace

const char* tier_kind_name(TierKind kind) noexcept {
  constexpr const char* kNames[] = {"same_l3", "same_node", "remote"};
  return kNames[static_cast<std::size_t>(kind)];
}

CpuBudget machine_budget(const Topology& topology, uint32_t cores_override, const std::string& root) {
  const uint32_t quota = topology.is_this_system() ? cgroup_quota_cores(root) : 0;
  return cpu_budget(static_cast<uint32_t>(topology.pus().size()), quota, cores_override);
}

Placement plan(const Topology& topology, uint32_t workers, const PlacementOptions& options) {
  const std::vector<uint32_t> order = slot_order(topology);
  const uint32_t usable = std::max(options.budget.usable_cores, 1u);
  const uint32_t slots = std::min(usable, static_cast<uint32_t>(order.size()));
  Placement out;
  out.budget = options.budget;
  out.active = std::min(workers, usable);
  out.pin = options.allow_pinning && out.active != 0 && options.budget.source != CpuLimitSource::kQuota &&
            uint64_t{out.active} + options.other_active <= slots;
  out.workers.resize(workers);
  for (uint32_t w = 0; w < workers; ++w) {
    WorkerPlace& place = out.workers[w];
    place.pu = topology.pus()[order[(uint64_t{options.first_slot} + w) % slots]];
    place.active = w < out.active;
    place.pinned = place.active && out.pin;
  }
  for (uint32_t w = 0; w < workers; ++w) out.workers[w].tiers = tiers_of(topology, out.workers, w);
  return out;
}

}  // namespace wippy
