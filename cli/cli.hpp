// The command line front, as functions over streams so that tests can call them (host.md §8).
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "cli/run.hpp"
#include "runtime/app/application.hpp"

namespace wippy::cli {

inline constexpr const char* kVersion = "0.1.0";

class Progress;

struct Streams {
  std::ostream& out;
  std::ostream& err;
  bool colored_err = false;  // `err` is a terminal that shows colours
};

// What the front needs from the rest of the program.
struct Hooks {
  // Runs a loaded application; the exit code.
  std::function<int(const app::Application&, const RunOptions&)> run;
  // Replaces this program by the simulation with the same arguments; the exit code when that fails.
  std::function<int(const std::vector<std::string>& args, const Streams&)> start_simulation;
  app::SyntaxCheck syntax;
  std::optional<std::vector<std::string>> modules;  // built-in Lua modules
  const NativeRegistry* natives = nullptr;          // of process.native; null: their factories are not checked
  app::Lookup environment;                          // empty: the operating system's
  bool is_simulation = false;                       // this is wippy-sim
  Progress* progress = nullptr;                     // what takes long is told there; null: nowhere
};

// `args` without the program's name. Gives the exit code: 0, 1 or what the process decides.
int run_cli(const std::vector<std::string>& args, const Streams& streams, const Hooks& hooks);

}  // namespace wippy::cli
