#include "memory/grace.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace wippy {

bool process_wide_barrier() noexcept {
#if defined(WIPPY_SIM)
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

GraceNode* RetireQueue::drain_for_park() noexcept {
  seal(0);
  waiting_.absorb(sealed_);
  if (domain_.has_orphans()) {
    GraceBatch b = domain_.take_orphans();
    waiting_.absorb(b);
  }
  if (waiting_.count == 0) return nullptr;
  const uint64_t epoch = waiting_.epoch;
  fence_seq_cst();  // own "offline" before the look at the others: of two that park at once, the second sees both
  if (!domain_.passed(epoch, false)) {
    domain_.leave_orphans(waiting_);
    fence_seq_cst();  // whoever was online then will look at the orphans when it parks; unless it has parked meanwhile
    if (!domain_.passed(epoch, false)) return nullptr;
    waiting_ = domain_.take_orphans();
    if (waiting_.count != 0 && !domain_.passed(waiting_.epoch, false)) {
      domain_.leave_orphans(waiting_);  // somebody added a younger batch: that thread is online and will return
      return nullptr;
    }
  }
  GraceNode* ready = waiting_.first;
  waiting_ = GraceBatch{};
  return ready;
}

}  // namespace wippy
