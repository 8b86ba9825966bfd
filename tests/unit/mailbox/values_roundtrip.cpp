// Random value graphs with sharing, cycles and errors survive the codec; damaged encodings are refused or are another
// value's one encoding.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/unit/mailbox/values_relay.hpp"
#include "tests/unit/mailbox/values_tree.hpp"

namespace wippy::test {
namespace {

constexpr std::uint64_t kMinBits = 0x8000000000000000;

// At full size always: RapidCheck draws small ranges smaller still in the first half of its cases.
template <class T>
T between(T low, T high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(low, high));
}

std::int64_t any_integer() {
  return *rc::gen::oneOf(rc::gen::arbitrary<std::int64_t>(), rc::gen::inRange<std::int64_t>(-200, 200),
                         rc::gen::element(std::numeric_limits<std::int64_t>::min(),
                                          std::numeric_limits<std::int64_t>::max(), std::int64_t{1} << 53));
}

std::string any_text() {
  const std::size_t length = *rc::gen::weightedOneOf<std::size_t>({{8, rc::gen::inRange<std::size_t>(0, 9)},
                                                                   {2, rc::gen::inRange<std::size_t>(60, 70)},
                                                                   {1, rc::gen::inRange<std::size_t>(100, 600)}});
  std::string text(length, '\0');
  const auto seed = *rc::gen::arbitrary<std::uint32_t>();
  for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>((seed >> (i % 24)) + i);
  return text;
}

// Errors below `errors` and tables below `tables` may be named.
Node any_node(std::uint32_t tables, std::uint32_t errors, bool key) {
  Node n;
  std::vector<Token> tokens = {*rc::gen::element(Token::kFalse, Token::kTrue),
                               Token::kInteger,
                               Token::kNumber,
                               Token::kString,
                               Token::kPid,
                               Token::kTime,
                               Token::kDuration};
  if (!key) tokens.push_back(Token::kNil);
  if (tables > 0) tokens.insert(tokens.end(), {Token::kTable, Token::kTable, Token::kTable});
  if (errors > 0) tokens.push_back(Token::kError);
  n.token = *rc::gen::elementOf(tokens);
  switch (n.token) {
    case Token::kInteger:
    case Token::kDuration: n.integer = any_integer(); break;
    case Token::kNumber:
      n.bits = *rc::gen::oneOf(rc::gen::arbitrary<std::uint64_t>(),
                               rc::gen::element<std::uint64_t>(0, kMinBits, 0x7ff8000000000001, 0x3ff0000000000000));
      if (key && std::isnan(std::bit_cast<double>(n.bits))) n.bits = 0;
      break;
    case Token::kString: n.text = any_text(); break;
    case Token::kPid: n.pid = Pid{*rc::gen::arbitrary<std::uint64_t>()}; break;
    case Token::kTime:
      n.time = {any_integer(), between<std::uint32_t>(0, 1'000'000'000), *rc::gen::arbitrary<std::int32_t>()};
      break;
    case Token::kTable: n.index = between<std::uint32_t>(0, tables); break;
    case Token::kError: n.index = between<std::uint32_t>(0, errors); break;
    default: break;
  }
  return n;
}

Graph any_graph(std::uint32_t roots) {
  Graph graph;
  const auto tables = between<std::uint32_t>(0, 8);
  const auto errors = between<std::uint32_t>(0, 4);
  for (std::uint32_t i = 0; i < errors; ++i) {
    const auto kind = static_cast<ErrorKind>(between<int>(1, static_cast<int>(ErrorKind::kRateLimited) + 1));
    const auto retryable = static_cast<Retryable>(between<int>(0, 3));
    graph.errors.push_back({kind, retryable, any_text(), any_text(), any_node(tables, i, false)});
  }
  for (std::uint32_t i = 0; i < tables; ++i) {
    TestTable t;
    const int items = between<int>(0, 5);
    const int pairs = between<int>(0, 5);
    for (int k = 0; k < items; ++k) t.items.push_back(any_node(tables, errors, false));
    for (int k = 0; k < pairs; ++k) {
      Node key = any_node(tables, errors, true);
      t.pairs.emplace_back(std::move(key), any_node(tables, errors, false));
    }
    if (between<int>(0, 20) == 0) {  // around the form for many pairs; cheap to draw
      Node key;
      key.token = Token::kInteger;
      const int many = between<int>(248, 262);
      for (key.integer = 0; key.integer < many; ++key.integer) t.pairs.emplace_back(key, key);
    }
    graph.tables.push_back(std::move(t));
  }
  for (std::uint32_t i = 0; i < roots; ++i) {
    Node root = any_node(tables, errors, false);
    if (tables > 0 && between<int>(0, 8) != 0) {  // mostly tables, or most of the graph would go unused
      root.token = Token::kTable;
      root.index = between<std::uint32_t>(0, tables);
    }
    graph.roots.push_back(std::move(root));
  }
  return graph;
}

RC_GTEST_PROP(ValuesRoundTrip, C310_C311_AnyGraphSurvives, ()) {
  const Graph graph = any_graph(1);
  ValueWriter writer;
  GraphEncoder(graph, writer).roots();
  RC_ASSERT(writer.finish().ok());
  ValueReader reader;
  reader.open_value(writer.view());
  const std::optional<Graph> back = GraphDecoder(reader).run();
  RC_ASSERT(back.has_value());
  RC_ASSERT(GraphComparer(graph, *back).equal());
}

RC_GTEST_PROP(ValuesRoundTrip, AnyMessageBodySurvives, ()) {
  const auto count = between<std::uint32_t>(0, 5);
  const Graph graph = any_graph(count);
  const std::string topic = any_text();
  ValueWriter writer;
  writer.reset_body(topic, count);
  GraphEncoder(graph, writer).roots();
  RC_ASSERT(writer.finish().ok());
  ValueReader reader;
  RC_ASSERT(reader.open_body(writer.view()).ok());
  RC_ASSERT(reader.topic() == topic);
  RC_ASSERT(reader.payload_count() == count);
  const std::optional<Graph> back = GraphDecoder(reader).run();
  RC_ASSERT(back.has_value());
  RC_ASSERT(GraphComparer(graph, *back).equal());
}

RC_GTEST_PROP(ValuesRoundTrip, DamagedBytesAreRefusedOrCanonical, ()) {
  ValueWriter writer;
  const Graph graph = any_graph(1);
  GraphEncoder(graph, writer).roots();
  RC_ASSERT(writer.finish().ok());
  const std::string good(writer.view());
  for (int round = 0; round < 20; ++round) {
    std::string bytes = good;
    const auto at = between<std::size_t>(0, bytes.size());
    bytes[at] = static_cast<char>(*rc::gen::arbitrary<std::uint8_t>());
    ValueReader reader;
    reader.open_value(bytes);
    writer.reset();
    const RelayResult result = relay(reader, writer);
    RC_ASSERT(result.promised <= bytes.size() + 1);
    if (!result.accepted) continue;
    RC_ASSERT(writer.finish().ok());
    RC_ASSERT(writer.view() == bytes);
  }
}

// The comparer is what the properties above rest on: it must see differences.
TEST(ValuesRoundTrip, ComparerSeesSharingAndKinds) {
  Node zero;
  zero.token = Token::kTable;
  Node one = zero;
  one.index = 1;
  Graph shared;
  shared.tables.resize(2);
  shared.tables[0].items = {one, one};
  shared.roots = {zero};
  Graph copied = shared;
  copied.tables.resize(3);
  copied.tables[0].items[1].index = 2;
  EXPECT_TRUE(GraphComparer(shared, shared).equal());
  EXPECT_FALSE(GraphComparer(shared, copied).equal());
  EXPECT_FALSE(GraphComparer(copied, shared).equal());
  Graph integer = shared;
  integer.tables[1].items.resize(1);
  Graph number = integer;
  integer.tables[1].items[0].token = Token::kInteger;
  number.tables[1].items[0].token = Token::kNumber;
  EXPECT_FALSE(GraphComparer(integer, number).equal());
}

}  // namespace
}  // namespace wippy::test
