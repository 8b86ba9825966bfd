// libs: wippy_numa wippy_runtime_observe
#include "numa/placement.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "runtime/observe/placement_text.hpp"
#include "synthetic.hpp"

namespace wippy {
namespace {

using test::synthetic;
using test::TempFolder;
using Workers = std::vector<uint32_t>;

constexpr const char* kFourNodes = "pack:2 numa:2 l3:1 core:4 pu:2";

PlacementOptions budget(uint32_t cores, CpuLimitSource source = CpuLimitSource::kAffinity) {
  PlacementOptions o;
  o.budget = {cores, source};
  return o;
}

TEST(Placement, CoresBeforeSiblingsAndNodeAfterNode) {
  const Topology t = synthetic(kFourNodes);
  const Placement p = plan(t, 32, budget(32));
  for (uint32_t w = 0; w < 32; ++w) {
    EXPECT_EQ(p.workers[w].pu.core, w % 16) << w;
    EXPECT_EQ(p.workers[w].pu.os_index, (w % 16) * 2 + w / 16) << w;
    EXPECT_EQ(p.workers[w].pu.node, (w % 16) / 4) << w;
  }
  EXPECT_EQ(p.active, 32u);
  EXPECT_TRUE(p.pin);
}

TEST(Placement, SixteenWorkersOnTwoCores) {
  const Topology t = synthetic("numa:1 l3:1 core:2 pu:1");
  const Placement p = plan(t, 16, {machine_budget(t, 0)});
  EXPECT_EQ(p.active, 2u);
  EXPECT_TRUE(p.pin);
  ASSERT_EQ(p.workers.size(), 16u);
  for (uint32_t w = 0; w < 16; ++w) {
    EXPECT_EQ(p.workers[w].pu.os_index, w % 2);
    EXPECT_EQ(p.workers[w].active, w < 2);
    EXPECT_EQ(p.workers[w].pinned, w < 2);
    ASSERT_EQ(p.workers[w].tiers.size(), 1u);
    EXPECT_EQ(p.workers[w].tiers[0].workers.size(), 15u);
  }
}

TEST(Placement, PinsOnlyWhileTheWholeRuntimeFits) {
  const Topology t = synthetic("numa:1 l3:1 core:4 pu:1");
  PlacementOptions o = budget(4);
  o.other_active = 2;
  EXPECT_TRUE(plan(t, 2, o).pin);
  const Placement full = plan(t, 3, o);
  EXPECT_FALSE(full.pin);
  for (const WorkerPlace& w : full.workers) EXPECT_FALSE(w.pinned);
  o.other_active = 0;
  o.allow_pinning = false;
  EXPECT_FALSE(plan(t, 1, o).pin);
}

TEST(Placement, AQuotaLimitsButNeverPins) {
  const Topology t = synthetic("numa:1 l3:1 core:8 pu:1");
  const Placement p = plan(t, 2, budget(2, CpuLimitSource::kQuota));
  EXPECT_EQ(p.active, 2u);
  EXPECT_FALSE(p.pin);
  EXPECT_FALSE(p.workers[0].pinned);
}

TEST(Placement, TheOptionOverridesInBothDirections) {
  const Topology t = synthetic("numa:1 l3:1 core:4 pu:1");
  const Placement fewer = plan(t, 4, {machine_budget(t, 2)});
  EXPECT_EQ(fewer.active, 2u);
  EXPECT_TRUE(fewer.pin);
  EXPECT_EQ(fewer.workers[3].pu.os_index, 1u);
  const Placement more = plan(t, 8, {machine_budget(t, 8)});
  EXPECT_EQ(more.active, 8u);
  EXPECT_FALSE(more.pin) << "two workers would share a PU";
}

TEST(Placement, LaterHostsBeginWhereEarlierOnesEnded) {
  const Topology t = synthetic("numa:1 l3:1 core:4 pu:1");
  PlacementOptions o = budget(4);
  o.first_slot = 2;
  o.other_active = 2;
  const Placement p = plan(t, 2, o);
  EXPECT_EQ(p.workers[0].pu.os_index, 2u);
  EXPECT_EQ(p.workers[1].pu.os_index, 3u);
  const Topology three = synthetic("numa:1 l3:1 core:3 pu:1");
  o = budget(3);
  o.first_slot = 0xffffffffu;  // a multiple of 3; one more must not wrap to 0 at 2^32
  EXPECT_EQ(plan(three, 2, o).workers[0].pu.os_index, 0u);
  EXPECT_EQ(plan(three, 2, o).workers[1].pu.os_index, 1u);
}

TEST(Placement, QuotaCountsOnlyOnThisSystem) {
  TempFolder f;
  f.write("proc/self/cgroup", "0::/\n");
  f.write("proc/self/mountinfo", "31 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  f.write("sys/fs/cgroup/cpu.max", "50000 100000\n");
  EXPECT_EQ(machine_budget(synthetic("core:4 pu:1"), 0, f.path()).usable_cores, 4u);
  const Topology real = test::real_machine();
  ASSERT_TRUE(real.is_this_system());
  const CpuBudget limited = machine_budget(real, 0, f.path());
  EXPECT_EQ(limited.usable_cores, 1u);
  EXPECT_EQ(limited.source, real.pus().size() > 1 ? CpuLimitSource::kQuota : CpuLimitSource::kAffinity);
}

TEST(Placement, AddingWorkersMovesNobody) {
  const Topology t = synthetic(kFourNodes);
  const Placement large = plan(t, 40, budget(32));
  for (uint32_t n = 0; n < 40; ++n) {
    const Placement p = plan(t, n, budget(32));
    for (uint32_t w = 0; w < n; ++w) ASSERT_EQ(p.workers[w].pu.os_index, large.workers[w].pu.os_index) << n << " " << w;
  }
}

TEST(Placement, SameInputSamePlan) {
  const std::string first = plan_json(synthetic(kFourNodes), plan(synthetic(kFourNodes), 20, budget(32)));
  for (int i = 0; i < 10; ++i) {
    const Topology t = synthetic(kFourNodes);
    ASSERT_EQ(plan_json(t, plan(t, 20, budget(32))), first);
  }
}

TEST(Placement, NoWorkers) {
  const Topology t = synthetic("core:2 pu:1");
  const Placement p = plan(t, 0, budget(2));
  EXPECT_EQ(p.active, 0u);
  EXPECT_FALSE(p.pin);
  EXPECT_TRUE(p.workers.empty());
}

TEST(Placement, CpusetKeepsWorkersInside) {
  const Topology t = synthetic(kFourNodes, std::vector<uint32_t>{9, 12, 13, 31});
  const Placement p = plan(t, 5, {machine_budget(t, 0)});
  EXPECT_EQ(p.active, 4u);
  Workers pus;
  for (const WorkerPlace& w : p.workers) pus.push_back(w.pu.os_index);
  EXPECT_EQ(pus, (Workers{9, 12, 31, 13, 9}));  // three cores first, then the sibling, then the reserve
}

TEST(Tiers, SameL3ThenSameNodeThenRemote) {
  const Topology t = synthetic("numa:2 l3:2 core:2 pu:1");
  const Placement p = plan(t, 8, budget(8));
  const std::vector<VictimTier>& tiers = p.workers[3].tiers;
  ASSERT_EQ(tiers.size(), 3u);
  EXPECT_EQ(tiers[0].kind, TierKind::kSameL3);
  EXPECT_EQ(tiers[0].workers, (Workers{2}));
  EXPECT_EQ(tiers[0].distance, 10u);
  EXPECT_EQ(tiers[1].kind, TierKind::kSameNode);
  EXPECT_EQ(tiers[1].workers, (Workers{0, 1}));
  EXPECT_EQ(tiers[2].kind, TierKind::kRemote);
  EXPECT_EQ(tiers[2].workers, (Workers{4, 5, 6, 7}));
  EXPECT_EQ(tiers[2].distance, 20u);
}

TEST(Tiers, EveryOtherWorkerExactlyOnce) {
  const Topology t = synthetic(kFourNodes);
  const Placement p = plan(t, 37, budget(32));
  for (uint32_t w = 0; w < 37; ++w) {
    std::multiset<uint32_t> seen;
    for (const VictimTier& tier : p.workers[w].tiers) {
      EXPECT_FALSE(tier.workers.empty());
      EXPECT_TRUE(std::is_sorted(tier.workers.begin(), tier.workers.end()));
      seen.insert(tier.workers.begin(), tier.workers.end());
    }
    EXPECT_EQ(seen.size(), 36u);
    EXPECT_EQ(std::set<uint32_t>(seen.begin(), seen.end()).size(), 36u);
    EXPECT_EQ(seen.count(w), 0u);
  }
}

TEST(Tiers, EmptyOnesAreLeftOut) {
  const Topology t = synthetic("numa:2 l3:1 core:1 pu:1");
  const Placement p = plan(t, 2, budget(2));
  ASSERT_EQ(p.workers[0].tiers.size(), 1u);
  EXPECT_EQ(p.workers[0].tiers[0].kind, TierKind::kRemote);
  EXPECT_TRUE(plan(t, 1, budget(2)).workers[0].tiers.empty());
}

TEST(Tiers, OneNodeMachinesHaveOneTier) {
  const Topology t = synthetic("numa:1 l3:4 core:2 pu:2");
  const Placement p = plan(t, 16, budget(16));
  for (const WorkerPlace& w : p.workers) {
    ASSERT_EQ(w.tiers.size(), 1u);
    EXPECT_EQ(w.tiers[0].kind, TierKind::kSameL3);
    EXPECT_EQ(w.tiers[0].workers.size(), 15u);
  }
}

TEST(VisitTier, EachOnceFromEveryStart) {
  VictimTier tier;
  tier.workers = {3, 5, 8};
  std::set<uint32_t> starts;
  for (uint64_t random = 0; random <= 0xffffffffu; random += 0x10000001u) {
    Workers seen;
    EXPECT_FALSE(visit_tier(tier, static_cast<uint32_t>(random), [&](uint32_t w) {
      seen.push_back(w);
      return false;
    }));
    ASSERT_EQ(seen.size(), 3u);
    starts.insert(seen[0]);
    const auto at = std::find(tier.workers.begin(), tier.workers.end(), seen[0]) - tier.workers.begin();
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(seen[i], tier.workers[(static_cast<std::size_t>(at) + i) % 3]);
  }
  EXPECT_EQ(starts, (std::set<uint32_t>{3, 5, 8}));
}

TEST(VisitTier, StopsWhenToldAndTakesAnEmptyTier) {
  VictimTier tier;
  EXPECT_FALSE(visit_tier(tier, 0xffffffffu, [](uint32_t) { return true; }));
  tier.workers = {1, 2, 4};
  Workers seen;
  EXPECT_TRUE(visit_tier(tier, 0xffffffffu, [&](uint32_t w) {
    seen.push_back(w);
    return w == 1;
  }));
  EXPECT_EQ(seen, (Workers{4, 1}));
}

TEST(PlanJson, Golden) {
  const Topology t = synthetic("numa:2(memory=1048576) l3:1 core:1 pu:2");
  EXPECT_EQ(plan_json(t, plan(t, 3, budget(2, CpuLimitSource::kOption))),
            R"({"this_system":false,"l3_groups":2,"cores":2,"pus":4,"nodes":[)"
            R"({"id":0,"os_index":0,"memory_bytes":1048576,"pus":2,"distances":[10,20]},)"
            R"({"id":1,"os_index":1,"memory_bytes":1048576,"pus":2,"distances":[20,10]}],)"
            R"("usable_cores":2,"limited_by":"--cores","active":2,"pin":true,"workers":[)"
            R"({"worker":0,"pu":0,"core":0,"l3_group":0,"node":0,"active":true,"pinned":true,"tiers":[)"
            R"({"kind":"same_l3","distance":10,"workers":[2]},{"kind":"remote","distance":20,"workers":[1]}]},)"
            R"({"worker":1,"pu":2,"core":1,"l3_group":1,"node":1,"active":true,"pinned":true,"tiers":[)"
            R"({"kind":"remote","distance":20,"workers":[0,2]}]},)"
            R"({"worker":2,"pu":0,"core":0,"l3_group":0,"node":0,"active":false,"pinned":false,"tiers":[)"
            R"({"kind":"same_l3","distance":10,"workers":[0]},{"kind":"remote","distance":20,"workers":[1]}]}]})"
            "\n");
}

TEST(PlanText, Golden) {
  const Topology t = synthetic("numa:2(memory=1048576) l3:1 core:2 pu:2");
  EXPECT_EQ(plan_text(t, plan(t, 4, budget(3, CpuLimitSource::kQuota))),
            "machine: nodes 2, L3 groups 2, cores 4, PUs 8 (not this system: nothing is bound)\n"
            "node 0: OS node 0, 1 MiB, 4 PUs, distances 10 20\n"
            "node 1: OS node 1, 1 MiB, 4 PUs, distances 20 10\n"
            "usable cores: 3 (cgroup quota)\n"
            "workers: 4, 3 active, not pinned\n"
            "worker 0: PU 0, core 0, L3 0, node 0, active; same_l3(10) 1,3; remote(20) 2\n"
            "worker 1: PU 2, core 1, L3 0, node 0, active; same_l3(10) 0,3; remote(20) 2\n"
            "worker 2: PU 4, core 2, L3 1, node 1, active; remote(20) 0-1,3\n"
            "worker 3: PU 0, core 0, L3 0, node 0, reserve; same_l3(10) 0-1; remote(20) 2\n");
}

}  // namespace
}  // namespace wippy
