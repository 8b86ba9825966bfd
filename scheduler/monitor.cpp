#include "scheduler/monitor.hpp"

#include <algorithm>

#include "scheduler/clock.hpp"
#include "scheduler/scheduler.hpp"

namespace wippy {

namespace {
constexpr uint64_t kShortestNs = 100'000, kLongestNs = 5'000'000;
constexpr uint64_t kSlotWaitNs = 100'000;
constexpr uint64_t kStuckStepNs = 10'000'000;
}  // namespace

void Monitor::stop() {
  stop_.store_release(1);  // partner: loop
  parker_.unpark();
  thread_.join();
}

void Monitor::add(Scheduler& s) {
  LockGuard lock(mutex_);
  for (uint32_t i = 0; i < s.worker_count(); ++i) seats_.push_back(Seat{&s.worker(i), {}, false});
}

void Monitor::remove(Scheduler& s) noexcept {
  LockGuard lock(mutex_);
  std::erase_if(seats_, [&](const Seat& seat) { return &seat.worker->scheduler() == &s; });
}

void Monitor::loop() noexcept {
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

bool Monitor::look(uint64_t now_ns) noexcept {
  looks_.add();
  LockGuard lock(mutex_);
  bool suspicious = false;
  for (Seat& seat : seats_) suspicious |= look_at(seat, now_ns);
  return suspicious;
}

// True: worth another look soon.
bool Monitor::look_at(Seat& seat, uint64_t now_ns) noexcept {
  Worker& w = *seat.worker;
  Scheduler& s = w.scheduler();
  const uint64_t age_ns = seat.step.age_ns(w.step_seq(), now_ns);
  if (age_ns == 0) {
    seat.counted = false;
    return seat.step.running() && w.slot_.load_relaxed() != nullptr;  // a hint
  }
  if (age_ns >= kSlotWaitNs) {
    if (Runnable* r = w.take_slot()) s.overflow().push(r);
    if (w.queued_estimate() + s.overflow().size_estimate() != 0) s.wake(s.idle().wake_one(w.node()));
  }
  if (age_ns >= kStuckStepNs) s.wake(s.idle().try_activate_reserve(w.index()));
  if (watchdog_ns_ != 0 && age_ns >= watchdog_ns_ && !seat.counted) {
    seat.counted = true;
    long_steps_.add();
  }
  return age_ns < kStuckStepNs;
}

}  // namespace wippy
