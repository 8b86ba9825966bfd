#include "cli/stop_signal.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace wippy::cli {

namespace {
#if !defined(WIPPY_SIM)
// SIGUSR2 to the own process ends the waiting thread.
sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGUSR2);
  return set;
}
#endif
}  // namespace

StopSignal::StopSignal() {
#if !defined(WIPPY_SIM)
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
#endif
}

StopSignal::~StopSignal() {
#if !defined(WIPPY_SIM)
  if (thread_.joinable()) {
    kill(getpid(), SIGUSR2);
    thread_.join();
  }
#endif
}

bool StopSignal::start(std::function<void(int)> asked) {
  asked_ = std::move(asked);
#if defined(WIPPY_SIM)
  return true;
#else
  return thread_.start("wippy/signals", &StopSignal::thread_main, this);
#endif
}

void StopSignal::thread_main(void* self) {
#if defined(WIPPY_SIM)
  static_cast<void>(self);
#else
  auto& me = *static_cast<StopSignal*>(self);
  const sigset_t set = watched();
  for (int seen = 0;;) {
    int number = 0;
    if (sigwait(&set, &number) != 0) continue;
    if (number == SIGUSR2) return;
    if (++seen == 1) {
      me.asked_(number);
    } else {
      std::fprintf(stderr, "wippy: second signal, ending at once\n");
      std::_Exit(number == SIGINT ? 130 : 1);
    }
  }
#endif
}

}  // namespace wippy::cli
