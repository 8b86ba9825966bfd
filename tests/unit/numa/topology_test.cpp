#include "numa/topology.hpp"

#include <gtest/gtest.h>
#include <hwloc.h>
#include <hwloc/distances.h>

#include <set>

#include "synthetic.hpp"

namespace wippy {
namespace {

using test::ScopedEnv;
using test::synthetic;
using test::TempFolder;

constexpr const char* kFourNodes = "pack:2 numa:2 l3:1 core:4 pu:2";

TEST(Topology, FourSyntheticNodes) {
  const Topology t = synthetic(kFourNodes);
  EXPECT_FALSE(t.is_this_system());
  EXPECT_EQ(t.node_count(), 4u);
  EXPECT_EQ(t.l3_group_count(), 4u);
  EXPECT_EQ(t.core_count(), 16u);
  ASSERT_EQ(t.pus().size(), 32u);
  for (uint32_t i = 0; i < 32; ++i) {
    const Pu& p = t.pus()[i];
    EXPECT_EQ(p.os_index, i);
    EXPECT_EQ(p.core, i / 2);
    EXPECT_EQ(p.smt_rank, i % 2);
    EXPECT_EQ(p.node, i / 8);
    EXPECT_EQ(p.l3_group, i / 8);
  }
  for (const Node& n : t.nodes()) EXPECT_EQ(n.pus, 8u);
}

TEST(Topology, DistancesDefaultToTenAndTwenty) {
  const Topology t = synthetic(kFourNodes);
  for (NodeId a = 0; a < 4; ++a) {
    for (NodeId b = 0; b < 4; ++b) EXPECT_EQ(t.distance(a, b), a == b ? 10u : 20u);
  }
}

TEST(Topology, DistancesComeFromTheMachine) {
  hwloc_topology_t h = nullptr;
  ASSERT_EQ(hwloc_topology_init(&h), 0);
  ASSERT_EQ(hwloc_topology_set_synthetic(h, "numa:3 l3:1 core:1 pu:1"), 0);
  ASSERT_EQ(hwloc_topology_load(h), 0);
  hwloc_obj_t objs[3];
  for (unsigned i = 0; i < 3; ++i) objs[i] = hwloc_get_obj_by_type(h, HWLOC_OBJ_NUMANODE, i);
  hwloc_uint64_t values[9] = {10, 31, 12, 33, 10, 14, 15, 16, 10};  // asymmetric: from row to column
  hwloc_distances_add_handle_t d =
      hwloc_distances_add_create(h, "wippy", HWLOC_DISTANCES_KIND_FROM_USER | HWLOC_DISTANCES_KIND_MEANS_LATENCY, 0);
  ASSERT_NE(d, nullptr);
  ASSERT_EQ(hwloc_distances_add_values(h, d, 3, objs, values, 0), 0);
  ASSERT_EQ(hwloc_distances_add_commit(h, d, 0), 0);
  TempFolder f;
  const std::string file = f.path() + "/machine.xml";
  ASSERT_EQ(hwloc_topology_export_xml(h, file.c_str(), 0), 0);
  hwloc_topology_destroy(h);

  ScopedEnv no_synthetic("HWLOC_SYNTHETIC", nullptr);
  ScopedEnv env("HWLOC_XMLFILE", file.c_str());
  const Topology t = Topology::discover();
  EXPECT_FALSE(t.is_this_system());
  ASSERT_EQ(t.node_count(), 3u);
  for (NodeId a = 0; a < 3; ++a) {
    for (NodeId b = 0; b < 3; ++b) EXPECT_EQ(t.distance(a, b), values[a * 3 + b]) << int(a) << "->" << int(b);
  }
  const std::vector<uint32_t> last_two = {1, 2};
  const Topology two = Topology::discover(&last_two);  // dense ids 0, 1 are OS nodes 1, 2
  ASSERT_EQ(two.node_count(), 2u);
  EXPECT_EQ(two.distance(0, 1), 14u);
  EXPECT_EQ(two.distance(1, 0), 16u);
}

TEST(Topology, RestrictionLeavesOnlyUsableNodesAndCores) {
  const Topology t = synthetic(kFourNodes, std::vector<uint32_t>{9, 11, 12, 13, 31});
  ASSERT_EQ(t.node_count(), 2u);
  EXPECT_EQ(t.nodes()[0].os_index, 1u);
  EXPECT_EQ(t.nodes()[1].os_index, 3u);
  EXPECT_EQ(t.nodes()[0].pus, 4u);
  EXPECT_EQ(t.core_count(), 4u);  // {9} {11} {12,13} {31}
  ASSERT_EQ(t.pus().size(), 5u);
  EXPECT_EQ(t.pus()[0].smt_rank, 0u);  // PU 9 is a second sibling by hardware, the first that we may use
  EXPECT_EQ(t.pus()[3].smt_rank, 1u);
  EXPECT_EQ(t.pus()[4].node, 1);
  EXPECT_EQ(t.pus()[4].l3_group, 1u);
}

TEST(Topology, RestrictionWithoutAnyPuIsIgnored) {
  EXPECT_EQ(synthetic("core:4 pu:1", std::vector<uint32_t>{100}).pus().size(), 4u);
  EXPECT_EQ(synthetic("core:4 pu:1", std::vector<uint32_t>{}).pus().size(), 4u);
}

TEST(Topology, SeveralL3GroupsInANode) {
  const Topology t = synthetic("numa:2 l3:3 core:2 pu:1");
  EXPECT_EQ(t.node_count(), 2u);
  EXPECT_EQ(t.l3_group_count(), 6u);
  EXPECT_EQ(t.pus()[5].l3_group, 2u);
  EXPECT_EQ(t.pus()[6].l3_group, 3u);
}

TEST(Topology, AnL3GroupNeverCrossesANode) {
  const Topology t = synthetic("l3:1 numa:2 core:2 pu:1");
  ASSERT_EQ(t.node_count(), 2u);
  EXPECT_EQ(t.l3_group_count(), 2u);
}

TEST(Topology, WithoutL3ANodeIsOneGroup) {
  const Topology t = synthetic("numa:2 core:2 pu:1");
  EXPECT_EQ(t.l3_group_count(), 2u);
  EXPECT_EQ(synthetic("core:4 pu:1").l3_group_count(), 1u);
}

TEST(Topology, SmallestNodeOwnsThePu) {
  // One memory per package and one per half of it. hwloc takes one list of indices for all nodes, in its logical order:
  // half, half, package, half, half, package. The packages' memories get the lowest ones and must lose all the same.
  const Topology t = synthetic("pack:2 [numa(indexes=2,3,0,4,5,1)] group:2 [numa] core:2 pu:1");
  ASSERT_EQ(t.node_count(), 4u);
  for (uint32_t n = 0; n < 4; ++n) {
    EXPECT_EQ(t.nodes()[n].os_index, n + 2);
    EXPECT_EQ(t.nodes()[n].pus, 2u);
  }
  // Two memories for the same PUs ({2, 0} and {3, 1}): the lower OS index.
  const Topology same = synthetic("pack:2 [numa(indexes=2,0,3,1)] [numa] core:2 pu:1");
  ASSERT_EQ(same.node_count(), 2u);
  EXPECT_EQ(same.nodes()[0].os_index, 0u);
  EXPECT_EQ(same.nodes()[1].os_index, 1u);
}

TEST(Topology, NodesBeyondTheLimitShareTheLastId) {
  const Topology t = synthetic("numa:70 core:1 pu:1");
  ASSERT_EQ(t.node_count(), kMaxNodes);
  EXPECT_EQ(t.nodes().back().pus, 7u);
  EXPECT_EQ(t.pus().back().node, kMaxNodes - 1);
}

TEST(Topology, TheRealMachineIsThisSystem) {
  const Topology t = test::real_machine();
  EXPECT_TRUE(t.is_this_system());
  std::set<uint32_t> seen;
  for (const Pu& p : t.pus()) EXPECT_TRUE(seen.insert(p.os_index).second);
  EXPECT_GE(t.pus().size(), 1u);
  EXPECT_GT(t.nodes()[0].memory_bytes, 0u);
}

}  // namespace
}  // namespace wippy
