// One line that says what a person waits for, shown when it takes longer than a second and taken away afterwards.
//
// Thread-safety: stage() and end() from any thread. Construct before StopSignal blocks signals or after: the thread of its own
// takes none.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "memory/mutex.hpp"
#include "scheduler/parker.hpp"
#include "scheduler/thread.hpp"

namespace wippy::cli {

class Progress {
 public:
  // write: puts text onto the terminal; called under the lock, from the thread or from stage() and end().
  explicit Progress(std::function<void(std::string_view)> write, std::uint64_t after_ns = 1'000'000'000);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // What is done from now on: "loading src". The first call starts the clock.
  void stage(std::string text);
  // Takes the line away; later stages show nothing. Idempotent.
  void end();

 private:
  static void thread_main(void* self);
  void show();  // under the lock

  const std::function<void(std::string_view)> write_;
  const std::uint64_t after_ns_;
  Thread thread_;
  Parker parker_;
  Mutex mutex_;  // guards what follows
  std::string text_;
  std::uint64_t begin_ns_ = 0;
  bool shown_ = false;
  bool ended_ = false;
};

// `progress` may be null.
inline void enter_stage(Progress* progress, std::string text) {
  if (progress != nullptr) progress->stage(std::move(text));
}
inline void end_progress(Progress* progress) {
  if (progress != nullptr) progress->end();
}

}  // namespace wippy::cli
