#include "runtime/observe/placement_text.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

namespace wippy {

namespace {

const char* tier_kind_name(TierKind kind) noexcept {
  constexpr const char* kNames[] = {"same_l3", "same_node", "remote"};
  return kNames[static_cast<std::size_t>(kind)];
}
const char* cpu_limit_source_name(CpuLimitSource source) noexcept {
  constexpr const char* kNames[] = {"affinity", "cgroup quota", "--cores"};
  return kNames[static_cast<std::size_t>(source)];
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
