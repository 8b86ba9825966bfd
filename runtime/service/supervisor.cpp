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

std::string encoded_error(std::string_view text) {
  ValueWriter w;
  w.reset(1);
  w.begin_error(ErrorKind::kUnavailable, Retryable::kNo, text, {});
  w.nil();
  w.end_error();
  return w.finish().ok() ? std::string(w.view()) : std::string();
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
    case ServiceState::kUnknown: return "unknown";
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
    ServiceStatus& shown = shown_[services_.back().spec.id];
    shown.id = services_.back().spec.id;
    shown.required = services_.back().spec.lifecycle.startup_required;
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

Behavior Supervisor::run(Context& self, Supervisor* s) {
  self.set_trap_links(true);
  s->settle(self);
  while (!s->stopping_ || !s->all_stopped()) {
    Message m = co_await receive(self);
    s->on_message(self, m);
    s->settle(self);
  }
  if (s->stopped_) s->stopped_();
}

void Supervisor::on_message(Context& self, Message& m) {
  switch (m.kind()) {
    case SignalKind::kExit: on_exit(self, m); break;
    case SignalKind::kTimer: on_timer(self, m.ref()); break;
    case SignalKind::kCompletion: on_answer(self, m); break;
    case SignalKind::kCancel: stop_all(); break;
    case SignalKind::kMessage: take_orders(self); break;
    default: break;
  }
}

// Whatever follows from the states of now, until nothing more does.
void Supervisor::settle(Context& self) {
  for (bool again = true; again;) {
    stop_ready(self);
    again = restart_groups(self);
    again |= block_dependents();
    again |= start_ready(self);
    again |= forget_removed(self);
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
  const ServiceState from = s.state;
  s.state = next;
  {
    LockGuard lock(mutex_);
    ServiceStatus& shown = shown_[s.spec.id];
    shown.id = s.spec.id;
    shown.state = next;
    shown.desired_running = s.wanted;
    shown.retry_count = s.failures;
    shown.last_update_wall_ns = wall_ns();
    if (next == ServiceState::kRunning) shown.started_at_wall_ns = shown.last_update_wall_ns;
    shown.details = details;
    shown.gave_up = next == ServiceState::kFailed && s.final_state;
    shown.required = s.spec.lifecycle.startup_required;
    shown.pid = next == ServiceState::kRunning || next == ServiceState::kStopping ? s.pid : Pid{};
  }
  if (transition_) transition_(s.spec.id, from, next, details);
  answer_waiting(s);
}

std::vector<ServiceStatus> Supervisor::states() const {
  LockGuard lock(mutex_);
  std::vector<ServiceStatus> out;
  for (const auto& [id, status] : shown_) out.push_back(status);
  return out;
}

std::vector<ServiceStatus> Supervisor::failed_required() const {
  std::vector<ServiceStatus> out = states();
  std::erase_if(out, [](const ServiceStatus& s) { return !s.required || !s.gave_up; });
  return out;
}

Supervisor::Service* Supervisor::find(std::string_view id) {
  for (Service& s : services_) {
    if (s.spec.id == id) return &s;
  }
  return nullptr;
}

bool Supervisor::needs_running(const Service& s) {
  return std::all_of(s.spec.needs.begin(), s.spec.needs.end(), [&](const std::string& id) {
    const Service* n = find(id);
    return n == nullptr || n->state == ServiceState::kRunning || n->state == ServiceState::kExited;
  });
}

// A member that its group restarts waits for those alone that are restarted with it.
bool Supervisor::needed_by_active(const Service& s) const {
  return std::any_of(services_.begin(), services_.end(), [&](const Service& other) {
    return active(other.state) && (!s.recycled || other.recycled) &&
           std::find(other.spec.needs.begin(), other.spec.needs.end(), s.spec.id) != other.spec.needs.end();
  });
}

bool Supervisor::others_tried(const Service& s) const {
  return std::all_of(services_.begin(), services_.end(), [&](const Service& other) {
    return &other == &s || other.spec.last || other.tried || other.final_state || !other.wanted;
  });
}

bool Supervisor::all_stopped() const {
  return std::none_of(services_.begin(), services_.end(), [](const Service& s) { return active(s.state); });
}

// --- starting

// True: something changed.
bool Supervisor::start_ready(Context& self) {
  bool any = false;
  for (Service& s : services_) {
    if (stopping_ || !s.wanted || s.final_state || s.recycled || s.state != ServiceState::kStopped) continue;
    if (!needs_running(s) || earlier_member_pending(s) || (s.spec.last && !others_tried(s))) continue;
    start_one(self, s);
    any = true;
  }
  return any;
}

void Supervisor::start_one(Context& self, Service& s) {
  s.due = false;
  s.overdue = false;
  enter(s, ServiceState::kStarting, s.failures == 0 ? "" : "attempt " + std::to_string(s.failures + 1));
  if (!s.spec.start) {
    s.watch = s.spec.begin_start(self);
    if (s.watch == 0) return failed(self, s, "the blocking pool is full", true);
    s.timer = self.start_timer(static_cast<uint64_t>(s.spec.lifecycle.start_timeout_ns));
    return;
  }
  SpawnResult r = s.spec.start(self);
  if (!r.status.ok()) {
    const std::string text = r.error_text.empty() ? r.status.message : r.error_text;
    return failed(self, s, text, retryable_at_start(r.status));
  }
  s.pid = r.pid;
  s.watch = r.watch_ref;
  started(self, s);
}

void Supervisor::started(Context& self, Service& s) {
  forget_timer(self, s);
  s.tried = true;
  s.running_since_ns = monotonic_ns();
  enter(s, ServiceState::kRunning, "");
  for (Service& other : services_) {  // an order, or a late retry, has mended it
    if (other.blocked_by != s.spec.id) continue;
    other.blocked_by.clear();
    other.final_state = false;
    enter(other, ServiceState::kStopped, "");
  }
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
  s.tried = true;
  forget_timer(self, s);
  const bool used_up = c.max_attempts > 0 && s.failures > static_cast<uint64_t>(c.max_attempts);
  Group* const group = group_of(s);
  const bool retry = s.wanted && s.spec.restart && may_retry && !used_up;
  if (!retry || (group != nullptr && !group_allows(*group, s, text))) return give_up(s, text, used_up);
  enter(s, ServiceState::kFailed, text);
  const uint64_t wait_ns = delay_ns(s);
  log::write(log::Level::kWarn, "supervisor", "service failed",
             {{"service", s.spec.id},
              {"attempt", std::to_string(s.failures)},
              {"delay_us", std::to_string(wait_ns / 1000)},
              {"error", text}});
  s.timer = self.start_timer(wait_ns);
  if (group != nullptr) recycle_siblings(self, *group, s);
}

void Supervisor::give_up(Service& s, std::string_view text, bool used_up) {
  s.final_state = true;
  std::string details(text);
  if (used_up) details = "gave up after " + std::to_string(s.failures) + " failures: " + details;
  enter(s, ServiceState::kFailed, details);
  if (!s.wanted || !s.spec.restart) return;
  log::write(s.spec.lifecycle.startup_required ? log::Level::kError : log::Level::kWarn, "supervisor",
             used_up ? "service gave up" : "service cannot start",
             {{"service", s.spec.id}, {"failures", std::to_string(s.failures)}, {"error", text}});
}

void Supervisor::end_for_good(Service& s, bool abnormal, std::string_view value) {
  if (s.final_state && s.spec.ended) s.spec.ended(abnormal, value);
}

// Who needs one that has failed for good says so. True: something changed.
bool Supervisor::block_dependents() {
  bool any = false;
  for (Service& s : services_) {
    if (stopping_ || !s.wanted || s.final_state || s.state != ServiceState::kStopped || !s.blocked_by.empty()) continue;
    for (const std::string& id : s.spec.needs) {
      const Service* n = find(id);
      if (n == nullptr || !n->final_state || n->state != ServiceState::kFailed || !s.blocked_by.empty()) continue;
      s.blocked_by = id;
    }
    if (s.blocked_by.empty()) continue;
    const std::string text = "not started: " + s.spec.id + " requires " + s.blocked_by + ", which is " +
                             service_state_name(find(s.blocked_by)->state);
    s.tried = true;
    give_up(s, text, false);
    end_for_good(s, true, encoded_error(text));
    any = true;
  }
  return any;
}

// --- ends, timers and answers

void Supervisor::on_exit(Context& self, const Message& m) {
  const auto it =
      std::find_if(services_.begin(), services_.end(), [&](const Service& s) { return s.watch == m.ref(); });
  if (it == services_.end() || it->watch == 0) return;
  Service& s = *it;
  s.watch = 0;
  s.pid = Pid{};
  if (s.state == ServiceState::kStopping) {
    has_stopped(self, s, s.overdue ? stop_timeout_text(s.spec.lifecycle.stop_timeout_ns) : "");
  } else if (m.abnormal()) {
    const auto stable_ns = static_cast<uint64_t>(s.spec.lifecycle.stable_threshold_ns);
    if (monotonic_ns() - s.running_since_ns >= stable_ns) s.failures = 0;
    failed(self, s, error_message(m.body()), true);
  } else {
    s.final_state = true;
    enter(s, ServiceState::kExited, "");
  }
  end_for_good(s, m.abnormal(), m.body());
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
  } else if (s.state == ServiceState::kStarting) {
    s.watch = 0;  // whatever the answer is, it comes too late
    failed(self, s, "service start timed out", true);
    end_for_good(s, true, encoded_error("service start timed out"));
  } else if (s.state == ServiceState::kFailed && s.wanted) {
    restarts_.store_relaxed(restarts_.load_relaxed() + 1);  // one writer
    s.due = true;                                           // restart_groups() starts it
    LockGuard lock(mutex_);
    ++shown_[s.spec.id].restarts;
  }
}

void Supervisor::on_answer(Context& self, const Message& m) {
  const auto it =
      std::find_if(services_.begin(), services_.end(), [&](const Service& s) { return s.watch == m.ref(); });
  if (it == services_.end() || it->watch == 0) return;
  Service& s = *it;
  s.watch = 0;
  ValueReader r;
  std::string why;
  if (r.open_body(m.body()).ok()) {
    const ValueItem& item = r.next();
    if (item.token == Token::kString || item.token == Token::kError) why = item.text;
  }
  if (s.state == ServiceState::kStopping) return has_stopped(self, s, why);
  if (s.state != ServiceState::kStarting) return;
  if (why.empty()) return started(self, s);
  failed(self, s, why, true);
  end_for_good(s, true, encoded_error(why));
}

// --- stopping: dependents first

void Supervisor::stop_ready(Context& self) {
  for (auto it = services_.rbegin(); it != services_.rend(); ++it) {
    if (!it->wanted && !it->recycled) stop_now(self, *it);
    if (!it->wanted) it->recycled = false;
  }
}

// As far as it can be now.
void Supervisor::stop_now(Context& self, Service& s) {
  if (s.state == ServiceState::kFailed && !s.final_state) {
    forget_timer(self, s);
    s.due = false;
    s.final_state = !s.recycled;
    enter(s, ServiceState::kStopped, "");
  } else if (s.state == ServiceState::kRunning && !needed_by_active(s)) {
    stop_one(self, s);
  }
}

void Supervisor::stop_one(Context& self, Service& s) {
  s.overdue = false;
  enter(s, ServiceState::kStopping, "");
  const auto timeout_ns = static_cast<uint64_t>(s.spec.lifecycle.stop_timeout_ns);
  if (!s.spec.start) {
    s.watch = s.spec.begin_stop(self, timeout_ns);
    if (s.watch == 0) has_stopped(self, s, "the blocking pool is full");
    return;
  }
  s.timer = self.start_timer(timeout_ns);
  // Not Context::cancel: the runtime asks, so the event names no sender, and the stop timer above enforces the deadline.
  if (Signal* cancel = make_bare_signal(SignalKind::kCancel, Pid{}, deadline_after(wall_ns(), timeout_ns))) {
    static_cast<void>(node_->deliver(s.pid, cancel));  // gone: its EXIT is on the way
  }
}

void Supervisor::has_stopped(Context& self, Service& s, std::string_view details) {
  forget_timer(self, s);
  s.final_state = !s.recycled;
  enter(s, ServiceState::kStopped, details);
}

void Supervisor::forget_timer(Context& self, Service& s) {
  if (s.timer != 0) self.stop_timer(s.timer);
  s.timer = 0;
}

}  // namespace wippy
