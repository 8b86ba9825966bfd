// The terminal's raw mode, which must never outlive the program: it is undone by restore_terminal(), which the owner calls at
// the end, and by the handlers of SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGHUP and SIGQUIT, which are installed with the first
// set_raw() and then do what was to be done before. One terminal per program.
#pragma once

namespace wippy {

// 0, or an errno: ENOTTY when fd is no terminal. Any thread, one at a time.
int set_raw(int fd) noexcept;
// Nothing when it is not raw. Any thread, also in a signal handler.
void restore_terminal() noexcept;

}  // namespace wippy
