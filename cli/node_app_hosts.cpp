// The hosts of an application, and what they allow.
#include "cli/node_app.hpp"

#include <algorithm>
#include <cstring>

#include "runtime/app/config_env.hpp"
#include "runtime/app/imports.hpp"
#include "runtime/observe/log.hpp"

namespace wippy::cli {

namespace {

constexpr const char* kControlHost = "node:control";

}  // namespace

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
    o.capabilities = capabilities_of(*c);
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

// One on each host that runs anything but a single terminal process; on a pool thread, when the host has started.
void NodeApp::start_probe(ProcessHost& host) {
  if (probe_ == nullptr || host.core().terminal()) return;
  if (const Status s = probe_->watch(runtime_.node(), host.core()); !s.ok())
    log::write(log::Level::kWarn, "runtime", "no latency probe", {{"host", host.core().id()}, {"why", s.message}});
}

bool NodeApp::is_internal(std::string_view host_id) noexcept {
  return host_id == kControlHost || host_id == kFunctionHost;
}

HostCore* NodeApp::find_host(std::string_view id) noexcept {
  if (is_internal(id)) return nullptr;  // nobody spawns onto the internal hosts
  return runtime_.node().find_host(id);
}

Status NodeApp::no_host(std::string_view id, std::string& error_text) const {
  const app::Entry* entry = app_.find(app::EntryId::parse(id));
  if (entry == nullptr || id == kControlHost) return ProcessDirectory::no_host(id, error_text);
  error_text = std::string(id) + " is a " + entry->kind + ", not a host";
  return Status::error(ErrorKind::kInvalid, "not a host");
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

}  // namespace wippy::cli
