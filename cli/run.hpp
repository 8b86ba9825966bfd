// What `wippy run` asks of the runtime.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/app/application.hpp"

namespace wippy {
class NativeRegistry;
}

namespace wippy::cli {

class Progress;

enum class RunMode : std::uint8_t {
  kServices,  // until a signal or system.exit
  kCommand,   // until the process ends; its outcome is the exit code (host.md §8.6)
};

struct LogOptions {
  bool console = true;  // write log lines to stderr at all
  app::LogEncoding encoding = app::LogEncoding::kConsole;
  std::int64_t min_level = 0;  // -1 debug, 0 info, 1 warn, 2 error
  bool stack_traces = false;   // --very-verbose
  bool to_events = false;      // -e: to the event bus
};

struct RunOptions {
  RunMode mode = RunMode::kServices;
  app::EntryId process;                  // kCommand: any process.* entry of the application
  app::EntryId terminal_host;            // kCommand: runs the process; is in boot_order
  std::vector<std::string> args;         // kCommand: parameters of the process, also io.args()
  std::vector<app::EntryId> boot_order;  // services to start, each after what it needs
  std::uint32_t cores = 0;               // usable cores; 0: as the machine says
  bool inspect = false;                  // answer ps, dump and top
  bool sim = false;                      // only in wippy-sim
  std::uint64_t seed = 0;                // of the simulation
  std::string trace_path;                // where the flight recorder is written; empty: a name with the process number
  std::uint64_t latency_objective_ns = 0;   // 0: none
  const NativeRegistry* natives = nullptr;  // outlives the run; null: no process.native can run
  LogOptions log;
  std::int64_t memory_bytes = 0;  // what processes may take together; 0: no limit
  Progress* progress = nullptr;   // null: nobody watches
  // Called once, on the supervisor's worker, before the first process it starts: its host runs by then. False: `error` says why not.
  std::function<bool(std::string& error)> before_processes;
};

// Starts the application, runs it to its end and gives the exit code. `app` outlives the call. Called once per program
// run, from the main thread; takes over the handling of signals. Reports its own errors on stderr (`Error: …`).
int run_application(const app::Application& app, const RunOptions& options);

}  // namespace wippy::cli
