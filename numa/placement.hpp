// Which worker lives where, and from whom it steals. Plain values; same topology and options, same plan.
//
// Plan: the usable PUs in one order of slots, first PUs of cores before SMT siblings, inside that node after node and L3
// group after L3 group; worker i gets slot (first_slot + i) modulo their number, so that adding workers moves nobody.
//   active   the first min(workers, usable cores); the rest are reserve: parked until an active worker is stuck.
//   pinned   active workers, while all active workers of the runtime fit usable cores and PUs; never under a cgroup quota.
// Victims (core.md 5.7): tiers of the host's other workers, near to far, empty ones left out: same L3; same node; remote,
// one tier per distance. Inside a tier ascending, visited cyclically from a random start. One-node machines have one tier.
// Why so: docs/internals/placement.md. How often a tier is passed and how much is taken: scheduler/worker.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "numa/topology.hpp"

namespace wippy {

enum class TierKind : uint8_t { kSameL3, kSameNode, kRemote };

struct VictimTier {
  TierKind kind = TierKind::kSameL3;
  uint32_t distance = 0;  // Topology::distance from the thief's node
  std::vector<uint32_t> workers;
};

struct WorkerPlace {
  Pu pu;
  bool active = false, pinned = false;
  std::vector<VictimTier> tiers;
};

struct PlacementOptions {
  CpuBudget budget;
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

Placement plan(const Topology& topology, uint32_t workers, const PlacementOptions& options);

// Calls visit(worker) for the tier's workers, once each, cyclically from a start chosen by `random` (any 32 random bits);
// stops and answers true when visit does. Inline: this is the steal loop.
template <class Visit>
bool visit_tier(const VictimTier& tier, uint32_t random, Visit&& visit) {
  const auto n = static_cast<uint32_t>(tier.workers.size());
  const auto start = static_cast<uint32_t>((uint64_t{random} * n) >> 32);  // multiply-shift, Lemire 2019
  for (uint32_t i = start; i < start + n; ++i) {
    if (visit(tier.workers[i < n ? i : i - n])) return true;
  }
  return false;
}

}  // namespace wippy
