#include "cli/stop_signal.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#if defined(WIPPY_SIM)
#include "runtime/sim/sim_main.hpp"
#endif
#include "runtime/terminal/raw_mode.hpp"
#include "scheduler/clock.hpp"

namespace wippy::cli {

namespace {
// timeout(1) and some terminals signal the process and its group: that is one request, not two.
[[maybe_unused]] constexpr uint64_t kOnePressNs = 100'000'000;
#if !defined(WIPPY_SIM)
// SIGUSR2 to the own process ends the waiting thread.
sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGUSR1);
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
#if defined(WIPPY_SIM)
  sim::set_operator(nullptr);
#else
  if (thread_.joinable()) {
    kill(getpid(), SIGUSR2);
    thread_.join();
  }
#endif
}

bool StopSignal::start(std::function<void(int)> asked) {
  asked_ = std::move(asked);
#if defined(WIPPY_SIM)
  sim::set_operator([this] { asked_(SIGTERM); });
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
  uint64_t first_ns = 0;
  for (;;) {
    int number = 0;
    if (sigwait(&set, &number) != 0) continue;
    if (number == SIGUSR2) return;
    if (number == SIGUSR1) {
      me.asked_(number);
      continue;
    }
    const uint64_t now_ns = monotonic_ns();
    if (first_ns == 0) {
      first_ns = now_ns;
      me.asked_(number);
    } else if (now_ns - first_ns > kOnePressNs) {
      restore_terminal();
      std::fprintf(stderr, "wippy: second signal, ending at once\n");
      std::_Exit(number == SIGINT ? 130 : 1);
    }
  }
#endif
}

}  // namespace wippy::cli
