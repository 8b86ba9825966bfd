#include "scheduler/overflow_queue.hpp"

#if defined(WIPPY_MODEL)
#include <deque>

#include "memory/mutex.hpp"
#else
#include <oneapi/tbb/concurrent_queue.h>
#endif

namespace wippy {

#if defined(WIPPY_MODEL)
struct OverflowQueue::Queue {
  void push(Runnable* r) {
    LockGuard lock(mutex);
    items.push_back(r);
  }
  bool try_pop(Runnable*& r) {
    LockGuard lock(mutex);
    if (items.empty()) return false;
    r = items.front();
    items.pop_front();
    return true;
  }
  Mutex mutex;
  std::deque<Runnable*> items;
};
#else
// std::allocator and not TBB's default: pages come from the process's allocator (jemalloc in release builds), and TSan sees
// them freed and used again; libtbbmalloc is not instrumented.
struct OverflowQueue::Queue : oneapi::tbb::concurrent_queue<Runnable*, std::allocator<Runnable*>> {};
#endif

OverflowQueue::OverflowQueue() : queue_(std::make_unique<Queue>()) {}
OverflowQueue::~OverflowQueue() = default;

void OverflowQueue::push_batch(Runnable* const* items, uint32_t count) noexcept {
  for (uint32_t i = 0; i < count; ++i) queue_->push(items[i]);
  count_.fetch_add_relaxed(count);  // ordered against sleepers by the caller's wake-up check (SC fence)
}

uint32_t OverflowQueue::pop_slow(Runnable** out, uint32_t max) noexcept {
  uint32_t n = 0;
  while (n < max && queue_->try_pop(out[n])) ++n;
  if (n != 0) count_.fetch_sub_relaxed(n);  // a hint, see has_entries()
  return n;
}

}  // namespace wippy
