#include "numa/placement.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace wippy {

namespace {

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

Placement plan(const Topology& topology, uint32_t workers, const PlacementOptions& options) {
  std::vector<Pu> order = topology.pus();
  const auto key = [](const Pu& p) { return std::tuple(p.smt_rank, p.node, p.l3_group, p.core, p.os_index); };
  std::sort(order.begin(), order.end(), [&key](const Pu& a, const Pu& b) { return key(a) < key(b); });
  const uint32_t usable = std::max(options.budget.usable_cores, 1u);
  const uint32_t slots = std::min(usable, static_cast<uint32_t>(order.size()));
  Placement out;
  out.budget = options.budget;
  out.active = std::min(workers, usable);
  out.pin = options.allow_pinning && out.active != 0 && options.budget.source != CpuLimitSource::kQuota &&
            uint64_t{out.active} + options.other_active <= slots;
  out.workers.resize(workers);
  for (uint32_t w = 0; w < workers; ++w) {
    const bool active = w < out.active;
    out.workers[w] = {order[(uint64_t{options.first_slot} + w) % slots], active, active && out.pin, {}};
  }
  for (uint32_t w = 0; w < workers; ++w) out.workers[w].tiers = tiers_of(topology, out.workers, w);
  return out;
}

}  // namespace wippy
