// A spawn (house.md §3.5 as changed by rulings.md S10): block, machine, tables on both sides, publication, submission.
// Nothing of the child is visible before publication; the links and watches are in place by then, so no exit is missed.
#include "runtime/process/mail_limit.hpp"
#include "runtime/process/node_core.hpp"
#include "runtime/process/process_ext.hpp"
#include "runtime/process/worker_procs.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/scheduler.hpp"
#include "scheduler/worker.hpp"

namespace wippy {

namespace {

// Why the host takes no process, with the IDs in `text` (host.md §3.9).
Status host_refuses(NodeCore& node, HostCore& host, std::string& text) {
  const HostState state = host.state();
  if (state != HostState::kRunning) {
    const char* message = state == HostState::kDraining ? "host is shutting down" : "host is not running";
    text = std::string(message) + ": " + host.id();
    return Status::error(ErrorKind::kUnavailable, message, state == HostState::kCreated);
  }
  if (host.terminal()) {
    const std::vector<Pid> owner = node.pids_of(host.index());  // empty while that one is dying
    text = "terminal host " + host.id() + " is busy" +
           (owner.empty() ? "" : ": " + node.format(owner.front()) + " runs on it");
    return Status::error(ErrorKind::kConflict, "terminal host is busy", true);
  }
  const std::string limit = std::to_string(host.limit());
  text = "host " + host.id() + " is full (" + limit + " of " + limit + " processes)";
  return Status::error(ErrorKind::kUnavailable, "host is full", true);
}

}  // namespace

// Both sides' tables, before anybody can see the child (rulings.md S8).
void tie_child(Process* parent, Pid watcher, Process* child, const SpawnOptions& o, WorkerProcs& w, SpawnResult& r) {
  if (o.monitor || o.private_watch) {
    r.watch_ref = w.new_ref();
    if (uint64_t* e = child->ext().watchers.insert(r.watch_ref)) *e = watcher.value;
    if (parent != nullptr) {
      if (uint64_t* e = parent->ext().watches.insert(r.watch_ref)) *e = r.pid.value;
      if (o.monitor && !o.private_watch) {
        if (uint64_t* e = parent->ext().monitors.insert(r.pid.value)) *e = r.watch_ref;
      }
    }
  }
  if (o.link && parent != nullptr) {
    const uint64_t id = w.new_ref();
    if (LinkEntry* e = parent->ext().links.insert(r.pid.value)) e->mine = id;
    if (LinkEntry* e = child->ext().links.insert(parent->identity().value)) e->theirs = id;
  }
}

namespace {
class Arrival {
 public:
  explicit Arrival(HostCore* foreign) noexcept : host_(foreign) {
    if (host_ != nullptr) host_->arrive();
  }
  ~Arrival() {
    if (host_ != nullptr) host_->depart();
  }
  Arrival(const Arrival&) = delete;
  Arrival& operator=(const Arrival&) = delete;

 private:
  HostCore* const host_;
};
}  // namespace

// The result goes into `r`, a variable of the caller's caller in the end: a spawn copies no strings.
static void spawn_on(WorkerProcs& w, HostCore& host, Process* parent, Pid watcher, MachineFactory& factory,
                     SpawnOptions& o, Worker* worker, SpawnResult& r) {
  const bool local = worker != nullptr && &w.host() == &host;  // host.scheduler() may be written by its start meanwhile
  const Arrival arrival(local ? nullptr : &host);
  if (host.state() != HostState::kRunning || !host.take_place()) {
    r.status = host_refuses(w.node(), host, r.error_text);
    return;
  }
  Process* child = w.allocate(host, local ? worker->index() : uint16_t{0});
  if (child == nullptr) {
    host.give_place();
    r.status = Status::error(ErrorKind::kUnavailable, "process table is full", true);
    return;
  }
  const MailLimits* const mail = o.mail != nullptr ? o.mail : host.mail_limits();
  if (mail != nullptr && mail->bounded()) {
    MailLimit* const limit = MailLimit::create(*mail, monotonic_ns());
    if (limit == nullptr) {
      w.give_back(host, child);
      host.give_place();
      r.status = Status::error(ErrorKind::kUnavailable, "out of memory", true);
      return;
    }
    child->set_mail_limit(limit);
  }
  if (!o.entry_id.empty()) child->ext().entry_id = o.entry_id;
  if (o.frame != nullptr) child->ext().frame = std::move(o.frame);
  Machine* machine = nullptr;
  r.status = factory.create(*child, machine, r.error_text);
  if (!r.status.ok()) {
    w.give_back(host, child);
    host.give_place();
    return;
  }
  r.pid = child->identity();
  child->set_machine(machine);
  if (o.monitor || o.link || o.private_watch) tie_child(parent, watcher, child, o, w, r);
  w.count_live(1);
  points::spawned(r.pid);
  child->publish();
  if (local) {
    worker->submit_newborn(child);
  } else {
    host.scheduler()->submit_remote(child, 0);
  }
}

SpawnResult Context::spawn(MachineFactory& factory, SpawnOptions options) {
  WorkerProcs& w = WorkerProcs::current();
  HostCore& target = options.host != nullptr ? *options.host : w.host();  // a process runs on its own host's workers
  if (options.frame == nullptr) {
    if (const ProcessExt* x = self().ext_or_null()) options.frame = x->frame;
  }
  charge(1);  // 64 spawns end a step; then the worker lets the newborns run first (Worker::requeue)
  SpawnResult r;
  spawn_on(w, target, &self(), pid(), factory, options, Worker::current(), r);
  return r;
}

SpawnResult NodeCore::spawn(MachineFactory& factory, SpawnOptions options, Pid watcher) {
  SpawnResult r;
  if (WorkerProcs* w = WorkerProcs::current_or_null()) {
    spawn_on(*w, *options.host, nullptr, watcher, factory, options, Worker::current(), r);
  } else {
    LockGuard lock(outside_mutex_);
    if (outside_ == nullptr) outside_ = std::make_unique<WorkerProcs>(*this, *options.host);
    spawn_on(*outside_, *options.host, nullptr, watcher, factory, options, nullptr, r);
  }
  return r;
}

}  // namespace wippy
