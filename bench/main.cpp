// wippy-bench list | run [--filter RE] [--repeats N] [--json FILE] [--smoke]
#include <benchmark/benchmark.h>

#include <CLI/CLI.hpp>
#include <regex>

#include "bench/harness.hpp"
#include "bench/node.hpp"

int main(int argc, char** argv) {
  wippy::bench::RunOptions options;
  CLI::App app("Benchmarks of Wippy for C++. Each does a fixed amount of work and checks its answer.");
  app.require_subcommand(1);
  app.add_subcommand("list", "names, amounts and what one operation is");
  CLI::App* run = app.add_subcommand("run", "run and report median [min-max]");
  run->add_option("--filter", options.filter, "regular expression on names")->check([](const std::string& text) {
    try {
      const std::regex tried(text);
      return std::string();
    } catch (const std::regex_error& e) {
      return std::string(e.what());
    }
  });
  run->add_option("--repeats", options.repeats, "counted rounds")->check(CLI::Range(1, 1000))->capture_default_str();
  run->add_option("--json", options.json_file, "write Google Benchmark's JSON here");
  run->add_flag("--smoke", options.smoke, "tiny amounts, one round: are the answers right?");
  CLI11_PARSE(app, argc, argv);

  if (!app.got_subcommand(run)) {
    wippy::bench::list_cases();
    return 0;
  }
  char name[] = "wippy-bench";
  char* google_argv[] = {name, nullptr};
  int google_argc = 1;
  benchmark::Initialize(&google_argc, google_argv);  // our options, not Google Benchmark's
  const wippy::bench::Nodes nodes;
  return wippy::bench::run_cases(options);
}
