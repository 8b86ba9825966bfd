#include "runtime/terminal/raw_mode.hpp"

#include <termios.h>

#include <cerrno>
#include <csignal>
#include <cstddef>

namespace wippy {
namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGHUP, SIGQUIT};
constexpr std::size_t kCount = sizeof kSignals / sizeof kSignals[0];

termios g_saved;  // written before g_raw says so
struct sigaction g_before[kCount];
volatile std::sig_atomic_t g_fd = -1;
volatile std::sig_atomic_t g_raw = 0;
bool g_installed = false;

// Comes again at once, and then means what it meant before.
void on_signal(int number) {
  restore_terminal();
  for (std::size_t i = 0; i < kCount; ++i) {
    if (kSignals[i] == number) ::sigaction(number, &g_before[i], nullptr);
  }
  ::raise(number);
}

void install() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (std::size_t i = 0; i < kCount; ++i) {
    ::sigaction(kSignals[i], nullptr, &g_before[i]);
    if (g_before[i].sa_handler != SIG_IGN) ::sigaction(kSignals[i], &action, nullptr);
  }
  g_installed = true;
}

}  // namespace

int set_raw(int fd) noexcept {
  if (g_raw != 0) return 0;
  if (::tcgetattr(fd, &g_saved) != 0) return errno;
  termios raw = g_saved;
  ::cfmakeraw(&raw);
  if (!g_installed) install();
  g_fd = fd;
  g_raw = 1;  // first: a signal between the two lines restores what is already so
  if (::tcsetattr(fd, TCSANOW, &raw) == 0) return 0;
  g_raw = 0;
  return errno;
}

void restore_terminal() noexcept {
  if (g_raw == 0) return;
  const int kept = errno;
  ::tcsetattr(g_fd, TCSANOW, &g_saved);
  g_raw = 0;
  errno = kept;
}

}  // namespace wippy
