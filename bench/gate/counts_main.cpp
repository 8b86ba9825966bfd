// wippy-gate-counts [--only NAMES] [--inject allocation|wake|syscall] [--at N]
// Runs the count runs and prints them as JSON; bench/gate/gate.py compares. Exit code 2: a run gave a wrong answer.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "bench/gate/counts.hpp"
#include "bench/gate/only.hpp"

namespace {

using namespace wippy::bench;
using Json = nlohmann::ordered_json;

Json exact(const CountRun& run, const Injection& injection, std::string& error) {
  const CountResult r = count_once(run, 1, injection);
  error = r.error;
  Json out = Json::object();
  for (const auto& [name, value] : r.metrics) out[name] = static_cast<int64_t>(value);
  return out;
}

// Mean and standard deviation of each metric over the seeds.
Json sampled(const CountRun& run, const Injection& injection, std::string& error) {
  std::map<std::string, std::vector<double>> values;
  for (uint64_t seed = 1; seed <= kSeeds && error.empty(); ++seed) {
    const CountResult r = count_once(run, seed, injection);
    error = r.error;
    for (const auto& [name, value] : r.metrics) values[name].push_back(value);
  }
  Json out = Json::object();
  for (const auto& [name, all] : values) {
    double sum = 0;
    for (const double v : all) sum += v;
    const auto n = static_cast<double>(all.size());
    const double mean = sum / n;
    double squares = 0;
    for (const double v : all) squares += (v - mean) * (v - mean);
    out[name] = {{"mean", std::round(mean * 100) / 100},
                 {"sd", n < 2 ? 0 : std::round(std::sqrt(squares / (n - 1)) * 100) / 100}};
  }
  return out;
}

int run_all(std::string_view only, const Injection& injection) {
  Json out;
  out["compiler"] = __VERSION__;
  out["build"] = WIPPY_GATE_BUILD;
  out["seeds"] = kSeeds;
  out["runs"] = Json::array();
  bool wrong = false;
  for (const CountRun& run : count_runs()) {
    if (!wanted(only, run.name)) continue;
    Json one;
    std::string error;
    one["name"] = run.name;
    one["ops"] = run.ops;
    one[run.exact() ? "exact" : "sampled"] =
        run.exact() ? exact(run, injection, error) : sampled(run, injection, error);
    if (!error.empty()) one["error"] = error;
    wrong = wrong || !error.empty();
    out["runs"].push_back(std::move(one));
  }
  std::printf("%s\n", out.dump(1).c_str());
  return wrong || out["runs"].empty() ? 2 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view only;
  Injection injection;
  const std::map<std::string_view, Extra> extras{
      {"allocation", Extra::kAllocation}, {"wake", Extra::kWake}, {"syscall", Extra::kSyscall}};
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    const std::string_view value = argv[i + 1];
    if (option == "--only") {
      only = value;
    } else if (option == "--at") {
      injection.at = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (const auto extra = extras.find(value); option == "--inject" && extra != extras.end()) {
      injection.extra = extra->second;
    } else {
      argc = 0;
    }
  }
  if (argc % 2 == 0) {
    std::fputs("usage: wippy-gate-counts [--only NAMES] [--inject allocation|wake|syscall] [--at N]\n", stderr);
    return 1;
  }
  return run_all(only, injection);
}
