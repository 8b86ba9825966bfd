// NodeApp: a loaded application on a running runtime: hosts, compiled programs, supervisor, and what print means where.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/endpoint.hpp"
#include "cli/functions.hpp"
#include "cli/inspect/server.hpp"
#include "cli/live_services.hpp"
#include "cli/lua_registry.hpp"
#include "cli/lua_system.hpp"
#include "cli/programs.hpp"
#include "cli/run.hpp"
#include "lua/library.hpp"
#include "lua/program.hpp"
#include "runtime/env/store.hpp"
#include "runtime/events/event_bus.hpp"
#include "runtime/files/directory.hpp"
#include "runtime/inspect/inspector.hpp"
#include "runtime/metrics/metrics.hpp"
#include "runtime/native/registry.hpp"
#include "runtime/process/process_directory.hpp"
#include "runtime/runtime.hpp"
#include "runtime/security/store.hpp"
#include "runtime/service/host_service.hpp"
#include "runtime/service/latency_probe.hpp"
#include "runtime/service/supervisor.hpp"
#include "runtime/terminal/terminal.hpp"

namespace wippy::cli {

class NodeApp final : public ProcessDirectory, public OverloadSink {
 public:
  // Compiles every process.lua entry, finds the factories of process.native and creates the hosts. Both references outlive it.
  NodeApp(const app::Application& app, const RunOptions& options);
  ~NodeApp();

  // False: something does not compile or start; `error` says what.
  bool start(std::string& error);
  // Blocks until the command's process has ended, or stop was requested; then shuts down. Returns the exit code.
  int run_to_end();
  // What ends the run: the first of a stop, an exit with a code of 0-255 (system.exit) and the command's end (host.md §4.7).
  // Any thread.
  void request_stop();
  void request_exit(int code);
  // Any thread: the flight recorder as a trace file; the log says where and why.
  void write_trace(std::string_view why) noexcept;

  // For observers.
  const Programs& programs() const noexcept { return programs_; }
  registry::Registry& entries() noexcept { return registry_; }
  Inspector& inspector() noexcept { return inspector_; }
  Runtime& runtime() noexcept { return runtime_; }
  const Metrics& metrics() const noexcept { return metrics_; }
  // A host that no entry names.
  static bool is_internal(std::string_view host_id) noexcept;

  // ProcessDirectory
  HostCore* find_host(std::string_view id) noexcept override;
  SpawnResult spawn(Context& self, std::string_view entry_id, std::string_view arguments,
                    SpawnOptions options) override;
  Status make_machine(Context& self, std::string_view entry_id, std::string_view arguments, Machine*& machine,
                      std::string& error_text) override;
  Status no_host(std::string_view id, std::string& error_text) const override;
  // Services and hosts: states, and orders to start, stop, add … them. From start() on.
  Supervisor& supervisor() noexcept { return *supervisor_; }
  // OverloadSink: a line in the log.
  void overloaded(const OverloadReport& report) noexcept override;

 private:
  // What makes machines of the entry, whatever runs it: calls use(MachineFactory&), which is valid during the call.
  template <class Use>
  auto with_factory(const Programs::Definition& entry, std::string_view arguments, uint64_t seed, Use use);
  Status no_factory(std::string_view entry_id, std::string& error_text) const;
  bool open_filesystems(std::string& error);
  bool make_hosts(std::string& error);
  bool needs_function_host() const;
  HostOptions host_options(const app::EntryId& id) const;
  ServiceSpec host_spec(const app::ServicePlan& plan, ProcessHost& host);
  std::string capabilities_refusal(HostCore& host, std::string_view entry_id, const Programs::Definition& entry) const;
  bool launch_supervisor(std::string& error);
  bool open_endpoint(std::string& error);
  void open_inspection();
  Endpoint::Health health() const;
  // What happens to services and entries, as events (host.md §10.6).
  void publish_service(std::string_view id, ServiceState from, ServiceState to, std::string_view details) noexcept;
  void publish_commit(const registry::Transaction& transaction) noexcept;
  bool hand_over(SpawnResult& refused);
  bool secure(const std::optional<app::SecurityConfig>& config, SpawnOptions& options, SpawnResult& refused) const;
  ServiceSpec service_spec(const app::ServicePlan& plan);
  ServiceSpec command_spec();
  // Of a process on a terminal host with hide_logs: log lines are held back from its start to its end.
  void hide_logs(ServiceSpec& spec, const app::EntryId& host) const;
  int shut_down();
  static void print(Context& self, std::string_view line) noexcept;
  std::string trace_path() const;
  void start_probe(ProcessHost& host);
  bool only_hosts_left();
  void report_alive();
  [[noreturn]] void end_by_force();

  const app::Application& app_;
  const RunOptions& options_;
  Terminal terminal_;  // outlives the blocking pool, which reads from it
  files::FileSystems files_;
  std::shared_ptr<env::Store> env_;
  Runtime runtime_;
  Inspector inspector_;
  security::PolicyStore policies_;
  EventBus events_;
  Metrics metrics_;
  LuaSystem lua_system_;
  lua::StandardHooks hooks_;
  Programs programs_;  // what can be spawned, called and imported
  registry::Registry registry_;
  LuaRegistry lua_registry_;
  Functions functions_;
  LiveServices live_services_;
  LivePolicies live_policies_;
  LiveHosts live_hosts_;
  std::unique_ptr<Supervisor> supervisor_;
  std::unique_ptr<InspectServer> inspect_server_;
  std::unique_ptr<Endpoint> endpoint_;
  std::unique_ptr<LatencyProbe> probe_;
  Mutex trace_mutex_;  // one file is written at a time
  ProcessHost* control_ = nullptr;
  Parker main_;
  static constexpr uint32_t kStopAsked = 1, kCommandEnded = 2, kExitAsked = 256;  // the latter plus the code
  void trigger(uint32_t why);
  Atomic<uint32_t> trigger_{0};
  Atomic<uint32_t> services_stopped_{0};
  bool handed_over_ = false;  // used on the supervisor's worker only
  int exit_code_ = 0;         // written by the supervisor's process before services_stopped_
};

}  // namespace wippy::cli
