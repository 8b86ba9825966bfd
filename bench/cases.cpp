// What cases need from the harness besides running: their list, processors, clocks. Shared with bench/gate, which runs the
// same cases in its own way.
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>

#include "bench/harness.hpp"
#include "bench/placement.hpp"
#include "numa/topology.hpp"

namespace wippy::bench {

namespace {

std::vector<std::string>& lines() {
  static std::vector<std::string> all;
  return all;
}

uint64_t clock_ns(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}

void set_affinity(const std::vector<uint32_t>& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const uint32_t c : cpus) CPU_SET(c, &set);
  static_cast<void>(sched_setaffinity(0, sizeof set, &set));
}

}  // namespace

const std::vector<std::string>& placement_lines() { return lines(); }
void record_placement(std::string line) {
  if (std::find(lines().begin(), lines().end(), line) == lines().end()) lines().push_back(std::move(line));
}

std::vector<Case>& all_cases() {
  static std::vector<Case> cases;
  return cases;
}

MicroCase::MicroCase(std::string name, std::string operation, std::vector<std::string> calibrators, uint64_t ops,
                     std::function<void(benchmark::State&)> body) {
  Case c;
  c.name = std::move(name);
  c.operation = std::move(operation);
  c.calibrators = std::move(calibrators);
  c.ops = ops;
  c.micro = std::move(body);
  all_cases().push_back(std::move(c));
}

ScenarioCase::ScenarioCase(std::string name, std::string operation, std::vector<std::string> calibrators,
                           ScenarioOptions options, std::function<Measured(uint64_t ops)> body) {
  Case c;
  c.name = std::move(name);
  c.operation = std::move(operation);
  c.calibrators = std::move(calibrators);
  c.ops = options.ops;
  c.smoke_ops = options.smoke_ops;
  c.metric = options.metric;
  c.min_cpus = options.min_cpus;
  c.scenario = std::move(body);
  all_cases().push_back(std::move(c));
}

const std::vector<uint32_t>& usable_cpus() {
  static const std::vector<uint32_t> cpus = [] {
    std::vector<uint32_t> found = affinity_pus();
    return found.empty() ? std::vector<uint32_t>{0} : found;
  }();
  return cpus;
}

PinnedTo::PinnedTo(uint32_t cpu) : before_(affinity_pus()) { set_affinity({cpu}); }
PinnedTo::~PinnedTo() {
  if (!before_.empty()) set_affinity(before_);
}

uint64_t thread_cpu_ns() { return clock_ns(CLOCK_THREAD_CPUTIME_ID); }
uint64_t process_cpu_ns() { return clock_ns(CLOCK_PROCESS_CPUTIME_ID); }

uint64_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  uint64_t total = 0;
  uint64_t resident = 0;
  in >> total >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace wippy::bench
