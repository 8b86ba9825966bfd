#include "runtime/host/process_host.hpp"

#include <set>
#include <utility>

#include "runtime/process/worker_procs.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/parker.hpp"

namespace wippy {

namespace {
constexpr uint64_t kPollNs = 1'000'000;
constexpr uint64_t kSettleNs = 2'000'000'000;
constexpr uint64_t kKillRoundNs = 20'000'000;

void nap(uint64_t ns) {
  Parker p;
  static_cast<void>(p.park(monotonic_ns() + ns));
}
void add(CounterTotals& sum, const CounterTotals& more) noexcept {
  for (const CounterField& f : kCounterFields) sum.*f.total += more.*f.total;
}
}  // namespace

ProcessHost::ProcessHost(HostEnvironment env, const HostOptions& options, Placement placement, uint64_t seed)
    : env_(env),
      core_(env.node.add_host(options.id)),
      placement_(std::move(placement)),
      mail_(options.mail),
      seed_(seed) {
  core_.set_limit(options.terminal ? 1 : options.max_processes);
  core_.set_terminal(options.terminal);
  core_.set_memory_limit(options.memory_limit);
  core_.set_grants_io(options.io);
  core_.set_may_spawn(options.spawn);
  if (mail_.bounded()) core_.set_mail_limits(&mail_);
  if (options.capabilities != nullptr) set_capabilities(options.capabilities);
}

ProcessHost::~ProcessHost() {
  begin_stop(0);
  static_cast<void>(finish_stop(0));
}

Status ProcessHost::start() {
  LockGuard lock(stop_mutex_);
  if (core_.state() == HostState::kRunning || core_.state() == HostState::kDraining)
    return Status::error(ErrorKind::kConflict, "host already running");
  auto made = std::make_unique<Scheduler>(Scheduler::Config{
      core_.id(), placement_, seed_, [this] { return std::make_unique<WorkerProcs>(env_.node, core_); },
      env_.node.pools(), env_.gate, env_.monitor, env_.topology});
  {
    LockGuard state(state_mutex_);
    if (scheduler_ != nullptr) add(former_, scheduler_->totals());
    scheduler_.swap(made);
  }
  core_.set_scheduler(scheduler_.get());
  const Status s = scheduler_->start();
  if (!s.ok()) return s;
  LockGuard state(state_mutex_);
  canceled_ = false;
  deadline_ns_.store_relaxed(kNeverNs);  // both mutexes are held
  core_.set_state(HostState::kRunning);
  return s;
}

ProcessHost::Stats ProcessHost::stats() const {
  Stats out;
  LockGuard lock(state_mutex_);
  out.totals = former_;
  out.workers = static_cast<uint32_t>(placement_.workers.size());
  if (scheduler_ == nullptr) return out;
  add(out.totals, scheduler_->totals());
  for (uint32_t i = 0; i < scheduler_->worker_count(); ++i) {
    out.local_queue.push_back(scheduler_->worker(i).queued_estimate());
    out.queued += out.local_queue.back();
  }
  out.queued += scheduler_->overflow().size_estimate() + scheduler_->spent().size_estimate();
  return out;
}

void ProcessHost::set_capabilities(std::shared_ptr<const HostCapabilities> capabilities) {
  LockGuard lock(state_mutex_);
  core_.set_capabilities(capabilities.get());
  if (capabilities != nullptr) capabilities_.push_back(std::move(capabilities));
}

std::vector<Pid> ProcessHost::pids() const { return env_.node.pids_of(core_.index()); }

// True: no process is left and none comes. pids() looks at one block after the other: it misses a child in a block that it
// has passed when the spawner ends before it comes to it. So the look follows a moment when every worker slept, and none was
// inside a spawn (the fence pairs with those in drain_for_park and online).
bool ProcessHost::is_empty() {
  if (core_.arriving() != 0 || scheduler_->idle().counts().awake != 0) return false;
  fence_seq_cst();  // an acquire fence would do
  return pids().empty();
}

// Until the deadline of now: another thread may bring it forward.
bool ProcessHost::wait_until_empty() {
  while (!is_empty()) {
    if (monotonic_ns() >= deadline_ns_.load_relaxed()) return false;  // a time, nothing else
    nap(kPollNs);
  }
  return true;
}

void ProcessHost::refuse_spawns() {
  LockGuard lock(state_mutex_);
  if (core_.state() == HostState::kRunning) core_.set_state(HostState::kDraining);
}

void ProcessHost::begin_stop(uint64_t grace_ns) {
  refuse_spawns();
  {
    LockGuard lock(state_mutex_);
    if (core_.state() != HostState::kDraining || std::exchange(canceled_, true)) return;
  }
  const uint64_t until_ns = deadline_after(monotonic_ns(), grace_ns);
  for (const Pid p : pids()) {
    const uint64_t at_wall_ns = grace_ns == 0 ? 0 : wall_ns() + grace_ns;
    Signal* s = make_bare_signal(SignalKind::kCancel, Pid{}, at_wall_ns);
    while (s == nullptr && monotonic_ns() < until_ns) {  // out of memory: late is better than not at all
      nap(kPollNs);
      s = make_bare_signal(SignalKind::kCancel, Pid{}, at_wall_ns);
    }
    if (s != nullptr) static_cast<void>(env_.node.deliver(p, s));  // gone meanwhile: good
  }
}

// More than once: a spawn that had begun before the stop may bring one more.
void ProcessHost::end_processes(std::set<Pid>& killed) {
  const uint64_t give_up_ns = monotonic_ns() + kSettleNs;  // a native step that never ends holds Scheduler::stop
  do {
    for (const Pid p : pids()) {
      if (killed.count(p) == 0 && env_.node.kill(p, Control::kKillDeadline)) killed.insert(p);
    }
    const uint64_t round_ns = monotonic_ns() + kKillRoundNs;
    while (!is_empty() && monotonic_ns() < round_ns) nap(kPollNs);
  } while (!is_empty() && monotonic_ns() < give_up_ns);
}

// A worker of another host may have found a process here before it ended, and push only now: after a grace period its step is
// over, submission included, so that the push has woken somebody. Then, and because the last exits may still be sending their
// signals: wait until every worker sleeps.
void ProcessHost::settle() {
  GraceDomain& grace = env_.node.pools().grace();
  const uint64_t settle_ns = monotonic_ns() + kSettleNs;
  const uint64_t epoch = grace.seal();
  while (!grace.passed(epoch, false) && monotonic_ns() < settle_ns) nap(kPollNs);
  while (scheduler_->idle().counts().awake != 0 && monotonic_ns() < settle_ns) nap(kPollNs);
}

void ProcessHost::hurry() {
  LockGuard lock(state_mutex_);
  if (core_.state() == HostState::kDraining) deadline_ns_.store_relaxed(0);  // a time, nothing else
}

uint32_t ProcessHost::finish_stop(uint64_t deadline_ns) {
  {
    LockGuard lock(state_mutex_);
    if (core_.state() != HostState::kDraining) return 0;
    if (deadline_ns < deadline_ns_.load_relaxed()) deadline_ns_.store_relaxed(deadline_ns);  // written under the mutex
  }
  LockGuard lock(stop_mutex_);
  if (core_.state() != HostState::kDraining) return 0;  // another thread has finished it
  std::set<Pid> killed;
  if (!wait_until_empty()) end_processes(killed);
  settle();
  scheduler_->stop();
  LockGuard state(state_mutex_);
  core_.set_state(HostState::kStopped);
  return static_cast<uint32_t>(killed.size());
}

}  // namespace wippy
