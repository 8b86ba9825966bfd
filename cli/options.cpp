#include "cli/options.hpp"

#include <optional>

#include "cli/inspect/view.hpp"
#include "runtime/app/units.hpp"

namespace wippy::cli {
namespace {

using Words = std::vector<std::string>;

// A repeatable option; unlike CLI11's own lists it takes one word each time, and adds to what stands before the verb.
CLI::Option* add_list(CLI::App& app, const std::string& names, Words& list, const std::string& description) {
  const auto append = [&list](const Words& values) { list.insert(list.end(), values.begin(), values.end()); };
  return app.add_option_function<Words>(names, append, description)->allow_extra_args(false);
}

void add_directory(CLI::App& app, CommonArguments& common) {
  app.add_option("-C,--dir", common.directory, "project directory")->type_name("DIR");
}

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
  app.add_flag("--no-inspect", out.no_inspect, "no socket for ps, dump and top");
}

void add_node(CLI::App& app, NodeArguments& node) {
  app.add_option("--node", node.node, "the node of this PID of the operating system; default: the only one")
      ->type_name("PID")
      ->check(CLI::PositiveNumber);
}

void add_sort(CLI::App& app, std::string& key) {
  app.add_option("--sort", key, "order of the rows")->type_name("KEY")->check(CLI::IsMember(sort_keys()));
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

}  // namespace

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

void configure_run(CLI::App& app, RunArguments& out, RunTexts& texts) {
  add_common(app, out.common);
  app.add_option("-x,--exec", out.exec, "run this process entry; all words are its arguments")->type_name("NS:NAME");
  add_execution(app, out, texts);
}

void configure_test(CLI::App& app, RunArguments& out, RunTexts& texts) {
  add_common(app, out.common);
  add_execution(app, out, texts);
}

void configure_topology(CLI::App& app, TopologyArguments& out) {
  app.add_flag("--json", out.json, "one line of JSON");
  app.add_option("--workers", out.workers, "plan for this many workers")->type_name("N")->check(CLI::Range(1, 65536));
  app.add_option("--cores", out.cores, "number of cores to use")->type_name("N")->check(CLI::Range(1, 65536));
}

void configure_version(CLI::App& app, VersionArguments& out) { app.add_flag("--short", out.brief, "only the number"); }

void configure_lint(CLI::App& app, LintArguments& out) {
  add_common(app, out.common);
  app.add_flag("--json", out.json, "report as JSON");
}

void configure_init(CLI::App& app, InitArguments& out) {
  add_directory(app, out.common);
  app.add_option("-d,--src", out.source, "directory of the sources")->type_name("DIR")->capture_default_str();
  app.add_option("--modules-dir", out.modules, "directory of vendored modules")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("-l,--lock", out.lock_file, "file to write")->type_name("FILE")->capture_default_str();
}

void configure_ps(CLI::App& app, PsArguments& out) {
  add_node(app, out.node);
  app.add_option("--host", out.host, "only processes of this host")->type_name("NS:NAME");
  app.add_option("--entry", out.entry, "only processes of this entry; * stands for anything")->type_name("PATTERN");
  app.add_option("--filter", out.filter, "only rows with this text in PID, entry, host, state or name")
      ->type_name("TEXT");
  add_sort(app, out.sort);
  app.add_option("--limit", out.limit, "at most this many rows")->type_name("N");
  app.add_flag("--json", out.json, "one line of JSON");
}

void configure_dump(CLI::App& app, DumpArguments& out) {
  add_node(app, out.node);
  app.add_flag("--json", out.json, "one line of JSON");
}

void configure_top(CLI::App& app, TopArguments& out) {
  add_node(app, out.node);
  app.add_option("--host", out.host, "only processes of this host")->type_name("NS:NAME");
  app.add_option("--filter", out.filter, "only rows with this text in PID, entry, host, state or name")
      ->type_name("TEXT");
  add_sort(app, out.sort);
  app.add_option("--period", out.period_ms, "milliseconds from one look to the next")
      ->type_name("N")
      ->check(CLI::Range(100, 3'600'000))
      ->capture_default_str();
  app.add_flag("--once", out.once, "one look, as text");
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

std::vector<OptionInfo> verb_options(std::string_view verb) {
  if (verb.empty() || verb == "registry") return options_added(add_common);
  if (verb == "run") return options_added(configure_run);
  if (verb == "test") return options_added(configure_test);
  if (verb == "lint") return options_added(configure_lint);
  if (verb == "registry list") return options_added(configure_registry_list);
  if (verb == "registry show") return options_added(configure_registry_show);
  if (verb == "init") return options_added(configure_init);
  if (verb == "ps") return options_added(configure_ps);
  if (verb == "dump") return options_added(configure_dump);
  if (verb == "top") return options_added(configure_top);
  if (verb == "topology") return options_added(configure_topology);
  if (verb == "version") return options_added(configure_version);
  return {};
}

}  // namespace wippy::cli
