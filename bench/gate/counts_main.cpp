// wippy-gate-counts [--filter RE] [--inject allocation|wake|syscall] [--at N]
// Runs the count runs and prints them as JSON; bench/gate/gate.py compares. Exit code 2: a run gave a wrong answer.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <regex>

#include "bench/gate/counts.hpp"

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

int run_all(const std::string& filter, const Injection& injection) {
  const std::regex wanted(filter);
  Json out;
  out["compiler"] = __VERSION__;
  out["build"] = WIPPY_GATE_BUILD;
  out["seeds"] = kSeeds;
  out["runs"] = Json::array();
  bool wrong = false;
  for (const CountRun& run : count_runs()) {
    if (!std::regex_search(run.name, wanted)) continue;
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
  std::string filter = ".*";
  Injection injection;
  const std::map<std::string, Extra> extras{
      {"allocation", Extra::kAllocation}, {"wake", Extra::kWake}, {"syscall", Extra::kSyscall}};
  CLI::App app("Counts of fixed simulated runs. Each checks its answer.");
  app.add_option("--filter", filter, "regular expression on names");
  app.add_option("--inject", injection.extra, "what the self-test adds")->transform(CLI::CheckedTransformer(extras));
  app.add_option("--at", injection.at, "at which signal of the measured part");
  CLI11_PARSE(app, argc, argv);
  return run_all(filter, injection);
}
