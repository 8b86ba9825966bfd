#include "numa/placement.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
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

// "0-3,8": ascending numbers with runs joined.
void write_ranges(std::ostream& out, const std::vector<uint32_t>& numbers) {
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    out << (i == 0 ? "" : ",") << numbers[i];
    if (end - i > 1) out << "-" << numbers[end - 1];
    i = end;
  }
}

std::vector<uint32_t> distances_from(const Topology& topology, uint32_t node) {
  std::vector<uint32_t> out;
  for (uint32_t to = 0; to < topology.node_count(); ++to) {
    out.push_back(topology.distance(static_cast<NodeId>(node), static_cast<NodeId>(to)));
  }
  return out;
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

std::string plan_text(const Topology& topology, const Placement& placement) {
  std::ostringstream out;
  out << "machine: nodes " << topology.node_count() << ", L3 groups " << topology.l3_group_count() << ", cores "
      << topology.core_count() << ", PUs " << topology.pus().size()
      << (topology.is_this_system() ? "\n" : " (not this system: nothing is bound)\n");
  for (uint32_t n = 0; n < topology.node_count(); ++n) {
    const Node& node = topology.nodes()[n];
    out << "node " << n << ": OS node " << node.os_index << ", " << (node.memory_bytes >> 20) << " MiB, " << node.pus
        << " PUs, distances";
    for (uint32_t d : distances_from(topology, n)) out << " " << d;
    out << "\n";
  }
  out << "usable cores: " << placement.budget.usable_cores << " (" << cpu_limit_source_name(placement.budget.source)
      << ")\nworkers: " << placement.workers.size() << ", " << placement.active << " active, "
      << (placement.pin ? "pinned\n" : "not pinned\n");
  for (std::size_t w = 0; w < placement.workers.size(); ++w) {
    const WorkerPlace& p = placement.workers[w];
    out << "worker " << w << ": PU " << p.pu.os_index << ", core " << p.pu.core << ", L3 " << p.pu.l3_group << ", node "
        << uint32_t{p.pu.node} << (p.active ? ", active" : ", reserve");
    for (const VictimTier& t : p.tiers) {
      out << "; " << tier_kind_name(t.kind) << "(" << t.distance << ") ";
      write_ranges(out, t.workers);
    }
    out << "\n";
  }
  return out.str();
}

std::string plan_json(const Topology& topology, const Placement& placement) {
  using Json = nlohmann::ordered_json;
  Json out{{"this_system", topology.is_this_system()},
           {"l3_groups", topology.l3_group_count()},
           {"cores", topology.core_count()},
           {"pus", topology.pus().size()},
           {"nodes", Json::array()},
           {"usable_cores", placement.budget.usable_cores},
           {"limited_by", cpu_limit_source_name(placement.budget.source)},
           {"active", placement.active},
           {"pin", placement.pin},
           {"workers", Json::array()}};
  for (uint32_t n = 0; n < topology.node_count(); ++n) {
    const Node& node = topology.nodes()[n];
    out["nodes"].push_back({{"id", n},
                            {"os_index", node.os_index},
                            {"memory_bytes", node.memory_bytes},
                            {"pus", node.pus},
                            {"distances", distances_from(topology, n)}});
  }
  for (std::size_t w = 0; w < placement.workers.size(); ++w) {
    const WorkerPlace& p = placement.workers[w];
    Json tiers = Json::array();
    for (const VictimTier& t : p.tiers) {
      tiers.push_back({{"kind", tier_kind_name(t.kind)}, {"distance", t.distance}, {"workers", t.workers}});
    }
    out["workers"].push_back({{"worker", w},
                              {"pu", p.pu.os_index},
                              {"core", p.pu.core},
                              {"l3_group", p.pu.l3_group},
                              {"node", p.pu.node},
                              {"active", p.active},
                              {"pinned", p.pinned},
                              {"tiers", tiers}});
  }
  return out.dump() + "\n";
}

}  // namespace wippy
