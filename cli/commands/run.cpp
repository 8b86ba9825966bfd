#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/loading.hpp"
#include "cli/progress.hpp"
#include "cli/resolve.hpp"

namespace wippy::cli {
namespace {

using app::Application;
using app::EntryId;
using app::LoadFailure;

LogOptions log_options(const RunArguments& arguments, const Application& app, RunMode mode) {
  const CommonArguments& common = arguments.common;
  const bool asked = common.verbose || common.very_verbose || common.console;
  LogOptions log;
  // A command's terminal belongs to its process unless logs are asked for (host.md §8.2).
  log.console = !common.silent && !common.events && (mode == RunMode::kServices || asked);
  log.encoding =
      common.console ? app::LogEncoding::kConsole : app.settings.log_encoding.value_or(app::LogEncoding::kConsole);
  log.min_level = common.verbose || common.very_verbose ? -1 : app.settings.min_level;
  log.stack_traces = common.very_verbose;
  log.to_events = common.events;
  return log;
}

// Fills in what a command run needs beyond a service run; a message when it cannot be.
std::optional<std::string> resolve_command_run(const RunArguments& arguments, const Application& app,
                                               RunOptions& options) {
  const Resolved process = arguments.exec   ? resolve_process(app, *arguments.exec)
                           : arguments.test ? resolve_test(app, arguments.words)
                                            : resolve_command(app, arguments.words.front());
  if (const auto* error = std::get_if<ResolveError>(&process)) return error->message;
  const Resolved host = resolve_terminal_host(app, arguments.host);
  if (const auto* error = std::get_if<ResolveError>(&host)) return error->message;
  options.process = std::get<EntryId>(process);
  options.terminal_host = std::get<EntryId>(host);
  const bool named = !arguments.exec && !arguments.words.empty();
  options.args.assign(arguments.words.begin() + (named ? 1 : 0), arguments.words.end());
  std::vector<EntryId> roots = app::auto_started(app);
  roots.push_back(options.terminal_host);  // started on demand (H-276)
  options.boot_order = app::start_order(app, roots);
  return std::nullopt;
}

RunOptions common_options(const RunArguments& arguments, const Application& app, const Hooks& hooks) {
  RunOptions options;
  const bool command = arguments.exec || arguments.test || !arguments.words.empty();
  options.mode = command ? RunMode::kCommand : RunMode::kServices;
  options.boot_order = app.boot_order;
  options.inspect = !arguments.no_inspect && !hooks.is_simulation;
  options.cores = arguments.cores;
  options.sim = hooks.is_simulation;
  options.seed = arguments.seed.value_or(0);
  options.trace_path = arguments.trace.value_or("");
  options.natives = hooks.natives;
  options.latency_objective_ns = arguments.latency_objective_ns;
  options.log = log_options(arguments, app, options.mode);
  options.memory_bytes = arguments.common.memory_bytes;
  options.progress = hooks.progress;
  return options;
}

// Options that cannot be had here must not be ignored.
std::optional<std::string> refused(const RunArguments& arguments, const Hooks& hooks) {
  if (arguments.common.events) return "-e: this build has no event bus to log to";
  if ((arguments.sim || hooks.is_simulation) && arguments.common.memory_bytes != 0)
    return "-m: not in the simulation, which has its own memory";
  return std::nullopt;
}

}  // namespace

int run(const RunArguments& arguments, const std::vector<std::string>& args, const Streams& streams,
        const Hooks& hooks) {
  if (const std::optional<std::string> why = refused(arguments, hooks)) return fail(streams, *why);
  if (arguments.sim && !hooks.is_simulation) return hooks.start_simulation(args, streams);
  auto loaded = load(arguments.common, hooks);
  if (const auto* failure = std::get_if<LoadFailure>(&loaded)) return report_failure(streams, *failure);
  const Application& app = std::get<Application>(loaded);
  if (!arguments.exec && !arguments.words.empty() && arguments.words.front() == "list") {
    end_progress(hooks.progress);
    streams.out << (arguments.test ? test_list(app) : command_list(app));
    return 0;
  }
  RunOptions options = common_options(arguments, app, hooks);
  if (options.mode == RunMode::kCommand) {
    if (const std::optional<std::string> error = resolve_command_run(arguments, app, options)) {
      end_progress(hooks.progress);
      return fail(streams, *error);
    }
  }
  if (options.log.console) {
    end_progress(hooks.progress);  // the log speaks from here on
    print_warnings(streams, app.warnings);
  }
  return hooks.run(app, options);
}

}  // namespace wippy::cli
