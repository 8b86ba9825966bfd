#include "cli/node_app.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <iostream>

#include "cli/outcome.hpp"
#include "lua/machine.hpp"
#include "mailbox/values.hpp"
#include "runtime/app/config_env.hpp"
#include "runtime/observe/flight_trace.hpp"
#include "runtime/observe/log.hpp"
#include "scheduler/clock.hpp"

namespace wippy::cli {

namespace {

constexpr const char* kControlHost = "node:control";
constexpr uint64_t kHostGraceNs = 10'000'000'000;  // host.md §3.3: default stop timeout

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

MailLimits limits_of(const std::optional<app::MailboxConfig>& config) {
  MailLimits m;
  if (!config) return m;
  m.max_messages = static_cast<uint64_t>(config->max_messages);
  m.max_bytes = static_cast<uint64_t>(config->max_bytes);
  m.block_ns = static_cast<uint64_t>(config->deadline_ns);
  switch (config->policy) {
    case app::MailboxPolicy::kFailSender: m.policy = MailPolicy::kFailSender; break;
    case app::MailboxPolicy::kBlock: m.policy = MailPolicy::kBlock; break;
    case app::MailboxPolicy::kDropNewest: m.policy = MailPolicy::kDropNewest; break;
    case app::MailboxPolicy::kDropOldest: m.policy = MailPolicy::kDropOldest; break;
    case app::MailboxPolicy::kExitReceiver: m.policy = MailPolicy::kExitReceiver; break;
  }
  return m;
}

}  // namespace

NodeApp::NodeApp(const app::Application& app, const RunOptions& options)
    : app_(app),
      options_(options),
      terminal_(options.args),
      runtime_(runtime_config(app, options)),
      events_(runtime_.node()),
      hooks_(*this) {
  app::Problems reported;  // while loading
  env_ = env::Store::make(app, env::os_variables(), reported);
  hooks_.env = env_.get();
  hooks_.events = &events_;
  hooks_.files = &files_;
  hooks_.terminal = &terminal_;
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

// One on each host that runs anything but a single terminal process.
void NodeApp::start_probes() {
  if (options_.latency_objective_ns == 0) return;
  probe_ =
      std::make_unique<LatencyProbe>(options_.latency_objective_ns, [this](const HostCore& host, uint64_t late_ns) {
        log::write(log::Level::kWarn, "runtime", "latency objective missed",
                   {{"host", host.id()}, {"late_us", std::to_string(late_ns / 1000)}});
        write_trace("latency objective missed");
      });
  for (const auto& [id, host] : runtime_.hosts()) {
    if (host->core().terminal() || host->core().state() != HostState::kRunning || host.get() == control_) continue;
    if (const Status s = probe_->watch(runtime_.node(), host->core()); !s.ok())
      log::write(log::Level::kWarn, "runtime", "no latency probe", {{"host", id}, {"why", s.message}});
  }
}

// On a terminal host print is output; its worker serves that one process, so it may wait for the terminal, also for another
// terminal host's line, which goes out whole. Elsewhere it is a log line (host.md §8.8).
void NodeApp::print(Context& self, std::string_view line) noexcept {
  if (self.host().terminal()) {
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

bool NodeApp::make_lua_entry(const std::string& id, const app::ProcessLuaConfig& config, std::string& error) {
  auto program = std::make_shared<lua::LuaProgram>();
  program->entry_id = id;
  program->method = config.method;
  program->modules = config.modules;
  program->memory_limit = static_cast<std::size_t>(config.max_memory_bytes);
  std::string text;
  if (!lua::compile(config.source, id, program->bytecode, text).ok()) {
    error = id + ": " + text;
    return false;
  }
  Entry entry;
  entry.program = std::move(program);
  entry.mail = limits_of(config.mailbox);
  entries_.emplace(id, std::move(entry));
  return true;
}

bool NodeApp::make_native_entry(const std::string& id, const app::ProcessNativeConfig& config, std::string& error) {
  Entry entry;
  entry.native = options_.natives == nullptr ? nullptr : options_.natives->find(config.factory);
  if (entry.native == nullptr) {
    error = id + ": no native factory \"" + config.factory + "\" in this program";
    return false;
  }
  entry.memory_bytes = static_cast<std::size_t>(config.max_memory_bytes);
  entry.mail = limits_of(config.mailbox);
  entries_.emplace(id, std::move(entry));
  return true;
}

bool NodeApp::make_entries(std::string& error) {
  for (const app::EntryId& id : app_.processes) {
    const app::Entry* entry = app_.find(id);
    const auto* lua = entry->config_as<app::ProcessLuaConfig>();
    const auto* native = entry->config_as<app::ProcessNativeConfig>();
    if (lua != nullptr && !make_lua_entry(id.text(), *lua, error)) return false;
    if (native != nullptr && !make_native_entry(id.text(), *native, error)) return false;
  }
  return true;
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

bool NodeApp::start_hosts(std::string& error) {
  HostOptions control;
  control.id = kControlHost;
  control.workers = 1;
  control_ = &runtime_.add_host(control);
  for (const app::EntryId& id : app_.hosts) {
    HostOptions o;
    o.id = id.text();
    if (const auto* c = app_.find(id)->config_as<app::ProcessHostConfig>()) {
      o.workers = c->workers ? static_cast<uint32_t>(*c->workers) : runtime_.budget().usable_cores;
      o.max_processes = static_cast<uint32_t>(c->max_processes);
    } else {
      o.terminal = true;
    }
    if (const auto* c = app_.find(id)->config_as<app::HostConfig>()) {
      o.mail = limits_of(c->mailbox);
      o.memory_limit = static_cast<std::size_t>(c->memory_limit_bytes.value_or(0));
    }
    runtime_.add_host(o);
  }
  // A host nobody asked for stays created: spawns onto it are refused as "not running", not as unknown.
  std::vector<std::string> wanted{kControlHost};
  for (const app::EntryId& id : options_.boot_order) wanted.push_back(id.text());
  for (const std::string& id : wanted) {
    ProcessHost* host = runtime_.host(id);
    if (host == nullptr) continue;  // a process, the supervisor's
    if (Status s = host->start(); !s.ok()) {
      error = id + ": " + s.message;
      return false;
    }
  }
  return true;
}

HostCore* NodeApp::find_host(std::string_view id) noexcept {
  return id == kControlHost ? nullptr : runtime_.node().find_host(id);  // nobody spawns onto the internal host
}

template <class Use>
auto NodeApp::with_factory(const Entry& entry, std::string_view arguments, uint64_t seed, Use use) {
  if (entry.native != nullptr) {
    NativeEntryFactory factory(*entry.native, arguments, entry.memory_bytes);
    return use(factory);
  }
  lua::LuaFactory factory(entry.program, hooks_, arguments, seed);
  return use(factory);
}

Status NodeApp::no_factory(std::string_view entry_id, std::string& error_text) const {
  const app::Entry* e = app_.find(app::EntryId::parse(entry_id));
  error_text = e == nullptr ? "factory not found: process '" + std::string(entry_id) + "' does not exist"
                            : "factory not found: entry '" + std::string(entry_id) + "' has kind " + e->kind +
                                  " and cannot be spawned";
  return Status::error(ErrorKind::kNotFound, "factory not found");
}

// Random numbers do not begin anew.
Status NodeApp::make_machine(Context& self, std::string_view entry_id, std::string_view arguments, Machine*& machine,
                             std::string& error_text) {
  const auto it = entries_.find(entry_id);
  if (it == entries_.end()) return no_factory(entry_id, error_text);
  return with_factory(it->second, arguments, runtime_.seed() + self.upgrades(),
                      [&](MachineFactory& factory) { return factory.create(self, machine, error_text); });
}

SpawnResult NodeApp::spawn(Context& self, std::string_view entry_id, std::string_view arguments, SpawnOptions options) {
  const auto it = entries_.find(entry_id);
  if (it == entries_.end()) {
    SpawnResult r;
    r.status = no_factory(entry_id, r.error_text);
    return r;
  }
  const Entry& entry = it->second;
  if (entry.mail.bounded()) options.mail = &entry.mail;
  if (entry.native != nullptr) options.entry_id = it->first;  // a coroutine does not know it
  return with_factory(entry, arguments, runtime_.seed(),
                      [&](MachineFactory& factory) { return self.spawn(factory, options); });
}

ServiceSpec NodeApp::service_spec(const app::ServicePlan& plan) {
  ServiceSpec s;
  s.id = plan.id.text();
  s.lifecycle = plan.lifecycle;
  for (const app::EntryId& n : plan.needs) s.needs.push_back(n.text());
  s.start = [this, process = plan.process.text(), host = plan.host.text(), body = body_of(plan.input)](Context& self) {
    SpawnOptions o;
    o.host = find_host(host);
    o.private_watch = true;
    if (o.host != nullptr) return spawn(self, process, body, std::move(o));
    SpawnResult r;
    r.status = Status::error(ErrorKind::kNotFound, "host not found");
    return r;
  };
  return s;
}

ServiceSpec NodeApp::command_spec() {
  ServiceSpec s;
  s.id = "command " + options_.process.text();
  s.restart = false;
  s.start = [this](Context& self) {
    SpawnOptions o;
    o.host = find_host(options_.terminal_host.text());
    o.private_watch = true;
    SpawnResult r = spawn(self, options_.process.text(), body_of(options_.args), std::move(o));
    if (!r.status.ok()) {
      std::cerr << "Error: " << (r.error_text.empty() ? r.status.message : r.error_text) << std::endl;
      exit_code_ = 1;
      command_ended_.store_release(1);  // partner: run_to_end
      main_.unpark();
    }
    return r;
  };
  s.ended = [this](bool abnormal, std::string_view value) {
    exit_code_ = exit_code(abnormal, value, std::cout, std::cerr);
    command_ended_.store_release(1);  // partner: run_to_end
    main_.unpark();
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
    if (plan != app_.services.end() && plan->second.type == app::ServiceType::kProcess) {
      specs.push_back(service_spec(plan->second));
      hide_logs(specs.back(), plan->second.host);
    }
  }
  if (options_.mode == RunMode::kCommand) {
    specs.push_back(command_spec());
    hide_logs(specs.back(), options_.terminal_host);
  }
  supervisor_ = std::make_unique<Supervisor>(std::move(specs), runtime_.seed());
  const Status s = supervisor_->launch(runtime_.node(), control_->core(), [this] {
    services_stopped_.store_release(1);  // partner: shut_down
    main_.unpark();
  });
  if (!s.ok()) error = s.message;
  return s.ok();
}

bool NodeApp::start(std::string& error) {
  observe::dump_flight_on_crash(&runtime_.node().flights(), trace_path() + ".crash");
  if (!make_entries(error) || !open_filesystems(error) || !start_hosts(error)) return false;
  start_probes();
  return launch_supervisor(error);
}

void NodeApp::request_stop() {
  stop_requested_.store_release(1);  // partner: run_to_end
  main_.unpark();
}

int NodeApp::run_to_end() {
  while (stop_requested_.load_acquire() == 0 && command_ended_.load_acquire() == 0) {
    static_cast<void>(main_.park(kNeverNs));  // any reason: the condition decides
  }
  const int code = shut_down();
  if (!options_.trace_path.empty()) write_trace("end of the run");
  return code;
}

// Services first, dependents before what they need; then the hosts; then the logs (by the caller).
int NodeApp::shut_down() {
  const uint64_t deadline_ns = deadline_after(monotonic_ns(), static_cast<uint64_t>(app_.settings.shutdown_timeout_ns));
  supervisor_->request_stop();
  while (services_stopped_.load_acquire() == 0 && monotonic_ns() < deadline_ns) {
    static_cast<void>(main_.park(deadline_ns));  // any reason: the condition decides
  }
  const bool in_time = services_stopped_.load_acquire() != 0;
  if (!in_time) std::cerr << "Error: shutdown timeout: services are still running" << std::endl;
  const uint64_t now_ns = monotonic_ns();
  const uint64_t left_ns = now_ns < deadline_ns ? deadline_ns - now_ns : 0;
  const uint32_t killed = runtime_.stop(std::min(left_ns, kHostGraceNs));
  if (killed != 0)
    log::write(log::Level::kWarn, "runtime", "processes terminated at shutdown", {{"count", std::to_string(killed)}});
  return in_time ? exit_code_ : 1;
}

}  // namespace wippy::cli
