// libs: wippy_runtime
// C++ values as message values: what is written is read again, and what does not fit is refused.
#include <gtest/gtest.h>

#include <limits>

#include "runtime/native/entries.hpp"
#include "tests/unit/runtime/fixture.hpp"

namespace wippy {
namespace {

using test::Node;

// Runs fn inside a process, where values are read and written.
template <class F>
void inside(F fn) {
  Node n(1);
  n.run([fn](Context& self, Node& node) {
    return [](Context& process, F body, Node* done) -> Behavior {
      body(process);
      done->done();
      co_return;
    }(self, fn, &node);
  });
}

template <class T>
std::optional<T> read_value(Context& self, std::string_view encoded) {
  ValueReader reader;
  reader.open_value(encoded);
  ValueInput in{self, reader};
  T out{};
  if (!ValueOf<T>::take(in, reader.next(), out)) return std::nullopt;
  return out;
}

template <class T, class U>
std::optional<T> through(Context& self, const U& value) {
  ValueWriter w;
  put_value(w, value);
  EXPECT_TRUE(w.finish().ok());
  return read_value<T>(self, w.view());
}

template <class T>
void same(Context& self, const T& value) {
  EXPECT_EQ(through<T>(self, value), value);
}

TEST(NativeValues, EveryTypeComesBack) {
  inside([](Context& self) {
    for (const std::int64_t v : {std::int64_t{0}, std::int64_t{127}, std::int64_t{-1}, std::int64_t{1} << 40,
                                 std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()})
      same(self, v);
    same(self, true);
    same(self, false);
    same(self, std::uint8_t{255});
    same(self, 2.5);
    same(self, 0.25F);
    same(self, std::string("a\0\xff b", 5));
    same(self, std::string());
    same(self, self.pid());
    same(self, TimeValue{-5, 7, 3600});
    same(self, std::chrono::nanoseconds(-3));
    same(self, std::vector<std::int32_t>{});
    same(self, std::vector<std::vector<std::string>>{{"a"}, {}, {"b", "c"}});
    same(self, std::map<std::string, double>{{"x", 1.5}, {"", -0.0}});
    same(self, std::map<std::string, std::vector<bool>>{});
    std::map<std::string, std::int64_t> large;  // more pairs than the encoding counts
    for (int i = 0; i < 1000; ++i) large[std::to_string(i)] = i;
    same(self, large);
  });
}

TEST(NativeValues, NilIsAnEmptyOptionalAndNothingElse) {
  inside([](Context& self) {
    const auto none = through<std::optional<std::string>>(self, nullptr);
    ASSERT_TRUE(none);
    EXPECT_FALSE(*none);
    EXPECT_EQ(through<std::optional<std::int64_t>>(self, std::optional<std::int64_t>(5)),
              std::optional<std::int64_t>(5));
    EXPECT_FALSE(through<std::optional<std::int64_t>>(self, "x"));
    EXPECT_FALSE(through<std::string>(self, nullptr));
    EXPECT_FALSE(through<bool>(self, nullptr));
    EXPECT_FALSE(through<std::vector<int>>(self, nullptr));
  });
}

TEST(NativeValues, IntegersAreCheckedForTheirRange) {
  inside([](Context& self) {
    EXPECT_EQ(through<std::int8_t>(self, 127), 127);
    EXPECT_FALSE(through<std::int8_t>(self, 128));
    EXPECT_FALSE(through<std::uint32_t>(self, -1));
    EXPECT_FALSE(through<std::int32_t>(self, std::int64_t{1} << 31));
    EXPECT_EQ(through<std::int64_t>(self, 3.0), 3);
    EXPECT_EQ(through<std::int64_t>(self, -9223372036854775808.0), std::numeric_limits<std::int64_t>::min());
    EXPECT_FALSE(through<std::int64_t>(self, 9223372036854775808.0));
    EXPECT_FALSE(through<std::int64_t>(self, 3.5));
    EXPECT_FALSE(through<std::int64_t>(self, std::numeric_limits<double>::quiet_NaN()));
    EXPECT_FALSE(through<std::int64_t>(self, std::numeric_limits<double>::infinity()));
    EXPECT_FALSE(through<std::int64_t>(self, true));
  });
}

TEST(NativeValues, TextsThatAreNumbersAreNumbers) {
  inside([](Context& self) {
    EXPECT_EQ(through<std::int64_t>(self, "-42"), -42);
    EXPECT_EQ(through<double>(self, "1e3"), 1000.0);
    EXPECT_EQ(through<double>(self, "7"), 7.0);
    for (const char* text : {"", " 1", "1 ", "1x", "0x10", "99999999999999999999"}) {
      EXPECT_FALSE(through<std::int64_t>(self, text)) << text;
    }
    EXPECT_FALSE(through<double>(self, "one"));
    EXPECT_FALSE(through<std::string>(self, 5));
  });
}

TEST(NativeValues, PidsComeAsTextToo) {
  inside([](Context& self) {
    EXPECT_EQ(through<Pid>(self, self.node().format(self.pid())), self.pid());
    EXPECT_FALSE(through<Pid>(self, "a name"));
    EXPECT_FALSE(through<Pid>(self, 5));
  });
}

TEST(NativeValues, TablesOfOtherShapesAreRefused) {
  inside([](Context& self) {
    const std::map<std::string, std::int64_t> pairs{{"a", 1}};
    EXPECT_FALSE((through<std::vector<std::int64_t>>(self, pairs)));
    EXPECT_FALSE((through<std::map<std::string, std::int64_t>>(self, std::vector<int>{1})));
    EXPECT_FALSE((through<std::vector<std::int64_t>>(self, std::vector<std::string>{"x"})));
    EXPECT_FALSE((through<std::map<std::string, std::string>>(self, pairs)));
    ValueWriter w;  // a key that is no text
    w.begin_table(0);
    w.integer(5);
    w.integer(6);
    w.end_table();
    ASSERT_TRUE(w.finish().ok());
    EXPECT_FALSE((read_value<std::map<std::string, std::int64_t>>(self, w.view())));
  });
}

// Whatever the bytes are: no crash, and no value from a cut one.
TEST(NativeValues, CutEncodingsAreRefused) {
  inside([](Context& self) {
    using Value = std::map<std::string, std::vector<std::string>>;
    ValueWriter w;
    put_value(w, Value{{"first", {"a", "bc"}}, {"second", {}}, {"third", {"d"}}});
    ASSERT_TRUE(w.finish().ok());
    const std::string whole(w.view());
    EXPECT_TRUE(read_value<Value>(self, whole));
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
      EXPECT_FALSE(read_value<Value>(self, whole.substr(0, bytes))) << bytes;
    }
  });
}

TEST(NativeValues, PayloadsOfMessages) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    EXPECT_TRUE(send_values(self, self.pid(), "topic", 5, "text", std::vector<int>{1, 2}).ok());
    const Message m = co_await receive(self);
    EXPECT_EQ(m.topic(), "topic");
    std::int64_t number = 0;
    std::string text;
    std::vector<std::int64_t> list;
    std::optional<std::string> missing = "old";
    EXPECT_TRUE(read_payloads(self, m, number, text, list, missing));
    EXPECT_EQ(number, 5);
    EXPECT_EQ(text, "text");
    EXPECT_EQ(list, (std::vector<std::int64_t>{1, 2}));
    EXPECT_FALSE(missing);
    EXPECT_TRUE(read_payloads(self, m, number));
    std::string more;
    EXPECT_FALSE(read_payloads(self, m, number, text, list, more));
    EXPECT_FALSE(read_payloads(self, m, text));
    EXPECT_EQ(send_values(self, Pid{5}, "t").kind, ErrorKind::kNotFound);
    node.done();
  });
}

}  // namespace
}  // namespace wippy
