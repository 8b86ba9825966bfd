#include "scheduler/parker.hpp"

#if !defined(WIPPY_SIM)
#include <cerrno>
#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace wippy {

#if defined(WIPPY_SIM)
void futex_wait(Atomic<uint32_t>& word, uint32_t expected, uint64_t deadline_ns) noexcept {
  // The load is a switch point, the wait that follows it is not: no fiber can change the word in between.
  if (word.load_relaxed() == expected) sim::wait_on(word.address(), expected, deadline_ns);
}
void futex_wake_one(Atomic<uint32_t>& word) noexcept { sim::wake(word.address(), 1); }
#else
// WAIT_BITSET, because its timeout is absolute: a wait restarted after EINTR (preemption ticks, SIGURG) keeps its deadline.
void futex_wait(Atomic<uint32_t>& word, uint32_t expected, uint64_t deadline_ns) noexcept {
  const timespec deadline{static_cast<time_t>(deadline_ns / 1'000'000'000u),
                          static_cast<long>(deadline_ns % 1'000'000'000u)};
  const timespec* limit = deadline_ns != kNeverNs ? &deadline : nullptr;
  const int saved = errno;
  while (syscall(SYS_futex, word.address(), FUTEX_WAIT_BITSET_PRIVATE, expected, limit, nullptr,
                 FUTEX_BITSET_MATCH_ANY) == -1 &&
         errno == EINTR) {
  }
  errno = saved;
}
void futex_wake_one(Atomic<uint32_t>& word) noexcept {
  const int saved = errno;
  syscall(SYS_futex, word.address(), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  errno = saved;
}
#endif

}  // namespace wippy
