// OS threads as a seam: production starts a pthread, the simulation a fiber on the one real thread.
#pragma once

#include <cstdint>

#include "runtime/sim/counted.hpp"

#if defined(WIPPY_SIM)
#include "runtime/sim/hooks.hpp"
#else
#include <pthread.h>
#include <sched.h>
#include <unistd.h>
#endif

namespace wippy {

// yield_thread() gives the CPU to another thread (simulation: fiber) that is ready.
#if defined(WIPPY_SIM)
using ThreadId = uint64_t;
inline void yield_thread() noexcept { count(Counted::kSyscall), sim::yield_fiber(); }
#else
using ThreadId = pthread_t;
inline void yield_thread() noexcept { sched_yield(); }
#endif

// Not copyable or movable; join() before destruction. `run` and `arg` must outlive the thread.
class Thread {
 public:
  Thread() = default;
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  // name: at most 15 characters, shown by ps and gdb. Returns false when the system refuses a thread.
  [[nodiscard]] bool start(const char* name, void (*run)(void*), void* arg) {
    run_ = run;
    arg_ = arg;
#if defined(WIPPY_SIM)
    id_ = sim::spawn_fiber(name, run, arg);
    started_ = true;
#else
    started_ = pthread_create(&id_, nullptr, &Thread::enter, this) == 0;
    if (started_) pthread_setname_np(id_, name);
#endif
    return started_;
  }
  void join() {
    if (!started_) return;
#if defined(WIPPY_SIM)
    sim::join_fiber(id_);
#else
    pthread_join(id_, nullptr);
#endif
    started_ = false;
  }
  bool joinable() const noexcept { return started_; }

 private:
  static void* enter(void* self) {
    auto* t = static_cast<Thread*>(self);
#if !defined(WIPPY_SIM)
    cpu_set_t all;  // the main thread's, which nobody pins; the creator, whose set is inherited, may be pinned
    if (sched_getaffinity(getpid(), sizeof all, &all) == 0) sched_setaffinity(0, sizeof all, &all);
#endif
    t->run_(t->arg_);
    return nullptr;
  }
  ThreadId id_{};
  void (*run_)(void*) = nullptr;
  void* arg_ = nullptr;
  bool started_ = false;
};

}  // namespace wippy
