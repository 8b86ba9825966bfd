// The command line as values (host.md §8.1-8.3). CLI11 does the parsing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace wippy::cli {

struct CommonArguments {
  std::string directory = ".";  // -C, --dir
  bool verbose = false;         // -v
  bool very_verbose = false;    // --very-verbose
  bool console = false;         // -c
  bool silent = false;          // -s
  bool allow_unknown_kinds = false;
};

struct RunArguments {
  CommonArguments common;
  std::optional<std::string> exec;  // -x, --exec
  std::optional<std::string> host;  // --host
  bool sim = false;
  std::optional<std::uint64_t> seed;
  std::uint32_t cores = 0;           // 0: not given
  std::optional<std::string> trace;  // --trace
  std::uint64_t latency_objective_ns = 0;
  std::vector<std::string> words;  // the command and its arguments; with -x only arguments
};

struct TopologyArguments {
  bool json = false;
  std::uint32_t workers = 0;  // 0: one per usable core
  std::uint32_t cores = 0;    // 0: as the machine says
};

struct VersionArguments {
  bool brief = false;
};

struct LintArguments {
  CommonArguments common;
  bool json = false;
};

struct TraceArguments {
  std::string recording;
  std::string output;
};

// The line asks for nothing but a text: help (code 0) or a usage error (code 1).
struct Usage {
  int code = 0;
  std::string text;  // for stdout when code is 0, else for stderr
};

using Invocation =
    std::variant<RunArguments, TopologyArguments, VersionArguments, LintArguments, TraceArguments, Usage>;

// `args` without the program's name. Never throws.
Invocation parse_arguments(const std::vector<std::string>& args);

}  // namespace wippy::cli
