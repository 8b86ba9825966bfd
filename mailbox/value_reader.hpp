// Reads the format of mailbox/values.hpp item by item, from bytes that are not trusted: whatever they are, each call to
// next() ends, reads inside the bytes only, and takes heap only for levels really entered (never for a claimed count).
//
// Every item says its role, so a consumer that builds tables needs a stack of open tables and nothing else: a scalar, a
// table ref, a table end or an error end completes a value, and role and index say where that value belongs.
//
// Counts are safe to allocate for: the reader keeps the sum of all values still owed by open tables at or below the
// number of bytes left, so the array_count and pair_count of all tables of an encoding together are at most
// its size in bytes.
//
// Ownership: the bytes stay the caller's and must outlive the reading; texts in items point into them. An item is valid
// until the next call. Thread-safety: none, one owner. Nothing throws and nothing recurses.
// Errors: Token::kInvalid, for ever after; status() says why (kInvalid: the bytes; kUnavailable: memory was refused).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mailbox/pid.hpp"
#include "mailbox/scratch.hpp"
#include "mailbox/values.hpp"

namespace wippy {

enum class Token : std::uint8_t {
  kNil,
  kBoolean,   // boolean
  kInteger,   // integer
  kNumber,    // number
  kString,    // text
  kPid,       // pid
  kTime,      // time
  kDuration,  // integer, in nanoseconds
  kTable,     // ordinal, array_count, pair_count; items follow up to kTableEnd
  kTableRef,  // ordinal
  kTableEnd,  // ordinal
  kError,     // error_kind, retryable, text (the message), stack; one value, then kErrorEnd
  kErrorEnd,
  kEnd,  // everything announced was read and no byte is left
  kInvalid,
};

enum class Role : std::uint8_t {
  kRoot,       // index = number of the payload, from 1
  kArrayItem,  // index = its key, from 1
  kKey,
  kValue,    // of the key before it
  kDetails,  // of an error
};

// Only the fields named beside the token are set; role and index are set for all but kEnd and kInvalid. The end of a
// container repeats the role and index of its beginning.
struct ValueItem {
  Token token = Token::kInvalid;
  Role role = Role::kRoot;
  std::uint32_t index = 0;
  bool boolean = false;
  ErrorKind error_kind = ErrorKind::kOk;
  Retryable retryable = Retryable::kUnset;
  std::uint32_t ordinal = 0;
  std::uint32_t array_count = 0;  // exact
  std::uint32_t pair_count = 0;   // exact up to 254; 255: at least that many
  std::int64_t integer = 0;
  double number = 0;
  Pid pid;
  TimeValue time;
  std::string_view text;
  std::string_view stack;
};

class ValueReader {
 public:
  explicit ValueReader(Reallocate reallocate = heap_reallocate) noexcept : frames_(reallocate) {}

  // Starts reading one value. Faults show as the first token.
  void open_value(std::string_view bytes) noexcept;
  // Starts reading a message body: topic() and payload_count() are known if the result is good, then payload_count()
  // values follow. No payload has been looked at yet.
  Status open_body(std::string_view bytes) noexcept;

  std::string_view topic() const noexcept { return topic_; }
  std::uint32_t payload_count() const noexcept { return roots_; }

  const ValueItem& next() noexcept;
  Status status() const noexcept { return status_; }

 private:
  struct Frame {
    std::uint32_t items;  // array values; for an error: 1, the details
    std::uint32_t items_done;
    std::uint32_t pairs;  // the byte p
    std::uint32_t pairs_done;
    std::uint32_t ordinal;
    std::uint32_t index;
    Role role;
    bool is_error;
    bool key_read;  // a key without its value
  };
  static_assert(sizeof(Frame) == 28);

  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - cursor_); }
  // Bytes that the current item may use: those not needed by values still owed.
  std::size_t available() const noexcept { return left() - owed_; }
  void start(std::string_view bytes) noexcept;
  bool fail(const char* message) noexcept;
  bool complete(const Frame& frame) const noexcept;
  bool place() noexcept;
  bool owe(std::uint64_t values) noexcept;
  bool read_varint(std::uint64_t& value) noexcept;
  bool read_word(std::uint64_t& value) noexcept;
  bool read_bytes(std::uint64_t length, std::string_view& text) noexcept;
  bool read_item() noexcept;
  bool read_tagged(std::uint8_t tag) noexcept;
  bool read_integer(Token token) noexcept;
  bool read_time() noexcept;
  bool read_table() noexcept;
  bool read_error() noexcept;
  bool push_frame(const Frame& frame) noexcept;
  void close_frame() noexcept;

  Status status_ = Status::error(ErrorKind::kInvalid, "nothing opened");
  const std::uint8_t* cursor_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  std::size_t owed_ = 0;  // values (and closing bytes) that must still begin; each takes a byte or more; <= left()
  std::uint32_t roots_ = 0;
  std::uint32_t roots_done_ = 0;
  std::uint32_t tables_ = 0;  // begun in the current value
  std::string_view topic_;
  ValueItem item_;
  ScratchArray<Frame, 16> frames_;
};

// Reads everything and says whether it is one value (or one message body).
Status validate_value(std::string_view bytes) noexcept;
Status validate_body(std::string_view bytes) noexcept;

}  // namespace wippy
