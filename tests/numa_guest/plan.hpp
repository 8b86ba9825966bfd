// What tests/numa_guest/guest.sh builds, said once more so that neither side is believed: CPUs 2n and 2n + 1 on node n,
// nodes 0 and 1 near each other, 2 and 3 as well, the rest far.
#pragma once

#include <cstdint>

namespace wippy::guest {

inline constexpr uint32_t kNodes = 4;
inline constexpr uint32_t kCpusPerNode = 2;
inline constexpr uint32_t kCpus = kNodes * kCpusPerNode;
inline constexpr uint32_t kLocal = 10;
inline constexpr uint32_t kNear = 16;
inline constexpr uint32_t kFar = 22;

constexpr uint32_t node_of_cpu(uint32_t cpu) noexcept { return cpu / kCpusPerNode; }
constexpr uint32_t distance_between(uint32_t a, uint32_t b) noexcept {
  return a == b ? kLocal : a / 2 == b / 2 ? kNear : kFar;
}
// Compact plan of 8 workers: worker i on CPU i.
constexpr uint32_t cpu_of_worker(uint32_t worker) noexcept { return worker; }
constexpr uint32_t node_of_worker(uint32_t worker) noexcept { return node_of_cpu(cpu_of_worker(worker)); }

}  // namespace wippy::guest
