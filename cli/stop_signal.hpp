// SIGINT, SIGTERM and SIGHUP as events: the first asks for a graceful stop, the second ends the program at once (host.md §4.7).
// SIGUSR1 asks for the flight recorder, as often as it comes.
// A thread of its own waits for them, so no code of ours runs in a handler. In simulation the operator
// of runtime/sim/sim_main.hpp asks instead.
#pragma once

#include <functional>

#include "scheduler/thread.hpp"

namespace wippy::cli {

class StopSignal {
 public:
  // Blocks the signals in the calling thread: construct before any other thread is started. `asked` runs on the signal
  // thread: once to stop, and for each SIGUSR1.
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  [[nodiscard]] bool start(std::function<void(int signal)> asked);

 private:
  static void thread_main(void* self);
  std::function<void(int)> asked_;
  Thread thread_;
};

}  // namespace wippy::cli
