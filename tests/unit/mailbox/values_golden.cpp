// The exact bytes of every form of mailbox/values.hpp, in both directions.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "mailbox/values.hpp"
#include "tests/unit/mailbox/values_relay.hpp"

namespace wippy::test {
namespace {

using Write = std::function<void(ValueWriter&)>;
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

std::string hex(std::string_view bytes) {
  static const char* digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto b = static_cast<unsigned char>(c);
    out += digits[b >> 4];
    out += digits[b & 15];
  }
  return out;
}

// Writes a value, compares with the bytes expected, reads them, writes what was read and compares again.
void expect_bytes(const Write& write, const std::string& expected) {
  ValueWriter writer;
  write(writer);
  const Status written = writer.finish();
  ASSERT_TRUE(written.ok()) << written.message;
  EXPECT_EQ(hex(writer.view()), expected);
  ValueReader reader;
  reader.open_value(writer.view());
  ValueWriter again;
  EXPECT_TRUE(relay(reader, again).accepted) << reader.status().message;
  EXPECT_TRUE(again.finish().ok());
  EXPECT_EQ(hex(again.view()), expected);
}

ValueItem first_item(const ValueWriter& writer) {
  ValueReader reader;
  reader.open_value(writer.view());
  return reader.next();
}

TEST(ValuesGolden, NilAndBooleans) {
  expect_bytes([](ValueWriter& w) { w.nil(); }, "00");
  expect_bytes([](ValueWriter& w) { w.boolean(false); }, "01");
  expect_bytes([](ValueWriter& w) { w.boolean(true); }, "02");
}

TEST(ValuesGolden, Integers) {
  const std::pair<std::int64_t, std::string> cases[] = {
      {0, "80"},
      {1, "81"},
      {127, "ff"},
      {128, "0380000000"},
      {-1, "03ffffffff"},
      {-64, "03c0ffffff"},
      {-65, "03bfffffff"},
      {0x7fffffff, "03ffffff7f"},
      {0x80000000, "0d0000008000000000"},
      {-0x80000000LL, "0300000080"},
      {-0x80000001LL, "0dffffff7fffffffff"},
      {kMax, "0dffffffffffffff7f"},
      {kMin, "0d0000000000000080"},
  };
  for (const auto& [value, bytes] : cases) {
    expect_bytes([v = value](ValueWriter& w) { w.integer(v); }, bytes);
    ValueWriter writer;
    writer.integer(value);
    EXPECT_EQ(first_item(writer).token, Token::kInteger);
    EXPECT_EQ(first_item(writer).integer, value);
  }
}

TEST(ValuesGolden, C310_NumbersKeepTheirBitsAndStayNumbers) {
  const std::pair<std::uint64_t, std::string> cases[] = {
      {0x0000000000000000, "040000000000000000"},  // 0.0 is not the integer 0
      {0x8000000000000000, "040000000000000080"},  // -0.0
      {0x3ff0000000000000, "04000000000000f03f"},  // 1.0
      {0x7ff8000000000000, "04000000000000f87f"},  // NaN
      {0xfff0dead0000beef, "04efbe0000addef0ff"},  // a signalling NaN with payload
      {0x7ff0000000000000, "04000000000000f07f"},  // infinity
      {0x0000000000000001, "040100000000000000"},  // the smallest subnormal
  };
  for (const auto& [bits, bytes] : cases) {
    expect_bytes([b = bits](ValueWriter& w) { w.number(std::bit_cast<double>(b)); }, bytes);
    ValueWriter writer;
    writer.number(std::bit_cast<double>(bits));
    EXPECT_EQ(first_item(writer).token, Token::kNumber);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(first_item(writer).number), bits);
  }
}

TEST(ValuesGolden, Strings) {
  expect_bytes([](ValueWriter& w) { w.string("hello", 5); }, "4568656c6c6f");
  expect_bytes([](ValueWriter& w) { w.string(nullptr, 0); }, "40");
  expect_bytes([](ValueWriter& w) { w.string("\0\xff\n", 3); }, "4300ff0a");
  const std::string short_text(63, 'a');
  expect_bytes([&](ValueWriter& w) { w.string(short_text.data(), 63); }, "7f" + hex(short_text));
  const std::string long_text(64, 'a');
  expect_bytes([&](ValueWriter& w) { w.string(long_text.data(), 64); }, "0540" + hex(long_text));
  const std::string longer(300, 'b');
  expect_bytes([&](ValueWriter& w) { w.string(longer.data(), 300); }, "05ac02" + hex(longer));
}

TEST(ValuesGolden, PidTimeDuration) {
  expect_bytes([](ValueWriter& w) { w.pid(Pid{0x0102030405060708}); }, "090807060504030201");
  expect_bytes([](ValueWriter& w) { w.duration(-1); }, "0cffffffffffffffff");
  expect_bytes([](ValueWriter& w) { w.duration(5); }, "0c0500000000000000");
  expect_bytes([](ValueWriter& w) { w.duration(kMin); }, "0c0000000000000080");
  expect_bytes([](ValueWriter& w) { w.time({1, 2, -3600}); }, "0b02029f38");
  expect_bytes([](ValueWriter& w) { w.time({-62135596800, 999'999'999, 0}); }, "0bffdb8ff9ce03ff93ebdc0300");  // year 1
  expect_bytes([](ValueWriter& w) { w.time({0, 0, std::numeric_limits<std::int32_t>::min()}); }, "0b0000ffffffff0f");
}

TEST(ValuesGolden, C311_TablesReferencesAndCycles) {
  expect_bytes([](ValueWriter& w) { w.begin_table(0), w.end_table(); }, "060000");
  // {10, nil, x = true}
  expect_bytes(
      [](ValueWriter& w) {
        w.begin_table(2), w.integer(10), w.nil();
        w.string("x", 1), w.boolean(true), w.end_table();
      },
      "0602018a00417802");
  // t = {}; t[1] = t; t[t] = {}; t.s = that one
  expect_bytes(
      [](ValueWriter& w) {
        EXPECT_EQ(w.begin_table(1), 0U);
        w.table_ref(0), w.table_ref(0);
        EXPECT_EQ(w.begin_table(0), 1U);
        w.end_table(), w.string("s", 1), w.table_ref(1), w.end_table();
      },
      "0601020800080006000041730801");
}

TEST(ValuesGolden, TablesOfManyPairs) {
  for (const int count : {253, 254, 255, 256, 1000}) {
    std::string expected = count < 255 ? "0600" + hex({reinterpret_cast<const char*>(&count), 1}) : "0600ff";
    ValueWriter keys;
    for (int i = 0; i < count; ++i) {
      keys.reset();
      keys.integer(i + 1);
      expected += hex(keys.view()) + "02";
    }
    if (count >= 255) expected += "07";
    expect_bytes(
        [count](ValueWriter& w) {
          w.begin_table(0);
          for (int i = 0; i < count; ++i) w.integer(i + 1), w.boolean(true);
          w.end_table();
        },
        expected);
  }
}

TEST(ValuesGolden, Errors) {
  expect_bytes(
      [](ValueWriter& w) {
        w.begin_error(ErrorKind::kNotFound, Retryable::kYes, "gone", "at x"), w.nil(), w.end_error();
      },
      "0a2204676f6e65046174207800");
  // The kind of errors.new("m") is the empty one; details are any value, here {5}.
  expect_bytes(
      [](ValueWriter& w) {
        w.begin_error(ErrorKind::kUnknown, Retryable::kUnset, "m", ""), w.begin_table(1), w.integer(5), w.end_table();
        w.end_error();
      },
      "0a01016d0006010085");
  for (unsigned kind = 1; kind <= static_cast<unsigned>(ErrorKind::kRateLimited); ++kind) {
    const std::string k = hex(std::string(1, static_cast<char>(kind | 0x10)));
    expect_bytes(
        [kind](ValueWriter& w) {
          w.begin_error(static_cast<ErrorKind>(kind), Retryable::kNo, "", ""), w.nil(), w.end_error();
        },
        "0a" + k + "000000");
  }
}

TEST(ValuesGolden, MessageBody) {
  ValueWriter writer;
  writer.reset_body("ping", 1);
  writer.string("hello", 5);
  ASSERT_TRUE(writer.finish().ok());
  EXPECT_EQ(hex(writer.view()), "0470696e67014568656c6c6f");
  EXPECT_LE(writer.view().size(), 32U);  // lies inside a Signal

  ValueReader reader;
  ASSERT_TRUE(reader.open_body(writer.view()).ok());
  EXPECT_EQ(reader.topic(), "ping");
  EXPECT_EQ(reader.payload_count(), 1U);
  EXPECT_EQ(reader.next().text, "hello");
  EXPECT_EQ(reader.next().token, Token::kEnd);
  EXPECT_EQ(reader.next().token, Token::kEnd);
}

// Each payload numbers its tables anew; explicit trailing nils count; an empty topic and no payload are legal.
TEST(ValuesGolden, BodiesOfManyPayloadsAndNone) {
  ValueWriter writer;
  writer.reset_body("", 3);
  EXPECT_EQ(writer.begin_table(0), 0U);
  writer.end_table();
  EXPECT_EQ(writer.begin_table(1), 0U);
  writer.table_ref(0), writer.end_table(), writer.nil();
  ASSERT_TRUE(writer.finish().ok());
  EXPECT_EQ(hex(writer.view()), "0003060000060100080000");
  ValueReader reader;
  ASSERT_TRUE(reader.open_body(writer.view()).ok());
  const std::pair<Token, std::uint32_t> items[] = {{Token::kTable, 1},    {Token::kTableEnd, 1}, {Token::kTable, 2},
                                                   {Token::kTableRef, 1}, {Token::kTableEnd, 2}, {Token::kNil, 3}};
  for (const auto& [token, index] : items) {
    const ValueItem& item = reader.next();
    EXPECT_EQ(item.token, token);
    EXPECT_EQ(item.index, index);
    EXPECT_EQ(item.role, token == Token::kTableRef ? Role::kArrayItem : Role::kRoot);
    if (token != Token::kNil) {
      EXPECT_EQ(item.ordinal, 0U);
    }
  }
  EXPECT_EQ(reader.next().token, Token::kEnd);
  EXPECT_TRUE(validate_body(writer.view()).ok());

  writer.reset_body("t", 0);
  ASSERT_TRUE(writer.finish().ok());
  EXPECT_EQ(hex(writer.view()), "017400");
  ASSERT_TRUE(reader.open_body(writer.view()).ok());
  EXPECT_EQ(reader.next().token, Token::kEnd);
}

}  // namespace
}  // namespace wippy::test
