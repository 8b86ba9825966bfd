#include "cli/memory_limit.hpp"

#include <sys/resource.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace wippy::cli {
namespace {

// What the kernel counts against RLIMIT_DATA, from a line "VmData:  1234 kB"; -1: not to be had.
std::int64_t data_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::int64_t kib = 0;
    if (word == "VmData:") return status >> kib ? kib * 1024 : -1;
  }
  return -1;
}

}  // namespace

std::string limit_memory(std::int64_t bytes) {
  const std::int64_t now_bytes = data_bytes();
  if (now_bytes < 0) return "-m: /proc/self/status does not say how much memory is in use";
  rlimit limit{};
  static_cast<void>(getrlimit(RLIMIT_DATA, &limit));
  const auto wanted = static_cast<rlim_t>(now_bytes) + static_cast<rlim_t>(bytes);
  if (limit.rlim_max != RLIM_INFINITY && wanted > limit.rlim_max) return "";  // the system's own limit is lower
  limit.rlim_cur = wanted;
  if (setrlimit(RLIMIT_DATA, &limit) != 0) return std::string("-m: ") + std::strerror(errno);
  return "";
}

}  // namespace wippy::cli
