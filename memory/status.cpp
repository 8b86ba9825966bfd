#include "memory/status.hpp"

#include <cstring>

namespace wippy {

namespace {
struct KindName {
  ErrorKind kind;
  const char* name;
};
constexpr KindName kNames[] = {
    {ErrorKind::kNotFound, "NotFound"},       {ErrorKind::kAlreadyExists, "AlreadyExists"},
    {ErrorKind::kInvalid, "Invalid"},         {ErrorKind::kPermissionDenied, "PermissionDenied"},
    {ErrorKind::kUnavailable, "Unavailable"}, {ErrorKind::kInternal, "Internal"},
    {ErrorKind::kCanceled, "Canceled"},       {ErrorKind::kConflict, "Conflict"},
    {ErrorKind::kTimeout, "Timeout"},         {ErrorKind::kRateLimited, "RateLimited"},
};
}  // namespace

const char* error_kind_name(ErrorKind kind) noexcept {
  for (const KindName& k : kNames) {
    if (k.kind == kind) return k.name;
  }
  return "";
}

ErrorKind error_kind_from_name(const char* name, std::uint64_t length) noexcept {
  for (const KindName& k : kNames) {
    if (std::strlen(k.name) == length && std::memcmp(k.name, name, length) == 0) return k.kind;
  }
  return ErrorKind::kUnknown;
}

}  // namespace wippy
