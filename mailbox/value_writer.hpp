// Writes values in the format of mailbox/values.hpp, driven call by call: a table is begin_table, its array values, its
// keys and values in turn, end_table. The caller walks its own structures with its own stack.
//
// Ownership: the writer owns its output; view() is valid until the next call that is not const. It is meant to be kept
// and reset() for each message: 512 bytes and 16 levels lie inside, larger blocks are kept up to 64 KiB.
// Thread-safety: none, one owner. Nothing throws and nothing recurses.
// Errors are sticky: after the first one every call does nothing and returns false, so a driver may look at the result
// of each call, or of none until finish(). kInvalid: a limit, a nil or NaN key, fields out of range (the script's
// fault). kUnavailable: memory was refused (may be retried). kInternal: calls in an order that makes no value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mailbox/pid.hpp"
#include "mailbox/scratch.hpp"
#include "mailbox/values.hpp"

namespace wippy {

class ValueWriter {
 public:
  static constexpr std::uint32_t kNoOrdinal = ~std::uint32_t{0};

  explicit ValueWriter(Reallocate reallocate = heap_reallocate) noexcept : out_(reallocate), frames_(reallocate) {}

  // Starts over; exactly one value must follow. A new writer is in this state.
  void reset() noexcept;
  // Starts over with a message body; exactly `payload_count` values must follow.
  bool reset_body(std::string_view topic, std::uint32_t payload_count) noexcept;

  bool nil() noexcept;
  bool boolean(bool value) noexcept;
  bool integer(std::int64_t value) noexcept;
  bool number(double value) noexcept;
  bool string(const char* bytes, std::size_t length) noexcept;
  bool pid(Pid value) noexcept;
  bool time(const TimeValue& value) noexcept;
  bool duration(std::int64_t nanoseconds) noexcept;

  // Opens a table: the next `array_count` values are its items 1…array_count, what follows are keys and values in turn;
  // the pairs are counted here. Returns the ordinal for later table_ref calls in the same value, or kNoOrdinal.
  std::uint32_t begin_table(std::uint32_t array_count) noexcept;
  bool end_table() noexcept;
  bool table_ref(std::uint32_t ordinal) noexcept;

  // Opens an error: exactly one value, the details, must follow before end_error(). `kind` is not kOk.
  bool begin_error(ErrorKind kind, Retryable retryable, std::string_view message, std::string_view stack) noexcept;
  bool end_error() noexcept;

  bool ok() const noexcept { return status_.ok(); }
  // Good if every value announced is there and closed. Only then does view() hold an encoding.
  Status finish() noexcept;
  std::string_view view() const noexcept { return {reinterpret_cast<const char*>(out_.data()), out_.size()}; }

 private:
  struct Frame {
    std::uint32_t items_left;  // array values still to come; for an error: the details
    std::uint32_t pairs;
    std::uint32_t pairs_offset;  // where the byte p is, filled in at the end
    bool is_error;
    bool key_written;  // a key without its value
  };

  bool fail(ErrorKind kind, const char* message) noexcept;
  bool place(bool may_be_key) noexcept;
  std::uint8_t* room(std::size_t bytes) noexcept;
  void advance_to(const std::uint8_t* end) noexcept { out_.set_size(static_cast<std::size_t>(end - out_.data())); }
  bool put(std::uint8_t byte) noexcept;
  bool append_text(std::string_view text) noexcept;
  bool tagged_word(std::uint8_t tag, std::uint64_t word) noexcept;
  bool tagged_varint(std::uint8_t tag, std::uint64_t value) noexcept;
  bool push_frame(const Frame& frame) noexcept;

  Status status_;
  std::uint32_t roots_left_ = 1;
  std::uint32_t tables_ = 0;  // ordinals given out in the current value
  ScratchArray<std::uint8_t, 512> out_;
  ScratchArray<Frame, 16> frames_;
};

}  // namespace wippy
