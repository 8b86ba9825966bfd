// The error currency between layers: 16 bytes, no allocation, no exceptions.
#pragma once

#include <cstdint>

namespace wippy {

// The kinds of spec/process.md §5.1; their texts: lua/lib_errors.cpp.
enum class ErrorKind : uint8_t {
  kOk,
  kUnknown,
  kNotFound,
  kAlreadyExists,
  kInvalid,
  kPermissionDenied,
  kUnavailable,
  kInternal,
  kCanceled,
  kConflict,
  kTimeout,
  kRateLimited
};

struct [[nodiscard]] Status {
  ErrorKind kind = ErrorKind::kOk;
  bool retryable = false;
  const char* message = "";  // static storage; rich errors exist only as encoded values (mailbox/values.hpp)

  bool ok() const noexcept { return kind == ErrorKind::kOk; }
  explicit operator bool() const noexcept { return ok(); }
  static Status good() noexcept { return {}; }
  static Status error(ErrorKind k, const char* text, bool may_retry = false) noexcept { return {k, may_retry, text}; }
};
static_assert(sizeof(Status) == 16);

}  // namespace wippy
