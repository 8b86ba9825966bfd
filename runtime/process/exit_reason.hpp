// How a process ended: an encoded value (normal) or an encoded error (abnormal), spec/process.md §1.11.
// The encoding is shared by all EXIT and LINK_DOWN signals of one exit (rulings.md S17d).
#pragma once

#include <string_view>

#include "mailbox/signal.hpp"
#include "mailbox/values.hpp"
#include "memory/status.hpp"

namespace wippy {

// Owns one reference of `value`. Move-only. value null: normal exit without a value.
class ExitReason {
 public:
  ExitReason() = default;
  ExitReason(bool abnormal, Buffer* value) noexcept : value_(value), abnormal_(abnormal) {}
  ExitReason(ExitReason&& o) noexcept : value_(o.value_), abnormal_(o.abnormal_) { o.value_ = nullptr; }
  ExitReason& operator=(ExitReason&& o) noexcept {
    if (this != &o) {
      reset();
      value_ = o.value_;
      abnormal_ = o.abnormal_;
      o.value_ = nullptr;
    }
    return *this;
  }
  ExitReason(const ExitReason&) = delete;
  ExitReason& operator=(const ExitReason&) = delete;
  ~ExitReason() { reset(); }

  static ExitReason normal() noexcept { return {}; }
  // `encoded`: one value of mailbox/values.hpp; copied.
  static ExitReason normal(const void* encoded, std::size_t bytes) noexcept;
  static ExitReason failure(const void* encoded_error, std::size_t bytes) noexcept;
  static ExitReason failure(ErrorKind kind, std::string_view message, Retryable retryable = Retryable::kNo) noexcept;
  // When memory for a value or an error is refused, these two and failure() give standard().out_of_memory instead.
  struct Standard;
  static const Standard& standard() noexcept;
  ExitReason share() const noexcept;

  bool abnormal() const noexcept { return abnormal_; }
  Buffer* value() const noexcept { return value_; }  // borrowed

 private:
  void reset() noexcept {
    if (value_ != nullptr) value_->release();
    value_ = nullptr;
  }
  Buffer* value_ = nullptr;
  bool abnormal_ = false;
};

// What the runtime itself gives as a reason: encoded once, when the first node is made, so that no exit needs memory for it.
struct ExitReason::Standard {
  ExitReason terminated;
  ExitReason deadline;
  ExitReason link_failed;
  ExitReason out_of_memory;
  ExitReason overload;
};

}  // namespace wippy
