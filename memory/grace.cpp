#include "memory/grace.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "memory/counted.hpp"

namespace wippy {

bool process_wide_barrier() noexcept {
#if defined(WIPPY_SIM)
  count(Counted::kSyscall);
  fence_seq_cst();  // one real thread: nothing to reach
  return true;
#else
  static const bool registered =
      syscall(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;  // once per process, cold
  return registered && syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
#endif
}

void RetireQueue::seal(uint64_t now_ns) noexcept {
  if (current_.count == 0) return;
  current_.epoch = domain_.seal();
  current_.sealed_ns = now_ns;
  // Two stages bound the bookkeeping: what arrives while `waiting_` is unpassed is merged under the youngest epoch.
  if (waiting_.count == 0) {
    waiting_.absorb(current_);
  } else {
    sealed_.absorb(current_);
  }
}

void RetireQueue::touch(uint64_t now_ns) noexcept {
  if (waiting_.count == 0 && sealed_.count == 0) seal(now_ns);
  if (waiting_.count != 0 && waiting_.sealed_ns == 0) waiting_.sealed_ns = now_ns;
}

GraceNode* RetireQueue::poll(uint64_t now_ns) noexcept {
  if (domain_.has_orphans()) {
    GraceBatch b = domain_.take_orphans();
    sealed_.absorb(b);
  }
  if (waiting_.count == 0) {
    if (sealed_.count == 0) return nullptr;
    waiting_.absorb(sealed_);
  }
  if (!domain_.passed(waiting_.epoch, false)) {
    const bool stuck = now_ns != 0 && waiting_.sealed_ns != 0 && now_ns - waiting_.sealed_ns > kStuckNs;
    if (!stuck) return nullptr;
    waiting_.sealed_ns = now_ns;  // at most one barrier per stuck millisecond
    if (!process_wide_barrier() || !domain_.passed(waiting_.epoch, true)) return nullptr;
  }
  GraceNode* ready = waiting_.first;
  waiting_ = GraceBatch{};
  waiting_.absorb(sealed_);
  return ready;
}

// The look at the others must follow, in the order of SC fences, both the caller's own "offline" (1) and what it leaves to
// them (2): of two that park at once the second sees both, and whoever is seen online sees the orphans when it parks. Hence
// every return that leaves something behind comes right after (2) and a failed look.
GraceNode* RetireQueue::drain_for_park() noexcept {
  seal(0);
  waiting_.absorb(sealed_);
  fence_seq_cst();  // (1), also for a worker that has nothing of its own: it may be the last one
  if (domain_.has_orphans()) {
    GraceBatch b = domain_.take_orphans();
    waiting_.absorb(b);
    fence_seq_cst();
  }
  while (waiting_.count != 0) {
    const uint64_t epoch = waiting_.epoch;
    if (domain_.passed(epoch, false)) {
      GraceNode* ready = waiting_.first;
      waiting_ = GraceBatch{};
      return ready;
    }
    domain_.leave_orphans(waiting_);
    fence_seq_cst();  // (2)
    if (!domain_.passed(epoch, false)) return nullptr;
    waiting_ = domain_.take_orphans();  // everybody has parked meanwhile, perhaps before the orphans lay there
    fence_seq_cst();
  }
  return nullptr;
}

}  // namespace wippy
