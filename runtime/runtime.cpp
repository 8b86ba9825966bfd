#include "runtime/runtime.hpp"

#include <cstdio>
#include <cstdlib>

#include "scheduler/clock.hpp"
#include "scheduler/random.hpp"

namespace wippy {

Runtime::Runtime(const Config& config)
    : config_(config),
      topology_(Topology::discover()),
      budget_(machine_budget(topology_, config.cores)),
      pools_(std::make_unique<MemoryPools>(topology_.node_count(), topology_.page_binder())),
      scope_(std::make_unique<ThreadMemory>(*pools_, NodeId{0}, ReaderKind::kOutside)),
      gate_(budget_.usable_cores),
      monitor_(gate_, config.watchdog_ns),
      node_(std::make_unique<NodeCore>(
          *pools_, NodeCore::Config{config.pid_index_bits, topology_.page_binder(), config.node_name})),
      blocking_(std::make_unique<BlockingPool>(*node_)),
      next_seed_(config.seed) {
  node_->set_command_sink(blocking_.get());
  if (!monitor_.start()) {
    std::fprintf(stderr, "wippy: the system refused a thread\n");
    std::abort();
  }
}

Runtime::~Runtime() {
  static_cast<void>(stop(0));
  blocking_->stop();
  node_->set_command_sink(nullptr);
  hosts_.clear();
  monitor_.stop();
  blocking_.reset();
  node_.reset();
  scope_.reset();
  pools_.reset();
}

ProcessHost& Runtime::add_host(const HostOptions& options) {
  PlacementOptions p;
  p.budget = budget_;
  p.other_active = active_planned_;
  p.first_slot = active_planned_;
  p.allow_pinning = config_.pin;
  Placement placement = plan(topology_, options.workers, p);
  active_planned_ += placement.active;
  HostEnvironment env{*node_, gate_, monitor_, topology_};
  auto h = std::make_unique<ProcessHost>(env, options, std::move(placement), split_mix64(next_seed_));
  return *hosts_.emplace(options.id, std::move(h)).first->second;
}

ProcessHost* Runtime::host(const std::string& id) {
  const auto it = hosts_.find(id);
  return it == hosts_.end() ? nullptr : it->second.get();
}

uint32_t Runtime::stop(uint64_t grace_ns) {
  const uint64_t deadline_ns = deadline_after(monotonic_ns(), grace_ns);
  for (auto& [id, h] : hosts_) h->begin_stop(grace_ns);
  uint32_t killed = 0;
  for (auto& [id, h] : hosts_) killed += h->finish_stop(deadline_ns);
  return killed;
}

}  // namespace wippy
