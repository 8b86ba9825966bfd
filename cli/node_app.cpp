#include "cli/node_app.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "cli/lua_syntax.hpp"
#include "cli/outcome.hpp"
#include "cli/progress.hpp"
#include "cli/stop_signal.hpp"
#include "lua/machine.hpp"
#include "mailbox/values.hpp"
#include "runtime/app/config_env.hpp"
#include "runtime/app/imports.hpp"
#include "runtime/app/node_values.hpp"
#include "runtime/observe/flight_trace.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/observe/terminal.hpp"
#include "runtime/process/permission.hpp"
#include "runtime/terminal/raw_mode.hpp"
#include "scheduler/clock.hpp"

namespace wippy::cli {

namespace {

constexpr const char* kControlHost = "node:control";
constexpr uint64_t kForceNs = 2'000'000'000;  // for terminating what is left on hosts

Runtime::Config runtime_config(const app::Application& app, const RunOptions& options) {
  Runtime::Config c;
  c.cores = options.cores;
  c.seed = options.seed != 0 ? options.seed : 1;
  c.node_name = app.settings.node_name;
  return c;
}

std::string body_of(const std::vector<app::Node>& input) {
  ValueWriter w;
  w.reset_body("", static_cast<uint32_t>(input.size()));
  for (const app::Node& n : input) write_node(w, n);
  return w.finish().ok() ? std::string(w.view()) : std::string();
}

std::string body_of(const std::vector<std::string>& args) {
  ValueWriter w;
  w.reset_body("", static_cast<uint32_t>(args.size()));
  for (const std::string& a : args) w.string(a.data(), a.size());
  return w.finish().ok() ? std::string(w.view()) : std::string();
}

#if !defined(WIPPY_SIM)
// UUIDs differ between runs and machines, whatever the seed.
void kernel_entropy(uint8_t* out, std::size_t bytes) noexcept {
  while (bytes > 0) {
    const ssize_t n = ::getrandom(out, bytes, 0);
    if (n <= 0) continue;  // EINTR: the pool is not ready yet
    out += n;
    bytes -= static_cast<std::size_t>(n);
  }
}
#endif

ServiceGroup service_group(const app::EntryId& id, const app::ServiceGroupConfig& config) {
  ServiceGroup g;
  g.id = id.text();
  g.strategy = static_cast<GroupStrategy>(config.strategy);
  for (const app::EntryId& member : config.members) g.members.push_back(member.text());
  g.max_restarts = static_cast<uint32_t>(config.max_restarts);
  g.window_ns = static_cast<uint64_t>(config.window_ns);
  return g;
}

// What entries that come later are checked by.
app::LoadOptions late_options(const app::Application& app, const RunOptions& options) {
  app::LoadOptions o;
  o.root = app.root;
  o.syntax = check_lua_syntax;
  o.modules = lua::module_names();
  o.factories.emplace();
  if (options.natives != nullptr) {
    for (const auto& [name, start] : options.natives->all()) o.factories->push_back({name, start.limits_memory});
  }
  return o;
}

}  // namespace

NodeApp::NodeApp(const app::Application& app, const RunOptions& options)
    : app_(app),
      options_(options),
      terminal_(options.args),
      runtime_(runtime_config(app, options)),
      policies_(app),
      events_(runtime_.node()),
      hooks_(*this),
      programs_(runtime_, options.natives),
      registry_(app, late_options(app, options)),
      lua_registry_(registry_),
      functions_(programs_, *this, hooks_, registry_) {
  app::Problems reported;  // while loading
  env_ = env::Store::make(app, env::os_variables(), reported);
  hooks_.env = env_.get();
  hooks_.events = &events_;
  hooks_.files = &files_;
  hooks_.terminal = &terminal_;
  hooks_.policies = &policies_;
  hooks_.functions = &functions_;
  hooks_.registry = &lua_registry_;
  for (const char* kind : {"process.lua", "process.native", "function.lua", "library.lua"})
    registry_.add_handler(kind, programs_);
  runtime_.node().set_strict(app.settings.strict_mode);
  hooks_.print = &NodeApp::print;
#if !defined(WIPPY_SIM)
  hooks_.entropy = kernel_entropy;
#endif
  runtime_.node().set_overload_sink(this);
  runtime_.node().set_directory(this);
  runtime_.node().set_print(&NodeApp::print);
}

NodeApp::~NodeApp() { observe::dump_flight_on_crash(nullptr, ""); }

std::string NodeApp::trace_path() const {
  return options_.trace_path.empty() ? "wippy-" + std::to_string(::getpid()) + ".trace.json" : options_.trace_path;
}

void NodeApp::write_trace(std::string_view why) noexcept {
  LockGuard lock(trace_mutex_);
  const observe::FlightCapture capture = observe::capture_flight(runtime_.node().flights());
  const std::string path = trace_path();
  std::string error;
  const auto pid_text = [this](uint64_t pid) { return runtime_.node().format(Pid{pid}); };
  if (observe::write_chrome_trace(capture, pid_text, path, error)) {
    log::write(log::Level::kInfo, "runtime", "flight recorder written", {{"file", path}, {"why", why}});
  } else {
    log::write(log::Level::kError, "runtime", "flight recorder not written", {{"why", error}});
  }
}

// One on each host that runs anything but a single terminal process; on a pool thread, when the host has started.
void NodeApp::start_probe(ProcessHost& host) {
  if (probe_ == nullptr || host.core().terminal()) return;
  if (const Status s = probe_->watch(runtime_.node(), host.core()); !s.ok())
    log::write(log::Level::kWarn, "runtime", "no latency probe", {{"host", host.core().id()}, {"why", s.message}});
}

// On a terminal host print is output; its worker serves that one process, so it may wait for the terminal, also for another
// terminal host's line, which goes out whole. Elsewhere it is a log line (host.md §8.8).
void NodeApp::print(Context& self, std::string_view line) noexcept {
  if (self.host().grants_io()) {
    static Mutex mutex;
    std::string text(line);
    text += '\n';
    LockGuard lock(mutex);
    for (std::string_view rest = text; !rest.empty();) {
      const ssize_t n = ::write(STDOUT_FILENO, rest.data(), rest.size());
      if (n <= 0) return;
      rest.remove_prefix(static_cast<std::size_t>(n));
    }
    return;
  }
  if (log::enabled(log::Level::kInfo)) {
    log::write(log::Level::kInfo, self.entry_id(), line, {{"pid", self.node().format(self.pid())}});
  }
}

void NodeApp::overloaded(const OverloadReport& r) noexcept {
  std::string senders;
  for (const OverloadReport::Sender& s : r.top_senders) {
    senders += (senders.empty() ? "" : ", ") + runtime_.node().format(s.pid) + " " + std::to_string(s.messages);
  }
  log::write(log::Level::kWarn, r.entry_id, "mailbox is over its limit",
             {{"pid", runtime_.node().format(r.pid)},
              {"messages", std::to_string(r.messages)},
              {"bytes", std::to_string(r.bytes)},
              {"refused", std::to_string(r.refused)},
              {"dropped", std::to_string(r.dropped)},
              {"drained_per_s", std::to_string(static_cast<uint64_t>(r.drained_per_s))},
              {"top_senders", senders}});
}

// Its threads are for applications that have functions, or may get some.
bool NodeApp::needs_function_host() const {
  for (const auto& [id, entry] : app_.entries) {
    if (entry.config_as<app::FunctionLuaConfig>() != nullptr) return true;
    const app::LuaCode* const code = app::lua_code_of(entry);
    if (code != nullptr && std::find(code->modules.begin(), code->modules.end(), "registry") != code->modules.end())
      return true;
  }
  return false;
}

HostOptions NodeApp::host_options(const app::EntryId& id) const {
  HostOptions o;
  o.id = id.text();
  const app::Entry& entry = *app_.find(id);
  if (const auto* c = entry.config_as<app::ProcessHostConfig>()) {
    o.workers = c->workers ? static_cast<uint32_t>(*c->workers) : runtime_.budget().usable_cores;
    o.max_processes = static_cast<uint32_t>(c->max_processes);
  } else {
    o.terminal = true;
  }
  if (const auto* c = entry.config_as<app::HostConfig>()) {
    o.mail = limits_of(c->mailbox);
    o.memory_limit = static_cast<std::size_t>(c->memory_limit_bytes.value_or(0));
    const app::CapabilitiesConfig& can = c->capabilities;
    o.io = can.io.value_or(true);
    o.spawn = can.spawn;
    if (can.restricts_entries()) {
      o.capabilities = std::make_shared<const HostCapabilities>(
          HostCapabilities::Rules{can.modules, can.deny_modules, can.kinds, can.entries});
    }
  }
  return o;
}

bool NodeApp::open_filesystems(std::string& error) {
  for (const auto& [id, entry] : app_.entries) {
    const auto* config = entry.config_as<app::FsDirectoryConfig>();
    if (config == nullptr) continue;
    int number = 0;
    auto directory = files::Directory::open(config->path, number);
    if (directory == nullptr) {
      error = id.text() + ": " + config->path + ": " + std::strerror(number);
      return false;
    }
    files_.add(id.text(), std::move(directory));
  }
  return true;
}

// The supervisor starts them, except for the one that it runs on. A host nobody asked for stays created: spawns onto it are
// refused as "not running", not as unknown.
bool NodeApp::make_hosts(std::string& error) {
  HostOptions control;
  control.id = kControlHost;
  control.workers = 1;
  control_ = &runtime_.add_host(control);
  if (needs_function_host()) {
    HostOptions functions;
    functions.id = kFunctionHost;
    functions.workers = runtime_.budget().usable_cores;
    functions_.set_host(runtime_.add_host(functions).core(), runtime_.seed());
  }
  for (const app::EntryId& id : app_.hosts) {
    ProcessHost& host = runtime_.add_host(host_options(id));
    const auto* c = app_.find(id)->config_as<app::HostConfig>();
    if (c != nullptr && c->security) policies_.guard_host(host.core(), *c->security);
  }
  std::vector<ProcessHost*> internal{control_};
  if (ProcessHost* functions = runtime_.host(kFunctionHost); functions != nullptr) internal.push_back(functions);
  for (ProcessHost* host : internal) {
    if (const Status s = host->start(); !s.ok()) {
      error = host->core().id() + ": " + s.message;
      return false;
    }
  }
  return true;
}

HostCore* NodeApp::find_host(std::string_view id) noexcept {
  if (id == kControlHost || id == kFunctionHost) return nullptr;  // nobody spawns onto the internal hosts
  return runtime_.node().find_host(id);
}

Status NodeApp::no_host(std::string_view id, std::string& error_text) const {
  const app::Entry* entry = app_.find(app::EntryId::parse(id));
  if (entry == nullptr || id == kControlHost) return ProcessDirectory::no_host(id, error_text);
  error_text = std::string(id) + " is a " + entry->kind + ", not a host";
  return Status::error(ErrorKind::kInvalid, "not a host");
}

// Empty: the entry may run on the host.
std::string NodeApp::capabilities_refusal(HostCore& host, std::string_view entry_id,
                                          const Programs::Definition& entry) const {
  const HostCapabilities* const c = host.capabilities();
  if (c == nullptr) return {};
  EntryTraits traits{entry_id, entry.kind, {}};
  if (entry.program != nullptr) lua::declared_modules(*entry.program, traits.modules);
  return c->refusal(host.id(), traits);
}

template <class Use>
auto NodeApp::with_factory(const Programs::Definition& entry, std::string_view arguments, uint64_t seed, Use use) {
  if (entry.native != nullptr) {
    NativeEntryFactory factory(*entry.native, arguments, entry.memory_bytes);
    return use(factory);
  }
  lua::LuaFactory factory(entry.program, hooks_, arguments, seed);
  return use(factory);
}

Status NodeApp::no_factory(std::string_view entry_id, std::string& error_text) const {
  const registry::EntryPtr e = registry_.state()->find(app::EntryId::parse(entry_id));
  error_text = e == nullptr ? "factory not found: process '" + std::string(entry_id) + "' does not exist"
                            : "factory not found: entry '" + std::string(entry_id) + "' has kind " + e->kind +
                                  " and cannot be spawned";
  return Status::error(ErrorKind::kNotFound, "factory not found");
}

// Random numbers do not begin anew.
Status NodeApp::make_machine(Context& self, std::string_view entry_id, std::string_view arguments, Machine*& machine,
                             std::string& error_text) {
  const Programs::DefinitionPtr found = programs_.find(entry_id);
  if (found == nullptr || !found->spawnable) return no_factory(entry_id, error_text);
  const Programs::Definition& entry = *found;
  if (self.host().capabilities() != nullptr) error_text = capabilities_refusal(self.host(), entry_id, entry);
  if (!error_text.empty()) return Status::error(ErrorKind::kPermissionDenied, "the host does not allow it");
  return with_factory(entry, arguments, runtime_.seed() + self.upgrades(),
                      [&](MachineFactory& factory) { return factory.create(self, machine, error_text); });
}

SpawnResult NodeApp::spawn(Context& self, std::string_view entry_id, std::string_view arguments, SpawnOptions options) {
  const Programs::DefinitionPtr found = programs_.find(entry_id);
  if (found == nullptr || !found->spawnable) {
    SpawnResult r;
    r.status = no_factory(entry_id, r.error_text);
    return r;
  }
  const Programs::Definition& entry = *found;
  HostCore& target = options.host != nullptr ? *options.host : self.host();
  if (target.capabilities() != nullptr) {
    SpawnResult r;
    r.error_text = capabilities_refusal(target, entry_id, entry);
    r.status = Status::error(ErrorKind::kPermissionDenied, "the host does not allow it");
    if (!r.error_text.empty()) return r;
  }
  if (entry.mail.bounded()) options.mail = &entry.mail;
  if (entry.native != nullptr) options.entry_id = entry_id;  // a coroutine does not know it
  if (options.host != nullptr && options.host->guest() != nullptr)
    options.frame = frame_on_host(*options.host, options.frame != nullptr ? options.frame : self.frame());
  return with_factory(entry, arguments, runtime_.seed(),
                      [&](MachineFactory& factory) { return self.spawn(factory, options); });
}

// On the supervisor's worker, before each process that it starts: its host runs by now.
bool NodeApp::hand_over(SpawnResult& refused) {
  if (handed_over_ || !options_.before_processes) return true;
  if (options_.memory_bytes != 0) runtime_.blocking().start_all();  // a thread that begins without memory is a crash
  if (!options_.before_processes(refused.error_text)) {
    refused.status = Status::error(ErrorKind::kInvalid, "the first process cannot be started");
    return false;
  }
  handed_over_ = true;
  return true;
}

// The frame of a process that the runtime starts. False: `refused` says why it must not be started.
bool NodeApp::secure(const std::optional<app::SecurityConfig>& config, SpawnOptions& options,
                     SpawnResult& refused) const {
  if (!config) return true;
  std::string missing;
  refused.status = policies_.make_frame(*config, nullptr, options.frame, missing);
  if (!missing.empty()) refused.error_text = "not found: " + missing;
  return refused.status.ok();
}

ServiceSpec NodeApp::service_spec(const app::ServicePlan& plan) {
  ServiceSpec s;
  s.id = plan.id.text();
  s.lifecycle = plan.lifecycle;
  for (const app::EntryId& n : plan.needs) s.needs.push_back(n.text());
  s.start = [this, process = plan.process.text(), host = plan.host.text(), body = body_of(plan.input),
             security =
                 plan.lifecycle.security ? plan.lifecycle.security : app_.settings.system_security](Context& self) {
    SpawnOptions o;
    SpawnResult refused;
    if (!hand_over(refused) || !secure(security, o, refused)) return refused;
    o.host = find_host(host);
    o.private_watch = true;
    if (o.host != nullptr) return spawn(self, process, body, std::move(o));
    SpawnResult r;
    r.status = Status::error(ErrorKind::kNotFound, "host not found");
    return r;
  };
  return s;
}

ServiceSpec NodeApp::host_spec(const app::ServicePlan& plan, ProcessHost& host) {
  ServiceSpec s;
  s.id = plan.id.text();
  s.lifecycle = plan.lifecycle;
  for (const app::EntryId& n : plan.needs) s.needs.push_back(n.text());
  HostServiceEvents events;
  events.running = [this](ProcessHost& h) { start_probe(h); };
  events.stopped = [](ProcessHost& h, uint32_t terminated) {
    if (terminated == 0) return;
    log::write(log::Level::kWarn, "runtime", "processes terminated at the stop of a host",
               {{"host", h.core().id()}, {"count", std::to_string(terminated)}});
  };
  serve_host(s, host, std::move(events));
  return s;
}

ServiceSpec NodeApp::command_spec() {
  ServiceSpec s;
  s.last = true;
  s.needs.push_back(options_.terminal_host.text());
  s.id = "command " + options_.process.text();
  s.restart = false;
  s.start = [this](Context& self) {
    SpawnOptions o;
    o.host = find_host(options_.terminal_host.text());
    o.private_watch = true;
    SpawnResult r;
    if (hand_over(r) && secure(app_.settings.cli_security, o, r))
      r = spawn(self, options_.process.text(), body_of(options_.args), std::move(o));
    if (!r.status.ok()) {
      std::cerr << error_label(observe::stderr_takes_color())
                << (r.error_text.empty() ? r.status.message : r.error_text) << std::endl;
      exit_code_ = 1;
      trigger(kCommandEnded);
    }
    return r;
  };
  s.ended = [this](bool abnormal, std::string_view value) {
    exit_code_ = exit_code(abnormal, value, std::cout, std::cerr, observe::stderr_takes_color());
    trigger(kCommandEnded);
  };
  return s;
}

void NodeApp::hide_logs(ServiceSpec& spec, const app::EntryId& host) const {
  const app::Entry* entry = app_.find(host);
  const auto* config = entry == nullptr ? nullptr : entry->config_as<app::TerminalHostConfig>();
  if (config == nullptr || !config->hide_logs) return;
  spec.start = [start = std::move(spec.start)](Context& self) {
    log::hide(true);
    SpawnResult r = start(self);
    if (!r.status.ok()) log::hide(false);
    return r;
  };
  spec.ended = [ended = std::move(spec.ended)](bool abnormal, std::string_view value) {
    log::hide(false);
    if (ended) ended(abnormal, value);
  };
}

bool NodeApp::launch_supervisor(std::string& error) {
  std::vector<ServiceSpec> specs;
  for (const app::EntryId& id : options_.boot_order) {
    const auto plan = app_.services.find(id);
    if (plan == app_.services.end()) continue;
    if (plan->second.type == app::ServiceType::kProcess) {
      specs.push_back(service_spec(plan->second));
      hide_logs(specs.back(), plan->second.host);
    } else if (ProcessHost* host = runtime_.host(id.text())) {
      specs.push_back(host_spec(plan->second, *host));
    }
  }
  if (options_.mode == RunMode::kCommand) {
    specs.push_back(command_spec());
    hide_logs(specs.back(), options_.terminal_host);
  }
  supervisor_ = std::make_unique<Supervisor>(std::move(specs), runtime_.seed());
  for (const auto& [id, group] : app_.groups) supervisor_->add_group(service_group(id, group));
  const Status s = supervisor_->launch(runtime_.node(), control_->core(), [this] {
    services_stopped_.store_release(1);  // partner: shut_down
    main_.unpark();
  });
  if (!s.ok()) error = s.message;
  return s.ok();
}

bool NodeApp::start(std::string& error) {
  observe::dump_flight_on_crash(&runtime_.node().flights(), trace_path() + ".crash");
  if (options_.latency_objective_ns != 0) {
    probe_ =
        std::make_unique<LatencyProbe>(options_.latency_objective_ns, [this](const HostCore& host, uint64_t late_ns) {
          log::write(log::Level::kWarn, "runtime", "latency objective missed",
                     {{"host", host.id()}, {"late_us", std::to_string(late_ns / 1000)}});
          write_trace("latency objective missed");
        });
  }
  if (!programs_.load(app_, error) || !open_filesystems(error) || !make_hosts(error)) return false;
  end_progress(options_.progress);  // what starts from here on may write
  return launch_supervisor(error);
}

void NodeApp::trigger(uint32_t why) {
  uint32_t none = 0;
  static_cast<void>(trigger_.cas_strong_acq_rel(none, why));  // the first counts; partner: run_to_end
  main_.unpark();
}

void NodeApp::request_stop() { trigger(kStopAsked); }
void NodeApp::request_exit(int code) { trigger(kExitAsked + (static_cast<uint32_t>(code) & 0xffu)); }

int NodeApp::run_to_end() {
  while (trigger_.load_acquire() == 0) {      // partner: trigger
    static_cast<void>(main_.park(kNeverNs));  // any reason: the condition decides
  }
  const int code = shut_down();
  if (!options_.trace_path.empty()) write_trace("end of the run");
  return code;
}

bool NodeApp::only_hosts_left() {
  for (const ServiceStatus& s : supervisor_->states()) {
    if ((s.state == ServiceState::kRunning || s.state == ServiceState::kStopping ||
         s.state == ServiceState::kStarting) &&
        runtime_.host(s.id) == nullptr)
      return false;
  }
  return true;
}

// Who has not stopped, for people: services, then processes with what they wait for.
void NodeApp::report_alive() {
  std::cerr << "Error: shutdown timeout after " << static_cast<double>(app_.settings.shutdown_timeout_ns) / 1e9
            << "s; still alive:\n";
  for (const ServiceStatus& s : supervisor_->states()) {
    if (s.state != ServiceState::kRunning && s.state != ServiceState::kStopping && s.state != ServiceState::kStarting)
      continue;
    std::cerr << "  service " << s.id << ' ' << service_state_name(s.state);
    const auto plan = app_.services.find(app::EntryId::parse(s.id));
    if (plan != app_.services.end() && s.pid)
      std::cerr << ": entry " << plan->second.process.text() << ", process " << runtime_.node().describe(s.pid);
    std::cerr << '\n';
  }
  constexpr std::size_t kMostShown = 50;
  for (const auto& [id, host] : runtime_.hosts()) {
    const std::vector<Pid> pids = host.get() == control_ ? std::vector<Pid>{} : host->pids();
    for (std::size_t i = 0; i < pids.size() && i < kMostShown; ++i) {
      std::cerr << "  process " << runtime_.node().describe(pids[i]) << '\n';
    }
    if (pids.size() > kMostShown) std::cerr << "  and " << pids.size() - kMostShown << " more on host " << id << '\n';
  }
  std::cerr << std::flush;
}

// Nothing of the runtime is waited for any more: a step that never ends would hold it.
void NodeApp::end_by_force() {
  if (!options_.trace_path.empty()) write_trace("shutdown timeout");
  log::shutdown();
  restore_terminal();
  std::_Exit(1);
}

// Refuses spawns; services and hosts, dependents before what they need; the control host; then the logs (by the caller).
int NodeApp::shut_down() {
  const uint64_t deadline_ns = deadline_after(monotonic_ns(), static_cast<uint64_t>(app_.settings.shutdown_timeout_ns));
  for (const auto& [id, host] : runtime_.hosts()) {
    if (host.get() != control_) host->refuse_spawns();
  }
  supervisor_->request_stop();
  while (services_stopped_.load_acquire() == 0 && monotonic_ns() < deadline_ns) {
    static_cast<void>(main_.park(deadline_ns));  // any reason: the condition decides
  }
  if (services_stopped_.load_acquire() == 0 &&
      only_hosts_left()) {  // their processes may be terminated: the limit is theirs too
    for (const auto& [id, host] : runtime_.hosts()) host->hurry();
    const uint64_t until_ns = deadline_after(monotonic_ns(), kForceNs);
    while (services_stopped_.load_acquire() == 0 && monotonic_ns() < until_ns) {
      static_cast<void>(main_.park(until_ns));  // any reason: the condition decides
    }
  }
  const bool in_time = services_stopped_.load_acquire() != 0;
  if (!in_time) {
    report_alive();
#if !defined(WIPPY_SIM)
    end_by_force();
#endif
  }
  static_cast<void>(runtime_.stop(0));  // the control host, where nothing runs any more
  if (!in_time) return 1;
  const uint32_t why = trigger_.load_acquire();
  return why >= kExitAsked ? static_cast<int>(why - kExitAsked) : exit_code_;
}

}  // namespace wippy::cli
