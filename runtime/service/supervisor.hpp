// Supervisor: starts, watches, restarts and stops services (spec/host.md §4). A native process itself: it watches its
// children, an EXIT is a signal, a restart delay is a timer, a host starts and stops on the blocking pool. Nothing of it
// blocks a worker.
//
//   stopped -> starting -> running -> exited                     normal return
//                       \-> failed -> (delay) starting …         error; `max_attempts` restarts in a row, 0: no limit
//   any -> stopping -> stopped                                   CANCEL with the stop timeout, then terminate
//
// Delay of attempt n: min(max_delay, initial_delay × factor^(n-1)) × uniform [1 - jitter, 1 + jitter]; a service that ran
// for `stable_threshold` starts counting anew. max_attempts: N allows N restarts after the first start.
// A service starts when all it needs run; it stops when nobody that needs it is active any more.
//
// Thread-safety: construct, launch and everything public from any registered thread; the rest runs inside. Orders (add,
// remove …) are carried out by the process; `done` is called there, on a worker, and must not block.
#pragma once

#include <deque>
#include <list>
#include <map>

#include "memory/mutex.hpp"
#include "runtime/service/service.hpp"
#include "scheduler/random.hpp"

namespace wippy {

class Supervisor {
 public:
  using Done = std::function<void(const Status& status, std::string_view text)>;
  using Transition =
      std::function<void(std::string_view id, ServiceState from, ServiceState to, std::string_view details)>;

  // specs in boot order. Every reference outlives the supervisor's process.
  Supervisor(std::vector<ServiceSpec> specs, uint64_t seed);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Before launch. Called on a worker at every change of state; may take its time, must not wait for the supervisor.
  void set_transition(Transition t) { transition_ = std::move(t); }
  void add_group(ServiceGroup group) { groups_.push_back({std::move(group), {}, false}); }

  // The supervisor's process on `control`. `stopped` is called on a worker when all services have been stopped.
  Status launch(NodeCore& node, HostCore& control, std::function<void()> stopped);
  // Stops all services, dependents first, then ends. Idempotent.
  void request_stop();

  // --- orders. `done` may be empty.
  // CONFLICT: the id is taken; by one that is being removed: added when that is done. Starts when lifecycle.auto_start.
  void add(ServiceSpec spec, Done done = {});
  // Stops it and forgets it. CONFLICT: a service that is not being removed needs it.
  void remove(std::string id, Done done = {});
  // New process, input and needs hold from the next start on, the lifecycle from the next failure on.
  void update(ServiceSpec spec, Done done = {});
  // Starts it and what it needs; done when it runs, or has failed for good.
  void start(std::string id, Done done = {});
  // Stops those that need it, then it; done when it has stopped.
  void stop(std::string id, Done done = {});

  // --- for people, by id
  std::vector<ServiceStatus> states() const;
  // Those with startup: required that have failed for good; empty: ready as far as services go.
  std::vector<ServiceStatus> failed_required() const;
  // Restarts so far, over all services; for tests and reports.
  uint64_t restarts() const noexcept { return restarts_.load_relaxed(); }

 private:
  struct Service {
    ServiceSpec spec;
    ServiceState state = ServiceState::kStopped;
    Pid pid;
    uint64_t watch = 0;  // a process's EXIT, or the answer of begin_start or begin_stop
    uint64_t timer = 0;  // restart delay, start timeout or stop timeout
    uint32_t failures = 0;
    uint64_t running_since_ns = 0;
    bool wanted = true;        // false: stop it, or leave it stopped
    bool final_state = false;  // failed, exited or stopped; only an order starts it again
    bool overdue = false;      // its stop timeout passed
    bool tried = false;        // had its first start
    bool recycled = false;     // its group stops it in order to start it again
    bool due = false;          // its restart delay is over, its group is not ready
    bool removing = false;
    std::string blocked_by;  // a requirement that failed for good
    std::vector<Done> waiting_start, waiting_stop;
  };
  struct Group {
    ServiceGroup spec;
    std::deque<uint64_t> failures_ns;  // within the window
    bool gave_up = false;
  };
  struct Order {
    enum class Kind : uint8_t { kAdd, kRemove, kUpdate, kStart, kStop, kStopAll } kind;
    ServiceSpec spec;
    Done done;
  };
  static Behavior run(Context& self, Supervisor* s);
  void on_message(Context& self, Message& m);
  void on_exit(Context& self, const Message& m);
  void on_timer(Context& self, uint64_t id);
  void on_answer(Context& self, const Message& m);
  void enter(Service& s, ServiceState next, std::string_view details);
  void settle(Context& self);

  // --- starting and failing
  bool start_ready(Context& self);
  void start_one(Context& self, Service& s);
  void started(Context& self, Service& s);
  void failed(Context& self, Service& s, std::string_view text, bool may_retry);
  void give_up(Service& s, std::string_view text, bool used_up);
  void end_for_good(Service& s, bool abnormal, std::string_view value);
  bool block_dependents();
  uint64_t delay_ns(const Service& s);

  // --- stopping
  void stop_ready(Context& self);
  void stop_one(Context& self, Service& s);
  void stop_now(Context& self, Service& s);
  void has_stopped(Context& self, Service& s, std::string_view details);
  void forget_timer(Context& self, Service& s);

  // --- groups
  Group* group_of(const Service& s);
  bool group_allows(Group& g, const Service& s, std::string_view text);
  void recycle_siblings(Context& self, Group& g, const Service& failed);
  bool restart_groups(Context& self);
  bool group_is_down(const Group& g);
  bool earlier_member_pending(const Service& s);

  // --- orders
  void ask(Order order);
  void take_orders(Context& self);
  void obey(Context& self, Order& o);
  void obey_start(Service& s, Done done);
  void obey_stop(Service& s, Done done);
  void unwant_dependents(const std::string& id);
  void stop_all();
  void answer_waiting(Service& s);
  bool is_late(std::string_view id) const;
  bool forget_removed(Context& self);

  bool needs_running(const Service& s);
  bool needed_by_active(const Service& s) const;
  bool others_tried(const Service& s) const;
  Service* find(std::string_view id);
  bool all_stopped() const;

  std::list<Service> services_;  // in boot order; addresses stay
  std::vector<Group> groups_;
  std::vector<Order> late_;  // of ids that are being removed: an add and what came after it, in their order
  Random random_;
  NodeCore* node_ = nullptr;
  Pid pid_;
  std::function<void()> stopped_;
  Transition transition_;
  bool stopping_ = false;
  Atomic<uint64_t> restarts_{0};
  mutable Mutex mutex_;  // orders_, shown_
  std::deque<Order> orders_;
  std::map<std::string, ServiceStatus, std::less<>> shown_;
};

}  // namespace wippy
