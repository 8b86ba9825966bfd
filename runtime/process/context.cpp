#include "runtime/process/context.hpp"

#include "runtime/process/frame_context.hpp"
#include "runtime/process/hot_path.hpp"
#include "runtime/process/links.hpp"
#include "runtime/process/mail_limit.hpp"
#include "runtime/process/node_core.hpp"
#include "runtime/process/points.hpp"
#include "runtime/process/process_ext.hpp"
#include "runtime/process/process_timers.hpp"
#include "runtime/process/worker_procs.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/worker.hpp"

namespace wippy {

namespace {
Status gone() noexcept { return Status::error(ErrorKind::kNotFound, "process not found"); }
Status no_memory() noexcept { return Status::error(ErrorKind::kUnavailable, "out of memory", true); }
Status full() noexcept { return Status::error(ErrorKind::kRateLimited, "mailbox is full", true); }
NodeCore& current_node() noexcept { return WorkerProcs::current().node(); }
Status status_of(Delivery d) noexcept {
  if (__builtin_expect(d == Delivery::kDelivered, 1)) return Status::good();
  return d == Delivery::kFull ? full() : gone();
}
}  // namespace

Process& Context::self() noexcept { return *static_cast<Process*>(this); }
const Process& Context::self() const noexcept { return *static_cast<const Process*>(this); }

Pid Context::pid() const noexcept { return self().identity(); }
NodeCore& Context::node() noexcept { return current_node(); }
HostCore& Context::host() noexcept { return *current_node().host_at(self().host_index()); }
std::string_view Context::entry_id() noexcept {
  const ProcessExt* x = self().ext_or_null();
  if (x != nullptr && x->entry_id != nullptr) return *x->entry_id;
  return self().machine_ == nullptr ? std::string_view{} : self().machine_->entry_id();
}
// A label for people: without memory for it there is none.
void Context::set_entry_id(std::string_view id) {
  if (ProcessExt* x = self().make_ext()) x->entry_id = std::make_unique<std::string>(id);
}
const FramePtr& Context::frame() {
  static const FramePtr none;
  const ProcessExt* x = self().ext_or_null();
  return x == nullptr ? none : x->frame;
}
std::string_view Context::context_value(std::string_view key) {
  const FramePtr& f = frame();
  return f == nullptr ? std::string_view{} : f->find(key);
}

// --- signals

Signal* Context::next_signal() noexcept { return HotPath::next_signal(self()); }
Signal* Context::take_signal() noexcept { return HotPath::take_signal(self()); }

Signal* Context::next_matching(SignalKind kind, uint64_t ref) noexcept {
  constexpr uint32_t kSlice = 4096;  // senders may be faster than this; what is left brings the process another turn
  Process& p = self();
  if (p.ending_) return nullptr;
  if (p.kept_first_ != nullptr) {
    if (Signal* s = p.take_kept(kind, ref)) return s;
  }
  for (uint32_t i = 0; i < kSlice && !p.ending_ && !p.stalled_; ++i) {
    Signal* s = p.pop_raw();
    if (s == nullptr) return nullptr;
    Signal* mine = p.admit(s);
    if (mine == nullptr) continue;
    if (mine->kind == kind && mine->ref == ref) return mine;
    p.keep(mine);
    if (ProcessExt* x = p.ext_) {
      x->kept_looked_for = ref;
      x->kept_looked_until = mine;
    }
  }
  return nullptr;
}

void Context::release(Signal* s) noexcept { HotPath::release(self(), s); }

bool Context::ending() const noexcept { return self().ending_; }
bool Context::killed() const noexcept { return (self().control_.load_relaxed() & Control::kKillMask) != 0; }

bool Context::charge(uint32_t n) noexcept { return HotPath::charge(self(), n); }
bool Context::budget_left() const noexcept { return self().budget_ != 0; }
void Context::set_wait(WaitReason r) noexcept { self().show(r, true); }

// --- messages

Status Context::send_signal(Pid to, Signal* s) noexcept { return status_of(HotPath::send(to, s)); }

Status Context::send(Pid to, const void* body, std::size_t bytes) noexcept {
  Signal* s = make_signal(SignalKind::kMessage, pid(), 0, body, bytes);
  return s == nullptr ? no_memory() : send_signal(to, s);
}

Status Context::send_anonymous(Pid to, const void* body, std::size_t bytes) noexcept {
  Signal* s = make_signal(SignalKind::kMessage, Pid{}, 0, body, bytes);
  return s == nullptr ? no_memory() : send_signal(to, s);
}

Status Context::send_or_wait(Pid to, const void* body, std::size_t bytes, SendWait& w) noexcept {
  w = SendWait{};
  w.signal = make_signal(SignalKind::kMessage, pid(), 0, body, bytes);
  return w.signal == nullptr ? no_memory() : send_again(to, w);
}

Status Context::send_again(Pid to, SendWait& w) noexcept {
  w.timer = 0;
  Signal* const s = w.signal;
  w.signal = nullptr;
  points::sent(to, *s);
  const uint64_t now_ns = w.deadline_ns == 0 ? 0 : monotonic_ns();  // the first time nothing has been waited for
  const bool last = to == pid() || (w.deadline_ns != 0 && now_ns >= w.deadline_ns);
  uint64_t may_block_ns = 0;
  const Delivery d = current_node().deliver_message(to, s, last ? nullptr : &may_block_ns);
  if (may_block_ns == 0) return status_of(d);
  w.signal = s;
  if (w.deadline_ns == 0) w.deadline_ns = deadline_after(monotonic_ns(), may_block_ns);
  const uint64_t fresh_ns = monotonic_ns();
  const uint64_t timer = start_timer(w.deadline_ns > fresh_ns ? w.deadline_ns - fresh_ns : 0);
  if (timer == 0 || !current_node().wait_for_room(to, pid(), timer)) {
    if (timer != 0) stop_timer(timer);
    abandon_send(w);
    return timer == 0 || current_node().alive(to) ? no_memory() : gone();
  }
  w.timer = timer;
  return full();
}

void Context::abandon_send(SendWait& w) noexcept {
  if (w.signal != nullptr) destroy_signal(w.signal);
  w.signal = nullptr;
  if (w.timer != 0) stop_timer(w.timer);
  w.timer = 0;
}

// --- life

void Context::finish(ExitReason reason) noexcept {
  Process& p = self();
  if (p.finished_ || p.ending_) return;  // what was processed first decides
  p.finished_ = true;
  p.set_reason(std::move(reason));
}

Status Context::terminate(Pid target) noexcept {
  return current_node().kill_with(target, Control::kKillTerminate, make_bare_signal(SignalKind::kTerminate, Pid{}, 0));
}

Status Context::cancel(Pid target, uint64_t deadline_ns) noexcept {
  const uint64_t at_wall_ns = deadline_ns == 0 ? 0 : deadline_after(wall_ns(), deadline_ns);
  // Everything that may be refused comes first: a CANCEL whose deadline nobody enforces must not be sent.
  TimerNode* timer = deadline_ns == 0 ? nullptr : make_timer(target, 0);
  Signal* s = make_bare_signal(SignalKind::kCancel, pid(), at_wall_ns);
  if (s == nullptr || (timer == nullptr && deadline_ns != 0)) {
    if (s != nullptr) destroy_signal(s);
    if (timer != nullptr) free_timer(timer);
    return no_memory();
  }
  const bool found = current_node().deliver(target, s);
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kFirstDeadline) && timer != nullptr && found) {
    if (sim::g_plant_note == target.value) return free_timer(timer), Status::good();
    sim::g_plant_note = target.value;
  }
#endif
  if (timer != nullptr) found ? arm_kill_timer(timer, deadline_ns) : free_timer(timer);
  return found ? Status::good() : gone();
}

// --- links and monitors

Status Context::watch_as(Pid target, bool monitor, uint64_t& ref) noexcept {
  ref = WorkerProcs::current().new_ref();
  ProcessExt* x = self().make_ext();
  uint64_t* to = x == nullptr ? nullptr : x->watches.insert(ref);
  if (to == nullptr) return no_memory();
  *to = target.value;
  uint64_t* m = monitor ? x->monitors.insert(target.value) : nullptr;
  if (m != nullptr) *m = ref;
  Signal* s = monitor && m == nullptr ? nullptr : make_bare_signal(SignalKind::kWatch, pid(), ref);
  if (s != nullptr && current_node().deliver(target, s)) return Status::good();
  x->watches.erase(ref);
  if (monitor) x->monitors.erase(target.value);
  return s == nullptr ? no_memory() : gone();
}

Status Context::monitor(Pid target) noexcept {
  if (target == pid()) return Status::good();
  if (!current_node().alive(target)) return gone();
  ProcessExt* x = self().ext_or_null();
  if (x != nullptr && x->monitors.find(target.value) != nullptr) {
    return Status::error(ErrorKind::kAlreadyExists, "already monitoring pid");
  }
  uint64_t ref = 0;
  return watch_as(target, true, ref);
}

Status Context::watch(Pid target, uint64_t& ref) noexcept { return watch_as(target, false, ref); }

Status Context::unmonitor(Pid target) noexcept {
  Process& p = self();
  if (target == pid() || p.ext_or_null() == nullptr) return Status::good();
  if (!p.drain_all()) return no_memory();  // an EXIT that is queued already stays
  const uint64_t* ref = p.ext_or_null()->monitors.find(target.value);
  return ref == nullptr ? Status::good() : unwatch(target, *ref);
}

Status Context::unwatch(Pid target, uint64_t ref) noexcept {
  ProcessExt* x = self().ext_or_null();
  if (x == nullptr || x->watches.find(ref) == nullptr) return Status::good();
  Signal* s = make_bare_signal(SignalKind::kUnwatch, pid(), ref);
  if (s == nullptr) return no_memory();
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kUnmonitorForgets)) return destroy_signal(s), Status::good();
#endif
  x->watches.erase(ref);
  const uint64_t* monitor = x->monitors.find(target.value);
  if (monitor != nullptr && *monitor == ref) x->monitors.erase(target.value);
  static_cast<void>(current_node().deliver(target, s));  // gone: its EXIT finds nobody waiting
  return Status::good();
}

Status Context::link(Pid target) noexcept {
  if (target == pid()) return Status::good();
  if (!current_node().alive(target)) return gone();  // also when the end of an old link is still in the mailbox
  ProcessExt* x = self().make_ext();
  if (x == nullptr) return no_memory();
  if (const LinkEntry* present = x->links.find(target.value); present != nullptr && present->mine != 0) {
    return Status::good();
  }
  LinkEntry* e = x->links.insert(target.value);
  if (e == nullptr) return no_memory();
  const uint64_t id = WorkerProcs::current().new_ref();
  e->mine = id;
  Signal* s = make_bare_signal(SignalKind::kLink, pid(), id);
  if (s != nullptr && current_node().deliver(target, s)) return Status::good();
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kLinkStays) && s == nullptr) return no_memory();
#endif
  e->mine = 0;
  if (e->theirs == 0) x->links.erase(target.value);
  return s == nullptr ? no_memory() : gone();
}

Status Context::unlink(Pid target) noexcept {
  Process& p = self();
  if (target == pid() || p.ext_or_null() == nullptr) return Status::good();
  if (!p.drain_all()) return no_memory();  // a LINK_DOWN that is queued already counts
  ProcessExt& x = *p.ext_or_null();
  const LinkEntry* e = x.links.find(target.value);
  if (e == nullptr) return Status::good();
  Signal* s = make_bare_signal(SignalKind::kUnlink, pid(), e->mine);
  if (s == nullptr) return no_memory();
  s->wide.aux = e->theirs;
  x.links.erase(target.value);
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kOneSidedUnlink)) return destroy_signal(s), Status::good();
#endif
  static_cast<void>(current_node().deliver(target, s));  // gone: nothing to undo
  return Status::good();
}

bool Context::trap_links() const noexcept { return self().trap_links_; }
void Context::set_trap_links(bool on) noexcept { self().trap_links_ = on; }

// --- names

Status Context::register_name(std::string_view name, Pid owner) {
  return current_node().names().add(current_node(), name, owner);
}
Pid Context::lookup_name(std::string_view name) { return current_node().names().lookup(current_node(), name); }
bool Context::unregister_name(std::string_view name) { return current_node().names().remove(current_node(), name); }

// --- time

uint64_t Context::start_timer(uint64_t delay_ns) noexcept {
  const uint64_t id = WorkerProcs::current().new_ref();
  ProcessExt* x = self().make_ext();
  TimerNode* const node = x == nullptr ? nullptr : make_timer(pid(), id);
  if (node == nullptr) return 0;
  if (!x->timers.hold(node)) {
    free_timer(node);
    return 0;
  }
  arm_process_timer(node, delay_ns);
  return id;
}

void Context::stop_timer(uint64_t id) noexcept {
  ProcessExt* x = self().ext_or_null();
  TimerNode* const held = x == nullptr || id == 0 ? nullptr : x->timers.take(id);
  if (held == nullptr && id != 0) {  // a drain may have kept its signal
    if (Signal* s = self().take_kept(SignalKind::kTimer, id)) self().drop_signal(s);
  }
  if (held != nullptr) drop_process_timer(held);
}

uint64_t Context::call(std::string (*work)(void*), void* arg, void (*dispose)(void*)) noexcept {
  CommandSink* pool = current_node().command_sink();
  const uint64_t ref = WorkerProcs::current().new_ref();
  if (pool == nullptr || !pool->submit(Command{pid(), ref, self().host_index(), work, arg, dispose, upgrades()}))
    return 0;
  return ref;
}

// --- memory

Arena* Context::arena() noexcept {
  ProcessExt* x = self().make_ext();
  if (x != nullptr && x->arena == nullptr) x->arena.reset(new (std::nothrow) Arena);
  return x == nullptr ? nullptr : x->arena.get();
}

}  // namespace wippy
