// The error currency between layers: 16 bytes, no allocation, no exceptions.
//
// `message` always points to text with static storage duration. Rich errors (details, stack, retryable chosen by a
// script) exist only as encoded values (mailbox/values.hpp, tag error).
#pragma once

#include <cstdint>

namespace wippy {

// The kinds of spec/process.md §5.1. kUnknown is the empty string there.
enum class ErrorKind : uint8_t {
  kOk = 0,
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
  kRateLimited,
};

// The text that scripts see ("NotFound", …); "" for kOk and kUnknown. Static storage.
const char* error_kind_name(ErrorKind kind) noexcept;
// Inverse of error_kind_name; unknown text gives kUnknown.
ErrorKind error_kind_from_name(const char* name, std::uint64_t length) noexcept;

struct [[nodiscard]] Status {
  ErrorKind kind = ErrorKind::kOk;
  bool retryable = false;
  const char* message = "";

  bool ok() const noexcept { return kind == ErrorKind::kOk; }
  explicit operator bool() const noexcept { return ok(); }
  static Status good() noexcept { return {}; }
  static Status error(ErrorKind k, const char* text, bool may_retry = false) noexcept { return {k, may_retry, text}; }
};
static_assert(sizeof(Status) == 16);

}  // namespace wippy
