#include "memory/grace.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/sim/counted.hpp"

namespace wippy {

bool process_wide_barrier() noexcept {
#if defined(WIPPY_SIM)
  count(Counted::kSyscall);
  fence_seq_cst();  // one real thread: nothing to reach
  return true;
#else
  static const bool registered = syscall(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
  return registered && syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
#endif
}

// What was sealed before goes on waiting, under the younger epoch.
void RetireQueue::seal(uint64_t now_ns) noexcept {
  if (current_.count == 0) return;
  current_.epoch = domain_.seal();
  waiting_.absorb(std::move(current_));
  waiting_since_ns_ = now_ns;
}

void RetireQueue::touch(uint64_t now_ns) noexcept {
  if (waiting_.count == 0) seal(now_ns);
  if (waiting_.count != 0 && waiting_since_ns_ == 0) waiting_since_ns_ = now_ns;
}

GraceNode* RetireQueue::poll(uint64_t now_ns) noexcept {
  if (domain_.has_orphans()) {
    if (waiting_.count == 0) waiting_since_ns_ = now_ns;
    (waiting_.count == 0 ? waiting_ : current_).absorb(domain_.take_orphans());
  }
  if (waiting_.count == 0) return nullptr;
  if (!domain_.passed(waiting_.epoch, false)) {
    const bool stuck = now_ns == 0 ? held() % kGraceCrowd == 0  // after a retire: each crowd comes by once
                                   : waiting_since_ns_ != 0 && now_ns - waiting_since_ns_ > kStuckNs;
    if (!stuck) return nullptr;
    waiting_since_ns_ = now_ns;  // at most one barrier per stuck millisecond
    if (!process_wide_barrier() || !domain_.passed(waiting_.epoch, true)) return nullptr;
  }
  GraceNode* ready = std::exchange(waiting_, GraceBatch{}).first;
  if (current_.count >= kGraceBatch) seal(now_ns);
  return ready;
}

// Of two workers that park at once the one whose fence comes second sees both (1, 2), so one of them frees everything:
// every return that leaves something behind comes right after (2) and a failed look. Argument: docs/internals/grace.md.
GraceNode* RetireQueue::drain_for_park() noexcept {
  seal(0);
  fence_seq_cst();  // (1), also for a worker that has nothing of its own: it may be the last one
  for (;;) {
    if (domain_.has_orphans()) {
      waiting_.absorb(domain_.take_orphans());
      fence_seq_cst();
    }
    if (waiting_.count == 0) return nullptr;
    const uint64_t epoch = waiting_.epoch;
    if (domain_.passed(epoch, false)) return std::exchange(waiting_, GraceBatch{}).first;
    domain_.leave_orphans(std::move(waiting_));
    fence_seq_cst();  // (2)
    if (!domain_.passed(epoch, false)) return nullptr;
    // Everybody has parked meanwhile, perhaps before the orphans lay there: once more.
  }
}

}  // namespace wippy
