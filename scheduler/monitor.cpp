#include "scheduler/monitor.hpp"

#include <algorithm>

#include "scheduler/clock.hpp"
#include "scheduler/scheduler.hpp"
#include "scheduler/worker.hpp"

namespace wippy {

namespace {
constexpr uint64_t kShortestNs = 100'000;
constexpr uint64_t kLongestNs = 5'000'000;
constexpr uint64_t kSlotWaitNs = 100'000;
constexpr uint64_t kStuckStepNs = 10'000'000;
}  // namespace

bool Monitor::start() { return thread_.start("wippy/monitor", &Monitor::thread_main, this); }

void Monitor::stop() {
  if (!thread_.joinable()) return;
  stop_.store_release(1);  // partner: loop
  parker_.unpark();
  thread_.join();
}

void Monitor::set_watchdog(uint64_t limit_ns, LongStep report, void* arg) noexcept {
  watchdog_ns_ = limit_ns;
  report_ = report;
  report_arg_ = arg;
}

void Monitor::add(Scheduler& s) {
  LockGuard lock(mutex_);
  for (uint32_t i = 0; i < s.worker_count(); ++i) seats_.push_back(Seat{&s.worker(i), &s, 0, 0, false});
}

void Monitor::remove(Scheduler& s) noexcept {
  LockGuard lock(mutex_);
  std::erase_if(seats_, [&](const Seat& seat) { return seat.scheduler == &s; });
}

void Monitor::thread_main(void* self) { static_cast<Monitor*>(self)->loop(); }

void Monitor::loop() noexcept {
  uint64_t period_ns = kShortestNs;
  while (stop_.load_acquire() == 0) {
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
  looks_.store_relaxed(looks_.load_relaxed() + 1);  // one writer
  LockGuard lock(mutex_);
  bool suspicious = false;
  for (Seat& seat : seats_) suspicious |= look_at(seat, now_ns);
  return suspicious;
}

// True: worth another look soon.
bool Monitor::look_at(Seat& seat, uint64_t now_ns) noexcept {
  const uint64_t seq = seat.worker->step_seq();
  if (seq != seat.seq || (seq & 1) == 0) {
    seat.seq = seq;
    seat.since_ns = now_ns;
    seat.reported = false;
    return (seq & 1) != 0 && seat.worker->slot_.load_relaxed() != nullptr;  // a hint
  }
  const uint64_t age_ns = now_ns - seat.since_ns;
  if (age_ns >= kSlotWaitNs && seat.worker->slot_.load_relaxed() != nullptr) {
    if (Runnable* r = seat.worker->slot_.exchange_acq_rel(nullptr)) {  // partner: submit_local's release
      seat.scheduler->overflow().push(r);
    }
  }
  if (age_ns >= kSlotWaitNs && seat.worker->queued_estimate() + seat.scheduler->overflow().size_estimate() != 0) {
    const Wake w = seat.scheduler->idle().wake_one(seat.worker->node());
    if (w.any()) seat.scheduler->unpark(w.worker);
  }
  if (age_ns >= kStuckStepNs) {
    const Wake w = seat.scheduler->idle().try_activate_reserve(seat.worker->index());
    if (w.any()) seat.scheduler->unpark(w.worker);
  }
  if (watchdog_ns_ != 0 && age_ns >= watchdog_ns_ && !seat.reported) {
    seat.reported = true;
    long_steps_.store_relaxed(long_steps_.load_relaxed() + 1);  // one writer
    if (report_ != nullptr) report_(report_arg_, *seat.worker, age_ns);
  }
  return age_ns < kStuckStepNs;
}

}  // namespace wippy
