// What the codec refuses: damaged encodings, misuse, depth, size, memory.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "mailbox/values.hpp"
#include "tests/unit/mailbox/values_relay.hpp"

namespace wippy::test {
namespace {

using namespace std::string_literals;

int g_allocations = 0;
int g_allowed = 0;
// Grants g_allowed requests, then refuses. Tests of one executable run one after the other.
void* rationed(void* block, std::size_t bytes) {
  if (g_allocations >= g_allowed) return nullptr;
  ++g_allocations;
  return std::realloc(block, bytes);
}
void ration(int allowed) {
  g_allocations = 0;
  g_allowed = allowed;
}

// One message body with every form in it.
std::string sample_body() {
  ValueWriter w;
  const std::string text(80, 's');
  w.reset_body("topic", 3);
  w.begin_table(3), w.integer(7), w.integer(-70000), w.nil();
  w.string("key", 3), w.number(2.5), w.string(text.data(), text.size()), w.boolean(true);
  w.boolean(false), w.table_ref(0), w.pid(Pid{99}), w.time({1700000000, 5, 3600});
  w.duration(1'000'000'000);
  w.begin_error(ErrorKind::kTimeout, Retryable::kNo, "late", "stack"), w.begin_table(0), w.end_table(), w.end_error();
  w.end_table();
  w.begin_table(0);
  for (int i = 0; i < 260; ++i) w.integer(i), w.nil();
  w.end_table();
  w.string("", 0);
  EXPECT_TRUE(w.finish().ok());
  return std::string(w.view());
}

TEST(ValuesLimits, EveryPrefixIsRefused) {
  const std::string whole = sample_body();
  ASSERT_TRUE(validate_body(whole).ok());
  for (std::size_t n = 0; n < whole.size(); ++n) {
    // An exact-size heap copy, so that the address sanitizer sees any read beyond the prefix.
    const std::vector<char> prefix(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
    EXPECT_EQ(validate_body({prefix.data(), n}).kind, ErrorKind::kInvalid) << n;
  }
  EXPECT_EQ(validate_body(whole + '\0').kind, ErrorKind::kInvalid);
}

TEST(ValuesLimits, MalformedValuesAreRefused) {
  const std::pair<std::string, const char*> cases[] = {
      {""s, "nothing"},
      {"\x0e"s, "unknown tag"},
      {"\x3f"s, "unknown tag"},
      {"\x07"s, "end outside of a table"},
      {"\x06\x00\x01\x07\x00"s, "end as a key of a counted table"},
      {"\x00\x00"s, "trailing value"},
      {"\x03\x00\x00\x00\x00"s, "0 in the long form"},
      {"\x03\x7f\x00\x00\x00"s, "127 in the long form"},
      {"\x03\x80\x00\x00"s, "integer cut"},
      {"\x0d\x00\x00\x00\x00\x00\x00\x00\x00"s, "0 in the widest form"},
      {"\x0d\xff\xff\xff\x7f\x00\x00\x00\x00"s, "2^31-1 in the widest form"},
      {"\x0d\x00\x00\x00\x80\xff\xff\xff\xff"s, "-2^31 in the widest form"},
      {"\x0d\x00\x00\x00\x80\x00\x00\x00"s, "wide integer cut"},
      {"\x0c\x00\x00\x00\x80\x00\x00\x00"s, "duration cut"},
      {"\x0b\x81\x00\x00\x00"s, "padded varint"},
      {"\x0b\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02\x00\x00"s, "65 bits"},
      {"\x0b\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00\x00\x00"s, "11 bytes"},
      {"\x05\x01z"s, "short string in the long form"},
      {"\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s, "string of 2^64-1"},
      {"\x42z"s, "short string cut"},
      {"\x04\x00\x00\x00\x00\x00\x00\x00"s, "number cut"},
      {"\x09\x00\x00\x00\x00\x00\x00\x00"s, "pid cut"},
      {"\x08\x00"s, "reference before any table"},
      {"\x06\x01\x00\x08\x01"s, "reference to a later table"},
      {"\x06\x00\x01\x00\x80"s, "nil key"},
      {"\x06\x00\x01\x04\x00\x00\x00\x00\x00\x00\xf8\x7f\x80"s, "NaN key"},
      {"\x06\x02\x00\x80"s, "missing item"},
      {"\x06\x00\x01\x80"s, "missing value"},
      {"\x06\x00"s, "missing p"},
      {"\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\xff\x80"s, "array of 2^64-1"},
      {"\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\xff"s + std::string(600, '\x01'),
       "a count whose sum wraps to 510"},
      {"\x06\x01\x00\x06\x01\x00\x06\x01\x00"s, "nothing inside"},
      {"\x06\x02\x00\x41\x80"s, "string that would eat a promised item"},
      {"\x0a\x00\x00\x00\x00"s, "error of kind ok"},
      {"\x0a\x0c\x00\x00\x00"s, "error of unknown kind"},
      {"\x0a\x31\x00\x00\x00"s, "error with a fourth retryable"},
      {"\x0a\x01\x00\x00"s, "error without details"},
      {"\x0b\x00\x80\x94\xeb\xdc\x03\x00"s, "a second of nanoseconds"},
      {"\x0b\x00\x00\x80\x80\x80\x80\x10"s, "zone of 33 bits"},
      {"\x06\x00\xff"s + std::string(509, '\x01') + "\x07"s, "254 pairs and a key before the end"},
      {"\x06\x00\xff"s + std::string(508, '\x01') + "\x07"s, "254 pairs in the open form"},
      {"\x06\x00\xff"s + std::string(510, '\x01'), "255 pairs without the end"},
      {"\x06\x00\xff"s + std::string(511, '\x01') + "\x07"s, "256th pair without its value"},
  };
  for (const auto& [bytes, what] : cases) {
    EXPECT_EQ(validate_value(bytes).kind, ErrorKind::kInvalid) << what;
  }
  EXPECT_TRUE(validate_value("\x06\x00\xff"s + std::string(510, '\x01') + "\x07"s).ok());
  EXPECT_TRUE(validate_value("\x06\x00\xff"s + std::string(512, '\x01') + "\x07"s).ok());
}

TEST(ValuesLimits, ReaderStaysInvalid) {
  ValueReader reader;
  EXPECT_EQ(reader.next().token, Token::kInvalid) << "nothing opened";
  const std::string bytes = "\x06\x02\x00\x80\x0d"s;
  reader.open_value(bytes);
  EXPECT_EQ(reader.next().token, Token::kTable);
  EXPECT_EQ(reader.next().token, Token::kInteger);
  EXPECT_EQ(reader.next().token, Token::kInvalid);
  EXPECT_EQ(reader.next().token, Token::kInvalid);
  EXPECT_EQ(reader.status().kind, ErrorKind::kInvalid);
  const std::string good = "\x80"s;
  reader.open_value(good);
  EXPECT_EQ(reader.next().token, Token::kInteger);
  EXPECT_EQ(reader.next().token, Token::kEnd);
}

template <class Calls>
ErrorKind kind_of(Calls calls) {
  ValueWriter w;
  calls(w);
  const ErrorKind kind = w.finish().kind;
  EXPECT_FALSE(w.nil()) << "an error is sticky";
  w.reset();
  w.nil();
  EXPECT_TRUE(w.finish().ok()) << "reset() forgets the error";
  return kind;
}

TEST(ValuesLimits, WriterRefusesMisuse) {
  const ErrorKind internal = ErrorKind::kInternal;
  EXPECT_EQ(kind_of([](ValueWriter&) {}), internal);
  EXPECT_EQ(kind_of([](ValueWriter& w) {
              w.nil();
              EXPECT_FALSE(w.nil());
            }),
            internal);
  EXPECT_EQ(kind_of([](ValueWriter& w) { w.begin_table(0); }), internal);
  EXPECT_EQ(kind_of([](ValueWriter& w) { w.begin_table(1), w.end_table(); }), internal);
  EXPECT_EQ(kind_of([](ValueWriter& w) { w.begin_table(0), w.integer(1), w.end_table(); }), internal);
  EXPECT_EQ(kind_of([](ValueWriter& w) { w.end_table(); }), internal);
  EXPECT_EQ(kind_of([](ValueWriter& w) { w.end_error(); }), internal);
  EXPECT_EQ(kind_of([](ValueWriter& w) { w.table_ref(0); }), internal);
  EXPECT_EQ(kind_of([](ValueWriter& w) { w.begin_table(1), w.table_ref(1); }), internal);
  EXPECT_EQ(kind_of([](ValueWriter& w) { w.begin_table(0), w.end_error(); }), internal);
  EXPECT_EQ(kind_of([](ValueWriter& w) { w.reset_body("t", 2), w.nil(); }), internal);
  EXPECT_EQ(kind_of([](ValueWriter& w) { w.reset_body("t", 0), w.nil(); }), internal);
  // A table of an earlier payload cannot be named.
  EXPECT_EQ(kind_of([](ValueWriter& w) { w.reset_body("t", 2), w.begin_table(0), w.end_table(), w.table_ref(0); }),
            internal);
  const auto error = [](ValueWriter& w) { return w.begin_error(ErrorKind::kInvalid, Retryable::kUnset, "", ""); };
  EXPECT_EQ(kind_of([&](ValueWriter& w) { error(w), w.end_error(); }), internal);
  EXPECT_EQ(kind_of([&](ValueWriter& w) { error(w), w.nil(), w.nil(); }), internal);
  EXPECT_EQ(kind_of([&](ValueWriter& w) { error(w), w.nil(), w.end_table(); }), internal);
  EXPECT_EQ(kind_of([](ValueWriter& w) { w.begin_error(ErrorKind::kOk, Retryable::kUnset, "", ""); }), internal);
}

TEST(ValuesLimits, WriterRefusesBadKeysAndTimes) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(kind_of([](ValueWriter& w) { w.begin_table(0), w.nil(); }), ErrorKind::kInvalid);
  EXPECT_EQ(kind_of([&](ValueWriter& w) { w.begin_table(0), w.number(nan); }), ErrorKind::kInvalid);
  EXPECT_EQ(kind_of([](ValueWriter& w) { w.time({0, 1'000'000'000, 0}); }), ErrorKind::kInvalid);
  ValueWriter w;  // both are fine as values
  w.begin_table(1), w.number(nan), w.boolean(true), w.nil(), w.end_table();
  EXPECT_TRUE(w.finish().ok());
}

// Nested tables, every second level an error's details. A recursive codec would overrun the 8 MiB stack.
bool nests(std::size_t depth, bool with_errors) {
  ValueWriter writer;
  for (std::size_t i = 0; i < depth; ++i) {
    if (with_errors && i % 2 == 1) {
      writer.begin_error(ErrorKind::kInternal, Retryable::kUnset, "", "");
    } else {
      writer.begin_table(1);
    }
  }
  writer.integer(42);
  for (std::size_t i = depth; i-- > 0;) with_errors&& i % 2 == 1 ? writer.end_error() : writer.end_table();
  if (!writer.finish().ok()) return false;
  ValueReader reader;
  reader.open_value(writer.view());
  ValueWriter again;
  const RelayResult result = relay(reader, again);
  return result.accepted && result.items == 2 * depth + 1 && again.finish().ok() && again.view() == writer.view();
}

TEST(ValuesLimits, C315_DeepNesting) {
  for (const std::size_t depth : {16UL, 17UL, 5'000UL, 10'000UL, 200'000UL, 1'000'000UL}) {
    EXPECT_TRUE(nests(depth, false)) << depth;
    EXPECT_TRUE(nests(depth, true)) << depth;
  }
}

TEST(ValuesLimits, C315_DeeperIsInvalid) {
  ValueWriter writer;
  std::string bytes;
  for (std::size_t i = 0; i <= kMaxValueDepth; ++i) {
    writer.begin_table(1);
    bytes += "\x06\x01\x00"s;
  }
  EXPECT_EQ(writer.finish().kind, ErrorKind::kInvalid);
  EXPECT_EQ(validate_value(bytes + '\0').kind, ErrorKind::kInvalid);
  EXPECT_STREQ(validate_value(bytes + '\0').message, "value nested too deeply");
  EXPECT_TRUE(validate_value(bytes.substr(3) + '\0').ok());
}

TEST(ValuesLimits, C316_OneMebibyteString) {
  std::string text(1 << 20, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31 + (i >> 8));
  ValueWriter writer;
  writer.reset_body("big", 1);
  writer.string(text.data(), text.size());
  ASSERT_TRUE(writer.finish().ok());
  ValueReader reader;
  ASSERT_TRUE(reader.open_body(writer.view()).ok());
  EXPECT_EQ(reader.next().text, text);
  EXPECT_EQ(reader.next().token, Token::kEnd);
}

TEST(ValuesLimits, SizeLimitIsExact) {
  const std::string text(kMaxEncodedBytes + 64, 'x');
  ValueWriter writer;
  writer.string(text.data(), kMaxEncodedBytes - 5);  // tag, four bytes of length
  ASSERT_TRUE(writer.finish().ok());
  EXPECT_EQ(writer.view().size(), kMaxEncodedBytes);
  EXPECT_TRUE(validate_value(writer.view()).ok());
  for (const std::size_t over : {1UL, 6UL, 20UL, 69UL}) {
    EXPECT_EQ(kind_of([&](ValueWriter& w) { w.string(text.data(), kMaxEncodedBytes - 5 + over); }),
              ErrorKind::kInvalid);
  }
  // Small pieces at the edge: {text, 1} takes nine bytes more than the text.
  for (const std::size_t over : {0UL, 1UL}) {
    writer.reset();
    writer.begin_table(2), writer.string(text.data(), kMaxEncodedBytes - 9 + over), writer.integer(1);
    writer.end_table();
    EXPECT_EQ(writer.finish().kind, over == 0 ? ErrorKind::kOk : ErrorKind::kInvalid);
  }
  // Many pieces stop at the limit instead of growing on.
  writer.reset();
  writer.begin_table(1000);
  int pieces = 0;
  while (pieces < 1000 && writer.string(text.data(), 1 << 20)) ++pieces;
  EXPECT_EQ(pieces, 63) << "each takes five bytes more than 1 MiB";
  EXPECT_EQ(writer.finish().kind, ErrorKind::kInvalid);
  // The reader refuses before it looks.
  std::string large(kMaxEncodedBytes + 1, 'x');
  EXPECT_EQ(validate_value(large).kind, ErrorKind::kInvalid);
  EXPECT_STREQ(validate_body(large).message, "encoding larger than 64 MiB");
}

TEST(ValuesLimits, SmallValuesTakeNoHeap) {
  ration(0);
  ValueWriter writer(rationed);
  writer.reset_body("topic", 1);
  for (int i = 0; i < 15; ++i) writer.begin_table(1);
  writer.begin_table(1), writer.string("0123456789", 10), writer.end_table();
  for (int i = 0; i < 15; ++i) writer.end_table();
  EXPECT_TRUE(writer.finish().ok());
  ValueReader reader(rationed);
  ASSERT_TRUE(reader.open_body(writer.view()).ok());
  ValueWriter again(rationed);
  again.reset_body(reader.topic(), reader.payload_count());
  EXPECT_TRUE(relay(reader, again).accepted);
  EXPECT_EQ(again.view(), writer.view());
}

TEST(ValuesLimits, RefusedMemoryIsUnavailable) {
  ration(0);
  const std::string text(600, 'x');
  ValueWriter writer(rationed);
  EXPECT_FALSE(writer.string(text.data(), text.size()));
  Status status = writer.finish();
  EXPECT_EQ(status.kind, ErrorKind::kUnavailable);
  EXPECT_TRUE(status.retryable);
  EXPECT_FALSE(writer.reset_body(text, 1));
  EXPECT_EQ(writer.finish().kind, ErrorKind::kUnavailable);

  writer.reset();
  for (int i = 0; i < 16; ++i) EXPECT_NE(writer.begin_table(1), ValueWriter::kNoOrdinal);
  EXPECT_EQ(writer.begin_table(1), ValueWriter::kNoOrdinal);
  EXPECT_EQ(writer.finish().kind, ErrorKind::kUnavailable);

  std::string deep;
  for (int i = 0; i < 17; ++i) deep += "\x06\x01\x00"s;
  deep += '\0';
  ValueReader reader(rationed);
  reader.open_value(deep);
  while (reader.next().token != Token::kInvalid) {
  }
  EXPECT_EQ(reader.status().kind, ErrorKind::kUnavailable);
  ration(1);
  reader.open_value(deep);
  ValueWriter other;
  EXPECT_TRUE(relay(reader, other).accepted);
}

TEST(ValuesLimits, ScratchIsKeptUpTo64KiB) {
  const std::string text(100'000, 'x');
  ration(100);
  ValueWriter writer(rationed);
  writer.string(text.data(), 30'000);
  EXPECT_EQ(g_allocations, 1);
  writer.reset();
  writer.string(text.data(), 30'000);
  EXPECT_EQ(g_allocations, 1) << "kept";
  writer.reset();
  writer.string(text.data(), 100'000);
  EXPECT_EQ(g_allocations, 2);
  writer.reset();
  writer.string(text.data(), 30'000);
  EXPECT_EQ(g_allocations, 3) << "the large block went back";
}

// Claims larger than the bytes are refused at the claim, before anything is built or allocated.
TEST(ValuesLimits, ClaimsAreRefusedAtOnce) {
  ration(0);
  ValueReader reader(rationed);
  const std::string wide = "\x06\xff\xff\xff\x1f\x00\x80\x80"s;
  reader.open_value(wide);
  EXPECT_EQ(reader.next().token, Token::kInvalid);
  const std::string pairs = "\x06\x00\x03\x80\x80\x80\x80\x80"s;
  reader.open_value(pairs);
  EXPECT_EQ(reader.next().token, Token::kInvalid);
  // The inner table claims bytes that the outer one needs.
  const std::string nested = "\x06\x04\x00\x06\x01\x00\x80\x80\x80"s;
  reader.open_value(nested);
  EXPECT_EQ(reader.next().token, Token::kTable);
  EXPECT_EQ(reader.next().token, Token::kInvalid);
  // The end of a table that has not had its 255 pairs, although there are bytes enough for them.
  const std::string early = "\x06\x00\xff\x07"s + std::string(510, '\x01');
  reader.open_value(early);
  EXPECT_EQ(reader.next().token, Token::kTable);
  EXPECT_EQ(reader.next().token, Token::kInvalid);
  const std::string body = "\x01t\x05\x00\x00\x00\x00"s;
  EXPECT_EQ(reader.open_body(body).kind, ErrorKind::kInvalid);
  EXPECT_EQ(reader.next().token, Token::kInvalid);
}

}  // namespace
}  // namespace wippy::test
