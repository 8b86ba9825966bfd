// Monitor: one thread per runtime that looks after what a worker inside a long step cannot (rulings.md S11, "Workers").
//   * a Runnable in the run slot of a step older than 100 us goes to the host's overflow queue, and a sleeper is woken
//   * a worker whose step is older than 10 ms is stuck: a reserve worker of its host is activated
//   * a step longer than the watchdog limit is counted (the process is not killed)
// It sleeps between looks: 100 us while something looked suspicious, else twice as long each time up to 5 ms, and without
// limit while no worker of the runtime is awake. Whoever wakes then wakes it (worker_woke): store buffering on asleep_ and
// the gate's awake count, each side writes its own, SC fence, reads the other's.
#pragma once

#include <algorithm>
#include <vector>

#include "memory/mutex.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/scheduler.hpp"

namespace wippy {

class Monitor {
 public:
  // watchdog_ns: steps at least this long are counted; 0: none.
  Monitor(SpinGate& gate, uint64_t watchdog_ns) noexcept : gate_(gate), watchdog_ns_(watchdog_ns) {}
  ~Monitor() { stop(); }
  // Before any scheduler starts / after all have stopped.
  [[nodiscard]] bool start() {
    return thread_.start(
        "wippy/monitor", [](void* self) { static_cast<Monitor*>(self)->loop(); }, this);
  }
  void stop() {
    stop_.store_release(1);  // partner: loop
    parker_.unpark();
    thread_.join();
  }
  // A scheduler starts, has stopped.
  void add(Scheduler& s) {
    LockGuard lock(mutex_);
    for (uint32_t i = 0; i < s.worker_count(); ++i) seats_.push_back(Seat{&s.worker(i), {}, false});
  }
  void remove(Scheduler& s) noexcept {
    LockGuard lock(mutex_);
    std::erase_if(seats_, [&](const Seat& seat) { return &seat.worker->scheduler() == &s; });
  }
  // A worker, after it counted itself awake.
  void worker_woke() noexcept {
    fence_seq_cst();  // with the monitor's, in loop()
    if (asleep_.load_relaxed() != 0) parker_.unpark();
  }
  const Counter& looks() const noexcept { return looks_; }
  uint64_t long_steps() const noexcept { return long_steps_.read(); }

 private:
  struct Seat {
    Worker* worker = nullptr;
    StepWatch step;
    bool counted = false;
  };

  void loop() noexcept {
    constexpr uint64_t kShortestNs = 100'000, kLongestNs = 5'000'000;
    uint64_t period_ns = kShortestNs;
    while (stop_.load_acquire() == 0) {  // partner: stop()
      asleep_.store_relaxed(1);
      fence_seq_cst();  // with worker_woke()
      const bool nobody = gate_.awake() == 0;
      if (!nobody) asleep_.store_relaxed(0);
      static_cast<void>(parker_.park(nobody ? kNeverNs : monotonic_ns() + period_ns));  // early is harmless
      asleep_.store_relaxed(0);
      const bool suspicious = look(monotonic_ns());
      period_ns = nobody || suspicious ? kShortestNs : std::min(period_ns * 2, kLongestNs);
    }
  }
  bool look(uint64_t now_ns) noexcept {
    looks_.add();
    LockGuard lock(mutex_);
    bool suspicious = false;
    for (Seat& seat : seats_) suspicious |= look_at(seat, now_ns);
    return suspicious;
  }
  // True: worth another look soon.
  bool look_at(Seat& seat, uint64_t now_ns) noexcept {
    constexpr uint64_t kSlotWaitNs = 100'000, kStuckStepNs = 10'000'000;
    Worker& w = *seat.worker;
    Scheduler& s = w.scheduler();
    uint64_t seq = w.step_seq();
    const uint64_t age_ns = seat.step.age_ns(seq, now_ns);
    if (age_ns == 0) {
      seat.counted = false;
      return seat.step.running() && w.slot_.load_relaxed() != nullptr;  // a hint
    }
    // Only that step, and only while it runs: run_one's stores are no RMWs, one of them may undo this.
    static_cast<void>(w.step_seq_.cas_strong_relaxed(seq, seq | Worker::kSeenTwice));
    if (age_ns >= kSlotWaitNs) {
      if (Runnable* r = w.take_slot()) s.overflow().push(r);
      const bool queued = w.queued_estimate() != 0 || s.overflow().has_entries() || s.spent().has_entries();
      if (queued) s.wake(s.idle().wake_one(w.node()));
    }
    if (age_ns >= kStuckStepNs) s.wake(s.idle().try_activate_reserve(w.index()));
    if (watchdog_ns_ != 0 && age_ns >= watchdog_ns_ && !seat.counted) {
      seat.counted = true;
      long_steps_.add();
    }
    return age_ns < kStuckStepNs;
  }

  SpinGate& gate_;
  const uint64_t watchdog_ns_;
  Parker parker_;
  Thread thread_;
  Atomic<uint32_t> asleep_{0}, stop_{0};
  Counter looks_, long_steps_;
  Mutex mutex_;  // guards seats_
  std::vector<Seat> seats_;
};

}  // namespace wippy
