// The flat value codec: what one process may tell another, as bytes. Layout of our own design; its reasons, and why hostile
// bytes are harmless: docs/internals/values.md.
//
// A value is a tag byte and what Token says of it. `varint` is unsigned LEB128, `zigzag` a signed number folded into one
// (0, -1, 1, -2 … -> 0, 1, 2, 3 …), `i32`, `i64`, `u64` four or eight bytes, lowest first, `text` a varint length and so many.
// A message body is: text (the topic), varint payload count, that many values. One value, one encoding: longer forms are
// refused, so equal bytes and equal values are the same thing.
//
// Limits: 64 MiB an encoding, containers (tables and errors) nest 1,000,000 deep; nothing recurses, an open container takes
// 24 (reader) or 16 (writer) bytes. What cannot cross: functions, coroutines, channels, metatables, foreign userdata. They
// have no tag; who drives the writer refuses or drops them (spec/process.md §7).
// Errors: kInvalid (the bytes; a limit, a bad key or field: the script's fault), kUnavailable (memory was refused), and of
// the writer kInternal (calls in an order that makes no value). Reader and writer have one owner each and throw nothing.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "mailbox/pid.hpp"
#include "mailbox/scratch.hpp"
#include "memory/status.hpp"

namespace wippy {

inline constexpr std::size_t kMaxEncodedBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxValueDepth = 1'000'000;
static_assert(std::endian::native == std::endian::little, "u64 is copied as it lies in memory");

enum class Retryable : uint8_t { kUnset = 0, kNo = 1, kYes = 2 };

// An instant and the zone it is shown in. Year 1, the zero time of scripts, does not fit into 64 bits of nanoseconds.
struct TimeValue {
  int64_t unix_s = 0;
  uint32_t nanos = 0;         // 0…999,999,999, added to unix_s also before 1970
  int32_t zone_offset_s = 0;  // east of UTC
  bool operator==(const TimeValue&) const = default;
};

// The tags, and what the reader makes of them (->: the fields of ValueItem that are set).
enum class Token : uint8_t {
  kNil = 0x00,
  kFalse = 0x01,
  kTrue = 0x02,
  kInteger = 0x03,  // i32; never 0…127 -> integer
  kNumber = 0x04,   // u64, the IEEE 754 bits unchanged: NaN payloads and -0.0 survive -> number
  kString = 0x05,   // text of 64 bytes or more -> text
  kTable = 0x06,    // varint n, one byte p, n values (keys 1…n; may be nil), then pairs of key (not nil, not NaN) and
                    // value: p of them; p = 255: 255 or more, up to kTableEnd -> ordinal, array_count, pair_count
  kTableEnd = 0x07,  // nowhere else, but read after every table -> ordinal
  kTableRef = 0x08,  // varint, from 0: a table begun earlier in the same value (an open one: a cycle) -> ordinal
  kPid = 0x09,       // u64 -> pid
  kError = 0x0A,     // ErrorKind (low four bits, never kOk) | Retryable << 4, text message, text stack, value details
                     // -> error_kind, retryable, text, stack; the details follow, then kErrorEnd
  kTime = 0x0B,      // zigzag unix seconds, varint nanoseconds < 1e9, zigzag 32-bit zone offset in seconds -> time
  kDuration = 0x0C,  // i64 nanoseconds -> integer
  kWideInteger = 0x0D,  // i64; never what fits into 32 bits: read as kInteger; tags from here to 3F are invalid
  kErrorEnd = 0xFD,     // this and what follows is only ever read
  kEnd = 0xFE,          // everything announced was read and no byte is left
  kInvalid = 0xFF,      // for ever after; status() says why
};
inline constexpr uint8_t kTagShortString = 0x40;   // | length < 64, the bytes follow: kString
inline constexpr uint8_t kTagSmallInteger = 0x80;  // | value < 128, nothing follows: kInteger
inline constexpr uint64_t kShortStringBytes = 64;
inline constexpr uint64_t kSmallIntegers = 128;
inline constexpr uint32_t kOpenPairs = 255;  // the p that means "at least this many"
inline constexpr std::size_t kMaxVarintBytes = 10;
inline constexpr const char* kNoCodecMemory = "out of memory for an encoded value";
inline constexpr uint32_t kNanosPerSecond = 1'000'000'000;

inline uint64_t zigzag(int64_t v) noexcept { return (static_cast<uint64_t>(v) << 1) ^ (v < 0 ? ~uint64_t{0} : 0); }
inline int64_t unzigzag(uint64_t v) noexcept {
  return static_cast<int64_t>((v >> 1) ^ ((v & 1) != 0 ? ~uint64_t{0} : 0));
}
inline bool is_small(int64_t v) noexcept { return static_cast<uint64_t>(v) < kSmallIntegers; }
inline bool is_narrow(int64_t v) noexcept { return v == static_cast<int32_t>(v); }
// What an encoded error may say of itself.
inline bool is_error(ErrorKind kind, Retryable retryable) noexcept {
  return kind != ErrorKind::kOk && kind <= ErrorKind::kRateLimited && retryable <= Retryable::kYes;
}

// Driven call by call by a caller that walks its own structures with its own stack. Meant to be kept and reset() for each
// message: 512 bytes and 16 levels lie inside, larger blocks are kept up to 64 KiB. Errors are sticky: after the first one
// every call does nothing and returns false, so a driver may look at each result, or at none until finish().
class ValueWriter {
 public:
  static constexpr uint32_t kNoOrdinal = ~uint32_t{0};
  explicit ValueWriter(Reallocate r = heap_reallocate) noexcept : out_(r), frames_(r) { reset(); }
  // Start over, with bare values or with a message body; exactly so many values must follow.
  void reset(uint32_t values = 1) noexcept;
  bool reset_body(std::string_view topic, uint32_t payload_count) noexcept;

  bool nil() noexcept { return end(begin(Token::kNil, 0, false)); }
  bool boolean(bool value) noexcept { return end(begin(value ? Token::kTrue : Token::kFalse, 0)); }
  bool integer(int64_t value) noexcept {
    if (is_small(value)) return end(begin(static_cast<Token>(kTagSmallInteger | value), 0));
    return is_narrow(value) ? tagged(Token::kInteger, static_cast<int32_t>(value)) : tagged(Token::kWideInteger, value);
  }
  bool number(double value) noexcept {
    return tagged(Token::kNumber, value, value == value);  // NaN is no key
  }
  bool string(const char* bytes, std::size_t length) noexcept;
  bool pid(Pid value) noexcept { return tagged(Token::kPid, value.value); }
  bool time(const TimeValue& value) noexcept;
  bool duration(int64_t nanoseconds) noexcept { return tagged(Token::kDuration, nanoseconds); }

  // Up to end_table(): `array_count` items, then keys and values in turn, which are counted here. Returns the ordinal for
  // table_ref calls in the same value, or kNoOrdinal.
  uint32_t begin_table(uint32_t array_count) noexcept;
  bool end_table() noexcept;
  bool table_ref(uint32_t ordinal) noexcept;
  // Up to end_error(): one value, the details.
  bool begin_error(ErrorKind kind, Retryable retryable, std::string_view message, std::string_view stack) noexcept;
  bool end_error() noexcept { return may_end(Token::kError) && (frames_.pop(), true); }
  bool ok() const noexcept { return status_.ok(); }
  // Good if every value announced is there and closed. Only then view() is an encoding, until the next call.
  Status finish() noexcept;
  std::string_view view() const noexcept { return {reinterpret_cast<const char*>(out_.data()), out_.size()}; }

 private:
  // The message lies at the bottom of the stack, as a container of its payloads.
  struct Frame {
    Token kind;             // kTable, kError; kEnd for the message
    uint32_t items_left;    // payloads, array values or details still to come
    uint32_t pair_values;   // keys and values written; odd: a key without its value
    uint32_t pairs_offset;  // where the byte p is, filled in at the end
  };

  bool fail(ErrorKind kind, const char* message) noexcept {
    if (status_.ok()) status_ = Status::error(kind, message, kind == ErrorKind::kUnavailable);
    return false;
  }
  uint8_t* room(std::size_t bytes) noexcept;
  uint8_t* begin(Token tag, std::size_t bytes, bool may_be_key = true) noexcept;
  // The output goes up to here. nullptr: the begin() before has failed.
  bool end(const uint8_t* p) noexcept {
    if (p != nullptr) out_.set_size(static_cast<std::size_t>(p - out_.data()));
    return p != nullptr;
  }
  template <class T>
  bool tagged(Token tag, T value, bool may_be_key = true) noexcept {
    uint8_t* p = begin(tag, sizeof value, may_be_key);
    return p != nullptr && end(static_cast<uint8_t*>(std::memcpy(p, &value, sizeof value)) + sizeof value);
  }
  bool push_frame(const Frame& frame) noexcept {
    if (frames_.size() > kMaxValueDepth) return fail(ErrorKind::kInvalid, "value nested too deeply");
    return frames_.push(frame) || fail(ErrorKind::kUnavailable, kNoCodecMemory);
  }
  bool may_end(Token kind) noexcept;

  Status status_;
  uint32_t tables_ = 0;  // ordinals given out in the current payload
  ScratchArray<uint8_t, 512> out_;
  ScratchArray<Frame, 1 + 16> frames_;
};

enum class Role : uint8_t {
  kRoot,       // index = number of the payload, from 1
  kArrayItem,  // index = its key, from 1
  kKey,
  kValue,    // of the key before it
  kDetails,  // of an error
};

// Role and index are set for all but kEnd and kInvalid. The end of a container repeats those of its beginning: a consumer
// needs a stack of open tables and nothing else.
struct ValueItem {
  Token token = Token::kInvalid;
  Role role = Role::kRoot;
  ErrorKind error_kind = ErrorKind::kOk;
  Retryable retryable = Retryable::kUnset;
  uint32_t index = 0, ordinal = 0;
  uint32_t array_count = 0, pair_count = 0;  // exact, but 255 pairs are at least that many
  int64_t integer = 0;
  double number = 0;
  Pid pid;
  TimeValue time;
  std::string_view text, stack;
};

// Reads item by item from bytes that are not trusted: each next() ends, reads inside the bytes only, and takes heap only for
// levels really entered. Counts are safe to allocate for: all array_count and pair_count of an encoding together are at most
// its size. The bytes stay the caller's; texts in items point into them. An item is valid until the next call.
class ValueReader {
 public:
  explicit ValueReader(Reallocate reallocate = heap_reallocate) noexcept : frames_(reallocate) {}
  // One value. Faults show as the first token.
  void open_value(std::string_view bytes) noexcept { static_cast<void>(open(bytes, false)); }
  // A message body. If the result is good, topic() and payload_count() are known; no payload has been looked at yet.
  Status open_body(std::string_view bytes) noexcept { return open(bytes, true); }
  std::string_view topic() const noexcept { return topic_; }
  uint32_t payload_count() const noexcept { return payload_count_; }
  const ValueItem& next() noexcept;
  Status status() const noexcept { return status_; }

 private:
  struct Frame {
    uint32_t items;  // payloads, array values or 1, the details
    uint32_t pairs;  // the byte p
    uint32_t done;   // values read: the items, then keys and values in turn
    uint32_t index, ordinal;
    Role role, role_of_items;
  };
  static_assert(sizeof(Frame) == 24);

  // Bytes that the current item may use: those not needed by values still owed.
  std::size_t available() const noexcept { return static_cast<std::size_t>(end_ - cursor_) - owed_; }
  bool fail(const char* message, ErrorKind kind = ErrorKind::kInvalid) noexcept {
    status_ = Status::error(kind, message, kind == ErrorKind::kUnavailable);
    return false;
  }
  Status open(std::string_view bytes, bool body) noexcept;
  // Records that `values` more values follow. Keeps owed_ <= end_ - cursor_, on which every other check rests.
  bool owe(uint64_t values) noexcept {
    if (values > available()) return fail("encoding promises more values than it has bytes");
    owed_ += static_cast<std::size_t>(values);
    return true;
  }
  bool complete(const Frame& frame) const noexcept;
  bool close_frame() noexcept;
  bool place() noexcept;
  bool push_frame(const Frame& frame) noexcept {
    if (frames_.size() > kMaxValueDepth) return fail("value nested too deeply");
    return frames_.push(frame) || fail(kNoCodecMemory, ErrorKind::kUnavailable);
  }
  bool read_varint(uint64_t& value) noexcept;
  bool read_bytes(uint64_t length, std::string_view& text) noexcept {
    if (length > available()) return fail("encoding cut short");
    text = {reinterpret_cast<const char*>(cursor_), static_cast<std::size_t>(length)};
    cursor_ += length;
    return true;
  }
  bool read_text(std::string_view& text) noexcept {
    uint64_t length = 0;
    return read_varint(length) && read_bytes(length, text);
  }
  template <class T>
  bool read_raw(T& value) noexcept {
    std::string_view bytes;
    return read_bytes(sizeof value, bytes) && std::memcpy(&value, bytes.data(), sizeof value) != nullptr;
  }
  bool read_item() noexcept;
  bool read_long_form() noexcept;

  Status status_ = Status::error(ErrorKind::kInvalid, "nothing opened");
  const uint8_t* cursor_ = nullptr;
  const uint8_t* end_ = nullptr;
  std::size_t owed_ = 0;  // values (and closing bytes) that must still begin, each a byte or more; <= end_ - cursor_
  uint32_t payload_count_ = 0;
  uint32_t tables_ = 0;  // begun in the current payload
  std::string_view topic_;
  ValueItem item_;
  ScratchArray<Frame, 1 + 16> frames_;
};

}  // namespace wippy
