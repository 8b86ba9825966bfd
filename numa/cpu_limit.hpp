// How many processors this process may really use.
//
// Three limits, all counted in PUs (hardware threads):
//   affinity   the calling thread's mask (sched_getaffinity: taskset, cgroup cpusets);
//   quota      CPU time per period of the cgroup (v2 cpu.max, v1 cpu.cfs_*_us), rounded up; the smallest limit on the way
//              from our cgroup to the mount's root counts, as in the kernel;
//   option     `--cores N`, which overrides both (rulings.md, "Workers").
// A missing or malformed file means "no limit": a wrong guess costs speed, never correctness.
// Thread-safety: no shared state. Formats: cgroups(7), proc_pid_mountinfo(5), the kernel's cgroup-v2.rst.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wippy {

enum class CpuLimitSource : uint8_t { kAffinity, kQuota, kOption };
const char* cpu_limit_source_name(CpuLimitSource source) noexcept;  // "affinity", "cgroup quota", "--cores"

struct CpuBudget {
  uint32_t usable_cores = 1;  // >= 1
  CpuLimitSource source = CpuLimitSource::kAffinity;
};

// OS indices of the PUs the calling thread may run on, ascending; empty when the system does not say.
std::vector<uint32_t> affinity_pus();

// ceil(quota / period) of our cgroup, at least 1; 0: no limit. `root` is put before every path that is read ("" for the
// real system), so that tests can use a folder.
uint32_t cgroup_quota_cores(const std::string& root = "");

// min(pus, quota_cores), or override_cores when that is not 0. quota_cores 0: no quota.
CpuBudget cpu_budget(uint32_t pus, uint32_t quota_cores, uint32_t override_cores) noexcept;

}  // namespace wippy
