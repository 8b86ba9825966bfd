// Monitor: one thread per runtime that looks after what a worker inside a long step cannot (rulings.md S11, "Workers").
//
//   * a Runnable in the run slot of a step older than 100 us goes to the host's overflow queue, and a sleeper is woken
//   * a worker whose step is older than 10 ms is stuck: a reserve worker of its host is activated
//   * a step longer than the watchdog limit is counted and reported (the process is not killed)
//
// It sleeps between looks: 100 us while something looked suspicious, else twice as long each time up to 5 ms, and without
// limit while no worker of the runtime is awake. Whoever wakes then wakes it (worker_woke).
// Sleep protocol, store buffering on (asleep_, the gate's awake count): the monitor sets asleep_, SC fence, sees nobody
// awake; a worker counts itself awake, SC fence, sees asleep_. One of the two sees the other.
#pragma once

#include <cstdint>
#include <vector>

#include "memory/atomic.hpp"
#include "memory/mutex.hpp"
#include "scheduler/idle.hpp"
#include "scheduler/parker.hpp"
#include "scheduler/thread.hpp"

namespace wippy {

class Scheduler;
class Worker;

class Monitor {
 public:
  // Called on the monitor's thread, at most once per long step.
  using LongStep = void (*)(void* arg, Worker& worker, uint64_t age_ns);

  explicit Monitor(SpinGate& gate) noexcept : gate_(gate) {}
  ~Monitor() { stop(); }
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  // Before any scheduler starts / after all have stopped.
  [[nodiscard]] bool start();
  void stop();
  void set_watchdog(uint64_t limit_ns, LongStep report, void* arg) noexcept;

  // Scheduler
  void add(Scheduler& s);
  void remove(Scheduler& s) noexcept;

  // Worker, after it counted itself awake.
  void worker_woke() noexcept {
    fence_seq_cst();  // with look_asleep()
    if (asleep_.load_relaxed() != 0) parker_.unpark();
  }
  uint64_t looks() const noexcept { return looks_.load_relaxed(); }
  uint64_t long_steps() const noexcept { return long_steps_.load_relaxed(); }

 private:
  struct Seat {
    Worker* worker = nullptr;
    Scheduler* scheduler = nullptr;
    uint64_t seq = 0;
    uint64_t since_ns = 0;
    bool reported = false;
  };
  static void thread_main(void* self);
  void loop() noexcept;
  bool look(uint64_t now_ns) noexcept;
  bool look_at(Seat& seat, uint64_t now_ns) noexcept;

  SpinGate& gate_;
  Parker parker_;
  Thread thread_;
  Atomic<uint32_t> asleep_{0};
  Atomic<uint32_t> stop_{0};
  Atomic<uint64_t> looks_{0};
  Atomic<uint64_t> long_steps_{0};
  uint64_t watchdog_ns_ = 0;
  LongStep report_ = nullptr;
  void* report_arg_ = nullptr;
  Mutex mutex_;  // guards seats_
  std::vector<Seat> seats_;
};

}  // namespace wippy
