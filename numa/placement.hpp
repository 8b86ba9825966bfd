// Which worker lives where, and from whom it steals.
//
// Plan. The usable PUs are put in one order of slots: first PUs of cores before SMT siblings, and inside that compactly,
// node after node, L3 group after L3 group. Worker i gets slot (first_slot + i) modulo the number of slots. Compact, not
// spread evenly over nodes, because processes send each other messages: few workers share one L3 and one node's memory,
// and a second node is used when the first one's cores are taken. A worker's place does not depend on how many workers
// follow it, so changing `host.workers` at run time moves nobody.
//   active   the first min(workers, usable cores); the rest are reserve: parked until an active worker is stuck.
//   pinned   active workers only, and only while all active workers of the runtime fit the usable cores and PUs. Never
//            under a cgroup quota: it says how much, not which PUs, so all containers would choose the same first ones.
//            An unpinned worker's node is where its memory comes from, not a promise of where it runs.
//
// Victims (core.md 5.7). Each worker has tiers of other workers of its host, near to far; empty tiers are left out:
//   kSameL3     same L3 group
//   kSameNode   same node, other L3 group
//   kRemote     other nodes, one tier per distance, the nearest first
// Order inside a tier: ascending worker index, visited cyclically from a random start (visit_tier), so that thieves do
// not meet at one victim. Reserve workers are victims too: they may hold work after having stood in. How often a tier is
// passed and how much is taken is the scheduler's business (scheduler/worker.cpp).
// One-node machines have one tier, kSameL3, holding all other workers, whatever the number of L3 groups.
//
// Ownership: plain values. Thread-safety: immutable once made. Deterministic: same topology and options, same plan.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "numa/cpu_limit.hpp"
#include "numa/topology.hpp"

namespace wippy {

enum class TierKind : uint8_t { kSameL3, kSameNode, kRemote };
const char* tier_kind_name(TierKind kind) noexcept;  // "same_l3", "same_node", "remote"

struct VictimTier {
  TierKind kind = TierKind::kSameL3;
  uint32_t distance = 0;  // Topology::distance from the thief's node
  std::vector<uint32_t> workers;
};

struct WorkerPlace {
  Pu pu;
  bool active = false;
  bool pinned = false;
  std::vector<VictimTier> tiers;
};

struct PlacementOptions {
  CpuBudget budget;           // numa/cpu_limit.hpp
  uint32_t other_active = 0;  // active workers of all other hosts of the runtime
  uint32_t first_slot = 0;    // slots given to hosts planned before this one, so that hosts do not share PUs early
  bool allow_pinning = true;
};

struct Placement {
  CpuBudget budget;
  uint32_t active = 0;
  bool pin = false;
  std::vector<WorkerPlace> workers;
};

// cpu_budget of the machine behind `topology`: the cgroup quota counts only on this system. cores_override 0: none.
CpuBudget machine_budget(const Topology& topology, uint32_t cores_override, const std::string& root = "");

Placement plan(const Topology& topology, uint32_t workers, const PlacementOptions& options);

// Calls visit(worker) for the tier's workers, once each, cyclically from a start chosen by `random` (any 32 random bits);
// stops and answers true when visit does. Inline: this is the steal loop.
template <class Visit>
bool visit_tier(const VictimTier& tier, uint32_t random, Visit&& visit) {
  const auto n = static_cast<uint32_t>(tier.workers.size());
  const auto start = static_cast<uint32_t>((uint64_t{random} * n) >> 32);  // multiply-shift, Lemire 2019
  for (uint32_t i = start; i < n; ++i) {
    if (visit(tier.workers[i])) return true;
  }
  for (uint32_t i = 0; i < start; ++i) {
    if (visit(tier.workers[i])) return true;
  }
  return false;
}

}  // namespace wippy
