#include "cli/node_app.hpp"

#include <sys/random.h>
#include <unistd.h>

#include "cli/lua_syntax.hpp"
#include "cli/progress.hpp"
#include "runtime/observe/flight_trace.hpp"
#include "runtime/observe/log.hpp"

namespace wippy::cli {

namespace {

Runtime::Config runtime_config(const app::Application& app, const RunOptions& options) {
  Runtime::Config c;
  c.cores = options.cores;
  c.seed = options.seed != 0 ? options.seed : 1;
  c.node_name = app.settings.node_name;
  return c;
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
      inspector_(runtime_.node()),
      policies_(app),
      events_(runtime_.node()),
      lua_system_(*this, static_cast<uint64_t>(options.memory_bytes)),
      hooks_(*this),
      programs_(runtime_, options.natives),
      registry_(app, late_options(app, options)),
      lua_registry_(registry_),
      functions_(programs_, *this, hooks_, registry_),
      live_services_([this](const app::ServicePlan& plan) { return service_spec(plan); }),
      live_policies_(policies_),
      live_hosts_(runtime_, policies_) {
  app::Problems reported;  // while loading
  env_ = env::Store::make(app, env::os_variables(), reported);
  hooks_.env = env_.get();
  hooks_.events = &events_;
  hooks_.files = &files_;
  hooks_.terminal = &terminal_;
  hooks_.policies = &policies_;
  hooks_.functions = &functions_;
  hooks_.registry = &lua_registry_;
  hooks_.metrics = &metrics_;
  hooks_.system = &lua_system_;
  registry_.on_commit([this](const registry::Transaction& t) { publish_commit(t); });
  for (const char* kind : {"process.lua", "process.native", "function.lua", "library.lua"})
    registry_.add_handler(kind, programs_);
  registry_.add_handler("security.policy", live_policies_);
  for (const char* kind : {"process.host", "terminal.host"}) registry_.add_handler(kind, live_hosts_);
  for (const std::string_view kind : {std::string_view("process.service"), registry::kServices})
    registry_.add_handler(std::string(kind), live_services_);
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
  if (!launch_supervisor(error) || !open_endpoint(error)) return false;
  open_inspection();
  return true;
}

}  // namespace wippy::cli
