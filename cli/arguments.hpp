// The command line as values (host.md §8.1-8.3). CLI11 does the parsing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace wippy::cli {

struct CommonArguments {
  std::string directory = ".";            // -C, --dir
  std::vector<std::string> config_files;  // --config
  std::vector<std::string> profiles;      // --profile
  std::vector<std::string> sets;          // --set section.path=value
  std::vector<std::string> overrides;     // -o, --override ns:entry:field=value
  bool verbose = false;                   // -v
  bool very_verbose = false;              // --very-verbose
  bool console = false;                   // -c
  bool silent = false;                    // -s
  bool events = false;                    // -e
  std::int64_t memory_bytes = 0;          // -m; 0: no limit
  bool allow_unknown_kinds = false;
};

// `run` and `test`.
struct RunArguments {
  CommonArguments common;
  bool test = false;                // `test`: only commands with use_case test
  std::optional<std::string> exec;  // -x, --exec
  std::optional<std::string> host;  // --host
  bool sim = false;
  std::optional<std::uint64_t> seed;
  std::uint32_t cores = 0;           // 0: not given
  std::optional<std::string> trace;  // --trace
  std::uint64_t latency_objective_ns = 0;
  bool no_inspect = false;         // --no-inspect
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

struct InitArguments {
  CommonArguments common;
  std::string source = "./src";          // -d, --src
  std::string modules = ".wippy";        // --modules-dir
  std::string lock_file = "wippy.lock";  // -l; relative to the project directory
};

struct RegistryListArguments {
  CommonArguments common;
  std::string kind;                // -k; patterns with *, empty: any
  std::string space;               // -n
  std::string name;                // --name
  std::vector<std::string> metas;  // --meta k=v; all must hold
  bool json = false;
  bool yaml = false;
};

struct RegistryShowArguments {
  CommonArguments common;
  std::string id;
  std::string field;  // --field; empty: the whole entry
  bool raw = false;
  bool json = false;
  bool yaml = false;
};

// Which running node.
struct NodeArguments {
  int node = 0;  // --node: its PID of the operating system; 0: the only one
};

struct PsArguments {
  NodeArguments node;
  std::string host;    // --host
  std::string entry;   // --entry; a pattern with *
  std::string filter;  // --filter
  std::string sort;    // --sort; empty: by place in the table
  std::size_t limit = 0;
  bool json = false;
};

struct DumpArguments {
  NodeArguments node;
  bool json = false;
};

struct TopArguments {
  NodeArguments node;
  std::string host;
  std::string filter;
  std::string sort = "cpu";
  std::uint32_t period_ms = 1000;
  bool once = false;
};

struct TraceArguments {
  std::string recording;
  std::string output;
};

struct CompletionArguments {
  std::string shell;  // bash, zsh or fish
};

// The hidden verb `complete`, which completion scripts call: the words behind the program's name, the last one unfinished.
struct CompleteArguments {
  std::vector<std::string> words;
};

// The line asks for nothing but a text: help (code 0) or a usage error (code 1).
struct Usage {
  int code = 0;
  std::string text;  // for stdout when code is 0, else for stderr behind `Error: `
};

using Invocation = std::variant<RunArguments, TopologyArguments, VersionArguments, LintArguments, InitArguments,
                                RegistryListArguments, RegistryShowArguments, PsArguments, DumpArguments, TopArguments,
                                TraceArguments, CompletionArguments, CompleteArguments, Usage>;

// `args` without the program's name. Never throws.
Invocation parse_arguments(const std::vector<std::string>& args);

// An option as completion needs it.
struct OptionInfo {
  std::vector<std::string> names;  // "-x", "--exec"
  bool takes_value = false;
};
// Verbs that people call, in the order of the help.
std::vector<std::string> verb_names();
// Of `wippy VERB …`: "run", "registry list"; "" for what may stand before the verb. None for unknown verbs.
std::vector<OptionInfo> verb_options(std::string_view verb);

}  // namespace wippy::cli
