#include "runtime/process/provision.hpp"

#include "runtime/process/node_core.hpp"
#include "runtime/process/points.hpp"

namespace wippy {

namespace {
Status no_memory() noexcept { return Status::error(ErrorKind::kUnavailable, "out of memory", true); }
Status full() noexcept { return Status::error(ErrorKind::kRateLimited, "mailbox is full", true); }
}  // namespace

Provision::~Provision() {
  if (reserved_) node_.names().cancel(name_, reserved_);
  while (Signal* s = first_) {
    first_ = static_cast<Signal*>(s->next.load_relaxed());  // nobody else has seen them
    points::dropped(*s);
    destroy_signal(s);
  }
}

Status Provision::check() const noexcept { return name_.empty() ? Status::good() : NameTable::check(name_); }

Pid Provision::owner() const { return name_.empty() ? Pid{} : node_.names().settled_owner(node_, name_); }

bool Provision::signal(Pid owner, SpawnResult& r) {
  bool told = extras_.messages.empty();  // nothing to tell: it lived when it was found
  for (const std::string_view body : extras_.messages) {
    Signal* const s = make_signal(SignalKind::kMessage, Pid{}, 0, body.data(), body.size());
    if (s == nullptr) return r.status = no_memory(), true;
    points::sent(owner, *s);
    const Delivery d = node_.deliver_message(owner, s, nullptr);
    if (d == Delivery::kFull) return r.status = full(), true;
    if (d == Delivery::kNoProcess) break;
    told = true;
  }
  if (!told) return false;
  r.pid = owner;
  r.signalled = true;
  return true;
}

Status Provision::pack(Process& child) {
  for (const std::string_view body : extras_.messages) {
    Signal* const s = make_signal(SignalKind::kMessage, Pid{}, 0, body.data(), body.size());
    if (s == nullptr) return no_memory();
    bool wake = false;  // nobody has to: it will run
    const Admission a = child.bounded() ? child.admit_message(*s, false, wake) : Admission::kAdmitted;
    if (a != Admission::kAdmitted) {
      points::dropped(*s);
      destroy_signal(s);
      if (a == Admission::kFull) return full();
      continue;
    }
    s->next.store_relaxed(nullptr);  // published by the push
    if (last_ != nullptr) last_->next.store_relaxed(s);
    if (first_ == nullptr) first_ = s;
    last_ = s;
  }
  if (name_.empty()) return Status::good();
  raced_ = static_cast<bool>(node_.names().reserve(node_, name_, child.identity()));
  if (raced_) return Status::error(ErrorKind::kAlreadyExists, "name already registered");
  reserved_ = child.identity();
  return Status::good();
}

void Provision::deliver(Process& child) noexcept {
  if (first_ == nullptr) return;
  for (Signal* s = first_; s != nullptr; s = static_cast<Signal*>(s->next.load_relaxed())) {
    points::sent(child.identity(), *s);
  }
  static_cast<void>(child.head().push(first_, last_));  // the spawner submits it in any case
  first_ = last_ = nullptr;
}

void Provision::confirm(Process& child) {
  if (!reserved_) return;
  static_cast<void>(child.mark_named());  // it cannot exit before it runs
  node_.names().confirm(name_, reserved_);
  reserved_ = Pid{};
}

}  // namespace wippy
