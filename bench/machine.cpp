#include "bench/machine.hpp"

#include <sys/utsname.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <thread>

#include "bench/harness.hpp"

namespace wippy::bench {

namespace {

std::string first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

std::string cpu_model() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    const std::size_t colon = line.find(": ");
    return colon == std::string::npos ? "unknown" : line.substr(colon + 2);
  }
  return "unknown";
}

std::string output_of(const char* command) {
  std::FILE* pipe = popen(command, "r");
  if (pipe == nullptr) return {};
  std::array<char, 128> text{};
  std::string out;
  if (std::fgets(text.data(), text.size(), pipe) != nullptr) out = text.data();
  static_cast<void>(pclose(pipe));
  while (!out.empty() && (out.back() == '\n' || out.back() == '\r')) out.pop_back();
  return out;
}

std::string kernel() {
  utsname u{};
  return uname(&u) == 0 ? std::string(u.sysname) + " " + u.release : "unknown";
}

std::string cpus() {
  std::string out =
      std::to_string(usable_cpus().size()) + " usable of " + std::to_string(std::thread::hardware_concurrency());
  return out;
}

std::string or_text(std::string value, const char* otherwise) { return value.empty() ? otherwise : std::move(value); }

}  // namespace

std::vector<std::pair<std::string, std::string>> describe_machine() {
  std::vector<std::pair<std::string, std::string>> out;
  out.emplace_back("cpu", cpu_model());
  out.emplace_back("cpus", cpus());
  out.emplace_back("governor",
                   or_text(first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"), "not readable"));
  out.emplace_back("kernel", kernel());
  out.emplace_back("load_at_start", or_text(first_line("/proc/loadavg"), "unknown"));
#if defined(__clang__)
  out.emplace_back("compiler", "clang " __clang_version__);
#else
  out.emplace_back("compiler", "g++ " __VERSION__);
#endif
#if defined(NDEBUG)
  out.emplace_back("build", "optimised");
#else
  out.emplace_back("build", "with assertions: times mean nothing");
#endif
#if defined(WIPPY_JEMALLOC)
  out.emplace_back("malloc", "jemalloc");
#else
  out.emplace_back("malloc", "system");
#endif
  out.emplace_back("commit", or_text(output_of("git describe --always --dirty 2>/dev/null"), "unknown"));
  return out;
}

}  // namespace wippy::bench
