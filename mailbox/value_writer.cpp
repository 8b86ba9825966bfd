#include <algorithm>
#include <cstring>

#include "mailbox/values.hpp"
#include "runtime/sim/counted.hpp"

namespace wippy {

namespace {

constexpr const char* kTooLarge = "value larger than 64 MiB";
constexpr std::size_t kSlackBytes = 3 * kMaxVarintBytes;  // no call asks for more room beyond what it uses

uint8_t* put_varint(uint8_t* p, uint64_t v) noexcept {
  for (; v >= 0x80; v >>= 7) *p++ = static_cast<uint8_t>(v | 0x80);
  *p++ = static_cast<uint8_t>(v);
  return p;
}
uint8_t* put_bytes(uint8_t* p, std::string_view bytes) noexcept {
  if (!bytes.empty()) std::memcpy(p, bytes.data(), bytes.size());
  return p + bytes.size();
}
uint8_t* put_text(uint8_t* p, std::string_view text) noexcept { return put_bytes(put_varint(p, text.size()), text); }

}  // namespace

void ValueWriter::reset(uint32_t values) noexcept {
  status_ = Status::good();
  out_.clear();
  frames_.clear();
  push_frame({Token::kEnd, values, 0, 0});
}

bool ValueWriter::reset_body(std::string_view topic, uint32_t payload_count) noexcept {
  reset(payload_count);
  uint8_t* p = room(2 * kMaxVarintBytes + topic.size());
  return p != nullptr && end(put_varint(put_text(p, topic), payload_count));
}

// Room for `bytes` more, or nullptr with the error set. The limit is exact only in finish(): callers ask for a bound.
uint8_t* ValueWriter::room(std::size_t bytes) noexcept {
  if (bytes > kMaxEncodedBytes + kSlackBytes - out_.size()) return fail(ErrorKind::kInvalid, kTooLarge), nullptr;
  if (!out_.reserve(bytes)) return fail(ErrorKind::kUnavailable, kNoCodecMemory), nullptr;
  return out_.data() + out_.size();
}

// Starts the next value: takes its place (in the message, in an array, as a key, as a value, as an error's details), makes
// room for the tag and `bytes` more, writes the tag. nullptr with the error set.
uint8_t* ValueWriter::begin(Token tag, std::size_t bytes, bool may_be_key) noexcept {
  if (!status_.ok()) return nullptr;
  Frame& frame = frames_.back();
  if (frame.items_left > 0) {
    --frame.items_left;
    if (frame.kind == Token::kEnd) tables_ = 0;
  } else if (frame.kind != Token::kTable) {
    return fail(ErrorKind::kInternal, "more values than announced"), nullptr;
  } else if (frame.pair_values++ % 2 == 0 && !may_be_key) {
    return fail(ErrorKind::kInvalid, "a table key cannot be nil or NaN"), nullptr;
  }
  uint8_t* p = room(1 + bytes);
  if (p != nullptr) *p++ = static_cast<uint8_t>(tag);
  return p;
}

bool ValueWriter::string(const char* bytes, std::size_t length) noexcept {
  const bool is_short = length < kShortStringBytes;
  const Token tag = is_short ? static_cast<Token>(kTagShortString | length) : Token::kString;
  uint8_t* p = begin(tag, kMaxVarintBytes + length);
  return p != nullptr && end(is_short ? put_bytes(p, {bytes, length}) : put_text(p, {bytes, length}));
}

bool ValueWriter::time(const TimeValue& value) noexcept {
  uint8_t* p = begin(Token::kTime, 3 * kMaxVarintBytes);
  if (p == nullptr) return false;
  if (value.nanos >= kNanosPerSecond) return fail(ErrorKind::kInvalid, "time with a second or more of nanoseconds");
  p = put_varint(put_varint(p, zigzag(value.unix_s)), value.nanos);
  return end(put_varint(p, zigzag(value.zone_offset_s)));
}

uint32_t ValueWriter::begin_table(uint32_t array_count) noexcept {
  uint8_t* p = begin(Token::kTable, kMaxVarintBytes + 1);
  if (p == nullptr) return kNoOrdinal;
  p = put_varint(p, array_count);
  end(p + 1);
  const auto pairs_offset = static_cast<uint32_t>(p - out_.data());
  return push_frame({Token::kTable, array_count, 0, pairs_offset}) ? tables_++ : kNoOrdinal;
}

// Whether the innermost container is of that kind and has all its values.
bool ValueWriter::may_end(Token kind) noexcept {
  const Frame& frame = frames_.back();
  if (status_.ok() && frame.kind == kind && frame.items_left == 0 && frame.pair_values % 2 == 0) return true;
  return fail(ErrorKind::kInternal, "ended before its time");
}

bool ValueWriter::end_table() noexcept {
  if (!may_end(Token::kTable)) return false;
  const Frame frame = frames_.pop();
  const uint32_t pairs = frame.pair_values / 2;
  out_.data()[frame.pairs_offset] = static_cast<uint8_t>(std::min(pairs, kOpenPairs));
  if (pairs < kOpenPairs) return true;
  uint8_t* p = room(1);
  if (p != nullptr) *p++ = static_cast<uint8_t>(Token::kTableEnd);
  return end(p);
}

bool ValueWriter::table_ref(uint32_t ordinal) noexcept {
  uint8_t* p = begin(Token::kTableRef, kMaxVarintBytes);  // first: it starts the numbering of a new payload
  if (p == nullptr) return false;
  if (ordinal >= tables_) return fail(ErrorKind::kInternal, "reference to a table that has not begun");
  return end(put_varint(p, ordinal));
}

bool ValueWriter::begin_error(ErrorKind kind, Retryable retryable, std::string_view message,
                              std::string_view stack) noexcept {
  uint8_t* p = begin(Token::kError, 1 + 2 * kMaxVarintBytes + message.size() + stack.size());
  if (p == nullptr) return false;
  if (!is_error(kind, retryable)) return fail(ErrorKind::kInternal, "an error needs a kind");
  *p++ = static_cast<uint8_t>(static_cast<unsigned>(kind) | static_cast<unsigned>(retryable) << 4);
  end(put_text(put_text(p, message), stack));
  return push_frame({Token::kError, 1, 0, 0});
}

Status ValueWriter::finish() noexcept {
  count(Counted::kCopy, out_.size());
  if (may_end(Token::kEnd) && out_.size() > kMaxEncodedBytes) fail(ErrorKind::kInvalid, kTooLarge);
  return status_;
}

}  // namespace wippy
