#include "tests/numa_guest/team.hpp"
#include "runtime/observe/scheduler_text.hpp"

#include <cstdio>
#include <cstdlib>

#include "runtime/process/process.hpp"
#include "scheduler/clock.hpp"

namespace wippy::guest {

namespace {
constexpr uint64_t kLimitNs = 60'000'000'000;
constexpr uint64_t kLookNs = 500'000;

void nap(uint64_t ns) {
  Parker p;
  static_cast<void>(p.park(monotonic_ns() + ns));  // whatever the reason: the caller looks again
}

// Polls: the machine is emulated, a wake-up costs about as much as a look.
bool poll_until(const std::function<bool()>& reached) {
  const uint64_t end_ns = monotonic_ns() + kLimitNs;
  while (!reached()) {
    if (monotonic_ns() > end_ns) return false;
    nap(kLookNs);
  }
  return true;
}

[[noreturn]] void give_up(const char* what, const std::string& state) {
  std::printf("gave up: %s (%s)\n", what, state.c_str());
  std::fflush(stdout);
  std::abort();
}
}  // namespace

void hold_step_until(const std::function<bool()>& reached, const char* what) {
  if (!poll_until(reached)) give_up(what, "inside a step");
}

void hold_step_for(uint64_t ns) { nap(ns); }

struct Team::Roll {
  Task task;
  Atomic<uint32_t> arrived{0};
  Atomic<uint32_t> left{0};
};

Team::Team(Rewrite rewrite) : runtime_(std::make_unique<Runtime>(Runtime::Config{})) {
  HostOptions o;
  o.id = "guest:workers";
  o.workers = kCpus;
  if (rewrite == nullptr) {
    host_ = &runtime_->add_host(o);
  } else {
    PlacementOptions p;
    p.budget = runtime_->budget();
    Placement placement = plan(runtime_->topology(), kCpus, p);
    rewrite(placement);
    gate_ = std::make_unique<SpinGate>(p.budget.usable_cores);
    monitor_ = std::make_unique<Monitor>(*gate_, 0);
    if (!monitor_->start()) std::abort();
    own_host_ = std::make_unique<ProcessHost>(HostEnvironment{node(), *gate_, *monitor_, runtime_->topology()}, o,
                                              std::move(placement), runtime_->seed());
    host_ = own_host_.get();
  }
  if (!host_->start().ok()) std::abort();
}

Team::~Team() {
  clear();
  own_host_.reset();  // before what it uses
  if (monitor_ != nullptr) monitor_->stop();
}

Behavior Team::hold(Context& self, Roll* roll) {
  roll->arrived.fetch_add_acq_rel(1);  // partner: the load below
  hold_step_until([roll] { return roll->arrived.load_acquire() == kCpus; }, "not all workers came");  // fetch_add above
  roll->task(self, *Worker::current());
  roll->left.fetch_add_acq_rel(1);  // partner: on_every_worker; the roll is gone after the last
  co_return;
}

void Team::on_every_worker(Task task) {
  Roll roll;
  roll.task = std::move(task);
  for (uint32_t i = 0; i < kCpus; ++i) {
    SpawnOptions o;
    o.host = &host_->core();
    const SpawnResult r = spawn_native(node(), o, &Team::hold, &roll);
    if (!r.status.ok()) give_up("spawn", r.status.message);
  }
  wait_until([&] { return roll.left.load_acquire() == kCpus; }, "not all workers left");  // partner: hold
}

void Team::wait_until(const std::function<bool()>& reached, const char* what) {
  if (!poll_until(reached)) give_up(what, scheduler_line(scheduler()));
}

void Team::clear() {
  for (const Pid p : node().pids_of(host_->core().index())) static_cast<void>(node().kill(p, Control::kKillTerminate));
  wait_until([this] { return node().live_processes() == 0; }, "processes are left");
}

}  // namespace wippy::guest
