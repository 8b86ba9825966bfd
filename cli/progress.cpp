#include "cli/progress.hpp"

#include <signal.h>

#include <utility>

#include "scheduler/clock.hpp"

namespace wippy::cli {

namespace {
constexpr const char* kClearLine = "\r\x1b[K";
constexpr std::uint64_t kSecondNs = 1'000'000'000;
}  // namespace

Progress::Progress(std::function<void(std::string_view)> write, std::uint64_t after_ns)
    : write_(std::move(write)), after_ns_(after_ns) {}

Progress::~Progress() {
  end();
  parker_.unpark();
  thread_.join();
}

void Progress::stage(std::string text) {
  LockGuard lock(mutex_);
  if (ended_) return;
  text_ = std::move(text);
  if (begin_ns_ == 0) {
    begin_ns_ = monotonic_ns();
    // Without a thread nothing is shown, and nothing else is lost.
    ended_ = !thread_.start("wippy/progress", &Progress::thread_main, this);
  }
  if (shown_) show();
}

void Progress::end() {
  LockGuard lock(mutex_);
  if (shown_) write_(kClearLine);
  shown_ = false;
  ended_ = true;
  parker_.unpark();
}

void Progress::show() {
  const std::uint64_t seconds = (monotonic_ns() - begin_ns_) / kSecondNs;
  write_(kClearLine + text_ + "… " + std::to_string(seconds) + " s");
  shown_ = true;
}

void Progress::thread_main(void* self) {
#if !defined(WIPPY_SIM)
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
#endif
  auto& me = *static_cast<Progress*>(self);
  std::uint64_t next_ns = deadline_after(monotonic_ns(), me.after_ns_);
  for (;;) {
    static_cast<void>(me.parker_.park(next_ns));  // any reason: the conditions decide
    LockGuard lock(me.mutex_);
    if (me.ended_) return;
    const std::uint64_t now_ns = monotonic_ns();
    if (now_ns < next_ns) continue;
    me.show();
    next_ns = deadline_after(now_ns, kSecondNs);
  }
}

}  // namespace wippy::cli
