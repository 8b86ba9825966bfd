#include "cli/run.hpp"

#include <csignal>
#include <iostream>

#include "cli/node_app.hpp"
#include "cli/stop_signal.hpp"
#include "runtime/observe/log.hpp"

namespace wippy::cli {

int run_application(const app::Application& app, const RunOptions& options) {
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
      std::cerr << "Error: " << (error.empty() ? "the system refused a thread" : error) << std::endl;
    }
  }
  log::shutdown();
  return code;
}

}  // namespace wippy::cli
