// What a node tells others of itself: events, /metrics and /livez.
#include "cli/node_app.hpp"
#include "cli/node_metrics.hpp"
#include "mailbox/values.hpp"
#include "runtime/observe/log.hpp"

namespace wippy::cli {

namespace {

void text(ValueWriter& w, std::string_view key, std::string_view value) {
  w.string(key.data(), key.size());
  w.string(value.data(), value.size());
}

}  // namespace

void NodeApp::publish_service(std::string_view id, ServiceState from, ServiceState to,
                              std::string_view details) noexcept {
  ValueWriter w;
  w.reset(1);
  w.begin_table(0);
  text(w, "state", service_state_name(to));
  text(w, "from", service_state_name(from));
  if (!details.empty()) text(w, "details", details);
  w.end_table();
  if (w.finish().ok())
    static_cast<void>(events_.publish("supervisor", "service.update", id, w.view()));  // out of memory
}

// On a thread of the blocking pool, after the commit: one event an entry, then one for the version.
void NodeApp::publish_commit(const registry::Transaction& t) noexcept {
  for (const registry::Change& c : t.changes) {
    const char* const kind = c.before == nullptr  ? "entry.create"
                             : c.after == nullptr ? "entry.delete"
                                                  : "entry.update";
    static_cast<void>(events_.publish("registry", kind, c.id.text(), {}));
  }
  const std::string version = std::to_string(t.version);
  static_cast<void>(events_.publish("registry", "commit", version, {}));
  log::write(log::Level::kInfo, "registry", "version committed",
             {{"version", version}, {"entries", std::to_string(t.changes.size())}});
}

// Alive: every service that must run does, or has ended in order.
Endpoint::Health NodeApp::health() const {
  Endpoint::Health out;
  for (const ServiceStatus& s : supervisor_->states()) {
    if (!s.required || !s.desired_running || s.state == ServiceState::kRunning || s.state == ServiceState::kExited)
      continue;
    out.alive = false;
    out.text += s.id + " " + service_state_name(s.state) + "\n";
  }
  if (out.alive) out.text = "ok\n";
  return out;
}

// A node that cannot be looked into runs all the same.
void NodeApp::open_inspection() {
#if !defined(WIPPY_SIM)
  if (!options_.inspect) return;
  std::string error;
  inspect_server_ = InspectServer::open(*this, error);
  if (inspect_server_ == nullptr)
    log::write(log::Level::kWarn, "runtime", "ps, dump and top cannot ask this node", {{"why", error}});
#endif
}

bool NodeApp::open_endpoint(std::string& error) {
  if (!app_.settings.prometheus_address) return true;
  endpoint_ = Endpoint::open(*app_.settings.prometheus_address, runtime_.pools(),
                             {[this] { return metrics_text(*this); }, [this] { return health(); }}, error);
  if (endpoint_ == nullptr) return false;
  log::write(log::Level::kInfo, "runtime", "metrics are served", {{"port", std::to_string(endpoint_->port())}});
  return true;
}

}  // namespace wippy::cli
