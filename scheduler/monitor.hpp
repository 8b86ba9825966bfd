// Monitor: one thread per runtime that looks after what a worker inside a long step cannot (rulings.md S11, "Workers").
//
//   * a Runnable in the run slot of a step older than 100 us goes to the host's overflow queue, and a sleeper is woken
//   * a worker whose step is older than 10 ms is stuck: a reserve worker of its host is activated
//   * a step longer than the watchdog limit is counted (the process is not killed)
//
// It sleeps between looks: 100 us while something looked suspicious, else twice as long each time up to 5 ms, and without
// limit while no worker of the runtime is awake. Whoever wakes then wakes it (worker_woke): store buffering on asleep_ and
// the gate's awake count, each side writes its own, SC fence, reads the other's.
#pragma once

#include <cstdint>
#include <vector>

#include "memory/mutex.hpp"
#include "scheduler/worker.hpp"

namespace wippy {

class Monitor {
 public:
  // watchdog_ns: steps at least this long are counted; 0: none.
  Monitor(SpinGate& gate, uint64_t watchdog_ns) noexcept : gate_(gate), watchdog_ns_(watchdog_ns) {}
  ~Monitor() { stop(); }

  // Before any scheduler starts / after all have stopped.
  [[nodiscard]] bool start() { return thread_.start("wippy/monitor", &Monitor::thread_main, this); }
  void stop();
  // A scheduler starts, has stopped.
  void add(Scheduler& s);
  void remove(Scheduler& s) noexcept;
  // A worker, after it counted itself awake.
  void worker_woke() noexcept {
    fence_seq_cst();  // with the monitor's, in loop()
    if (asleep_.load_relaxed() != 0) parker_.unpark();
  }
  uint64_t looks() const noexcept { return looks_.read(); }
  uint64_t long_steps() const noexcept { return long_steps_.read(); }

 private:
  struct Seat {
    Worker* worker = nullptr;
    StepWatch step;
    bool counted = false;
  };
  static void thread_main(void* self) { static_cast<Monitor*>(self)->loop(); }
  void loop() noexcept;
  bool look(uint64_t now_ns) noexcept;
  bool look_at(Seat& seat, uint64_t now_ns) noexcept;

  SpinGate& gate_;
  Parker parker_;
  Thread thread_;
  Atomic<uint32_t> asleep_{0};
  Atomic<uint32_t> stop_{0};
  Counter looks_, long_steps_;
  const uint64_t watchdog_ns_;
  Mutex mutex_;  // guards seats_
  std::vector<Seat> seats_;
};

}  // namespace wippy
