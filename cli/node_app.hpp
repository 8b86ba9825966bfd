// NodeApp: a loaded application on a running runtime: hosts, compiled programs, supervisor, and what print means where.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/run.hpp"
#include "lua/library.hpp"
#include "lua/program.hpp"
#include "runtime/native/registry.hpp"
#include "runtime/process/process_directory.hpp"
#include "runtime/runtime.hpp"
#include "runtime/service/host_service.hpp"
#include "runtime/service/latency_probe.hpp"
#include "runtime/service/supervisor.hpp"

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
  // Any thread. Idempotent.
  void request_stop();
  // Any thread: the flight recorder as a trace file; the log says where and why.
  void write_trace(std::string_view why) noexcept;

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
  struct Entry {
    std::shared_ptr<const lua::LuaProgram> program;  // of process.lua
    const NativeStart* native = nullptr;             // of process.native
    std::string kind;
    std::size_t memory_bytes = 0;  // what its limit is then
    MailLimits mail;               // unbounded: the host decides
  };
  bool make_entries(std::string& error);
  bool make_lua_entry(const std::string& id, const app::ProcessLuaConfig& config, std::string& error);
  bool make_native_entry(const std::string& id, const app::ProcessNativeConfig& config, std::string& error);
  // What makes machines of the entry, whatever runs it: calls use(MachineFactory&), which is valid during the call.
  template <class Use>
  auto with_factory(const Entry& entry, std::string_view arguments, uint64_t seed, Use use);
  Status no_factory(std::string_view entry_id, std::string& error_text) const;
  bool make_hosts(std::string& error);
  HostOptions host_options(const app::EntryId& id) const;
  ServiceSpec host_spec(const app::ServicePlan& plan, ProcessHost& host);
  std::string capabilities_refusal(HostCore& host, std::string_view entry_id, const Entry& entry) const;
  bool launch_supervisor(std::string& error);
  ServiceSpec service_spec(const app::ServicePlan& plan);
  ServiceSpec command_spec();
  int shut_down();
  static void print(Context& self, std::string_view line) noexcept;
  std::string trace_path() const;
  void start_probe(ProcessHost& host);
  bool only_hosts_left();
  void report_alive();
  [[noreturn]] void end_by_force();

  const app::Application& app_;
  const RunOptions& options_;
  Runtime runtime_;
  lua::StandardHooks hooks_;
  std::map<std::string, Entry, std::less<>> entries_;  // those that can be spawned
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
