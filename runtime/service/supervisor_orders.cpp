// What others ask of the supervisor while it runs: orders come in a queue and a message that says so.
#include <algorithm>
#include <utility>

#include "mailbox/values.hpp"
#include "runtime/process/node_core.hpp"
#include "runtime/service/supervisor.hpp"

namespace wippy {

namespace {

void tell(const Supervisor::Done& done, const Status& status, std::string_view text = {}) {
  if (done) done(status, text.empty() ? std::string_view(status.message) : text);
}

}  // namespace

void Supervisor::ask(Order order) {
  {
    LockGuard lock(mutex_);
    orders_.push_back(std::move(order));
  }
  ValueWriter w;
  w.reset_body("order", 0);
  if (!w.finish().ok()) return;
  if (Signal* s = make_signal(SignalKind::kMessage, Pid{}, 0, w.view().data(), w.view().size())) {
    if (node_->deliver(pid_, s)) return;
  }
  LockGuard lock(mutex_);  // it has ended
  for (Order& o : orders_) tell(o.done, Status::error(ErrorKind::kUnavailable, "the supervisor has stopped"));
  orders_.clear();
}

void Supervisor::request_stop() { ask({Order::Kind::kStopAll, {}, {}}); }
void Supervisor::add(ServiceSpec spec, Done done) { ask({Order::Kind::kAdd, std::move(spec), std::move(done)}); }
void Supervisor::update(ServiceSpec spec, Done done) { ask({Order::Kind::kUpdate, std::move(spec), std::move(done)}); }

void Supervisor::remove(std::string id, Done done) {
  Order o{Order::Kind::kRemove, {}, std::move(done)};
  o.spec.id = std::move(id);
  ask(std::move(o));
}

void Supervisor::start(std::string id, Done done) {
  Order o{Order::Kind::kStart, {}, std::move(done)};
  o.spec.id = std::move(id);
  ask(std::move(o));
}

void Supervisor::stop(std::string id, Done done) {
  Order o{Order::Kind::kStop, {}, std::move(done)};
  o.spec.id = std::move(id);
  ask(std::move(o));
}

void Supervisor::take_orders(Context& self) {
  std::deque<Order> orders;
  {
    LockGuard lock(mutex_);
    orders.swap(orders_);
  }
  for (Order& o : orders) obey(self, o);
}

void Supervisor::stop_all() {
  stopping_ = true;
  for (Service& s : services_) {
    s.wanted = false;
    s.recycled = false;
    LockGuard lock(mutex_);
    shown_[s.spec.id].desired_running = false;
  }
}

void Supervisor::obey(Context&, Order& o) {
  if (o.kind == Order::Kind::kStopAll) return stop_all();
  Service* const s = find(o.spec.id);
  if (s != nullptr && s->removing && (o.kind == Order::Kind::kAdd || is_late(o.spec.id)))
    return late_.push_back(std::move(o));
  if (o.kind == Order::Kind::kAdd) {
    if (stopping_) return tell(o.done, Status::error(ErrorKind::kUnavailable, "the runtime is shutting down"));
    if (s != nullptr) return tell(o.done, Status::error(ErrorKind::kConflict, "there is a service of that id"));
    services_.emplace_back();
    Service& made = services_.back();
    made.spec = std::move(o.spec);
    made.wanted = made.spec.lifecycle.auto_start;
    LockGuard lock(mutex_);
    ServiceStatus& shown = shown_[made.spec.id];
    shown.id = made.spec.id;
    shown.desired_running = made.wanted;
    shown.required = made.spec.lifecycle.startup_required;
    return tell(o.done, Status::good());
  }
  if (s == nullptr) {
    return tell(o.done, Status::error(ErrorKind::kNotFound, "service not found"), "service not found: " + o.spec.id);
  }
  switch (o.kind) {
    case Order::Kind::kStart: return obey_start(*s, std::move(o.done));
    case Order::Kind::kStop: return obey_stop(*s, std::move(o.done));
    case Order::Kind::kUpdate:
      o.spec.ended = std::move(s->spec.ended);
      s->spec = std::move(o.spec);
      return tell(o.done, Status::good());
    case Order::Kind::kRemove: {
      for (const Service& other : services_) {
        const std::vector<std::string>& needs = other.spec.needs;
        if (other.removing || std::find(needs.begin(), needs.end(), s->spec.id) == needs.end()) continue;
        return tell(o.done, Status::error(ErrorKind::kConflict, "service is required by another"),
                    s->spec.id + " is required by " + other.spec.id);
      }
      s->removing = true;
      return obey_stop(*s, std::move(o.done));
    }
    default: return;
  }
}

// Orders for the one that comes after the one that is being removed.
bool Supervisor::is_late(std::string_view id) const {
  return std::any_of(late_.begin(), late_.end(), [&](const Order& o) { return o.spec.id == id; });
}

void Supervisor::obey_start(Service& s, Done done) {
  if (stopping_) return tell(done, Status::error(ErrorKind::kUnavailable, "the runtime is shutting down"));
  if (s.state == ServiceState::kRunning)
    return tell(done, Status::error(ErrorKind::kConflict, "service is running already"));
  s.waiting_start.push_back(std::move(done));
  std::vector<Service*> open{&s};
  std::vector<Service*> seen;
  while (!open.empty()) {
    Service* const next = open.back();
    open.pop_back();
    if (std::find(seen.begin(), seen.end(), next) != seen.end()) continue;
    seen.push_back(next);
    next->wanted = true;
    next->blocked_by.clear();
    if (next->final_state) {
      next->final_state = false;
      next->failures = 0;
      if (next->state != ServiceState::kStopping) enter(*next, ServiceState::kStopped, "start requested");
    }
    for (const std::string& id : next->spec.needs) {
      Service* const n = find(id);
      if (n != nullptr && n->state != ServiceState::kRunning) open.push_back(n);
    }
  }
}

// All that need it, directly or not, are to stop too.
void Supervisor::unwant_dependents(const std::string& id) {
  for (Service& other : services_) {
    if (!other.wanted || std::find(other.spec.needs.begin(), other.spec.needs.end(), id) == other.spec.needs.end())
      continue;
    other.wanted = false;
    unwant_dependents(other.spec.id);
  }
}

void Supervisor::obey_stop(Service& s, Done done) {
  s.wanted = false;
  s.recycled = false;
  unwant_dependents(s.spec.id);
  {
    LockGuard lock(mutex_);
    for (const Service& other : services_) shown_[other.spec.id].desired_running = other.wanted;
  }
  s.waiting_stop.push_back(std::move(done));
  answer_waiting(s);
}

void Supervisor::answer_waiting(Service& s) {
  const bool live = s.state == ServiceState::kStarting || s.state == ServiceState::kRunning ||
                    s.state == ServiceState::kStopping || (s.state == ServiceState::kFailed && !s.final_state);
  if (!live && !s.wanted) {
    for (const Done& done : std::exchange(s.waiting_stop, {})) tell(done, Status::good());
  }
  if (s.state == ServiceState::kRunning) {
    for (const Done& done : std::exchange(s.waiting_start, {})) tell(done, Status::good());
  } else if (s.final_state && s.state != ServiceState::kStarting) {
    for (const Done& done : std::exchange(s.waiting_start, {}))
      tell(done, Status::error(ErrorKind::kUnavailable, "the service does not run"));
  }
}

bool Supervisor::forget_removed(Context& self) {
  const std::size_t before = services_.size();
  for (auto it = services_.begin(); it != services_.end();) {
    const bool live = it->state == ServiceState::kStarting || it->state == ServiceState::kRunning ||
                      it->state == ServiceState::kStopping;
    if (!it->removing || live) {
      ++it;
      continue;
    }
    {
      LockGuard lock(mutex_);
      shown_.erase(it->spec.id);
    }
    it = services_.erase(it);
  }
  if (services_.size() == before) return false;
  std::vector<Order> again;  // an id that was taken may be free now
  again.swap(late_);
  for (Order& o : again) obey(self, o);
  return true;
}

}  // namespace wippy
