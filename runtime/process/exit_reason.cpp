#include "runtime/process/exit_reason.hpp"

#include "mailbox/values.hpp"

namespace wippy {

namespace {

Buffer* encode(ErrorKind kind, std::string_view message, Retryable retryable = Retryable::kNo) noexcept {
  ValueWriter w;
  w.begin_error(kind, retryable, message, {});
  w.nil();
  w.end_error();
  return w.finish().ok() ? Buffer::create(w.view().data(), w.view().size()) : nullptr;
}

ExitReason made_of(bool abnormal, Buffer* value) noexcept {
  return value != nullptr ? ExitReason(abnormal, value) : ExitReason::standard().out_of_memory.share();
}

}  // namespace

const ExitReason::Standard& ExitReason::standard() noexcept {
  static const Standard all{ExitReason(true, encode(ErrorKind::kInternal, "process terminated")),
                            ExitReason(true, encode(ErrorKind::kCanceled, "cancel deadline exceeded")),
                            ExitReason(true, encode(ErrorKind::kInternal, "linked process failed")),
                            ExitReason(true, encode(ErrorKind::kInternal, "out of memory")),
                            ExitReason(true, encode(ErrorKind::kRateLimited, "mailbox limit exceeded"))};
  return all;
}

ExitReason ExitReason::share() const noexcept {
  if (value_ != nullptr) value_->retain();
  return ExitReason(abnormal_, value_);
}

ExitReason ExitReason::normal(const void* encoded, std::size_t bytes) noexcept {
  return bytes == 0 ? ExitReason() : made_of(false, Buffer::create(encoded, bytes));
}

ExitReason ExitReason::failure(const void* encoded_error, std::size_t bytes) noexcept {
  return made_of(true, Buffer::create(encoded_error, bytes));
}

ExitReason ExitReason::failure(ErrorKind kind, std::string_view message, Retryable retryable) noexcept {
  return made_of(true, encode(kind, message, retryable));
}

}  // namespace wippy
