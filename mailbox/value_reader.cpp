#include <algorithm>
#include <cmath>

#include "mailbox/values.hpp"

namespace wippy {

Status ValueReader::open(std::string_view bytes, bool body) noexcept {
  status_ = Status::good();
  cursor_ = reinterpret_cast<const uint8_t*>(bytes.data());
  end_ = cursor_ + bytes.size();
  owed_ = payload_count_ = 0;
  topic_ = {};
  frames_.clear();
  uint64_t count = 1;
  if (bytes.size() > kMaxEncodedBytes) return fail("encoding larger than 64 MiB"), status_;
  if ((body && !(read_text(topic_) && read_varint(count))) || !owe(count)) return status_;
  payload_count_ = static_cast<uint32_t>(count);
  push_frame({payload_count_, 0, 0, 0, 0, Role::kRoot, Role::kRoot});
  return status_;
}

const ValueItem& ValueReader::next() noexcept {
  const bool read = status_.ok() && (complete(frames_.back()) ? close_frame() : place() && read_item());
  if (!read) item_.token = Token::kInvalid;
  return item_;
}

bool ValueReader::complete(const Frame& frame) const noexcept {
  const uint32_t promised = frame.items + 2 * frame.pairs;
  if (frame.pairs < kOpenPairs) return frame.done == promised;
  // The closing byte is owed, so there is a byte to look at.
  return frame.done >= promised && (frame.done - promised) % 2 == 0 &&
         *cursor_ == static_cast<uint8_t>(Token::kTableEnd);
}

bool ValueReader::close_frame() noexcept {
  const Frame& frame = frames_.back();
  if (frame.role_of_items == Role::kRoot) {
    item_.token = Token::kEnd;
    return cursor_ == end_ || fail("bytes after the last value");
  }
  item_.token = frame.role_of_items == Role::kDetails ? Token::kErrorEnd : Token::kTableEnd;
  if (frame.pairs == kOpenPairs) {
    ++cursor_;
    --owed_;
  }
  item_.role = frame.role;
  item_.index = frame.index;
  item_.ordinal = frame.ordinal;
  frames_.pop();
  return true;
}

// Finds out where the next value belongs and takes it off what is owed.
bool ValueReader::place() noexcept {
  Frame& frame = frames_.back();
  if (frame.done < frame.items) {
    item_.role = frame.role_of_items;
    item_.index = frame.done + 1;
    if (item_.role == Role::kRoot) tables_ = 0;
  } else {
    const uint32_t before = frame.done - frame.items;  // keys and values
    item_.role = before % 2 == 0 ? Role::kKey : Role::kValue;
    item_.index = before / 2 + 1;
    // Pairs beyond the 255 promised ones are owed only from here.
    if (before >= 2 * kOpenPairs && item_.role == Role::kKey && !owe(2)) return false;
  }
  ++frame.done;
  --owed_;
  return true;
}

bool ValueReader::read_varint(uint64_t& value) noexcept {
  if (available() > 0 && *cursor_ < 0x80) return value = *cursor_++, true;
  value = 0;
  const std::size_t limit = std::min(available(), kMaxVarintBytes);
  for (std::size_t i = 0; i < limit; ++i) {
    const uint8_t byte = *cursor_++;
    if (i == kMaxVarintBytes - 1 && byte > 1) return fail("number does not fit into 64 bits");
    value |= static_cast<uint64_t>(byte & 0x7F) << (7 * i);
    if (byte >= 0x80) continue;
    return byte != 0 || i == 0 || fail("number not in its shortest form");
  }
  return fail("encoding cut short");
}

bool ValueReader::read_item() noexcept {
  const uint8_t tag = *cursor_++;  // was owed, so it is there
  if (tag >= kTagSmallInteger) {
    item_.token = Token::kInteger;
    item_.integer = tag - kTagSmallInteger;
    return true;
  }
  if (tag >= kTagShortString) {
    item_.token = Token::kString;
    return read_bytes(tag - kTagShortString, item_.text);
  }
  item_.token = static_cast<Token>(tag);
  return read_long_form();
}

bool ValueReader::read_long_form() noexcept {
  uint64_t word = 0;
  uint8_t byte = 0;
  switch (item_.token) {
    case Token::kNil: return item_.role != Role::kKey || fail("a table key is nil or NaN");
    case Token::kFalse:
    case Token::kTrue: return true;
    case Token::kInteger: {
      int32_t narrow = 0;
      if (!read_raw(narrow)) return false;
      item_.integer = narrow;
      return !is_small(narrow) || fail("integer not in its shortest form");
    }
    case Token::kWideInteger:
      item_.token = Token::kInteger;
      return read_raw(item_.integer) && (!is_narrow(item_.integer) || fail("integer not in its shortest form"));
    case Token::kDuration: return read_raw(item_.integer);
    case Token::kNumber:
      if (!read_raw(item_.number)) return false;
      return item_.role != Role::kKey || !std::isnan(item_.number) || fail("a table key is nil or NaN");
    case Token::kString:
      if (!read_text(item_.text)) return false;
      return item_.text.size() >= kShortStringBytes || fail("string not in its shortest form");
    case Token::kTable:
      if (!read_varint(word) || !read_raw(byte)) return false;
      if (!owe(word) || !owe(2 * byte + (byte == kOpenPairs ? 1 : 0)))
        return false;  // one by one: their sum could wrap
      item_.ordinal = tables_++;
      item_.array_count = static_cast<uint32_t>(word);
      item_.pair_count = byte;
      return push_frame({item_.array_count, byte, 0, item_.index, item_.ordinal, item_.role, Role::kArrayItem});
    case Token::kTableRef:
      if (!read_varint(word)) return false;
      item_.ordinal = static_cast<uint32_t>(word);
      return word < tables_ || fail("reference to a table that has not begun");
    case Token::kPid: return read_raw(item_.pid.value);
    case Token::kError:
      if (!read_raw(byte)) return false;
      item_.error_kind = static_cast<ErrorKind>(byte & 0x0F);
      item_.retryable = static_cast<Retryable>(byte >> 4);
      if (!is_error(item_.error_kind, item_.retryable)) return fail("unknown kind of error");
      if (!read_text(item_.text) || !read_text(item_.stack) || !owe(1)) return false;
      return push_frame({1, 0, 0, item_.index, 0, item_.role, Role::kDetails});
    case Token::kTime: {
      uint64_t nanos = 0, zone = 0;
      if (!read_varint(word) || !read_varint(nanos) || !read_varint(zone)) return false;
      item_.time = {unzigzag(word), static_cast<uint32_t>(nanos), static_cast<int32_t>(unzigzag(zone))};
      return (nanos < kNanosPerSecond && zone == static_cast<uint32_t>(zone)) || fail("time out of range");
    }
    default: return fail("unknown tag");
  }
}

}  // namespace wippy
