// NodeApp: a loaded application on a running runtime: hosts, compiled programs, supervisor, and what print means where.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/functions.hpp"
#include "cli/lua_registry.hpp"
#include "cli/programs.hpp"
#include "cli/run.hpp"
#include "lua/library.hpp"
#include "lua/program.hpp"
#include "runtime/native/registry.hpp"
#include "runtime/process/process_directory.hpp"
#include "runtime/runtime.hpp"
#include "runtime/service/latency_probe.hpp"
#include "runtime/service/supervisor.hpp"

namespace wippy::cli {

class NodeApp final : public ProcessDirectory, public OverloadSink {
 public:
  // Compiles every process.lua entry, finds the factories of process.native and creates (not starts) the hosts in options.boot_order. Both references outlive it.
  NodeApp(const app::Application& app, const RunOptions& options);
  ~NodeApp();

  // False: something does not compile or start; `error` says what.
  bool start(std::string& error);
  // Blocks until the command's process has ended, or stop was requested; then shuts down. Returns the exit code.
  int run_to_end();
  // Any thread. Idempotent.
  void request_stop();
  // Any thread: the flight recorder as a trace file; the log says where and why.
  void write_trace(std::string_view why) noexcept;

  // For observers.
  const Programs& programs() const noexcept { return programs_; }
  registry::Registry& entries() noexcept { return registry_; }

  // ProcessDirectory
  HostCore* find_host(std::string_view id) noexcept override;
  SpawnResult spawn(Context& self, std::string_view entry_id, std::string_view arguments,
                    SpawnOptions options) override;
  Status make_machine(Context& self, std::string_view entry_id, std::string_view arguments, Machine*& machine,
                      std::string& error_text) override;
  // OverloadSink: a line in the log.
  void overloaded(const OverloadReport& report) noexcept override;

 private:
  // What makes machines of the entry, whatever runs it: calls use(MachineFactory&), which is valid during the call.
  template <class Use>
  auto with_factory(const Programs::Definition& entry, std::string_view arguments, uint64_t seed, Use use);
  Status no_factory(std::string_view entry_id, std::string& error_text) const;
  bool start_hosts(std::string& error);
  bool needs_function_host() const;
  bool launch_supervisor(std::string& error);
  ServiceSpec service_spec(const app::ServicePlan& plan);
  ServiceSpec command_spec();
  int shut_down();
  static void print(Context& self, std::string_view line) noexcept;
  std::string trace_path() const;
  void start_probes();

  const app::Application& app_;
  const RunOptions& options_;
  Runtime runtime_;
  lua::StandardHooks hooks_;
  Programs programs_;  // what can be spawned, called and imported
  registry::Registry registry_;
  LuaRegistry lua_registry_;
  Functions functions_;
  std::unique_ptr<Supervisor> supervisor_;
  std::unique_ptr<LatencyProbe> probe_;
  Mutex trace_mutex_;  // one file is written at a time
  ProcessHost* control_ = nullptr;
  Parker main_;
  Atomic<uint32_t> stop_requested_{0};
  Atomic<uint32_t> services_stopped_{0};
  Atomic<uint32_t> command_ended_{0};
  int exit_code_ = 0;
};

}  // namespace wippy::cli
