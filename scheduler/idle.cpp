#include "scheduler/idle.hpp"

#include <algorithm>
#include <utility>

#include "memory/assert.hpp"

namespace wippy {
namespace {

// Takes `worker` out, keeping the order of the others.
void remove(std::vector<uint32_t>& list, uint32_t worker) noexcept {
  const auto it = std::find(list.begin(), list.end(), worker);
  WIPPY_ASSERT(it != list.end());
  list.erase(it);
}

}  // namespace

IdleCounts Idle::unpack(uint64_t w) noexcept {
  return {static_cast<uint32_t>(w & 0xffff), static_cast<uint32_t>((w >> 16) & 0xffff),
          static_cast<uint32_t>((w >> 32) & 0xffff)};
}

Idle::Idle(uint32_t active_limit, std::vector<uint32_t> node_of)
    : active_limit_(active_limit), seats_(std::make_unique<Seat[]>(node_of.size())) {
  const auto workers = static_cast<uint32_t>(node_of.size());
  WIPPY_ASSERT(active_limit >= 1 && active_limit <= workers && workers < 0xffff);
  sleepers_.reserve(workers);
  reserve_.reserve(workers);
  for (uint32_t i = 0; i < workers; ++i) seats_[i].node = node_of[i];
  for (uint32_t i = workers; i-- > active_limit;) {  // the lowest number is called first
    seats_[i].place.store_relaxed(Place::kReserve);  // before the threads start
    reserve_.push_back(i);
  }
  word_.store_relaxed(active_limit * kOneAwake);  // before the threads start
}

IdleCounts Idle::counts() const noexcept { return unpack(word_.load_relaxed()); }
Place Idle::place(uint32_t worker) const noexcept { return seats_[worker].place.load_relaxed(); }

Wake Idle::wake_one(uint32_t node) noexcept {
  fence_seq_cst();                                    // (2) with (4)
  const IdleCounts c = unpack(word_.load_relaxed());  // (3)
  if (c.searching != 0 || c.sleeping == 0) return {};
  return wake_sleeper(kNobody, node, false);
}

Wake Idle::wake_worker(uint32_t worker, uint32_t node) noexcept {
  fence_seq_cst();                                    // (2) with (4)
  const IdleCounts c = unpack(word_.load_relaxed());  // (3)
  if (c.sleeping == 0) return {};
  const bool asleep = seats_[worker].place.load_relaxed() == Place::kSleeping;  // a hint; the mutex decides
  if (c.searching != 0 && !asleep) return {};
  return wake_sleeper(worker, node, asleep);
}

// even_if_searching: `preferred` is woken although somebody searches; nobody else is.
Wake Idle::wake_sleeper(uint32_t preferred, uint32_t node, bool even_if_searching) noexcept {
  LockGuard lock(mutex_);
  const IdleCounts c = unpack(word_.load_relaxed());  // sleeping is exact under the mutex; searching as in (3)
  if (c.sleeping == 0) return {};
  uint32_t chosen = kNobody;
  if (preferred != kNobody && seats_[preferred].place.load_relaxed() == Place::kSleeping) {
    chosen = preferred;
    if (c.searching != 0 && !even_if_searching) return {};
  } else {
    if (c.searching != 0) return {};
    chosen = sleepers_.back();
    for (std::size_t i = sleepers_.size(); i-- > 0;) {
      if (seats_[sleepers_[i]].node == node) {
        chosen = sleepers_[i];
        break;
      }
    }
  }
  remove(sleepers_, chosen);
  seats_[chosen].place.store_relaxed(Place::kAwake);  // under the mutex
  // Counted here and not by the woken thread: a second publisher must see the wake that is on its way.
  word_.fetch_add_relaxed(kOneAwake + kOneSearching - kOneSleeping);
  return {chosen};
}

Wake Idle::try_activate_reserve(uint32_t stuck_worker) noexcept {
  LockGuard lock(mutex_);
  Seat& stuck = seats_[stuck_worker];
  if (reserve_.empty() || stuck.stuck.load_relaxed() != 0 || stuck.place.load_relaxed() != Place::kAwake) return {};
  stuck.stuck.store_relaxed(1);       // read by step_ended(); exact under the mutex
  stuck_count_.fetch_add_relaxed(1);  // under the mutex
  const uint32_t chosen = reserve_.back();
  reserve_.pop_back();
  seats_[chosen].place.store_relaxed(Place::kAwake);  // under the mutex
  word_.fetch_add_relaxed(kOneAwake + kOneSearching);
  return {chosen};
}

// Under the mutex.
bool Idle::clear_stuck(Seat& seat) noexcept {
  if (seat.stuck.load_relaxed() == 0) return false;
  seat.stuck.store_relaxed(0);
  stuck_count_.fetch_sub_relaxed(1);
  return true;
}

void Idle::stuck_returned(uint32_t self) noexcept {
  LockGuard lock(mutex_);
  if (!clear_stuck(seats_[self]) || counts().active() <= allowed()) return;
  // Too many are active. A parked extra worker leaves at once; a running one when it parks.
  for (std::size_t i = sleepers_.size(); i-- > 0;) {
    const uint32_t extra = sleepers_[i];
    if (extra < active_limit_) continue;
    remove(sleepers_, extra);
    seats_[extra].place.store_relaxed(Place::kReserve);  // under the mutex
    reserve_.push_back(extra);
    word_.fetch_sub_relaxed(kOneSleeping);
    return;
  }
}

bool Idle::is_surplus(uint32_t self) const noexcept { return self >= active_limit_ && counts().active() > allowed(); }

SearchStart Idle::try_search() noexcept {
  uint64_t w = word_.load_relaxed();  // validated by the CAS
  for (;;) {
    const IdleCounts c = unpack(w);
    if (2 * c.searching >= c.active()) return SearchStart::kEnough;
    if (word_.cas_strong_relaxed(w, w + kOneSearching)) return SearchStart::kSearch;
  }
}

SearchEnd Idle::found_work() noexcept {
  const IdleCounts before = unpack(word_.fetch_sub_acq_rel(kOneSearching));  // (5), (3)
  WIPPY_ASSERT(before.searching > 0);
  return before.searching == 1 && before.sleeping != 0 ? SearchEnd::kWakeNext : SearchEnd::kQuiet;
}

Announced Idle::announce_sleep(uint32_t self, bool searching) noexcept {
  Announced as = Announced::kSleeper;
  {
    LockGuard lock(mutex_);
    clear_stuck(seats_[self]);  // the monitor was late: it marked this worker after its long step had ended
    uint64_t leaving = kOneAwake + (searching ? kOneSearching : 0);
    if (self >= active_limit_ && counts().active() > allowed()) {
      as = Announced::kReserve;
      reserve_.push_back(self);
      seats_[self].place.store_relaxed(Place::kReserve);  // under the mutex
    } else {
      leaving -= kOneSleeping;
      sleepers_.push_back(self);
      seats_[self].place.store_relaxed(Place::kSleeping);  // under the mutex; read by wake_worker (3)
    }
    word_.fetch_sub_relaxed(leaving);  // (6) with the fence below
  }
  fence_seq_cst();  // (4) with (2) and (5): either the publisher sees the announcement or the re-check sees the work
  return as;
}

Resumed Idle::resume(uint32_t self, ResumeFor reason) noexcept {
  LockGuard lock(mutex_);
  const Place place = seats_[self].place.load_relaxed();   // exact under the mutex
  if (place == Place::kAwake) return Resumed::kSearching;  // a waker was first and counted us; its token may linger
  uint64_t coming = kOneAwake;
  if (place == Place::kSleeping) {
    remove(sleepers_, self);
    coming -= kOneSleeping;
  } else {
    remove(reserve_, self);
  }
  const bool search = reason == ResumeFor::kFoundWork;
  if (search) coming += kOneSearching;
  seats_[self].place.store_relaxed(Place::kAwake);  // under the mutex
  word_.fetch_add_relaxed(coming);
  return search ? Resumed::kSearching : Resumed::kPlain;
}

}  // namespace wippy
