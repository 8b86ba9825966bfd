// The machine is what the plan says, three times over: as the kernel shows it, as our topology reads it, as `wippy topology`
// prints it; and each worker's thread may run on its planned CPU only.
#include <dirent.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "numa/placement.hpp"
#include "tests/numa_guest/team.hpp"

namespace wippy::guest {

namespace {

nlohmann::json printed_topology() {
  std::ifstream file("/tmp/topology.json");  // init: wippy topology --workers 8 --json
  return nlohmann::json::parse(file, nullptr, false);
}

std::vector<uint32_t> numbers_in(const std::string& path) {
  std::vector<uint32_t> out;
  std::ifstream file(path);
  for (uint32_t v; file >> v;) out.push_back(v);
  return out;
}

std::vector<uint32_t> planned_distances(uint32_t from) {
  std::vector<uint32_t> out;
  for (uint32_t to = 0; to < kNodes; ++to) out.push_back(distance_between(from, to));
  return out;
}

TEST(Machine, KernelShowsThePlannedNodes) {
  for (uint32_t n = 0; n < kNodes; ++n) {
    const std::string node = "/sys/devices/system/node/node" + std::to_string(n);
    EXPECT_EQ(numbers_in(node + "/distance"), planned_distances(n)) << "node " << n;
    for (uint32_t cpu = 0; cpu < kCpus; ++cpu) {
      DIR* there = opendir((node + "/cpu" + std::to_string(cpu)).c_str());
      EXPECT_EQ(there != nullptr, node_of_cpu(cpu) == n) << "cpu " << cpu << " on node " << n;
      if (there != nullptr) closedir(there);
    }
  }
}

TEST(Machine, TopologyIsTheKernels) {
  const Topology t = Topology::discover();
  ASSERT_TRUE(t.is_this_system());
  ASSERT_EQ(t.node_count(), kNodes);
  ASSERT_EQ(t.pus().size(), kCpus);
  EXPECT_EQ(t.core_count(), kCpus);
  for (const Pu& pu : t.pus()) EXPECT_EQ(pu.node, node_of_cpu(pu.os_index)) << "PU " << pu.os_index;
  for (uint32_t a = 0; a < kNodes; ++a) {
    EXPECT_EQ(t.nodes()[a].os_index, a);
    for (uint32_t b = 0; b < kNodes; ++b) {
      EXPECT_EQ(t.distance(static_cast<NodeId>(a), static_cast<NodeId>(b)), distance_between(a, b));
    }
  }
}

TEST(Machine, PlanHasATierForEachDistance) {
  const Topology t = Topology::discover();
  PlacementOptions o;
  o.budget = machine_budget(t, 0);
  const Placement p = plan(t, kCpus, o);
  EXPECT_TRUE(p.pin);
  for (uint32_t w = 0; w < kCpus; ++w) {
    ASSERT_EQ(p.workers[w].tiers.size(), 3u) << "worker " << w;
    EXPECT_EQ(p.workers[w].pu.os_index, cpu_of_worker(w));
    const uint32_t distances[] = {kLocal, kNear, kFar};
    for (uint32_t tier = 0; tier < 3; ++tier) {
      std::vector<uint32_t> expected;
      for (uint32_t v = 0; v < kCpus; ++v) {
        if (v != w && distance_between(node_of_worker(w), node_of_worker(v)) == distances[tier]) expected.push_back(v);
      }
      EXPECT_EQ(p.workers[w].tiers[tier].workers, expected) << "worker " << w << " tier " << tier;
      EXPECT_EQ(p.workers[w].tiers[tier].distance, distances[tier]);
    }
  }
}

TEST(Machine, CommandPrintsThePlan) {
  const nlohmann::json printed = printed_topology();
  ASSERT_TRUE(printed.is_object());
  EXPECT_EQ(printed["this_system"], true);
  EXPECT_EQ(printed["pin"], true);
  EXPECT_EQ(printed["active"], kCpus);
  ASSERT_EQ(printed["nodes"].size(), kNodes);
  for (uint32_t n = 0; n < kNodes; ++n) EXPECT_EQ(printed["nodes"][n]["distances"], planned_distances(n));
  ASSERT_EQ(printed["workers"].size(), kCpus);
  for (uint32_t w = 0; w < kCpus; ++w) {
    EXPECT_EQ(printed["workers"][w]["pu"], cpu_of_worker(w));
    EXPECT_EQ(printed["workers"][w]["node"], node_of_worker(w));
  }
}

// The kernel's word on each worker's thread against what the command printed.
TEST(Machine, WorkersAreBoundToTheirCpus) {
  const nlohmann::json printed = printed_topology();
  ASSERT_EQ(printed["workers"].size(), kCpus);
  Team team;
  std::vector<uint32_t> allowed[kCpus];  // by worker: each writes its own
  int running_on[kCpus] = {};
  team.on_every_worker([&](Context&, Worker& worker) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return;
    for (uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) allowed[worker.index()].push_back(cpu);
    }
    running_on[worker.index()] = sched_getcpu();
  });
  for (uint32_t w = 0; w < kCpus; ++w) {
    EXPECT_EQ(nlohmann::json(allowed[w]), nlohmann::json::array({printed["workers"][w]["pu"]})) << "worker " << w;
    EXPECT_EQ(running_on[w], static_cast<int>(cpu_of_worker(w)));
  }
}

}  // namespace

}  // namespace wippy::guest
