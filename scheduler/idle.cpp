#include "scheduler/idle.hpp"

#include "memory/assert.hpp"

namespace wippy {

IdleCounts Idle::unpack(uint64_t w) noexcept {
  return {static_cast<uint32_t>(w & 0xffff), static_cast<uint32_t>((w >> 16) & 0xffff),
          static_cast<uint32_t>((w >> 32) & 0xffff)};
}

Idle::Idle(uint32_t active_limit, const std::vector<uint32_t>& node_of)
    : active_limit_(active_limit), seats_(node_of.size()) {
  WIPPY_ASSERT(active_limit >= 1 && active_limit <= seats_.size() && seats_.size() < 0xffff);
  sleepers_.reserve(seats_.size());
  for (uint32_t i = 0; i < seats_.size(); ++i) {
    seats_[i].node = node_of[i];
    if (starts_in_reserve(i)) seats_[i].place.store_relaxed(Place::kReserve);  // before the threads start
  }
  word_.store_relaxed(active_limit * kOneOf[0]);  // before the threads start
}

IdleCounts Idle::counts() const noexcept { return unpack(word_.load_relaxed()); }

// Every change of place, under the mutex: one RMW of the word. `searching`: what it adds to the searchers.
void Idle::move(uint32_t worker, Place to, uint64_t searching) noexcept {
  const Place from = place(worker);
  if (from == Place::kSleeping) std::erase(sleepers_, worker);
  if (to == Place::kSleeping) sleepers_.push_back(worker);
  seats_[worker].place.store_relaxed(to);  // under the mutex; wake_one() reads it as a hint
  word_.fetch_add_relaxed(kOneOf[static_cast<int>(to)] - kOneOf[static_cast<int>(from)] + searching);
}

Wake Idle::wake_one(uint32_t node, uint32_t preferred) noexcept {
  IdleCounts c;
  const auto asleep = [&] { return preferred != kNobody && place(preferred) == Place::kSleeping; };
  const auto wanted = [&] { return c.sleeping != 0 && (c.searching == 0 || asleep()); };
  fence_seq_cst();  // (2) with (4)
  c = counts();     // (3)
  if (!wanted()) return {};
  LockGuard lock(mutex_);
  c = counts();  // sleeping and the places are exact under the mutex; searching as in (3)
  if (!wanted()) return {};
  uint32_t chosen = preferred;
  if (!asleep()) {
    chosen = sleepers_.back();
    for (std::size_t i = sleepers_.size(); i-- > 0;) {
      if (seats_[sleepers_[i]].node != node) continue;
      chosen = sleepers_[i];
      break;
    }
  }
  // Counted as searching here and not by the woken thread: a second publisher must see the wake that is on its way.
  move(chosen, Place::kAwake, kOneSearching);
  return {chosen};
}

Wake Idle::try_activate_reserve(uint32_t stuck_worker) noexcept {
  LockGuard lock(mutex_);
  Seat& stuck = seats_[stuck_worker];
  if (stuck.stuck.load_relaxed() != 0 || place(stuck_worker) != Place::kAwake) return {};
  for (uint32_t i = active_limit_; i < seats_.size(); ++i) {
    if (place(i) != Place::kReserve) continue;
    stuck.stuck.store_relaxed(1);  // read by step_ended(); exact under the mutex
    ++stuck_count_;
    move(i, Place::kAwake, kOneSearching);
    return {i};
  }
  return {};
}

// Under the mutex.
bool Idle::clear_stuck(Seat& seat) noexcept {
  if (seat.stuck.load_relaxed() == 0) return false;
  seat.stuck.store_relaxed(0);
  --stuck_count_;
  return true;
}

void Idle::stuck_returned(uint32_t self) noexcept {
  LockGuard lock(mutex_);
  if (!clear_stuck(seats_[self]) || !too_many_active()) return;
  // A parked extra worker leaves at once; a running one when it parks.
  for (std::size_t i = sleepers_.size(); i-- > 0;) {
    if (starts_in_reserve(sleepers_[i])) return move(sleepers_[i], Place::kReserve, 0);
  }
}

bool Idle::try_search() noexcept {
  uint64_t w = word_.load_relaxed();  // validated by the CAS
  for (;;) {
    const IdleCounts c = unpack(w);
    if (2 * c.searching >= c.active()) return false;
    if (word_.cas_strong_relaxed(w, w + kOneSearching)) return true;
  }
}

bool Idle::found_work() noexcept {
  const IdleCounts before = unpack(word_.fetch_sub_acq_rel(kOneSearching));  // (5), (3)
  WIPPY_ASSERT(before.searching > 0);
  return before.searching == 1 && before.sleeping != 0;
}

Place Idle::announce_sleep(uint32_t self, bool searching) noexcept {
  Place to = Place::kSleeping;
  {
    LockGuard lock(mutex_);
    clear_stuck(seats_[self]);  // the monitor was late: it marked this worker after its long step had ended
    if (starts_in_reserve(self) && too_many_active()) to = Place::kReserve;
    move(self, to, searching ? -kOneSearching : 0);  // (6) with the fence below
  }
  fence_seq_cst();  // (4) with (2) and (5): either the publisher sees the announcement or the re-check sees the work
  return to;
}

bool Idle::resume(uint32_t self, bool found_work) noexcept {
  LockGuard lock(mutex_);
  if (place(self) == Place::kAwake) return true;  // a waker was first and counted us; its token may linger
  move(self, Place::kAwake, found_work ? kOneSearching : 0);
  return found_work;
}

}  // namespace wippy
