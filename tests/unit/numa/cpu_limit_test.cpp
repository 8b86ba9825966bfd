#include <gtest/gtest.h>
#include <sched.h>

#include "synthetic.hpp"

namespace wippy {
namespace {

using test::ScopedEnv;
using test::TempFolder;

void make_v2(const TempFolder& f, const std::string& cgroup, const std::string& mount_root = "/") {
  f.write("proc/self/cgroup", "0::" + cgroup + "\n");
  f.write("proc/self/mountinfo",
          "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
          "31 22 0:26 " +
              mount_root + " /sys/fs/cgroup rw,nosuid shared:9 master:3 - cgroup2 cgroup2 rw,nsdelegate\n");
}

void make_v1(const TempFolder& f, const std::string& cgroup, const std::string& mount_root = "/") {
  f.write("proc/self/cgroup", "7:memory:/elsewhere\n4:cpu,cpuacct:" + cgroup + "\n3:cpuset:/\n");
  f.write("proc/self/mountinfo", "33 22 0:29 " + mount_root +
                                     " /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
                                     "34 22 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n");
}

TEST(CgroupQuota, V2RoundsUp) {
  TempFolder f;
  make_v2(f, "/");
  f.write("sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_EQ(cgroup_quota_cores(f.path()), 2u);
  f.write("sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(cgroup_quota_cores(f.path()), 2u);
  f.write("sys/fs/cgroup/cpu.max", "200001 100000\n");
  EXPECT_EQ(cgroup_quota_cores(f.path()), 3u);
  f.write("sys/fs/cgroup/cpu.max", "1000 100000\n");
  EXPECT_EQ(cgroup_quota_cores(f.path()), 1u);
}

TEST(CgroupQuota, V2MaxIsNoLimit) {
  TempFolder f;
  make_v2(f, "/");
  f.write("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(cgroup_quota_cores(f.path()), 0u);
}

TEST(CgroupQuota, V2SmallestOnTheWayUpCounts) {
  TempFolder f;
  make_v2(f, "/a/b");
  f.write("sys/fs/cgroup/a/b/cpu.max", "800000 100000\n");
  f.write("sys/fs/cgroup/a/cpu.max", "300000 100000\n");
  EXPECT_EQ(cgroup_quota_cores(f.path()), 3u);
  f.write("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  EXPECT_EQ(cgroup_quota_cores(f.path()), 3u);
  f.write("sys/fs/cgroup/a/b/cpu.max", "50000 50000\n");
  EXPECT_EQ(cgroup_quota_cores(f.path()), 1u);
  f.write("sys/fs/cgroup/other/cpu.max", "1 100000\n");  // not ours
  f.write("sys/fs/cgroup/a/b/cpu.max", "200000 100000\n");
  EXPECT_EQ(cgroup_quota_cores(f.path()), 2u);
}

TEST(CgroupQuota, MountRootIsStrippedAndEscapesAreRead) {
  TempFolder f;
  make_v2(f, "/docker/x\\x2dy/in", "/docker/x\\134x2dy");
  f.write("sys/fs/cgroup/in/cpu.max", "500000 100000\n");
  f.write("sys/fs/cgroup/cpu.max", "400000 100000\n");
  EXPECT_EQ(cgroup_quota_cores(f.path()), 4u);
}

TEST(CgroupQuota, MountOfAnotherCgroupIsIgnored) {
  TempFolder f;
  make_v2(f, "/docker/ab", "/docker/a");  // a prefix of the text, not of the path
  f.write("sys/fs/cgroup/cpu.max", "100000 100000\n");
  f.write("sys/fs/cgroupb/cpu.max", "100000 100000\n");
  EXPECT_EQ(cgroup_quota_cores(f.path()), 0u);
}

TEST(CgroupQuota, V1Quota) {
  TempFolder f;
  make_v1(f, "/docker/1", "/docker/1");
  f.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "250000\n");
  f.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cgroup_quota_cores(f.path()), 3u);
  f.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(cgroup_quota_cores(f.path()), 0u);
}

TEST(CgroupQuota, V1WalksUpToo) {
  TempFolder f;
  make_v1(f, "/a/b");
  f.write("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1\n");
  f.write("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n");
  f.write("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "400000\n");
  f.write("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cgroup_quota_cores(f.path()), 4u);
}

TEST(CgroupQuota, MissingOrMalformedIsNoLimit) {
  TempFolder f;
  EXPECT_EQ(cgroup_quota_cores(f.path()), 0u);
  f.write("proc/self/mountinfo", "nonsense\n\n- -\n31 22 0:26 / /sys/fs/cgroup rw - cgroup2\n");
  f.write("proc/self/cgroup", "nonsense\n:\n::\n");
  EXPECT_EQ(cgroup_quota_cores(f.path()), 0u);
  make_v2(f, "/");
  EXPECT_EQ(cgroup_quota_cores(f.path()), 0u);
  for (const char* text : {"", "abc def", "100000", "100000 0", "-5 100000", "0 100000", "99999999999999999999999 1"}) {
    f.write("sys/fs/cgroup/cpu.max", text);
    const uint32_t cores = cgroup_quota_cores(f.path());
    EXPECT_EQ(cores, 0u) << "'" << text << "'";
  }
  f.write("sys/fs/cgroup/cpu.max", "9223372036854775807 1");
  EXPECT_EQ(cgroup_quota_cores(f.path()), 0xffffffffu);
}

// A made-up machine that hwloc takes for this system, under a quota of so many cores (0: none).
CpuBudget budget_of(uint32_t pus, uint32_t quota_cores, uint32_t override_cores) {
  ScopedEnv this_system("HWLOC_THISSYSTEM", "1");
  std::vector<uint32_t> all;
  for (uint32_t i = 0; i < pus; ++i) all.push_back(i);
  TempFolder f;
  make_v2(f, "/");
  if (quota_cores != 0) f.write("sys/fs/cgroup/cpu.max", std::to_string(quota_cores) + "00000 100000\n");
  return machine_budget(test::synthetic("core:" + std::to_string(pus) + " pu:1", all), override_cores, f.path());
}

TEST(CpuBudget, SmallestOfAffinityAndQuotaUnlessOverridden) {
  EXPECT_EQ(budget_of(8, 0, 0).usable_cores, 8u);
  EXPECT_EQ(budget_of(8, 0, 0).source, CpuLimitSource::kAffinity);
  EXPECT_EQ(budget_of(8, 3, 0).usable_cores, 3u);
  EXPECT_EQ(budget_of(8, 3, 0).source, CpuLimitSource::kQuota);
  EXPECT_EQ(budget_of(2, 3, 0).usable_cores, 2u);
  EXPECT_EQ(budget_of(2, 2, 0).source, CpuLimitSource::kAffinity);
  EXPECT_EQ(budget_of(2, 1, 16).usable_cores, 16u);
  EXPECT_EQ(budget_of(2, 1, 16).source, CpuLimitSource::kOption);
}

TEST(Affinity, FollowsTheThreadsMask) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  const std::vector<uint32_t> all = affinity_pus();
  ASSERT_EQ(all.size(), static_cast<std::size_t>(CPU_COUNT(&before)));
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(all.back(), &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(affinity_pus(), std::vector<uint32_t>{all.back()});
  const Topology t = test::real_machine();  // the real machine, as `taskset` would leave it
  ASSERT_EQ(sched_setaffinity(0, sizeof(before), &before), 0);
  ASSERT_TRUE(t.is_this_system());
  ASSERT_EQ(t.pus().size(), 1u);
  EXPECT_EQ(t.pus()[0].os_index, all.back());
  EXPECT_EQ(t.node_count(), 1u);
}

}  // namespace
}  // namespace wippy
