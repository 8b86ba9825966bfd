#include "cli/arguments.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <memory>
#include <utility>

#include "cli/help.hpp"
#include "cli/options.hpp"
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

Invocation parse_topology(const Words& words, const CommonArguments&) {
  TopologyArguments out;
  CLI::App app("Show cores, memory nodes and where workers would go.", "wippy topology");
  configure_topology(app, out);
  explain(app, nullptr, help::kTopologyExamples);
  if (std::optional<Usage> usage = parse_all(app, words)) return *usage;
  return out;
}

Invocation parse_version(const Words& words, const CommonArguments&) {
  VersionArguments out;
  CLI::App app("Show the version.", "wippy version");
  configure_version(app, out);
  if (std::optional<Usage> usage = parse_all(app, words)) return *usage;
  return out;
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

template <class Arguments>
Invocation parse_look(const char* description, const char* name, void (*configure)(CLI::App&, Arguments&),
                      const Words& words) {
  Arguments out;
  CLI::App app(description, name);
  configure(app, out);
  explain(app, nullptr, help::kInspectExamples);
  if (std::optional<Usage> usage = parse_all(app, words)) return *usage;
  return out;
}
Invocation parse_ps(const Words& words, const CommonArguments&) {
  return parse_look("List the processes of a running node.", "wippy ps", configure_ps, words);
}
Invocation parse_dump(const Words& words, const CommonArguments&) {
  return parse_look("Show what every process of a running node waits for, deadlocks first.", "wippy dump",
                    configure_dump, words);
}
Invocation parse_top(const Words& words, const CommonArguments&) {
  return parse_look("Watch the processes of a running node.", "wippy top", configure_top, words);
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

struct Verb {
  const char* name;
  Invocation (*parse)(const Words&, const CommonArguments&);
  bool hidden = false;
};

constexpr std::array kVerbs{
    Verb{"run", parse_run},
    Verb{"test", parse_test},
    Verb{"lint", parse_lint},
    Verb{"registry", parse_registry},
    Verb{"init", parse_init},
    Verb{"topology", parse_topology},
    Verb{"ps", parse_ps},
    Verb{"dump", parse_dump},
    Verb{"top", parse_top},
    Verb{"trace", parse_trace},
    Verb{"completion", parse_completion},
    Verb{"version", parse_version},
    Verb{"complete", parse_complete, true},
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
