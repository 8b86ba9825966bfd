// How many processors we may use. Formats: cgroups(7), proc_pid_mountinfo(5), the kernel's cgroup-v2.rst.

#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

#include "numa/topology.hpp"

namespace wippy {

namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

bool has_word(const std::string& comma_list, const std::string& word) {
  return ("," + comma_list + ",").find("," + word + ",") != std::string::npos;
}

// mountinfo writes blank, tab, newline and backslash as three octal digits.
std::string unescape(std::string s) {
  for (std::size_t i = 0; (i = s.find('\\', i)) != std::string::npos; ++i) {
    s.replace(i, 4, 1, static_cast<char>(std::strtol(s.substr(i + 1, 3).c_str(), nullptr, 8)));
  }
  return s;
}

// Our cgroup, in the v2 tree or in the v1 tree with the cpu controller, relative to the cgroup `shown` that a mount makes
// visible: "" or "/…". Nothing when the mount does not show it.
std::optional<std::string> path_below(const std::string& root, bool v2, const std::string& shown) {
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    std::istringstream in(line);
    std::string id, controllers, path;  // id:controllers:path, and "0::path" in the v2 tree
    std::getline(std::getline(in, id, ':'), controllers, ':');
    if (!std::getline(in, path) || !(v2 ? controllers.empty() : has_word(controllers, "cpu"))) continue;
    if (path.back() != '/') path += '/';
    const std::string prefix = shown == "/" ? "" : shown;
    if (path.compare(0, prefix.size() + 1, prefix + "/") != 0) return std::nullopt;
    return path.substr(prefix.size(), path.size() - prefix.size() - 1);
  }
  return std::nullopt;
}

// The limit written in one cgroup folder. A failed extraction (as of "max") leaves 0 in the variable.
uint64_t folder_limit(const std::string& folder, bool v2) {
  std::ifstream file(folder + (v2 ? "/cpu.max" : "/cpu.cfs_quota_us")), v1_period(folder + "/cpu.cfs_period_us");
  int64_t quota_us = 0, period_us = 0;
  file >> quota_us;
  (v2 ? file : v1_period) >> period_us;
  return quota_us > 0 && period_us > 0 ? static_cast<uint64_t>((quota_us - 1) / period_us + 1) : kNoLimit;
}

}  // namespace

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
  uint64_t limit = kNoLimit;
  std::ifstream mounts(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream in(line);  // id parent major:minor shown point options [tag...] - type source super-options
    std::string skip, shown, point, type, super;
    in >> skip >> skip >> skip >> shown >> point;
    while (in >> skip && skip != "-") {
    }
    in >> type >> skip >> super;
    const bool v2 = type == "cgroup2";
    if (!in || !(v2 || (type == "cgroup" && has_word(super, "cpu")))) continue;
    for (auto below = path_below(root, v2, unescape(shown)); below; below->resize(below->rfind('/'))) {
      limit = std::min(limit, folder_limit(root + unescape(point) + *below, v2));
      if (below->empty()) break;
    }
  }
  return limit == kNoLimit ? 0 : static_cast<uint32_t>(std::min<uint64_t>(limit, 0xffffffffu));
}

CpuBudget machine_budget(const Topology& topology, uint32_t cores_override, const std::string& root) {
  if (cores_override != 0) return {cores_override, CpuLimitSource::kOption};
  const auto pus = static_cast<uint32_t>(topology.pus().size());
  const uint32_t quota = topology.is_this_system() ? cgroup_quota_cores(root) : 0;
  if (quota != 0 && quota < pus) return {quota, CpuLimitSource::kQuota};
  return {pus, CpuLimitSource::kAffinity};
}

}  // namespace wippy
