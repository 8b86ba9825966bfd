#include "numa/cpu_limit.hpp"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>

namespace wippy {

namespace {

struct CgroupMount {
  std::string root;   // the cgroup that is visible at the mount point
  std::string point;  // where it is mounted
  bool v2 = false;
};

bool has_token(const std::string& comma_list, const std::string& token) {
  std::istringstream in(comma_list);
  for (std::string t; std::getline(in, t, ',');) {
    if (t == token) return true;
  }
  return false;
}

// mountinfo writes blank, tab, newline and backslash as three octal digits.
std::string unescape(const std::string& s) {
  const auto octal = [&s](std::size_t i) { return i < s.size() && s[i] >= '0' && s[i] <= '7'; };
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '\\' && octal(i + 1) && octal(i + 2) && octal(i + 3)) {
      out += static_cast<char>((s[i + 1] - '0') * 64 + (s[i + 2] - '0') * 8 + (s[i + 3] - '0'));
      i += 3;
    } else {
      out += s[i];
    }
  }
  return out;
}

// Line: id parent major:minor root point options [tag...] - type source super-options
std::vector<CgroupMount> cgroup_mounts(const std::string& root) {
  std::vector<CgroupMount> out;
  std::ifstream file(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream in(line);
    std::string skip, cgroup, point, type, super;
    in >> skip >> skip >> skip >> cgroup >> point;
    while (in >> skip && skip != "-") {
    }
    in >> type >> skip >> super;
    if (!in || (type != "cgroup2" && !(type == "cgroup" && has_token(super, "cpu")))) continue;
    out.push_back({unescape(cgroup), unescape(point), type == "cgroup2"});
  }
  return out;
}

// Line: id:controllers:path. Our cgroup in the v2 tree ("0::") or in the v1 tree that has the cpu controller.
std::string own_cgroup(const std::string& root, bool v2) {
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    std::istringstream in(line);
    std::string id, controllers, path;
    std::getline(std::getline(in, id, ':'), controllers, ':');
    if (!std::getline(in, path)) continue;
    if (v2 ? controllers.empty() : has_token(controllers, "cpu")) return path;
  }
  return {};
}

uint32_t ceil_cores(int64_t quota_us, int64_t period_us) noexcept {
  if (quota_us <= 0 || period_us <= 0) return 0;
  const int64_t cores = (quota_us - 1) / period_us + 1;
  return static_cast<uint32_t>(std::min<int64_t>(cores, std::numeric_limits<uint32_t>::max()));
}

// The limit written in one cgroup folder; 0: none. A failed extraction (as of "max") leaves 0 in the variable.
uint32_t folder_limit(const std::string& folder, bool v2) {
  int64_t quota_us = 0, period_us = 0;
  if (v2) {
    std::ifstream file(folder + "/cpu.max");
    file >> quota_us >> period_us;
  } else {
    std::ifstream quota(folder + "/cpu.cfs_quota_us"), period(folder + "/cpu.cfs_period_us");
    quota >> quota_us;
    period >> period_us;
  }
  return ceil_cores(quota_us, period_us);
}

uint32_t smaller_limit(uint32_t a, uint32_t b) noexcept { return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b); }

// Our path below the mount point ("" for the point itself); false when this mount does not show our cgroup.
bool path_below(const CgroupMount& mount, const std::string& cgroup, std::string* out) {
  const std::string prefix = mount.root == "/" ? "" : mount.root;
  if (cgroup.empty() || cgroup.compare(0, prefix.size(), prefix) != 0) return false;
  *out = cgroup.substr(prefix.size());
  if (!out->empty() && out->front() != '/') return false;
  while (!out->empty() && out->back() == '/') out->pop_back();
  return true;
}

}  // namespace

const char* cpu_limit_source_name(CpuLimitSource source) noexcept {
  constexpr const char* kNames[] = {"affinity", "cgroup quota", "--cores"};
  return kNames[static_cast<std::size_t>(source)];
}

std::vector<uint32_t> affinity_pus() {
  cpu_set_t mask[16] = {};  // 16,384 PUs, twice what Linux can be built for; a shorter mask than its own is refused
  std::vector<uint32_t> out;
  if (sched_getaffinity(0, sizeof(mask), mask) != 0) return out;
  for (uint32_t i = 0; i < 8 * sizeof(mask); ++i) {
    if (CPU_ISSET_S(i, sizeof(mask), mask)) out.push_back(i);
  }
  return out;
}

uint32_t cgroup_quota_cores(const std::string& root) {
  uint32_t limit = 0;
  for (const CgroupMount& mount : cgroup_mounts(root)) {
    std::string below;
    if (!path_below(mount, own_cgroup(root, mount.v2), &below)) continue;
    for (;;) {
      limit = smaller_limit(limit, folder_limit(root + mount.point + below, mount.v2));
      if (below.empty()) break;
      below.resize(below.rfind('/'));  // found: path_below returns "" or a path that begins with '/'
    }
  }
  return limit;
}

CpuBudget cpu_budget(uint32_t pus, uint32_t quota_cores, uint32_t override_cores) noexcept {
  if (override_cores != 0) return {override_cores, CpuLimitSource::kOption};
  pus = std::max(pus, 1u);
  if (quota_cores != 0 && quota_cores < pus) return {quota_cores, CpuLimitSource::kQuota};
  return {pus, CpuLimitSource::kAffinity};
}

}  // namespace wippy
