#include "mailbox/value_reader.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace wippy {

using namespace value_format;

namespace {
constexpr std::size_t kKeptFrames = 1024;
}

void ValueReader::start(std::string_view bytes) noexcept {
  status_ = Status::good();
  cursor_ = reinterpret_cast<const std::uint8_t*>(bytes.data());
  end_ = cursor_ + bytes.size();
  owed_ = 0;
  roots_ = roots_done_ = tables_ = 0;
  topic_ = {};
  frames_.clear(kKeptFrames);
  if (bytes.size() > kMaxEncodedBytes) fail("encoding larger than 64 MiB");
}

void ValueReader::open_value(std::string_view bytes) noexcept {
  start(bytes);
  if (status_.ok() && owe(1)) roots_ = 1;
}

Status ValueReader::open_body(std::string_view bytes) noexcept {
  start(bytes);
  std::uint64_t topic_length = 0;
  std::uint64_t count = 0;
  if (status_.ok() && read_varint(topic_length) && read_bytes(topic_length, topic_) && read_varint(count) &&
      owe(count)) {
    roots_ = static_cast<std::uint32_t>(count);
  }
  return status_;
}

bool ValueReader::fail(const char* message) noexcept {
  if (status_.ok()) status_ = Status::error(ErrorKind::kInvalid, message);
  return false;
}

// Records that `values` more values follow. Keeps owed_ <= left(), on which every other check rests.
bool ValueReader::owe(std::uint64_t values) noexcept {
  if (values > available()) return fail("encoding promises more values than it has bytes");
  owed_ += static_cast<std::size_t>(values);
  return true;
}

bool ValueReader::read_varint(std::uint64_t& value) noexcept {
  value = 0;
  const std::size_t limit = available() < kMaxVarintBytes ? available() : kMaxVarintBytes;
  for (std::size_t i = 0; i < limit; ++i) {
    const std::uint8_t byte = *cursor_++;
    if (i == kMaxVarintBytes - 1 && byte > 1) return fail("number does not fit into 64 bits");
    value |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
    if (byte >= 0x80) continue;
    if (byte == 0 && i > 0) return fail("number not in its shortest form");
    return true;
  }
  return fail("encoding cut short");
}

bool ValueReader::read_word(std::uint64_t& value) noexcept {
  if (available() < 8) return fail("encoding cut short");
  value = 0;
  for (int i = 0; i < 8; ++i) value |= static_cast<std::uint64_t>(cursor_[i]) << (8 * i);
  cursor_ += 8;
  return true;
}

bool ValueReader::read_bytes(std::uint64_t length, std::string_view& text) noexcept {
  if (length > available()) return fail("encoding cut short");
  text = {reinterpret_cast<const char*>(cursor_), static_cast<std::size_t>(length)};
  cursor_ += length;
  return true;
}

bool ValueReader::complete(const Frame& frame) const noexcept {
  if (frame.items_done < frame.items || frame.key_read) return false;
  if (frame.pairs < kOpenPairs) return frame.pairs_done == frame.pairs;
  // The closing byte is owed, so there is a byte to look at.
  return frame.pairs_done >= kOpenPairs && *cursor_ == kTagTableEnd;
}

void ValueReader::close_frame() noexcept {
  const Frame& frame = frames_.back();
  if (frame.pairs == kOpenPairs) {
    ++cursor_;
    --owed_;
  }
  item_.token = frame.is_error ? Token::kErrorEnd : Token::kTableEnd;
  item_.role = frame.role;
  item_.index = frame.index;
  item_.ordinal = frame.ordinal;
  frames_.pop();
}

// Finds out where the next value belongs and takes it off what is owed.
bool ValueReader::place() noexcept {
  if (frames_.empty()) {
    item_.role = Role::kRoot;
    item_.index = ++roots_done_;
    tables_ = 0;
    --owed_;
    return true;
  }
  Frame& frame = frames_.back();
  if (frame.items_done < frame.items) {
    item_.role = frame.is_error ? Role::kDetails : Role::kArrayItem;
    item_.index = ++frame.items_done;
  } else if (frame.key_read) {
    item_.role = Role::kValue;
    item_.index = ++frame.pairs_done;
    frame.key_read = false;
  } else {
    // Pairs beyond the 255 promised ones are owed only from here.
    if (frame.pairs_done >= kOpenPairs && !owe(2)) return false;
    item_.role = Role::kKey;
    item_.index = frame.pairs_done + 1;
    frame.key_read = true;
  }
  --owed_;
  return true;
}

const ValueItem& ValueReader::next() noexcept {
  if (status_.ok()) {
    if (!frames_.empty() && complete(frames_.back())) {
      close_frame();
      return item_;
    }
    if (frames_.empty() && roots_done_ == roots_) {
      item_.token = Token::kEnd;
      if (cursor_ == end_) return item_;
      fail("bytes after the last value");
    } else if (place() && read_item()) {
      return item_;
    }
  }
  item_.token = Token::kInvalid;
  return item_;
}

bool ValueReader::read_item() noexcept {
  const std::uint8_t tag = *cursor_++;  // was owed, so it is there
  if (tag >= kTagSmallInteger) {
    item_.token = Token::kInteger;
    item_.integer = tag - kTagSmallInteger;
    return true;
  }
  if (tag >= kTagShortString) {
    item_.token = Token::kString;
    return read_bytes(tag - kTagShortString, item_.text);
  }
  if (!read_tagged(tag)) return false;
  if (item_.role != Role::kKey) return true;
  if (item_.token == Token::kNil || (item_.token == Token::kNumber && std::isnan(item_.number))) {
    return fail("a table key is nil or NaN");
  }
  return true;
}

bool ValueReader::read_tagged(std::uint8_t tag) noexcept {
  std::uint64_t word = 0;
  switch (tag) {
    case kTagNil: item_.token = Token::kNil; return true;
    case kTagFalse:
    case kTagTrue:
      item_.token = Token::kBoolean;
      item_.boolean = tag == kTagTrue;
      return true;
    case kTagInteger:
      if (!read_integer(Token::kInteger)) return false;
      return static_cast<std::uint64_t>(item_.integer) >= kSmallIntegers || fail("integer not in its shortest form");
    case kTagDuration: return read_integer(Token::kDuration);
    case kTagNumber:
      item_.token = Token::kNumber;
      if (!read_word(word)) return false;
      item_.number = std::bit_cast<double>(word);
      return true;
    case kTagString:
      item_.token = Token::kString;
      if (!read_varint(word) || !read_bytes(word, item_.text)) return false;
      return word >= kShortStringBytes || fail("string not in its shortest form");
    case kTagTable: return read_table();
    case kTagTableRef:
      item_.token = Token::kTableRef;
      if (!read_varint(word)) return false;
      if (word >= tables_) return fail("reference to a table that has not begun");
      item_.ordinal = static_cast<std::uint32_t>(word);
      return true;
    case kTagPid: item_.token = Token::kPid; return read_word(item_.pid.value);
    case kTagError: return read_error();
    case kTagTime: return read_time();
    default: return fail("unknown tag");
  }
}

bool ValueReader::read_integer(Token token) noexcept {
  std::uint64_t word = 0;
  if (!read_varint(word)) return false;
  item_.token = token;
  item_.integer = unzigzag(word);
  return true;
}

bool ValueReader::read_time() noexcept {
  std::uint64_t seconds = 0;
  std::uint64_t nanos = 0;
  std::uint64_t zone = 0;
  if (!read_varint(seconds) || !read_varint(nanos) || !read_varint(zone)) return false;
  if (nanos >= kNanosPerSecond || zone > std::numeric_limits<std::uint32_t>::max()) return fail("time out of range");
  item_.token = Token::kTime;
  item_.time = {unzigzag(seconds), static_cast<std::uint32_t>(nanos), static_cast<std::int32_t>(unzigzag(zone))};
  return true;
}

bool ValueReader::read_table() noexcept {
  std::uint64_t items = 0;
  if (!read_varint(items)) return false;
  if (available() < 1) return fail("encoding cut short");
  const std::uint32_t pairs = *cursor_++;
  // An upper bound first, so that the sum below cannot wrap.
  if (items > kMaxEncodedBytes) return fail("encoding promises more values than it has bytes");
  if (!owe(items + 2 * pairs + (pairs == kOpenPairs ? 1 : 0))) return false;
  item_.token = Token::kTable;
  item_.ordinal = tables_++;
  item_.array_count = static_cast<std::uint32_t>(items);
  item_.pair_count = pairs;
  return push_frame({item_.array_count, 0, pairs, 0, item_.ordinal, item_.index, item_.role, false, false});
}

bool ValueReader::read_error() noexcept {
  if (available() < 1) return fail("encoding cut short");
  const std::uint8_t kinds = *cursor_++;
  item_.error_kind = static_cast<ErrorKind>(kinds & 0x0F);
  item_.retryable = static_cast<Retryable>(kinds >> 4);
  if (item_.error_kind == ErrorKind::kOk || item_.error_kind > ErrorKind::kRateLimited ||
      item_.retryable > Retryable::kYes) {
    return fail("unknown kind of error");
  }
  std::uint64_t length = 0;
  if (!read_varint(length) || !read_bytes(length, item_.text)) return false;
  if (!read_varint(length) || !read_bytes(length, item_.stack) || !owe(1)) return false;
  item_.token = Token::kError;
  return push_frame({1, 0, 0, 0, 0, item_.index, item_.role, true, false});
}

bool ValueReader::push_frame(const Frame& frame) noexcept {
  if (frames_.size() >= kMaxValueDepth) return fail("value nested too deeply");
  if (frames_.push(frame)) return true;
  status_ = Status::error(ErrorKind::kUnavailable, "out of memory while decoding a value", true);
  return false;
}

namespace {

Status read_to_end(ValueReader& reader) noexcept {
  for (;;) {
    const Token token = reader.next().token;
    if (token == Token::kEnd || token == Token::kInvalid) return reader.status();
  }
}

}  // namespace

Status validate_value(std::string_view bytes) noexcept {
  ValueReader reader;
  reader.open_value(bytes);
  return read_to_end(reader);
}

Status validate_body(std::string_view bytes) noexcept {
  ValueReader reader;
  const Status opened = reader.open_body(bytes);
  return opened.ok() ? read_to_end(reader) : opened;
}

}  // namespace wippy
