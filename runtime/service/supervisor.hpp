// Supervisor: starts, watches, restarts and stops service processes (spec/host.md §4). A native process itself: it watches
// its children, an EXIT is a signal, a restart delay is a timer. Nothing of it blocks a worker.
//
//   stopped -> starting -> running -> exited                     normal return
//                       \-> failed -> (delay) starting …         error; `max_attempts` restarts in a row, 0: no limit
//   any -> stopping -> stopped                                   CANCEL with the stop timeout, then terminate
//
// Delay of attempt n: min(max_delay, initial_delay × factor^(n-1)) × uniform [1 - jitter, 1 + jitter]; a service that ran
// for `stable_threshold` starts counting anew. max_attempts: N allows N restarts after the first start.
//
// Thread-safety: construct, launch, request_stop, stopped and states from any registered thread; the rest runs inside.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/app/config.hpp"
#include "runtime/process/coroutine.hpp"
#include "scheduler/random.hpp"

namespace wippy {

enum class ServiceState : uint8_t { kStopped, kStarting, kRunning, kStopping, kExited, kFailed };
const char* service_state_name(ServiceState s) noexcept;

struct ServiceSpec {
  std::string id;
  // Spawns the process, watched by the supervisor (SpawnOptions::private_watch). Called on a worker, at every start.
  std::function<SpawnResult(Context& supervisor)> start;
  app::LifecycleConfig lifecycle;
  std::vector<std::string> needs;  // other specs that must run first
  // The service has ended for good (no restart follows). value: encoded value or error. May be empty.
  std::function<void(bool abnormal, std::string_view value)> ended;
  bool restart = true;
};

class Supervisor {
 public:
  // specs in boot order. Every reference outlives the supervisor's process.
  Supervisor(std::vector<ServiceSpec> specs, uint64_t seed);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // The supervisor's process on `control`. `stopped` is called on a worker when all services have been stopped.
  Status launch(NodeCore& node, HostCore& control, std::function<void()> stopped);
  // Stops all services, dependents first, then ends. Idempotent.
  void request_stop();
  // Restarts so far, over all services; for tests and reports.
  uint64_t restarts() const noexcept { return restarts_.load_relaxed(); }

 private:
  struct Service {
    ServiceSpec spec;
    ServiceState state = ServiceState::kStopped;
    Pid pid;
    uint64_t watch = 0;
    uint64_t timer = 0;  // restart delay or stop timeout
    uint32_t failures = 0;
    uint64_t running_since_ns = 0;
    bool final_state = false;
    bool overdue = false;  // its stop timeout passed
  };
  static Behavior run(Context& self, Supervisor* s);
  void on_message(Context& self, Message& m);
  void start_ready(Context& self);
  void start(Context& self, Service& s);
  void failed(Context& self, Service& s, std::string_view text, bool may_retry);
  void on_exit(Context& self, const Message& m);
  void on_timer(Context& self, uint64_t id);
  void stop_ready(Context& self);
  void stop_one(Context& self, Service& s);
  void enter(Service& s, ServiceState next, std::string_view details);
  uint64_t delay_ns(const Service& s);
  bool needs_running(const Service& s) const;
  bool needed_by_active(const Service& s) const;
  Service* find(std::string_view id);
  bool all_stopped() const;

  std::vector<Service> services_;
  Random random_;
  NodeCore* node_ = nullptr;
  Pid pid_;
  std::function<void()> stopped_;
  bool stopping_ = false;
  Atomic<uint64_t> restarts_{0};
};

}  // namespace wippy
