#include "mailbox/value_writer.hpp"

#include <bit>
#include <cmath>
#include <cstring>

#include "memory/counted.hpp"

namespace wippy {

using namespace value_format;

namespace {

constexpr std::size_t kKeptBytes = 64 * 1024;
constexpr std::size_t kKeptFrames = 1024;
constexpr std::size_t kSlackBytes = 1 + kShortStringBytes;  // the largest request whose size is only a bound

std::uint8_t* put_varint(std::uint8_t* p, std::uint64_t v) noexcept {
  while (v >= 0x80) {
    *p++ = static_cast<std::uint8_t>(v | 0x80);
    v >>= 7;
  }
  *p++ = static_cast<std::uint8_t>(v);
  return p;
}

// Byte by byte, so that the format does not depend on the machine; compilers make one store of it.
std::uint8_t* put_word(std::uint8_t* p, std::uint64_t v) noexcept {
  for (int i = 0; i < 8; ++i) p[i] = static_cast<std::uint8_t>(v >> (8 * i));
  return p + 8;
}

}  // namespace

void ValueWriter::reset() noexcept {
  status_ = Status::good();
  roots_left_ = 1;
  tables_ = 0;
  out_.clear(kKeptBytes);
  frames_.clear(kKeptFrames);
}

bool ValueWriter::reset_body(std::string_view topic, std::uint32_t payload_count) noexcept {
  reset();
  roots_left_ = payload_count;
  if (!append_text(topic)) return false;
  std::uint8_t* p = room(kMaxVarintBytes);
  if (p == nullptr) return false;
  advance_to(put_varint(p, payload_count));
  return true;
}

bool ValueWriter::fail(ErrorKind kind, const char* message) noexcept {
  if (status_.ok()) status_ = Status::error(kind, message, kind == ErrorKind::kUnavailable);
  return false;
}

// Takes the place of the next value: in the message, in an array, as a key, as a value, as an error's details.
bool ValueWriter::place(bool may_be_key) noexcept {
  if (!status_.ok()) return false;
  if (frames_.empty()) {
    if (roots_left_ == 0) return fail(ErrorKind::kInternal, "more values than announced");
    --roots_left_;
    tables_ = 0;
    return true;
  }
  Frame& frame = frames_.back();
  if (frame.items_left > 0) {
    --frame.items_left;
    return true;
  }
  if (frame.is_error) return fail(ErrorKind::kInternal, "an error has one details value");
  if (frame.key_written) {
    ++frame.pairs;
  } else if (!may_be_key) {
    return fail(ErrorKind::kInvalid, "a table key cannot be nil or NaN");
  }
  frame.key_written = !frame.key_written;
  return true;
}

// Room for `bytes` more, or nullptr with the error set. Callers may ask for kSlackBytes more than they use; finish()
// looks at the limit exactly.
std::uint8_t* ValueWriter::room(std::size_t bytes) noexcept {
  if (bytes > kMaxEncodedBytes + kSlackBytes - out_.size()) {
    fail(ErrorKind::kInvalid, "value larger than 64 MiB");
    return nullptr;
  }
  if (!out_.reserve(bytes)) {
    fail(ErrorKind::kUnavailable, "out of memory while encoding a value");
    return nullptr;
  }
  return out_.data() + out_.size();
}

bool ValueWriter::put(std::uint8_t byte) noexcept {
  std::uint8_t* p = room(1);
  if (p == nullptr) return false;
  *p = byte;
  advance_to(p + 1);
  return true;
}

bool ValueWriter::append_text(std::string_view text) noexcept {
  std::uint8_t* p = room(kMaxVarintBytes + text.size());
  if (p == nullptr) return false;
  p = put_varint(p, text.size());
  if (!text.empty()) std::memcpy(p, text.data(), text.size());
  advance_to(p + text.size());
  return true;
}

bool ValueWriter::tagged_word(std::uint8_t tag, std::uint64_t word) noexcept {
  std::uint8_t* p = room(1 + sizeof word);
  if (p == nullptr) return false;
  *p++ = tag;
  advance_to(put_word(p, word));
  return true;
}

bool ValueWriter::tagged_varint(std::uint8_t tag, std::uint64_t value) noexcept {
  std::uint8_t* p = room(1 + kMaxVarintBytes);
  if (p == nullptr) return false;
  *p++ = tag;
  advance_to(put_varint(p, value));
  return true;
}

bool ValueWriter::nil() noexcept { return place(false) && put(kTagNil); }

bool ValueWriter::boolean(bool value) noexcept { return place(true) && put(value ? kTagTrue : kTagFalse); }

bool ValueWriter::integer(std::int64_t value) noexcept {
  if (!place(true)) return false;
  if (static_cast<std::uint64_t>(value) >= kSmallIntegers) return tagged_varint(kTagInteger, zigzag(value));
  return put(static_cast<std::uint8_t>(kTagSmallInteger | value));
}

bool ValueWriter::number(double value) noexcept {
  if (!place(!std::isnan(value))) return false;
  return tagged_word(kTagNumber, std::bit_cast<std::uint64_t>(value));
}

bool ValueWriter::string(const char* bytes, std::size_t length) noexcept {
  if (!place(true)) return false;
  if (length >= kShortStringBytes) return put(kTagString) && append_text({bytes, length});
  std::uint8_t* p = room(1 + kShortStringBytes);
  if (p == nullptr) return false;
  *p++ = static_cast<std::uint8_t>(kTagShortString | length);
  if (length > 0) std::memcpy(p, bytes, length);
  advance_to(p + length);
  return true;
}

bool ValueWriter::pid(Pid value) noexcept { return place(true) && tagged_word(kTagPid, value.value); }

bool ValueWriter::time(const TimeValue& value) noexcept {
  if (!place(true)) return false;
  if (value.nanos >= kNanosPerSecond) return fail(ErrorKind::kInvalid, "time with a second or more of nanoseconds");
  std::uint8_t* p = room(1 + 3 * kMaxVarintBytes);
  if (p == nullptr) return false;
  *p++ = kTagTime;
  p = put_varint(p, zigzag(value.unix_s));
  p = put_varint(p, value.nanos);
  advance_to(put_varint(p, zigzag(value.zone_offset_s)));
  return true;
}

bool ValueWriter::duration(std::int64_t nanoseconds) noexcept {
  return place(true) && tagged_varint(kTagDuration, zigzag(nanoseconds));
}

bool ValueWriter::push_frame(const Frame& frame) noexcept {
  if (frames_.size() >= kMaxValueDepth) return fail(ErrorKind::kInvalid, "value nested too deeply");
  return frames_.push(frame) || fail(ErrorKind::kUnavailable, "out of memory while encoding a value");
}

std::uint32_t ValueWriter::begin_table(std::uint32_t array_count) noexcept {
  if (!place(true) || !tagged_varint(kTagTable, array_count)) return kNoOrdinal;
  const auto pairs_offset = static_cast<std::uint32_t>(out_.size());
  if (!put(0) || !push_frame({array_count, 0, pairs_offset, false, false})) return kNoOrdinal;
  return tables_++;
}

bool ValueWriter::end_table() noexcept {
  if (!status_.ok()) return false;
  if (frames_.empty() || frames_.back().is_error) return fail(ErrorKind::kInternal, "no table to end");
  const Frame frame = frames_.back();
  if (frame.items_left > 0 || frame.key_written) return fail(ErrorKind::kInternal, "table ended with values missing");
  frames_.pop();
  if (frame.pairs < kOpenPairs) {
    out_[frame.pairs_offset] = static_cast<std::uint8_t>(frame.pairs);
    return true;
  }
  out_[frame.pairs_offset] = static_cast<std::uint8_t>(kOpenPairs);
  return put(kTagTableEnd);
}

bool ValueWriter::table_ref(std::uint32_t ordinal) noexcept {
  // place() first: it is what starts the numbering of a new payload.
  if (!place(true)) return false;
  if (ordinal >= tables_) return fail(ErrorKind::kInternal, "reference to a table that has not begun");
  return tagged_varint(kTagTableRef, ordinal);
}

bool ValueWriter::begin_error(ErrorKind kind, Retryable retryable, std::string_view message,
                              std::string_view stack) noexcept {
  if (!place(true)) return false;
  if (kind == ErrorKind::kOk || kind > ErrorKind::kRateLimited || retryable > Retryable::kYes) {
    return fail(ErrorKind::kInternal, "an error needs a kind");
  }
  const auto kinds = static_cast<std::uint8_t>(static_cast<unsigned>(kind) | static_cast<unsigned>(retryable) << 4);
  return put(kTagError) && put(kinds) && append_text(message) && append_text(stack) &&
         push_frame({1, 0, 0, true, false});
}

bool ValueWriter::end_error() noexcept {
  if (!status_.ok()) return false;
  if (frames_.empty() || !frames_.back().is_error) return fail(ErrorKind::kInternal, "no error to end");
  if (frames_.back().items_left > 0) return fail(ErrorKind::kInternal, "error ended without its details");
  frames_.pop();
  return true;
}

Status ValueWriter::finish() noexcept {
  count(Counted::kCopy, out_.size());
  if (!status_.ok()) return status_;
  if (!frames_.empty() || roots_left_ > 0) {
    fail(ErrorKind::kInternal, "value not complete");
  } else if (out_.size() > kMaxEncodedBytes) {
    fail(ErrorKind::kInvalid, "value larger than 64 MiB");
  }
  return status_;
}

}  // namespace wippy
