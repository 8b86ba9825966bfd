// A call of the command line whose applications are not run: what it says, and what it would have run.
#pragma once

#include <optional>
#include <sstream>
#include <string>

#include "cli/cli.hpp"
#include "cli/lua_syntax.hpp"
#include "tests/unit/runtime_app/project.hpp"

namespace wippy::test {

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
  std::optional<cli::RunOptions> run;  // options of the run, if it came that far
  std::optional<Texts> simulation;     // arguments handed to the simulation
};

struct Call {
  bool colored = false;
  bool is_simulation = false;
  app::Lookup environment = [](const std::string&) { return std::optional<std::string>(); };
};

// A run gives 42, the simulation 43.
inline Outcome call_cli(const Texts& args, const Call& call = {}) {
  Outcome outcome;
  std::ostringstream out;
  std::ostringstream err;
  cli::Hooks hooks;
  hooks.run = [&](const app::Application&, const cli::RunOptions& options) {
    outcome.run = options;
    return 42;
  };
  hooks.start_simulation = [&](const Texts& words, const cli::Streams&) {
    outcome.simulation = words;
    return 43;
  };
  hooks.syntax = cli::check_lua_syntax;
  hooks.environment = call.environment;
  hooks.is_simulation = call.is_simulation;
  outcome.code = cli::run_cli(args, {out, err, call.colored}, hooks);
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

}  // namespace wippy::test
