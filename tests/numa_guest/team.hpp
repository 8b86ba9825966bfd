// A runtime with one host of 8 workers on the guest's machine, and a way to have all workers at once.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "memory/atomic.hpp"
#include "runtime/process/coroutine.hpp"
#include "runtime/runtime.hpp"
#include "scheduler/parker.hpp"
#include "scheduler/worker.hpp"
#include "tests/numa_guest/plan.hpp"

namespace wippy::guest {

class Team {
 public:
  // Changes a plan before the host is made from it.
  using Rewrite = void (*)(Placement& placement);
  // Null: the host is made by Runtime::add_host, as in the product. Else by hand from the same parts.
  explicit Team(Rewrite rewrite = nullptr);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  // Runs task(self, worker) inside one step on each of the 8 workers, all at the same time: no task begins before all
  // workers are there, so each holds its worker. Returns when all tasks have.
  using Task = std::function<void(Context& self, Worker& worker)>;
  void on_every_worker(Task task);

  // Waits until reached() or gives up: what processes still use belongs to the caller, so the program then ends.
  void wait_until(const std::function<bool()>& reached, const char* what);
  // Ends every process.
  void clear();

  Runtime& runtime() noexcept { return *runtime_; }
  NodeCore& node() noexcept { return runtime_->node(); }
  Scheduler& scheduler() noexcept { return host_->scheduler(); }

 private:
  struct Roll;
  static Behavior hold(Context& self, Roll* roll);

  std::unique_ptr<Runtime> runtime_;
  // For a rewritten plan only.
  std::unique_ptr<SpinGate> gate_;
  std::unique_ptr<Monitor> monitor_;
  std::unique_ptr<ProcessHost> own_host_;
  ProcessHost* host_ = nullptr;
};

// Inside a step: lets other guest CPUs run (they share few real ones) until reached(). Gives up like Team::wait_until.
void hold_step_until(const std::function<bool()>& reached, const char* what);
void hold_step_for(uint64_t ns);

}  // namespace wippy::guest
