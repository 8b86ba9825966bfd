// What oneTBB's concurrent_queue is to the model suites: its ticket counters in our verbs, each item in a slot of its own.
// As there, a taker waits for the pusher of its ticket, and empty() is a hint from the counters.
#pragma once

#include <cstddef>

#include "memory/atomic.hpp"
#include "model/checker/explorer.hpp"

namespace oneapi::tbb {

template <class T, class Allocator>
class concurrent_queue {
 public:
  void push(const T& v) {
    const uint64_t ticket = tail_.fetch_add_acq_rel(1);
    wippy::model::check(ticket < kItems, "the model's overflow queue is full");
    slots_[ticket].item = v;
    slots_[ticket].full.store_release(1);  // with try_pop
  }
  bool try_pop(T& v) {
    uint64_t ticket = head_.load_relaxed();
    do {
      if (tail_.load_relaxed() <= ticket) return false;
    } while (!head_.cas_strong_acq_rel(ticket, ticket + 1));
    wippy::model::wait_until([&] { return slots_[ticket].full.load_acquire() != 0; });  // with push
    v = slots_[ticket].item;
    return true;
  }
  bool empty() const { return unsafe_size() == 0; }
  std::size_t unsafe_size() const {
    const uint64_t head = head_.load_acquire();
    const uint64_t tail = tail_.load_relaxed();
    return tail > head ? tail - head : 0;
  }

 private:
  static constexpr uint64_t kItems = 8;
  struct Slot {
    T item{};
    wippy::Atomic<uint32_t> full{0};
  };
  wippy::Atomic<uint64_t> head_{0}, tail_{0};
  Slot slots_[kItems];
};

}  // namespace oneapi::tbb
