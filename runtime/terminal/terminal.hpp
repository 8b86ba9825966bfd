// The program's standard streams, as the io module and print see them (host.md §8.7). One per program.
//
// Reading: begin_read() on a worker, read() on a thread that may wait, cancel() from anywhere. What was read beyond the wish
// of one reader waits here for the next, also of another process. Thread-safety: all calls from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "memory/mutex.hpp"

namespace wippy {

class Terminal {
 public:
  static constexpr std::size_t kMostBytes = 1u << 20;  // of one read; a longer line comes in pieces

  struct Streams {
    int in = 0;
    int out = 1;
    int err = 2;
  };
  explicit Terminal(std::vector<std::string> args, Streams streams = {0, 1, 2})
      : args_(std::move(args)), streams_(streams) {}
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  const std::vector<std::string>& args() const noexcept { return args_; }

  // Whole; 0 or an errno. Waits when the reader of the other end does.
  int write(std::string_view text, bool to_error) noexcept;

  class Read;  // a read that was begun
  // Null: another one is pending, or the system refused.
  std::shared_ptr<Read> begin_read() noexcept;
  enum class Outcome : uint8_t { kData, kEnd, kCanceled, kFailed };
  // Up to `bytes` bytes, at least one; or with `line` a line without its end. At the end of input: the rest, then kEnd.
  Outcome read(Read& read, bool line, std::size_t bytes, std::string& out);
  void cancel(Read& read) noexcept;

  // Counted: raw while the sum is above 0. 0 or an errno.
  int raw(int change) noexcept;

 private:
  bool take(bool line, std::size_t bytes, bool at_end, std::string& out);
  void end_read(const Read& read) noexcept;

  const std::vector<std::string> args_;
  const Streams streams_;
  Mutex writing_;
  Mutex mutex_;  // guards what follows
  std::shared_ptr<Read> reader_;
  std::string pending_;  // read, but not yet asked for
  int raw_ = 0;
};

}  // namespace wippy
