#include "runtime/process/exit_reason.hpp"

#include "mailbox/values.hpp"

namespace wippy {

ExitReason ExitReason::normal(const void* encoded, std::size_t bytes) noexcept {
  return ExitReason(false, bytes == 0 ? nullptr : Buffer::create(encoded, bytes));
}

ExitReason ExitReason::failure(const void* encoded_error, std::size_t bytes) noexcept {
  return ExitReason(true, Buffer::create(encoded_error, bytes));
}

ExitReason ExitReason::failure(ErrorKind kind, std::string_view message) noexcept {
  ValueWriter w;
  w.begin_error(kind, Retryable::kNo, message, {});
  w.nil();
  w.end_error();
  return w.finish().ok() ? failure(w.view().data(), w.view().size()) : ExitReason(true, nullptr);
}

}  // namespace wippy
