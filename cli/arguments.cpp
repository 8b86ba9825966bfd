#include "cli/arguments.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <functional>
#include <map>

#include "runtime/app/problem.hpp"
#include "runtime/app/units.hpp"

namespace wippy::cli {
namespace {

using Words = std::vector<std::string>;

constexpr const char* kCommands =
    "Commands:\n"
    "  run                        start the application's services, until a signal ends it\n"
    "  run list                   list the application's commands\n"
    "  run <command> [args...]    run a command\n"
    "  run -x <id> [args...]      run any process entry\n"
    "  lint                       load and check, start nothing\n"
    "  topology                   show cores, memory nodes and where workers would go\n"
    "  trace <recording> <file>   turn a crash's flight recording into a trace file\n"
    "  version                    show the version\n"
    "\n"
    "wippy <command> --help tells more.";

// Parses with everything after the first word that is no option left in remaining().
std::optional<Usage> parse(CLI::App& app, Words words) {
  app.prefix_command();
  std::reverse(words.begin(), words.end());  // CLI11 takes its vector from the back
  try {
    app.parse(std::move(words));
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    return Usage{0, app.help()};
  } catch (const CLI::Error& error) {
    return Usage{1, std::string("Error: ") + error.what() + "\nRun '" + app.get_name() + " --help' for usage.\n"};
  }
}

Usage usage_error(const CLI::App& app, const std::string& message) {
  return {1, "Error: " + message + "\nRun '" + app.get_name() + " --help' for usage.\n"};
}

bool looks_like_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && std::isdigit(static_cast<unsigned char>(word[1])) == 0 && word != "--";
}

// What the parser left over: unknown options come before the first word; the first `--` is dropped.
std::optional<Usage> take_words(const CLI::App& app, Words& words) {
  words = app.remaining();
  if (!words.empty() && looks_like_option(words.front())) return usage_error(app, "unknown option " + words.front());
  const auto dashes = std::find(words.begin(), words.end(), "--");
  if (dashes != words.end()) words.erase(dashes);
  return std::nullopt;
}

std::optional<Usage> refuse_words(const CLI::App& app) {
  Words words;
  if (std::optional<Usage> usage = take_words(app, words)) return usage;
  if (words.empty()) return std::nullopt;
  return usage_error(app, "unexpected argument " + words.front());
}

void add_common(CLI::App& app, CommonArguments& common) {
  app.add_option("-C,--dir", common.directory, "project directory")->type_name("DIR");
  app.add_flag("-v,--verbose", common.verbose, "debug log");
  app.add_flag("--very-verbose", common.very_verbose, "debug log with stack traces");
  app.add_flag("-c,--console", common.console, "log in readable form");
  app.add_flag("-s,--silent", common.silent, "no log on the console");
  app.add_flag("--allow-unknown-kinds", common.allow_unknown_kinds,
               "warn about entry kinds this build lacks, go on without them");
}

Invocation parse_run(const Words& words, const CommonArguments& common) {
  RunArguments out;
  out.common = common;
  std::string seed;
  CLI::App app("Run the application, one of its commands or one of its processes.", "wippy run");
  add_common(app, out.common);
  app.add_option("-x,--exec", out.exec, "run this process entry; all words are its arguments")->type_name("NS:NAME");
  app.add_option("--host", out.host, "terminal host to use")->type_name("NS:NAME");
  CLI::Option* sim = app.add_flag("--sim", out.sim, "run in the deterministic simulation");
  app.add_option("--seed", seed, "seed of the simulation")->type_name("N")->needs(sim);
  app.add_option("--cores", out.cores, "number of cores to use")->type_name("N")->check(CLI::Range(1, 65536));
  app.add_option("--trace", out.trace,
                 "at the end, and on SIGUSR1, write what the workers did last, for Perfetto or chrome://tracing")
      ->type_name("FILE");
  std::string objective;
  app.add_option("--latency-objective", objective, "write it too when a process had to wait longer than this to run")
      ->type_name("DURATION");
  app.footer("Words after the command belong to it, options included; `--` ends wippy's own options.");
  if (std::optional<Usage> usage = parse(app, words)) return *usage;
  if (!seed.empty()) {
    // CLI11 would read -7 as 2^64 - 7.
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(seed.data(), seed.data() + seed.size(), value);
    if (error != std::errc() || stop != seed.data() + seed.size())
      return usage_error(app, "--seed: expected a number from 0 to 2^64 - 1, got " + seed);
    out.seed = value;
  }
  if (!objective.empty()) {
    const std::optional<std::int64_t> ns = app::parse_duration_ns(objective);
    if (!ns || *ns <= 0)
      return usage_error(app,
                         "--latency-objective: expected " + std::string(app::kDurationForm) + ", got " + objective);
    out.latency_objective_ns = static_cast<std::uint64_t>(*ns);
  }
  if (std::optional<Usage> usage = take_words(app, out.words)) return *usage;
  if (out.host && !out.exec && out.words.empty()) return usage_error(app, "--host needs a command or -x");
  if (!out.exec && out.words.size() > 1 && out.words.front() == "list")
    return usage_error(app, "run list takes no arguments, got " + out.words[1]);
  return out;
}

Invocation parse_topology(const Words& words) {
  TopologyArguments out;
  CLI::App app("Show cores, memory nodes and where workers would go.", "wippy topology");
  app.add_flag("--json", out.json, "one line of JSON");
  app.add_option("--workers", out.workers, "plan for this many workers")->type_name("N")->check(CLI::Range(1, 65536));
  app.add_option("--cores", out.cores, "number of cores to use")->type_name("N")->check(CLI::Range(1, 65536));
  if (std::optional<Usage> usage = parse(app, words)) return *usage;
  if (std::optional<Usage> usage = refuse_words(app)) return *usage;
  return out;
}

Invocation parse_version(const Words& words) {
  VersionArguments out;
  CLI::App app("Show the version.", "wippy version");
  app.add_flag("--short", out.brief, "only the number");
  if (std::optional<Usage> usage = parse(app, words)) return *usage;
  if (std::optional<Usage> usage = refuse_words(app)) return *usage;
  return out;
}

Invocation parse_lint(const Words& words, const CommonArguments& common) {
  LintArguments out;
  out.common = common;
  CLI::App app("Load the application and report every problem; start nothing.", "wippy lint");
  add_common(app, out.common);
  app.add_flag("--json", out.json, "report as JSON");
  if (std::optional<Usage> usage = parse(app, words)) return *usage;
  if (std::optional<Usage> usage = refuse_words(app)) return *usage;
  return out;
}

Invocation parse_trace(const Words& words) {
  TraceArguments out;
  CLI::App app("Turn the flight recording of a crash into Chrome trace events.", "wippy trace");
  if (std::optional<Usage> usage = parse(app, words)) return *usage;
  Words rest;
  if (std::optional<Usage> usage = take_words(app, rest)) return *usage;
  if (rest.size() != 2) return usage_error(app, "expected the recording and the file to write");
  out.recording = rest[0];
  out.output = rest[1];
  return out;
}

}  // namespace

Invocation parse_arguments(const std::vector<std::string>& args) {
  CommonArguments common;
  CLI::App app("Wippy: an actor runtime.", "wippy");
  add_common(app, common);
  app.footer(kCommands);
  if (std::optional<Usage> usage = parse(app, args)) return *usage;
  Words words = app.remaining();
  if (words.empty()) return Usage{1, app.help()};
  if (looks_like_option(words.front())) return usage_error(app, "unknown option " + words.front());
  const std::map<std::string, std::function<Invocation(const Words&)>> verbs{
      {"run", [&](const Words& rest) { return parse_run(rest, common); }},
      {"lint", [&](const Words& rest) { return parse_lint(rest, common); }},
      {"topology", parse_topology},
      {"trace", parse_trace},
      {"version", parse_version},
  };
  const std::string verb = words.front();
  words.erase(words.begin());
  const auto found = verbs.find(verb);
  if (found != verbs.end()) return found->second(words);
  std::vector<std::string> names;
  for (const auto& [name, parser] : verbs) names.push_back(name);
  const std::string hint = app::did_you_mean(verb, names);
  return usage_error(app, "unknown command " + verb + (hint.empty() ? "" : "; " + hint));
}

}  // namespace wippy::cli
