#include "bench/node.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "bench/placement.hpp"
#include "runtime/observe/scheduler_text.hpp"
#include "runtime/process/process.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/worker.hpp"

namespace wippy::bench {

namespace {
constexpr uint64_t kTimeoutNs = 120'000'000'000;
Nodes* g_nodes = nullptr;
std::vector<BenchNode*> g_living;  // main thread only, but for totals_of_nodes()
void (*g_job_observer)(bool begins) = nullptr;

void nap(uint64_t ns) {
  Parker p;
  static_cast<void>(p.park(monotonic_ns() + ns));
}

std::string placement_of(const char* name, const Placement& p) {
  std::string cpus;
  for (const WorkerPlace& w : p.workers) cpus += (cpus.empty() ? "" : ",") + std::to_string(w.pu.os_index);
  return fmt::format("{}: workers={} active={} pinned={} cpus={}", name, p.workers.size(), p.active,
                     p.pin ? "yes" : "no", cpus);
}
}  // namespace

void observe_jobs(void (*observer)(bool begins)) { g_job_observer = observer; }

CounterTotals totals_of_nodes() {
  CounterTotals all;
  for (BenchNode* node : g_living) {
    for (ProcessHost* host : node->hosts_) {
      const CounterTotals t = host->scheduler().totals();
      all.steps += t.steps;
      all.steals += t.steals;
      all.stolen += t.stolen;
      all.parks += t.parks;
    }
  }
  return all;
}

void Job::begin() noexcept {
  begin_worker_ = Worker::current();
  begin_cpu_ns_ = thread_cpu_ns();
  begin_ns_ = monotonic_ns();
  if (g_job_observer != nullptr) g_job_observer(true);
}

void Job::end() noexcept {
  if (g_job_observer != nullptr) g_job_observer(false);
  end_ns_ = monotonic_ns();
  end_cpu_ns_ = thread_cpu_ns();
  end_worker_ = Worker::current();
  finished_.store_release(1);  // partner: wait
  parker_.unpark();
}

bool Job::wait() noexcept {
  const uint64_t deadline_ns = monotonic_ns() + kTimeoutNs;
  while (finished_.load_acquire() == 0) {  // partner: end
    if (monotonic_ns() >= deadline_ns) return false;
    static_cast<void>(parker_.park(deadline_ns));
  }
  return true;
}

Measured Job::result() const {
  Measured m;
  m.wall_ns = end_ns_ - begin_ns_;
  if (begin_worker_ == end_worker_) m.cpu_ns = end_cpu_ns_ - begin_cpu_ns_;
  m.error = error_;
  return m;
}

BenchNode::BenchNode(const char* name, const std::vector<uint32_t>& hosts) : runtime_(Runtime::Config{}) {
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    HostOptions o;
    o.id = fmt::format("bench:{}{}", name, i);
    o.workers = hosts[i];
    ProcessHost& h = runtime_.add_host(o);
    hosts_.push_back(&h);
    if (!h.start().ok()) std::abort();
    record_placement(placement_of(o.id.c_str(), h.scheduler().config().placement));
  }
  g_living.push_back(this);
}

BenchNode::~BenchNode() { std::erase(g_living, this); }

void BenchNode::give_up(std::size_t host_index) {
  fmt::print(stderr, "wippy-bench: a scenario has not ended: {}\n", scheduler_line(hosts_[host_index]->scheduler()));
  std::abort();
}

bool BenchNode::clear() {
  NodeCore& node = runtime_.node();
  const uint64_t end_ns = monotonic_ns() + 20'000'000'000;
  const uint64_t patience_ns = monotonic_ns() + 5'000'000;  // most end by themselves
  bool killed = false;
  while (node.live_processes() != 0) {
    const uint64_t now_ns = monotonic_ns();
    if (now_ns > end_ns) return false;
    if (now_ns > patience_ns && !killed) {
      killed = true;
      for (uint16_t h = 0; h < node.host_count(); ++h) {
        for (const Pid p : node.pids_of(h)) static_cast<void>(node.kill(p, Control::kKillTerminate));
      }
    }
    nap(200'000);
  }
  return true;
}

Nodes::Nodes() { g_nodes = this; }
Nodes::~Nodes() {
  crowd_.reset();  // reverse order of creation, see team()
  timers_.reset();
  team_.reset();
  pair_.reset();
  g_nodes = nullptr;
}

// A runtime registers the thread that makes it until it is destroyed, so they must go in reverse order: each is made after the one
// before it.
BenchNode& Nodes::pair() {
  if (pair_ == nullptr) pair_ = std::make_unique<BenchNode>("pair", std::vector<uint32_t>{1, 1});
  return *pair_;
}
BenchNode& Nodes::team() {
  static_cast<void>(pair());
  if (team_ == nullptr) team_ = std::make_unique<BenchNode>("team", std::vector<uint32_t>{2});
  return *team_;
}
BenchNode& Nodes::timers() {
  static_cast<void>(team());
  if (timers_ == nullptr) timers_ = std::make_unique<BenchNode>("timers", std::vector<uint32_t>{1, 1});
  return *timers_;
}
BenchNode& Nodes::crowd() {
  static_cast<void>(timers());
  if (crowd_ == nullptr) crowd_ = std::make_unique<BenchNode>("crowd", std::vector<uint32_t>{16});
  return *crowd_;
}

Nodes& nodes() { return *g_nodes; }

}  // namespace wippy::bench
