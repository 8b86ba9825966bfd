// Message::integer() and the scalar send() take shortcuts; the value reader has the last word on every body.
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "mailbox/values.hpp"
#include "runtime/process/coroutine.hpp"
#include "runtime/runtime.hpp"
#include "tests/unit/runtime/fixture.hpp"

namespace wippy {
namespace {

using test::Node;

int64_t by_reader(std::string_view body) {
  ValueReader r;
  if (!r.open_body(body).ok() || r.payload_count() == 0) return 0;
  const ValueItem& item = r.next();
  return item.token == Token::kInteger ? item.integer : 0;
}

std::vector<int64_t> boundaries() {
  std::vector<int64_t> values{0, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
  for (int bit = 0; bit < 62; ++bit) {
    for (const int64_t near : {-1, 0, 1}) {
      values.push_back((int64_t{1} << bit) + near);
      values.push_back(-(int64_t{1} << bit) + near);
    }
  }
  return values;
}

TEST(Integer, WhatSendWritesIsReadBack) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    const std::vector<int64_t> values = boundaries();
    for (std::size_t topic_bytes = 0; topic_bytes <= kLongestShortTopic; ++topic_bytes) {
      const std::string topic(topic_bytes, 't');
      for (const int64_t v : values) {
        EXPECT_TRUE(send(self, self.pid(), topic, v).ok());
        Message m = co_await receive(self);
        EXPECT_EQ(m.integer(), v) << "topic of " << topic_bytes;
        EXPECT_EQ(by_reader(m.body()), v) << "topic of " << topic_bytes;
        EXPECT_EQ(m.topic(), topic);
      }
    }
    node.done();
  });
}

// Up to five bytes behind each tag of an integer and up to nine that are much alike, whole or not, shortest form or not, with
// or without something behind.
std::vector<std::string> doubtful_bodies() {
  std::vector<std::string> bodies{"", std::string(1, '\0'), std::string("\x00\x01", 2), std::string("\x00\x02", 2)};
  for (const std::string& start : {std::string("\x00\x01", 2), std::string("\x02ok\x01"), std::string("\x00\x02", 2)}) {
    for (const Token tag : {Token::kInteger, Token::kWideInteger, Token::kNumber}) {
      std::vector<std::string> row{start + static_cast<char>(tag)};
      for (int length = 1; length <= 9; ++length) {
        const std::string bytes = length <= 5 ? std::string("\x00\x01\x7f\x80\xff", 5) : std::string("\x00\xff", 2);
        std::vector<std::string> longer;
        for (const std::string& b : row) {
          for (const char c : bytes) {
            if (length <= 5 || b.back() == '\0' || b.back() == '\xff') longer.push_back(b + c);
          }
        }
        bodies.insert(bodies.end(), longer.begin(), longer.end());
        row = longer;
      }
    }
  }
  return bodies;
}

TEST(Integer, AnyBodyIsReadAsTheReaderReadsIt) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    const std::vector<std::string> bodies = doubtful_bodies();
    std::size_t integers = 0;
    for (const std::string& b : bodies) {
      if (!self.send(self.pid(), b.data(), b.size()).ok()) continue;
      Message m = co_await receive(self);
      EXPECT_EQ(m.integer(), by_reader(b)) << ::testing::PrintToString(b);
      integers += m.integer() != 0 ? 1 : 0;
    }
    EXPECT_GT(integers, 2'000u);
    node.done();
  });
}

}  // namespace
}  // namespace wippy
