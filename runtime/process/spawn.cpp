// A spawn (house.md §3.5 as changed by rulings.md S10): block, machine, tables on both sides, publication, submission.
// Nothing of the child is visible before publication; the links and watches are in place by then, so no exit is missed.
#include "runtime/process/frame_context.hpp"
#include "runtime/process/hot_path.hpp"
#include "runtime/process/mail_limit.hpp"
#include "runtime/process/node_core.hpp"
#include "runtime/process/process_ext.hpp"
#include "runtime/process/provision.hpp"
#include "runtime/process/worker_procs.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/scheduler.hpp"
#include "scheduler/worker.hpp"

namespace wippy {

namespace {

// Why the host takes no process, with the IDs in `text` (host.md §3.9).
Status host_refuses(NodeCore& node, HostCore& host, std::string& text, Pid& in_the_way) {
  const HostState state = host.state();
  if (state != HostState::kRunning) {
    const char* message = state == HostState::kDraining ? "host is shutting down" : "host is not running";
    text = std::string(message) + ": " + host.id();
    return Status::error(ErrorKind::kUnavailable, message, state == HostState::kCreated);
  }
  if (host.terminal()) {
    const std::vector<Pid> owner = node.pids_of(host.index());  // empty while that one is dying
    if (!owner.empty()) in_the_way = owner.front();
    text = "terminal host " + host.id() + " is busy" +
           (owner.empty() ? "" : ": " + node.format(owner.front()) + " runs on it");
    return Status::error(ErrorKind::kConflict, "terminal host is busy", true);
  }
  const std::string limit = std::to_string(host.limit());
  text = "host " + host.id() + " is full (" + limit + " of " + limit + " processes)";
  return Status::error(ErrorKind::kUnavailable, "host is full", true);
}

bool put(IdTable<uint64_t>& table, uint64_t id, uint64_t value) noexcept {
  uint64_t* e = table.insert(id);
  if (e != nullptr) *e = value;
  return e != nullptr;
}

// Both sides' tables, before anybody can see the child (rulings.md S8). False: memory is refused; untie_child().
bool tie_child(Process* parent, Pid watcher, Process* child, const SpawnOptions& o, WorkerProcs& w, SpawnResult& r) {
  ProcessExt* c = child->make_ext();
  ProcessExt* p = parent == nullptr ? nullptr : parent->make_ext();
  if (c == nullptr || (p == nullptr && parent != nullptr)) return false;
  if (o.monitor || o.private_watch) {
    r.watch_ref = w.new_ref();
    if (!put(c->watchers, r.watch_ref, watcher.value)) return false;
    if (p != nullptr && !put(p->watches, r.watch_ref, r.pid.value)) return false;
    if (p != nullptr && o.monitor && !o.private_watch && !put(p->monitors, r.pid.value, r.watch_ref)) return false;
  }
  if (!o.link || p == nullptr) return true;
  const uint64_t id = w.new_ref();
  LinkEntry* mine = p->links.insert(r.pid.value);
  if (mine != nullptr) mine->mine = id;
  LinkEntry* theirs = c->links.insert(parent->identity().value);
  if (theirs != nullptr) theirs->theirs = id;
  return mine != nullptr && theirs != nullptr;
}

// The parent's side; the child's goes with its block.
void untie_child(Process* parent, const SpawnResult& r) noexcept {
  ProcessExt* p = parent == nullptr ? nullptr : parent->ext_or_null();
  if (p == nullptr) return;
  if (r.watch_ref != 0) p->watches.erase(r.watch_ref);
  p->monitors.erase(r.pid.value);
  p->links.erase(r.pid.value);
}

struct Depart {
  void operator()(HostCore* host) const noexcept { host->depart(); }
};
}  // namespace

// What most children have not: limits, a label, a frame, links and monitors. False: memory is refused.
[[gnu::noinline]] static bool furnish(HostCore& host, Process* parent, Pid watcher, Process* child,
                                      const SpawnOptions& o, const FramePtr& frame, WorkerProcs& w, SpawnResult& r) {
  const MailLimits* const mail = o.mail != nullptr ? o.mail : host.mail_limits();
  if (mail != nullptr && mail->bounded() && !child->set_mail_limit(MailLimit::create(*mail, monotonic_ns())))
    return false;
  if (!o.entry_id.empty() || frame != nullptr) {
    ProcessExt* x = child->make_ext();
    if (x == nullptr) return false;
    if (!o.entry_id.empty()) x->entry_id = std::make_unique<std::string>(o.entry_id);
    x->frame = frame;
    if (frame != nullptr && frame->guarded()) host.node().guard();
  }
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kLateTie)) return true;
#endif
  const bool tied = !(o.monitor || o.link || o.private_watch) || tie_child(parent, watcher, child, o, w, r);
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kUntiedChild)) return true;
#endif
  return tied;
}

[[gnu::noinline]] static void refuse(Process* parent, SpawnResult& r) noexcept {
  untie_child(parent, r);
  r.pid = Pid{};
  r.watch_ref = 0;
}

// The last part of a spawn: the child is seen, and will run.
static inline void let_live(WorkerProcs& w, Process* child, Machine* machine) noexcept {
  child->set_machine(machine);
  w.count_spawned();
  points::spawned(child->identity());
  child->publish();
}

[[gnu::noinline]] static void let_live(WorkerProcs& w, Process* child, Machine* machine, Provision& provision) {
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kMailAfterName)) {
    let_live(w, child, machine);
    provision.confirm(*child);
    return provision.deliver(*child);
  }
#endif
  provision.deliver(*child);
  let_live(w, child, machine);
  provision.confirm(*child);
}

// The child gets what it has from the start, the machine last: it is the only part that would have to be closed again. The
// result goes into `r`, a variable of the caller's caller in the end: a spawn copies no strings.
[[gnu::noinline]] static void spawn_on(WorkerProcs& w, HostCore& host, Process* parent, Pid watcher,
                                       MachineFactory& factory, const SpawnOptions& o, Worker* worker, SpawnResult& r,
                                       Provision* provision) {
  const bool local = worker != nullptr && &w.host() == &host;  // host.scheduler() may be written by its start meanwhile
  const std::unique_ptr<HostCore, Depart> arrived(local ? nullptr : &host);
  if (arrived != nullptr) host.arrive();
  if (host.state() != HostState::kRunning || !host.take_place()) {
    r.status = host_refuses(w.node(), host, r.error_text, r.pid);
    return;
  }
  Process* const child = w.allocate(host, local ? worker->index() : uint16_t{0});
  if (child == nullptr) {
    host.give_place();
    r.status = Status::error(ErrorKind::kUnavailable, "process table is full", true);
    return;
  }
  r.pid = child->identity();
  if (factory.leaves_frame) child->offer_frame();
  factory.host_memory_limit = host.memory_limit();
  const ProcessExt* const px = parent == nullptr || o.frame != nullptr ? nullptr : parent->ext_or_null();
  const FramePtr& frame = px != nullptr ? px->frame : o.frame;
  const bool plain = o.mail == nullptr && host.mail_limits() == nullptr && o.entry_id.empty() && frame == nullptr &&
                     !o.monitor && !o.link && !o.private_watch;
  Machine* machine = nullptr;
  if (plain || furnish(host, parent, watcher, child, o, frame, w, r)) {
    if (provision != nullptr) r.status = provision->pack(*child);
    if (r.status.ok()) r.status = factory.create(*child, machine, r.error_text);
  } else {
    r.status = Status::error(ErrorKind::kUnavailable, "out of memory", true);
  }
  if (!r.status.ok()) {
    refuse(parent, r);
    w.give_back(host, child);
    host.give_place();
    return;
  }
  provision == nullptr ? let_live(w, child, machine) : let_live(w, child, machine, *provision);
  if (local) {
    worker->submit_newborn(child);
  } else {
    w.count_spawned_elsewhere();
    host.count_foreign_spawn();
    host.scheduler()->submit_remote(child, 0);
  }
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kLateTie) && (o.monitor || o.link) && w.node().find(r.pid) == child)
    static_cast<void>(tie_child(parent, watcher, child, o, w, r));
#endif
}

// With SpawnExtras: a named child is not begun when somebody has the name.
[[gnu::noinline]] static void spawn_provided(WorkerProcs& w, HostCore& host, Process* parent, Pid watcher,
                                             MachineFactory& factory, const SpawnOptions& o, Worker* worker,
                                             SpawnResult& r) {
  for (;;) {
    Provision provision(w.node(), *o.extras);
    r.status = provision.check();
    if (!r.status.ok()) return;
    if (const Pid owner = provision.owner()) {
      if (provision.signal(owner, r)) return;
      continue;  // it has ended since
    }
    spawn_on(w, host, parent, watcher, factory, o, worker, r, &provision);
    if (!provision.raced()) return;
  }
}

static inline void spawn_any(WorkerProcs& w, HostCore& host, Process* parent, Pid watcher, MachineFactory& factory,
                             const SpawnOptions& o, Worker* worker, SpawnResult& r) {
  if (o.extras != nullptr) return spawn_provided(w, host, parent, watcher, factory, o, worker, r);
  spawn_on(w, host, parent, watcher, factory, o, worker, r, nullptr);
}

// What most spawns are: on the spawner's own host, which has no limit, and nothing to furnish.
static inline bool is_plain(HostCore& host, Process& parent, const SpawnOptions& o) noexcept {
  const ProcessExt* const px = parent.ext_or_null();
  return (o.host == nullptr || o.host == &host) && host.plain_spawns() && host.state() == HostState::kRunning &&
         o.mail == nullptr && o.entry_id.empty() && o.frame == nullptr && o.extras == nullptr &&
         (px == nullptr || px->frame == nullptr) && !(o.monitor | o.link | o.private_watch);
}

SpawnResult Context::spawn(MachineFactory& factory, const SpawnOptions& options) {
  Worker* const worker = Worker::current();
  WorkerProcs& w = WorkerProcs::of(*worker);
  HostCore& host = w.host();  // a process runs on its own host's workers
  Process& self = HotPath::process(*this);
  HotPath::charge(self, 1);  // 64 spawns end a step; then the worker lets the newborns run first (Worker::requeue)
  SpawnResult r;
  Process* const child = is_plain(host, self, options) ? w.take_free(worker->index()) : nullptr;
  if (child == nullptr) {
    if (!host.may_spawn()) {
      r.status = Status::error(ErrorKind::kPermissionDenied, "processes on this host may not spawn");
      r.error_text = "processes on host " + host.id() + " may not spawn";
      return r;
    }
    spawn_any(w, options.host != nullptr ? *options.host : host, &self, self.identity(), factory, options, worker, r);
    return r;
  }
  if (factory.leaves_frame) child->offer_frame();
  factory.host_memory_limit = host.memory_limit();
  Machine* machine = nullptr;
  r.status = factory.create(*child, machine, r.error_text);
  if (__builtin_expect(!r.status.ok(), 0)) {
    w.give_back(host, child);
    return r;
  }
  r.pid = child->identity();
  let_live(w, child, machine);
  worker->submit_newborn(child);
  return r;
}

SpawnResult NodeCore::spawn(MachineFactory& factory, const SpawnOptions& options, Pid watcher) {
  SpawnResult r;
  if (WorkerProcs* w = WorkerProcs::current_or_null()) {
    spawn_any(*w, *options.host, nullptr, watcher, factory, options, Worker::current(), r);
  } else {
    LockGuard lock(outside_mutex_);
    if (outside_ == nullptr) outside_ = std::make_unique<WorkerProcs>(*this, *options.host);
    spawn_any(*outside_, *options.host, nullptr, watcher, factory, options, Worker::current(), r);
  }
  return r;
}

}  // namespace wippy
