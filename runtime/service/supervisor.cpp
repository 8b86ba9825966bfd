#include "runtime/service/supervisor.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "mailbox/values.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/process/node_core.hpp"
#include "scheduler/clock.hpp"

namespace wippy {

namespace {

std::string error_message(std::string_view encoded) {
  ValueReader r;
  r.open_value(encoded);
  const ValueItem& item = r.next();
  return item.token == Token::kError ? std::string(item.text) : std::string("unknown error");
}

// Errors of a start that waiting does not mend (host.md §4.5).
bool retryable_at_start(const Status& s) noexcept {
  return s.kind != ErrorKind::kNotFound && s.kind != ErrorKind::kInvalid && s.kind != ErrorKind::kPermissionDenied;
}

std::string stop_timeout_text(int64_t timeout_ns) {
  char text[48];
  std::snprintf(text, sizeof text, "stop timeout after %gs", static_cast<double>(timeout_ns) / 1e9);
  return text;
}

bool active(ServiceState s) noexcept {
  return s == ServiceState::kStarting || s == ServiceState::kRunning || s == ServiceState::kStopping;
}

}  // namespace

const char* service_state_name(ServiceState s) noexcept {
  switch (s) {
    case ServiceState::kStopped: return "stopped";
    case ServiceState::kStarting: return "starting";
    case ServiceState::kRunning: return "running";
    case ServiceState::kStopping: return "stopping";
    case ServiceState::kExited: return "exited";
    case ServiceState::kFailed: return "failed";
  }
  return "unknown";
}

Supervisor::Supervisor(std::vector<ServiceSpec> specs, uint64_t seed) : random_(seed) {
  for (ServiceSpec& s : specs) {
    services_.emplace_back();
    services_.back().spec = std::move(s);
  }
}

Status Supervisor::launch(NodeCore& node, HostCore& control, std::function<void()> stopped) {
  node_ = &node;
  stopped_ = std::move(stopped);
  SpawnOptions o;
  o.host = &control;
  o.entry_id = "node:supervisor";
  const SpawnResult r = spawn_native(node, o, &Supervisor::run, this);
  pid_ = r.pid;
  return r.status;
}

void Supervisor::request_stop() {
  ValueWriter w;
  w.reset_body("stop", 0);
  if (!w.finish().ok()) return;
  if (Signal* s = make_signal(SignalKind::kMessage, Pid{}, 0, w.view().data(), w.view().size())) {
    static_cast<void>(node_->deliver(pid_, s));  // gone: it has stopped already
  }
}

Behavior Supervisor::run(Context& self, Supervisor* s) {
  self.set_trap_links(true);
  s->start_ready(self);
  while (!s->stopping_ || !s->all_stopped()) {
    Message m = co_await receive(self);
    s->on_message(self, m);
  }
  if (s->stopped_) s->stopped_();
}

void Supervisor::on_message(Context& self, Message& m) {
  switch (m.kind()) {
    case SignalKind::kExit: on_exit(self, m); break;
    case SignalKind::kTimer: on_timer(self, m.ref()); break;
    case SignalKind::kCancel:
      stopping_ = true;
      stop_ready(self);
      break;
    case SignalKind::kMessage:
      if (m.topic() == "stop") {
        stopping_ = true;
        stop_ready(self);
      }
      break;
    default: break;
  }
}

void Supervisor::enter(Service& s, ServiceState next, std::string_view details) {
  if (log::enabled(log::Level::kInfo)) {
    log::write(log::Level::kInfo, "supervisor", "service state",
               {{"service", s.spec.id},
                {"from", service_state_name(s.state)},
                {"to", service_state_name(next)},
                {"details", details}});
  }
  s.state = next;
}

Supervisor::Service* Supervisor::find(std::string_view id) {
  for (Service& s : services_) {
    if (s.spec.id == id) return &s;
  }
  return nullptr;
}

bool Supervisor::needs_running(const Service& s) const {
  return std::all_of(s.spec.needs.begin(), s.spec.needs.end(), [&](const std::string& id) {
    const Service* n = const_cast<Supervisor*>(this)->find(id);
    return n == nullptr || n->state == ServiceState::kRunning;  // not ours (a host): running before we are launched
  });
}

bool Supervisor::needed_by_active(const Service& s) const {
  return std::any_of(services_.begin(), services_.end(), [&](const Service& other) {
    return active(other.state) &&
           std::find(other.spec.needs.begin(), other.spec.needs.end(), s.spec.id) != other.spec.needs.end();
  });
}

bool Supervisor::all_stopped() const {
  return std::none_of(services_.begin(), services_.end(), [](const Service& s) { return active(s.state); });
}

// --- starting

void Supervisor::start_ready(Context& self) {
  for (bool again = true; again && !stopping_;) {
    again = false;
    for (Service& s : services_) {
      if (s.state != ServiceState::kStopped || s.final_state || !needs_running(s)) continue;
      start(self, s);
      again |= s.state == ServiceState::kRunning;  // it may be what another one waits for
    }
  }
}

void Supervisor::start(Context& self, Service& s) {
  enter(s, ServiceState::kStarting, s.failures == 0 ? "" : "attempt " + std::to_string(s.failures + 1));
  SpawnResult r = s.spec.start(self);
  if (!r.status.ok()) {
    const std::string text = r.error_text.empty() ? r.status.message : r.error_text;
    return failed(self, s, text, retryable_at_start(r.status));
  }
  s.pid = r.pid;
  s.watch = r.watch_ref;
  s.running_since_ns = monotonic_ns();
  enter(s, ServiceState::kRunning, "");
}

uint64_t Supervisor::delay_ns(const Service& s) {
  const app::RestartConfig& c = s.spec.lifecycle.restart;
  const double grown =
      static_cast<double>(c.initial_delay_ns) * std::pow(c.backoff_factor, static_cast<double>(s.failures - 1));
  const double capped = std::min(grown, static_cast<double>(c.max_delay_ns));
  const double unit = static_cast<double>(random_.next() >> 11) * 0x1.0p-53;
  const double spread = 1.0 + c.jitter * (2.0 * unit - 1.0);
  return static_cast<uint64_t>(std::max(0.0, capped * spread));
}

void Supervisor::failed(Context& self, Service& s, std::string_view text, bool may_retry) {
  const app::RestartConfig& c = s.spec.lifecycle.restart;
  ++s.failures;
  const bool used_up = c.max_attempts > 0 && s.failures > static_cast<uint64_t>(c.max_attempts);
  enter(s, ServiceState::kFailed, text);
  if (stopping_ || !s.spec.restart || !may_retry || used_up) {
    s.final_state = true;
    if (!stopping_ && s.spec.restart) {
      log::write(s.spec.lifecycle.startup_required ? log::Level::kError : log::Level::kWarn, "supervisor",
                 used_up ? "service gave up" : "service cannot start",
                 {{"service", s.spec.id}, {"failures", std::to_string(s.failures)}, {"error", text}});
    }
    return;
  }
  log::write(log::Level::kWarn, "supervisor", "service failed", {{"service", s.spec.id}, {"error", text}});
  s.timer = self.start_timer(delay_ns(s));
}

// --- ends and timers

void Supervisor::on_exit(Context& self, const Message& m) {
  const auto it =
      std::find_if(services_.begin(), services_.end(), [&](const Service& s) { return s.watch == m.ref(); });
  if (it == services_.end() || it->watch == 0) return;
  Service& s = *it;
  s.watch = 0;
  s.pid = Pid{};
  if (s.state == ServiceState::kStopping) {
    self.stop_timer(s.timer);
    enter(s, ServiceState::kStopped, s.overdue ? stop_timeout_text(s.spec.lifecycle.stop_timeout_ns) : "");
    s.final_state = true;
  } else if (m.abnormal()) {
    const auto stable_ns = static_cast<uint64_t>(s.spec.lifecycle.stable_threshold_ns);
    if (monotonic_ns() - s.running_since_ns >= stable_ns) s.failures = 0;
    failed(self, s, error_message(m.body()), true);
  } else {
    enter(s, ServiceState::kExited, "");
    s.final_state = true;
  }
  if (s.final_state && s.spec.ended) s.spec.ended(m.abnormal(), m.body());
  if (stopping_) stop_ready(self);
}

void Supervisor::on_timer(Context& self, uint64_t id) {
  const auto it = std::find_if(services_.begin(), services_.end(), [&](const Service& s) { return s.timer == id; });
  if (it == services_.end()) return;
  Service& s = *it;
  s.timer = 0;
  if (s.state == ServiceState::kStopping) {
    log::write(log::Level::kWarn, "supervisor", "stop timeout, terminating", {{"service", s.spec.id}});
    s.overdue = true;
    static_cast<void>(self.terminate(s.pid));  // its EXIT ends the stop
  } else if (s.state == ServiceState::kFailed && !stopping_) {
    restarts_.store_relaxed(restarts_.load_relaxed() + 1);  // one writer
    start(self, s);
    start_ready(self);
  }
}

// --- stopping: dependents first

void Supervisor::stop_ready(Context& self) {
  for (auto it = services_.rbegin(); it != services_.rend(); ++it) {
    if (it->state == ServiceState::kFailed && it->timer != 0) {
      self.stop_timer(it->timer);
      it->timer = 0;
      enter(*it, ServiceState::kStopped, "");
      it->final_state = true;
    }
    if (it->state == ServiceState::kRunning && !needed_by_active(*it)) stop_one(self, *it);
  }
}

void Supervisor::stop_one(Context& self, Service& s) {
  enter(s, ServiceState::kStopping, "");
  const auto timeout_ns = static_cast<uint64_t>(s.spec.lifecycle.stop_timeout_ns);
  s.timer = self.start_timer(timeout_ns);
  // Not Context::cancel: the runtime asks, so the event names no sender, and the stop timer above enforces the deadline.
  if (Signal* cancel = make_bare_signal(SignalKind::kCancel, Pid{}, deadline_after(wall_ns(), timeout_ns))) {
    static_cast<void>(node_->deliver(s.pid, cancel));  // gone: its EXIT is on the way
  }
}

}  // namespace wippy
