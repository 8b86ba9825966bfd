#include "runtime/terminal/terminal.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "runtime/terminal/raw_mode.hpp"

namespace wippy {

class Terminal::Read {
 public:
  Read() noexcept : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Read() {
    if (wake_ >= 0) ::close(wake_);
  }
  const int wake_;        // readable: canceled
  bool canceled = false;  // guarded by the terminal's mutex
};

Terminal::~Terminal() { restore_terminal(); }

int Terminal::write(std::string_view text, bool to_error) noexcept {
  const int fd = to_error ? streams_.err : streams_.out;
  LockGuard lock(writing_);
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd p{fd, POLLOUT, 0};
      ::poll(&p, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

std::shared_ptr<Terminal::Read> Terminal::begin_read() noexcept {
  try {
    LockGuard lock(mutex_);
    if (reader_ != nullptr) return nullptr;
    auto read = std::make_shared<Read>();
    if (read->wake_ < 0) return nullptr;
    reader_ = read;
    return read;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void Terminal::end_read(const Read& read) noexcept {
  if (reader_.get() == &read) reader_.reset();
}

// A line end may be "\r\n". False: not enough is there.
bool Terminal::take(bool line, std::size_t bytes, bool at_end, std::string& out) {
  if (pending_.empty()) return false;
  std::size_t size = std::min(bytes, pending_.size());
  std::size_t skip = 0;
  if (line) {
    const std::size_t end = pending_.find('\n');
    if (end == std::string::npos && !at_end && pending_.size() < kMostBytes) return false;
    size = std::min(end, pending_.size());
    skip = end == std::string::npos ? 0 : 1;
    if (skip == 1 && size > 0 && pending_[size - 1] == '\r') {
      --size;
      ++skip;
    }
  }
  out.assign(pending_, 0, size);
  pending_.erase(0, size + skip);
  return true;
}

Terminal::Outcome Terminal::read(Read& read, bool line, std::size_t bytes, std::string& out) {
  char chunk[4096];
  for (;;) {
    pollfd p[2] = {{streams_.in, POLLIN, 0}, {read.wake_, POLLIN, 0}};
    {
      LockGuard lock(mutex_);
      if (read.canceled) return Outcome::kCanceled;
      if (take(line, bytes, false, out)) return end_read(read), Outcome::kData;
      // Not readable any more when an earlier reader took it: then wait below.
      if (::poll(p, 1, 0) > 0) {
        const ssize_t n = ::read(streams_.in, chunk, sizeof chunk);
        if (n > 0) {
          pending_.append(chunk, static_cast<std::size_t>(n));
          continue;
        }
        if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
          end_read(read);
          if (take(line, bytes, true, out)) return Outcome::kData;
          return n == 0 || errno == EIO ? Outcome::kEnd : Outcome::kFailed;
        }
      }
    }
    ::poll(p, 2, -1);  // whatever it says: look again
  }
}

void Terminal::cancel(Read& read) noexcept {
  LockGuard lock(mutex_);
  read.canceled = true;
  end_read(read);
  const uint64_t one = 1;
  static_cast<void>(::write(read.wake_, &one, sizeof one));
}

int Terminal::raw(int change) noexcept {
  LockGuard lock(mutex_);
  if (raw_ == 0 && change > 0) {
    if (const int error = set_raw(streams_.in); error != 0) return error;
  }
  const int before = raw_;
  raw_ = std::max(0, raw_ + change);
  if (before > 0 && raw_ == 0) restore_terminal();
  return 0;
}

}  // namespace wippy
