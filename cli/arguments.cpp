#include "cli/arguments.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <memory>
#include <utility>

#include "cli/help.hpp"
#include "runtime/app/problem.hpp"
#include "runtime/app/units.hpp"

namespace wippy::cli {
namespace {

using Words = std::vector<std::string>;

// CLI11's own usage line knows nothing of what follows the options.
class UsageFormatter : public CLI::Formatter {
 public:
  explicit UsageFormatter(std::string usage) : usage_(std::move(usage)) {}
  std::string make_usage(const CLI::App*, std::string) const override { return usage_ + '\n'; }

 private:
  std::string usage_;
};

void explain(CLI::App& app, const char* usage, const char* footer) {
  if (usage != nullptr) app.formatter(std::make_shared<UsageFormatter>(usage));
  app.footer(footer);
}

Usage usage_error(const CLI::App& app, const std::string& message) {
  return {1, message + "\nRun '" + app.get_name() + " --help' for usage.\n"};
}

std::optional<Usage> parse(CLI::App& app, Words words) {
  std::reverse(words.begin(), words.end());  // CLI11 takes its vector from the back
  try {
    app.parse(std::move(words));
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    return Usage{0, app.help()};
  } catch (const CLI::Error& error) {
    return usage_error(app, error.what());
  }
}

bool looks_like_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && std::isdigit(static_cast<unsigned char>(word[1])) == 0 && word != "--";
}

std::vector<OptionInfo> collect_options(const CLI::App& app) {
  std::vector<OptionInfo> out;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->nonpositional()) continue;
    OptionInfo info;
    for (const std::string& name : option->get_snames()) info.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) info.names.push_back("--" + name);
    info.takes_value = option->get_items_expected_max() > 0;
    out.push_back(std::move(info));
  }
  return out;
}

Usage unknown_option(const CLI::App& app, const std::string& word) {
  Words names;
  for (const OptionInfo& option : collect_options(app))
    names.insert(names.end(), option.names.begin(), option.names.end());
  const std::string written = word.substr(0, word.find('='));
  const std::string hint = app::did_you_mean(written, names);
  return usage_error(app, "unknown option " + written + (hint.empty() ? "" : "; " + hint));
}

// Everything after the first word that is no option stays in `words`.
std::optional<Usage> parse_prefix(CLI::App& app, const Words& given, Words& words) {
  app.prefix_command();
  if (std::optional<Usage> usage = parse(app, given)) return usage;
  words = app.remaining();
  if (!words.empty() && looks_like_option(words.front())) return unknown_option(app, words.front());
  return std::nullopt;
}

// As parse_prefix; the first `--`, which ends wippy's own options, is dropped.
std::optional<Usage> parse_command(CLI::App& app, const Words& given, Words& words) {
  if (std::optional<Usage> usage = parse_prefix(app, given, words)) return usage;
  const auto dashes = std::find(words.begin(), words.end(), "--");
  if (dashes != words.end()) words.erase(dashes);
  return std::nullopt;
}

// Options and words in any order; what nobody asked for is an error.
std::optional<Usage> parse_all(CLI::App& app, const Words& given) {
  app.allow_extras();
  if (std::optional<Usage> usage = parse(app, given)) return usage;
  const Words rest = app.remaining();
  if (rest.empty()) return std::nullopt;
  if (looks_like_option(rest.front())) return unknown_option(app, rest.front());
  return usage_error(app, "unexpected argument " + rest.front());
}

// A repeatable option; unlike CLI11's own lists it takes one word each time, and adds to what stands before the verb.
CLI::Option* add_list(CLI::App& app, const std::string& names, Words& list, const std::string& description) {
  const auto append = [&list](const Words& values) { list.insert(list.end(), values.begin(), values.end()); };
  return app.add_option_function<Words>(names, append, description)->allow_extra_args(false);
}

void add_directory(CLI::App& app, CommonArguments& common) {
  app.add_option("-C,--dir", common.directory, "project directory")->type_name("DIR");
}

void add_common(CLI::App& app, CommonArguments& common) {
  constexpr const char* kApplication = "Application";
  constexpr const char* kLogs = "Logs (on stderr)";
  add_directory(app, common);
  app.get_option("--dir")->group(kApplication);
  add_list(app, "--config", common.config_files, "read this file after .wippy.yaml; may be repeated")
      ->type_name("FILE")
      ->group(kApplication);
  add_list(app, "--profile", common.profiles, "apply this profile of the configuration; may be repeated")
      ->type_name("NAME")
      ->group(kApplication);
  add_list(app, "--set", common.sets, "set one value of the configuration; may be repeated")
      ->type_name("SECTION.PATH=VALUE")
      ->group(kApplication);
  add_list(app, "-o,--override", common.overrides, "change one field of an entry; may be repeated")
      ->type_name("NS:NAME:FIELD=VALUE")
      ->group(kApplication);
  app.add_flag("--allow-unknown-kinds", common.allow_unknown_kinds,
               "warn about entry kinds this build lacks, go on without them")
      ->group(kApplication);
  const auto memory = [&common](const std::string& text) {
    const std::optional<std::int64_t> bytes = app::parse_size_bytes(text);
    if (!bytes || *bytes <= 0)
      throw CLI::ValidationError("-m", "expected " + std::string(app::kSizeForm) + ", got " + text);
    common.memory_bytes = *bytes;
  };
  app.add_option_function<std::string>("-m,--memory", memory, "memory for all processes together; default: no limit")
      ->type_name("SIZE")
      ->group(kApplication);
  app.add_flag("-v,--verbose", common.verbose, "debug log")->group(kLogs);
  app.add_flag("--very-verbose", common.very_verbose, "debug log with stack traces")->group(kLogs);
  app.add_flag("-c,--console", common.console, "log in readable form")->group(kLogs);
  app.add_flag("-s,--silent", common.silent, "no log on the console")->group(kLogs);
  app.add_flag("-e,--events", common.events, "log to the event bus instead of the console")->group(kLogs);
}

struct RunTexts {
  std::string seed;
  std::string objective;
};

void add_execution(CLI::App& app, RunArguments& out, RunTexts& texts) {
  app.add_option("--host", out.host, "terminal host to use")->type_name("NS:NAME");
  CLI::Option* sim = app.add_flag("--sim", out.sim, "run in the deterministic simulation");
  app.add_option("--seed", texts.seed, "seed of the simulation")->type_name("N")->needs(sim);
  app.add_option("--cores", out.cores, "number of cores to use")->type_name("N")->check(CLI::Range(1, 65536));
  app.add_option("--trace", out.trace,
                 "at the end, and on SIGUSR1, write what the workers did last, for Perfetto or chrome://tracing")
      ->type_name("FILE");
  app.add_option("--latency-objective", texts.objective,
                 "write it too when a process had to wait longer than this to run")
      ->type_name("DURATION");
}

void configure_run(CLI::App& app, RunArguments& out, RunTexts& texts) {
  add_common(app, out.common);
  app.add_option("-x,--exec", out.exec, "run this process entry; all words are its arguments")->type_name("NS:NAME");
  add_execution(app, out, texts);
}

void configure_test(CLI::App& app, RunArguments& out, RunTexts& texts) {
  add_common(app, out.common);
  add_execution(app, out, texts);
}

std::optional<Usage> read_texts(const CLI::App& app, const RunTexts& texts, RunArguments& out) {
  if (!texts.seed.empty()) {
    // CLI11 would read -7 as 2^64 - 7.
    std::uint64_t value = 0;
    const char* const end = texts.seed.data() + texts.seed.size();
    const auto [stop, error] = std::from_chars(texts.seed.data(), end, value);
    if (error != std::errc() || stop != end)
      return usage_error(app, "--seed: expected a number from 0 to 2^64 - 1, got " + texts.seed);
    out.seed = value;
  }
  if (!texts.objective.empty()) {
    const std::optional<std::int64_t> ns = app::parse_duration_ns(texts.objective);
    if (!ns || *ns <= 0)
      return usage_error(
          app, "--latency-objective: expected " + std::string(app::kDurationForm) + ", got " + texts.objective);
    out.latency_objective_ns = static_cast<std::uint64_t>(*ns);
  }
  return std::nullopt;
}

Invocation parse_run(const Words& words, const CommonArguments& common) {
  RunArguments out;
  out.common = common;
  RunTexts texts;
  CLI::App app("Run the application, one of its commands or one of its processes.", "wippy run");
  configure_run(app, out, texts);
  explain(app, help::kRunUsage, help::kRunExamples);
  if (std::optional<Usage> usage = parse_command(app, words, out.words)) return *usage;
  if (std::optional<Usage> usage = read_texts(app, texts, out)) return *usage;
  if (out.host && !out.exec && out.words.empty()) return usage_error(app, "--host needs a command or -x");
  if (!out.exec && out.words.size() > 1 && out.words.front() == "list")
    return usage_error(app, "run list takes no arguments, got " + out.words[1]);
  return out;
}

Invocation parse_test(const Words& words, const CommonArguments& common) {
  RunArguments out;
  out.common = common;
  out.test = true;
  RunTexts texts;
  CLI::App app("Run the application's test command: the one with meta.command.use_case: test.", "wippy test");
  configure_test(app, out, texts);
  explain(app, help::kTestUsage, help::kTestExamples);
  if (std::optional<Usage> usage = parse_command(app, words, out.words)) return *usage;
  if (std::optional<Usage> usage = read_texts(app, texts, out)) return *usage;
  return out;
}

void configure_topology(CLI::App& app, TopologyArguments& out) {
  app.add_flag("--json", out.json, "one line of JSON");
  app.add_option("--workers", out.workers, "plan for this many workers")->type_name("N")->check(CLI::Range(1, 65536));
  app.add_option("--cores", out.cores, "number of cores to use")->type_name("N")->check(CLI::Range(1, 65536));
}

Invocation parse_topology(const Words& words, const CommonArguments&) {
  TopologyArguments out;
  CLI::App app("Show cores, memory nodes and where workers would go.", "wippy topology");
  configure_topology(app, out);
  explain(app, nullptr, help::kTopologyExamples);
  if (std::optional<Usage> usage = parse_all(app, words)) return *usage;
  return out;
}

void configure_version(CLI::App& app, VersionArguments& out) { app.add_flag("--short", out.brief, "only the number"); }

Invocation parse_version(const Words& words, const CommonArguments&) {
  VersionArguments out;
  CLI::App app("Show the version.", "wippy version");
  configure_version(app, out);
  if (std::optional<Usage> usage = parse_all(app, words)) return *usage;
  return out;
}

void configure_lint(CLI::App& app, LintArguments& out) {
  add_common(app, out.common);
  app.add_flag("--json", out.json, "report as JSON");
}

Invocation parse_lint(const Words& words, const CommonArguments& common) {
  LintArguments out;
  out.common = common;
  CLI::App app("Load the application and report every problem; start nothing.", "wippy lint");
  configure_lint(app, out);
  explain(app, nullptr, help::kLintExamples);
  if (std::optional<Usage> usage = parse_all(app, words)) return *usage;
  return out;
}

void configure_init(CLI::App& app, InitArguments& out) {
  add_directory(app, out.common);
  app.add_option("-d,--src", out.source, "directory of the sources")->type_name("DIR")->capture_default_str();
  app.add_option("--modules-dir", out.modules, "directory of vendored modules")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("-l,--lock", out.lock_file, "file to write")->type_name("FILE")->capture_default_str();
}

Invocation parse_init(const Words& words, const CommonArguments& common) {
  InitArguments out;
  out.common = common;
  CLI::App app("Write a lock file, which says where the sources are. A file that exists is left alone.", "wippy init");
  configure_init(app, out);
  explain(app, nullptr, help::kInitExamples);
  if (std::optional<Usage> usage = parse_all(app, words)) return *usage;
  for (const auto& [option, value] : {std::pair{"--src", &out.source}, std::pair{"--modules-dir", &out.modules},
                                      std::pair{"--lock", &out.lock_file}}) {
    if (value->empty()) return usage_error(app, std::string(option) + ": expected a path, got an empty text");
  }
  return out;
}

void configure_registry_list(CLI::App& app, RegistryListArguments& out) {
  add_common(app, out.common);
  app.add_option("-k,--kind", out.kind, "only entries of this kind; * stands for anything")->type_name("PATTERN");
  app.add_option("-n,--ns", out.space, "only entries of this namespace")->type_name("PATTERN");
  app.add_option("--name", out.name, "only entries of this name")->type_name("PATTERN");
  add_list(app, "--meta", out.metas, "only entries whose meta has this value; may be repeated")->type_name("KEY=VALUE");
  CLI::Option* json = app.add_flag("--json", out.json, "whole entries, as JSON");
  app.add_flag("--yaml", out.yaml, "whole entries, as YAML")->excludes(json);
}

Invocation parse_registry_list(const Words& words, const CommonArguments& common) {
  RegistryListArguments out;
  out.common = common;
  CLI::App app("List the entries of the loaded application; start nothing.", "wippy registry list");
  configure_registry_list(app, out);
  explain(app, nullptr, help::kRegistryExamples);
  if (std::optional<Usage> usage = parse_all(app, words)) return *usage;
  for (const std::string& meta : out.metas) {
    if (meta.find('=') == std::string::npos || meta.front() == '=')
      return usage_error(app, "--meta: expected KEY=VALUE, got " + meta);
  }
  return out;
}

void configure_registry_show(CLI::App& app, RegistryShowArguments& out) {
  add_common(app, out.common);
  app.add_option("id", out.id, "the entry, NS:NAME; a bare name when only one entry has it")
      ->type_name("ID")
      ->required();
  app.add_option("--field", out.field, "only this field: kind, meta.x.y, data.x.y or x.y")->type_name("PATH");
  app.add_flag("--raw", out.raw, "a text without quotes or marks, as it is")->needs("--field");
  CLI::Option* json = app.add_flag("--json", out.json, "as JSON");
  app.add_flag("--yaml", out.yaml, "as YAML, the default")->excludes(json);
}

Invocation parse_registry_show(const Words& words, const CommonArguments& common) {
  RegistryShowArguments out;
  out.common = common;
  CLI::App app("Show one entry of the loaded application; start nothing.", "wippy registry show");
  configure_registry_show(app, out);
  explain(app, nullptr, help::kRegistryExamples);
  if (std::optional<Usage> usage = parse_all(app, words)) return *usage;
  return out;
}

Invocation parse_registry(const Words& words, const CommonArguments& common) {
  CommonArguments both = common;
  CLI::App app("Look at the entries of the loaded application; start nothing.", "wippy registry");
  add_common(app, both);
  explain(app, help::kRegistryUsage, help::kRegistryExamples);
  Words rest;
  if (std::optional<Usage> usage = parse_prefix(app, words, rest)) return *usage;
  if (rest.empty()) return usage_error(app, "expected list or show");
  const std::string action = rest.front();
  rest.erase(rest.begin());
  if (action == "list") return parse_registry_list(rest, both);
  if (action == "show") return parse_registry_show(rest, both);
  const std::string hint = app::did_you_mean(action, {"list", "show"});
  return usage_error(app, "expected list or show, got " + action + (hint.empty() ? "" : "; " + hint));
}

Invocation parse_trace(const Words& words, const CommonArguments&) {
  TraceArguments out;
  CLI::App app("Turn the flight recording of a crash into Chrome trace events.", "wippy trace");
  app.add_option("recording", out.recording, "FILE.crash of the crashed run")->type_name("FILE");
  app.add_option("output", out.output, "file to write")->type_name("FILE");
  if (std::optional<Usage> usage = parse_all(app, words)) return *usage;
  if (out.recording.empty() || out.output.empty())
    return usage_error(app, "expected the recording and the file to write");
  return out;
}

Invocation parse_completion(const Words& words, const CommonArguments&) {
  CompletionArguments out;
  CLI::App app("Print a script that teaches a shell to complete wippy's words.", "wippy completion");
  app.add_option("shell", out.shell, "bash, zsh or fish")->type_name("SHELL");
  explain(app, nullptr, help::kCompletionExamples);
  if (std::optional<Usage> usage = parse_all(app, words)) return *usage;
  if (out.shell != "bash" && out.shell != "zsh" && out.shell != "fish")
    return usage_error(app, "expected bash, zsh or fish" + (out.shell.empty() ? "" : ", got " + out.shell));
  return out;
}

// Takes its words as they are: nothing in them is an option of this verb.
Invocation parse_complete(const Words& words, const CommonArguments&) {
  CompleteArguments out{words};
  if (!out.words.empty() && out.words.front() == "--") out.words.erase(out.words.begin());
  return out;
}

// The options that a configure function adds, with nowhere to put values.
template <class Arguments>
std::vector<OptionInfo> options_added(void (*configure)(CLI::App&, Arguments&)) {
  Arguments nowhere;
  CLI::App app;
  configure(app, nowhere);
  return collect_options(app);
}

std::vector<OptionInfo> options_added(void (*configure)(CLI::App&, RunArguments&, RunTexts&)) {
  RunArguments nowhere;
  RunTexts texts;
  CLI::App app;
  configure(app, nowhere, texts);
  return collect_options(app);
}

struct Verb {
  const char* name;
  Invocation (*parse)(const Words&, const CommonArguments&);
  bool hidden = false;
};

constexpr std::array kVerbs{
    Verb{"run", parse_run},         Verb{"test", parse_test},
    Verb{"lint", parse_lint},       Verb{"registry", parse_registry},
    Verb{"init", parse_init},       Verb{"topology", parse_topology},
    Verb{"trace", parse_trace},     Verb{"completion", parse_completion},
    Verb{"version", parse_version}, Verb{"complete", parse_complete, true},
};

}  // namespace

std::vector<std::string> verb_names() {
  Words names;
  for (const Verb& verb : kVerbs) {
    if (!verb.hidden) names.emplace_back(verb.name);
  }
  names.emplace_back("help");
  return names;
}

std::vector<OptionInfo> verb_options(std::string_view verb) {
  if (verb.empty() || verb == "registry") return options_added(add_common);
  if (verb == "run") return options_added(configure_run);
  if (verb == "test") return options_added(configure_test);
  if (verb == "lint") return options_added(configure_lint);
  if (verb == "registry list") return options_added(configure_registry_list);
  if (verb == "registry show") return options_added(configure_registry_show);
  if (verb == "init") return options_added(configure_init);
  if (verb == "topology") return options_added(configure_topology);
  if (verb == "version") return options_added(configure_version);
  return {};
}

Invocation parse_arguments(const std::vector<std::string>& args) {
  CommonArguments common;
  CLI::App app("Wippy: an actor runtime.", "wippy");
  add_common(app, common);
  explain(app, help::kUsage, help::kCommands);
  Words words;
  if (std::optional<Usage> usage = parse_prefix(app, args, words)) return *usage;
  if (words.empty()) return Usage{1, "expected a command\n\n" + app.help()};
  std::string name = words.front();
  words.erase(words.begin());
  if (name == "help") {
    if (words.empty() || looks_like_option(words.front())) return Usage{0, app.help()};
    name = words.front();
    words = name == "registry" && words.size() > 1 ? Words{words[1], "--help"} : Words{"--help"};
  }
  const auto* verb = std::find_if(kVerbs.begin(), kVerbs.end(), [&](const Verb& v) { return v.name == name; });
  if (verb != kVerbs.end()) return verb->parse(words, common);
  Words names = verb_names();
  // "reg" means registry, however many letters are missing.
  const auto begun =
      std::find_if(names.begin(), names.end(), [&](const std::string& v) { return v.starts_with(name); });
  const std::string hint = begun != names.end() ? "did you mean \"" + *begun + "\"?" : app::did_you_mean(name, names);
  return usage_error(app, "unknown command " + name + (hint.empty() ? "" : "; " + hint));
}

}  // namespace wippy::cli
