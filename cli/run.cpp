#include "cli/run.hpp"

#include <csignal>
#include <iostream>

#include "cli/memory_limit.hpp"
#include "cli/node_app.hpp"
#include "cli/outcome.hpp"
#include "cli/progress.hpp"
#include "cli/stop_signal.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/observe/terminal.hpp"

namespace wippy::cli {

namespace {

// The limit counts what processes take.
bool hand_over(const RunOptions& options, std::string& error) {
  if (options.memory_bytes != 0) error = limit_memory(options.memory_bytes);
  return error.empty();
}

}  // namespace

int run_application(const app::Application& app, const RunOptions& given) {
  RunOptions options = given;
  options.before_processes = [&given](std::string& error) { return hand_over(given, error); };
  enter_stage(options.progress, "compiling and starting");
  StopSignal signals;  // before any thread: they inherit the mask
  log::Config log;
  log.console = options.log.console;
  log.encoding = options.log.encoding == app::LogEncoding::kJson ? log::Encoding::kJson : log::Encoding::kConsole;
  log.min_level = static_cast<log::Level>(options.log.min_level);
  log::init(log);
  int code = 1;
  {
    NodeApp node(app, options);
    std::string error;
    const bool watching = signals.start([&node](int signal) {
      if (signal == SIGUSR1) return node.write_trace("asked by SIGUSR1");
      node.request_stop();
    });
    if (watching && node.start(error)) {
      code = node.run_to_end();
    } else {
      end_progress(options.progress);
      std::cerr << error_label(observe::stderr_takes_color()) << (error.empty() ? "the system refused a thread" : error)
                << std::endl;
    }
  }
  log::shutdown();
  return code;
}

}  // namespace wippy::cli
