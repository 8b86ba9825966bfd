// What production code calls in the system, answered by the model while an execution runs: futex and membarrier through
// syscall(2), clock_gettime(2), sched_yield(2), pthread mutexes, and failed assertions. Outside executions everything goes to the system.
#include <cstdarg>
#include <cstdint>

#include <dlfcn.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <string>

#include "memory/assert.hpp"
#include "model/checker/world.hpp"

namespace wippy {

void die(const char* format, ...) noexcept { model::fail(format); }
void assertion_failed(const char* expression, const char* file, int line) noexcept {
  model::fail(std::string("assertion failed: ") + expression + " (" + file + ":" + std::to_string(line) + ")");
}

namespace {

long futex(const void* word, int operation, uint32_t value, const void* timeout) {
  switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
      switch (model::futex_wait(word, value, timeout != nullptr)) {
        case model::FutexResult::kWoken: return 0;
        case model::FutexResult::kChanged: errno = EAGAIN; return -1;
        case model::FutexResult::kTimedOut: errno = timeout != nullptr ? ETIMEDOUT : EINTR; return -1;
      }
      return -1;
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET: return model::futex_wake(word, static_cast<int>(value));
    default: model::fail("a futex operation the model does not know");
  }
}

template <class F>
F next_symbol(const char* name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

}  // namespace
}  // namespace wippy

extern "C" {

long syscall(long number, ...) noexcept {
  va_list list;
  va_start(list, number);
  long a[6];
  for (long& x : a) x = va_arg(list, long);
  va_end(list);
  using namespace wippy;
  if (model::executing()) {
    if (number == SYS_futex) {
      return wippy::futex(reinterpret_cast<const void*>(a[0]), static_cast<int>(a[1]), static_cast<uint32_t>(a[2]),
                          reinterpret_cast<const void*>(a[3]));
    }
    if (number == SYS_membarrier) {
      if (a[0] == MEMBARRIER_CMD_PRIVATE_EXPEDITED) model::process_barrier();
      return 0;
    }
  }
  using Real = long (*)(long, ...);
  static const Real real = next_symbol<Real>("syscall");
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int clock_gettime(clockid_t id, timespec* t) noexcept {
  if (wippy::model::executing()) {
    const uint64_t ns = wippy::model::clock_read();
    t->tv_sec = static_cast<time_t>(ns / 1'000'000'000u);
    t->tv_nsec = static_cast<long>(ns % 1'000'000'000u);
    return 0;
  }
  using Real = int (*)(clockid_t, timespec*);
  static const Real real = wippy::next_symbol<Real>("clock_gettime");
  return real(id, t);
}

// The others run first: a thread that yields goes on when another one has written.
int sched_yield() noexcept {
  if (wippy::model::executing()) {
    wippy::model::relax(wippy::model::Site::current());
    return 0;
  }
  using Real = int (*)();
  static const Real real = wippy::next_symbol<Real>("sched_yield");
  return real();
}

int pthread_mutex_lock(pthread_mutex_t* m) noexcept {
  if (wippy::model::executing()) {
    wippy::model::mutex_lock(m);
    return 0;
  }
  using Real = int (*)(pthread_mutex_t*);
  static const Real real = wippy::next_symbol<Real>("pthread_mutex_lock");
  return real(m);
}

int pthread_mutex_unlock(pthread_mutex_t* m) noexcept {
  if (wippy::model::executing()) {
    wippy::model::mutex_unlock(m);
    return 0;
  }
  using Real = int (*)(pthread_mutex_t*);
  static const Real real = wippy::next_symbol<Real>("pthread_mutex_unlock");
  return real(m);
}

}  // extern "C"
