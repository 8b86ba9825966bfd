#include "cli/cli.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>
#include <utility>
#include <variant>

#include "cli/arguments.hpp"
#include "cli/resolve.hpp"
#include "numa/topology.hpp"
#include "runtime/env/store.hpp"
#include "runtime/native/registry.hpp"
#include "runtime/observe/flight_trace.hpp"
#include "runtime/observe/placement_text.hpp"

namespace wippy::cli {
namespace {

using app::Application;
using app::EntryId;
using app::LoadFailure;
using app::Problem;

int fail(const Streams& streams, const std::string& message) {
  streams.err << "Error: " << message << '\n';
  return 1;
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

std::variant<Application, LoadFailure> load(const CommonArguments& common, const Hooks& hooks) {
  app::LoadOptions options;
  options.root = common.directory;
  options.syntax = hooks.syntax;
  options.modules = hooks.modules;
  if (hooks.natives != nullptr) {
    options.factories.emplace();
    for (const auto& [name, start] : hooks.natives->all()) options.factories->push_back({name, start.limits_memory});
  }
  options.allow_unknown_kinds = common.allow_unknown_kinds;
  options.environment = hooks.environment;
  options.make_variables = [](const Application& app, app::Problems& problems) {
    auto store = env::Store::make(app, env::os_variables(), problems);
    return [store](const std::string& name, const std::string& space) {
      app::EntryVariable out;
      std::string value;
      const env::Found found = store->get(name, space, value);
      out.declared = found != env::Found::kUndeclared;
      if (found == env::Found::kValue) out.value = std::move(value);
      return out;
    };
  };
  return app::load_application(options);
}

void print_warnings(const Streams& streams, const std::vector<Problem>& warnings) {
  for (const Problem& warning : warnings) streams.err << "Warning: " << warning.text() << '\n';
}

int report_failure(const Streams& streams, const LoadFailure& failure) {
  print_warnings(streams, failure.warnings);
  if (failure.errors.size() == 1) return fail(streams, failure.errors.front().text());
  streams.err << "Error: " << counted(failure.errors.size(), "problem") << ", nothing was started\n";
  for (const Problem& problem : failure.errors) streams.err << problem.text() << '\n';
  return 1;
}

LogOptions log_options(const RunArguments& arguments, const Application& app, RunMode mode) {
  const CommonArguments& common = arguments.common;
  const bool asked = common.verbose || common.very_verbose || common.console;
  LogOptions log;
  // A command's terminal belongs to its process unless logs are asked for (host.md §8.2).
  log.console = !common.silent && (mode == RunMode::kServices || asked);
  log.encoding =
      common.console ? app::LogEncoding::kConsole : app.settings.log_encoding.value_or(app::LogEncoding::kConsole);
  log.min_level = common.verbose || common.very_verbose ? -1 : app.settings.min_level;
  log.stack_traces = common.very_verbose;
  return log;
}

// Fills in what a command run needs beyond a service run; a message when it cannot be.
std::optional<std::string> resolve_command_run(const RunArguments& arguments, const Application& app,
                                               RunOptions& options) {
  const Resolved process =
      arguments.exec ? resolve_process(app, *arguments.exec) : resolve_command(app, arguments.words.front());
  if (const auto* error = std::get_if<ResolveError>(&process)) return error->message;
  const Resolved host = resolve_terminal_host(app, arguments.host);
  if (const auto* error = std::get_if<ResolveError>(&host)) return error->message;
  options.process = std::get<EntryId>(process);
  options.terminal_host = std::get<EntryId>(host);
  options.args.assign(arguments.words.begin() + (arguments.exec ? 0 : 1), arguments.words.end());
  std::vector<EntryId> roots = app::auto_started(app);
  roots.push_back(options.terminal_host);  // started on demand (H-276)
  options.boot_order = app::start_order(app, roots);
  return std::nullopt;
}

int run(const RunArguments& arguments, const std::vector<std::string>& args, const Streams& streams,
        const Hooks& hooks) {
  if (arguments.sim && !hooks.is_simulation) return hooks.start_simulation(args, streams);
  auto loaded = load(arguments.common, hooks);
  if (const auto* failure = std::get_if<LoadFailure>(&loaded)) return report_failure(streams, *failure);
  const Application& app = std::get<Application>(loaded);
  if (!arguments.exec && !arguments.words.empty() && arguments.words.front() == "list") {
    streams.out << command_list(app);
    return 0;
  }
  RunOptions options;
  options.mode = arguments.exec || !arguments.words.empty() ? RunMode::kCommand : RunMode::kServices;
  options.boot_order = app.boot_order;
  if (options.mode == RunMode::kCommand) {
    if (const std::optional<std::string> error = resolve_command_run(arguments, app, options))
      return fail(streams, *error);
  }
  options.cores = arguments.cores;
  options.sim = hooks.is_simulation;
  options.seed = arguments.seed.value_or(0);
  options.trace_path = arguments.trace.value_or("");
  options.natives = hooks.natives;
  options.latency_objective_ns = arguments.latency_objective_ns;
  options.log = log_options(arguments, app, options.mode);
  if (options.log.console) print_warnings(streams, app.warnings);
  return hooks.run(app, options);
}

nlohmann::ordered_json to_json(const std::vector<Problem>& problems) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const Problem& problem : problems) {
    out.push_back({{"file", problem.file},
                   {"line", problem.position.line},
                   {"column", problem.position.column},
                   {"subject", problem.subject},
                   {"key", problem.key},
                   {"message", problem.message},
                   {"hint", problem.hint},
                   {"text", problem.text()}});
  }
  return out;
}

int lint(const LintArguments& arguments, const Streams& streams, const Hooks& hooks) {
  const auto loaded = load(arguments.common, hooks);
  const auto* failure = std::get_if<LoadFailure>(&loaded);
  const auto* app = std::get_if<Application>(&loaded);
  const std::vector<Problem> errors = failure != nullptr ? failure->errors : std::vector<Problem>();
  const std::vector<Problem>& warnings = failure != nullptr ? failure->warnings : app->warnings;
  const int code = errors.empty() ? 0 : 1;
  if (arguments.json) {
    nlohmann::ordered_json report{{"errors", to_json(errors)}, {"warnings", to_json(warnings)}};
    if (app != nullptr) report["entries"] = app->entries.size();
    // File names and values may hold any bytes.
    streams.out << report.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    return code;
  }
  for (const Problem& warning : warnings) streams.out << "warning: " << warning.text() << '\n';
  for (const Problem& error : errors) streams.out << "error: " << error.text() << '\n';
  if (app != nullptr) {
    streams.out << app->entries.size() << (app->entries.size() == 1 ? " entry" : " entries") << ", "
                << counted(warnings.size(), "warning") << ", no errors\n";
    return code;
  }
  return fail(streams, counted(errors.size(), "problem") + " found");
}

int topology(const TopologyArguments& arguments, const Streams& streams) {
  const Topology machine = Topology::discover();
  PlacementOptions options;
  options.budget = machine_budget(machine, arguments.cores);
  const std::uint32_t workers = arguments.workers != 0 ? arguments.workers : options.budget.usable_cores;
  const Placement placement = plan(machine, workers, options);
  streams.out << (arguments.json ? plan_json(machine, placement) : plan_text(machine, placement));
  return 0;
}

int trace(const TraceArguments& arguments, const Streams& streams) {
  std::ifstream in(arguments.recording, std::ios::binary);
  if (!in) return fail(streams, "cannot read " + arguments.recording);
  observe::FlightCapture capture;
  std::string error;
  if (!observe::read_raw_flight(in, capture, error)) return fail(streams, arguments.recording + ": " + error);
  const auto pid_text = [](std::uint64_t pid) {
    std::ostringstream text;
    text << "0x" << std::hex << pid;
    return text.str();
  };
  if (!observe::write_chrome_trace(capture, pid_text, arguments.output, error)) return fail(streams, error);
  return 0;
}

int version(const VersionArguments& arguments, const Streams& streams) {
  streams.out << (arguments.brief ? "" : "wippy ") << kVersion << '\n';
  return 0;
}

int usage(const Usage& usage, const Streams& streams) {
  (usage.code == 0 ? streams.out : streams.err) << usage.text;
  return usage.code;
}

}  // namespace

int run_cli(const std::vector<std::string>& args, const Streams& streams, const Hooks& hooks) {
  const Invocation invocation = parse_arguments(args);
  if (const auto* a = std::get_if<RunArguments>(&invocation)) return run(*a, args, streams, hooks);
  if (const auto* a = std::get_if<LintArguments>(&invocation)) return lint(*a, streams, hooks);
  if (const auto* a = std::get_if<TopologyArguments>(&invocation)) return topology(*a, streams);
  if (const auto* a = std::get_if<TraceArguments>(&invocation)) return trace(*a, streams);
  if (const auto* a = std::get_if<VersionArguments>(&invocation)) return version(*a, streams);
  return usage(std::get<Usage>(invocation), streams);
}

}  // namespace wippy::cli
