#include "runtime/sim/crash.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace wippy::sim {

namespace {

constexpr int kSignals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
constexpr std::size_t kCount = sizeof kSignals / sizeof kSignals[0];
struct sigaction g_before[kCount];
stack_t g_stack_before;
char g_stack[64 << 10];
char g_note[512];
std::size_t g_note_bytes = 0;

void on_crash(int number) {
  const ssize_t written = write(STDERR_FILENO, g_note, g_note_bytes);
  static_cast<void>(written);
  // SA_RESETHAND: the second time it is fatal.
  raise(number);
}

}  // namespace

CrashNote::CrashNote(uint64_t seed, const std::string& replay) {
  const int n = std::snprintf(g_note, sizeof g_note, "sim: crashed in the run with seed=%" PRIu64 "%s%s\n", seed,
                              replay.empty() ? "" : "\nsim: replay: ", replay.c_str());
  g_note_bytes = n < 0 ? 0 : std::min(static_cast<std::size_t>(n), sizeof g_note - 1);
  stack_t stack{};
  stack.ss_sp = g_stack;
  stack.ss_size = sizeof g_stack;
  sigaltstack(&stack, &g_stack_before);
  struct sigaction action {};
  action.sa_handler = &on_crash;
  action.sa_flags = static_cast<int>(SA_ONSTACK | SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kCount; ++i) sigaction(kSignals[i], &action, &g_before[i]);
}

CrashNote::~CrashNote() {
  for (std::size_t i = 0; i < kCount; ++i) sigaction(kSignals[i], &g_before[i], nullptr);
  sigaltstack(&g_stack_before, nullptr);
}

}  // namespace wippy::sim
