#include "bench/harness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <regex>
#include <set>

#include "bench/machine.hpp"
#include "bench/placement.hpp"
#include "bench/report.hpp"
#include "numa/topology.hpp"

namespace wippy::bench {

namespace {

constexpr const char* kCalibrator = "calibrator/";
constexpr uint64_t kSmokeDivisor = 1000;

bool is_calibrator(const Case& c) { return c.name.rfind(kCalibrator, 0) == 0; }

// Sorted, calibrators first; those that the chosen cases refer to come along.
std::vector<const Case*> choose(const RunOptions& options) {
  const std::regex wanted(options.filter);
  std::set<std::string> names;
  for (const Case& c : all_cases()) {
    if (!std::regex_search(c.name, wanted) || c.min_cpus > usable_cpus().size()) continue;
    names.insert(c.name);
    for (const std::string& k : c.calibrators) names.insert(kCalibrator + k);
  }
  std::vector<const Case*> out;
  for (const Case& c : all_cases()) {
    if (names.count(c.name) != 0 && c.min_cpus <= usable_cpus().size()) out.push_back(&c);
  }
  std::sort(out.begin(), out.end(), [](const Case* a, const Case* b) {
    if (is_calibrator(*a) != is_calibrator(*b)) return is_calibrator(*a);
    return a->name < b->name;
  });
  return out;
}

// What a scenario measured besides its time, between the run and the reporter (one thread, one run at a time).
Measured& last_measured() {
  static Measured m;
  return m;
}

void run_scenario(benchmark::State& state, const Case& c, uint64_t ops) {
  Measured m;
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(ops))) {
    m = c.scenario(ops);
    if (!m.error.empty()) {
      state.SkipWithError(m.error.c_str());
      break;
    }
    state.SetIterationTime(static_cast<double>(m.wall_ns) / 1e9);
  }
  last_measured() = m;
}

void run_micro(benchmark::State& state, const Case& c) {
  const PinnedTo pin(usable_cpus().back());
  c.micro(state);
  last_measured() = Measured{};
}

void register_case(const Case& c, uint64_t ops) {
  if (c.scenario) {
    benchmark::RegisterBenchmark(c.name.c_str(), [&c, ops](benchmark::State& s) { run_scenario(s, c, ops); })
        ->Iterations(static_cast<benchmark::IterationCount>(ops))
        ->UseManualTime();
  } else {
    benchmark::RegisterBenchmark(c.name.c_str(), [&c](benchmark::State& s) { run_micro(s, c); })
        ->Iterations(static_cast<benchmark::IterationCount>(ops))
        ->UseRealTime();
  }
}

// Takes each run from Google Benchmark as it ends. With Iterations(n) every repetition is exactly one run.
class Collector final : public benchmark::BenchmarkReporter {
 public:
  Collector(Report& report, const std::map<std::string, const Case*>& by_name) : report_(report), by_name_(by_name) {}
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& r : runs) take(r);
  }
  void set_round(uint32_t round, bool counted) {
    round_ = round;
    counted_ = counted;
  }

 private:
  void take(const Run& r) {
    const auto it = by_name_.find(r.run_name.function_name);
    if (it == by_name_.end()) return;
    const Case& c = *it->second;
    Sample s;
    s.round = round_;
    s.ops = static_cast<uint64_t>(r.iterations);
    if (r.error_occurred) {
      s.error = r.error_message;
    } else {
      const double ops = static_cast<double>(r.iterations);
      const Measured& m = last_measured();
      s.cpu_ns = c.scenario ? static_cast<double>(m.cpu_ns) / ops : r.cpu_accumulated_time * 1e9 / ops;
      s.value = r.real_accumulated_time * 1e9 / ops;
      if (c.metric == Metric::kCpu) s.value = s.cpu_ns;
      if (c.metric == Metric::kBytes) s.value = m.bytes;
    }
    if (counted_ || !s.error.empty()) report_.add(c, std::move(s));
  }

  Report& report_;
  const std::map<std::string, const Case*>& by_name_;
  uint32_t round_ = 0;
  bool counted_ = true;
};

uint64_t smoke_ops_of(const Case& c) {
  return c.smoke_ops != 0 ? c.smoke_ops : std::max<uint64_t>(c.ops / kSmokeDivisor, 1);
}

}  // namespace

void list_cases() {
  std::vector<const Case*> all;
  for (const Case& c : all_cases()) all.push_back(&c);
  std::sort(all.begin(), all.end(), [](const Case* a, const Case* b) { return a->name < b->name; });
  for (const Case* c : all) fmt::print("{:<36} {:>9} x {}\n", c->name, c->ops, c->operation);
}

int run_cases(const RunOptions& options) {
  const std::vector<const Case*> cases = choose(options);
  if (cases.empty()) {
    fmt::print(stderr, "wippy-bench: no benchmark matches \"{}\"\n", options.filter);
    return 2;
  }
  const auto machine = describe_machine();
  std::map<std::string, const Case*> by_name;
  for (const Case* c : cases) {
    by_name[c->name] = c;
    register_case(*c, options.smoke ? smoke_ops_of(*c) : c->ops);
  }
  Report report;
  Collector collector(report, by_name);
  const uint32_t warm_up = options.smoke ? 0 : 1;
  const uint32_t rounds = options.smoke ? 1 : options.repeats;
  for (uint32_t i = 0; i < rounds + warm_up; ++i) {
    collector.set_round(i, i >= warm_up);
    benchmark::RunSpecifiedBenchmarks(&collector);
    if (!options.smoke)
      fmt::print(stderr, "round {} of {}{}\n", i + 1, rounds + warm_up, i < warm_up ? " (not counted)" : "");
  }
  for (const auto& [key, value] : machine) fmt::print("{:<14} {}\n", key, value);
  for (const std::string& line : placement_lines()) fmt::print("{:<14} {}\n", "placement", line);
  fmt::print("\n{}", report.table(cases));
  std::size_t failed = 0;
  for (const Case* c : cases) failed += report.failed(*c) ? 1 : 0;
  if (!options.json_file.empty() && !report.write_json(options.json_file, cases, machine, options)) {
    fmt::print(stderr, "wippy-bench: cannot write {}\n", options.json_file);
    return 1;
  }
  if (options.smoke) fmt::print("{} passed, {} failed\n", cases.size() - failed, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace wippy::bench
