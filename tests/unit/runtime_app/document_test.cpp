#include "runtime/app/document.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace wippy::app {
namespace {

const Node& at(const Node& map, std::string_view key) {
  const Node* node = map.find(key);
  if (node == nullptr) throw std::out_of_range(std::string(key));
  return *node;
}

std::string place(const Position& position) {
  return std::to_string(position.line) + ":" + std::to_string(position.column);
}

TEST(Yaml, ResolvesScalarsByTheCoreSchema) {
  const Document document = parse_yaml(
      "a: 5\nb: -0x1F\nc: 0o17\nd: 1.5\ne: .inf\nf: true\ng: 'true'\nh: ~\ni:\nj: 0600\nk: 99999999999999999999\nl: "
      "inf\nm: +7\nn: !!str 5\no: .nan\n");
  ASSERT_FALSE(document.syntax) << document.syntax->message;
  const Node& root = document.root;
  EXPECT_EQ(at(root, "a").integer, 5);
  EXPECT_EQ(at(root, "b").integer, -31);
  EXPECT_EQ(at(root, "c").integer, 15);
  EXPECT_DOUBLE_EQ(at(root, "d").number, 1.5);
  EXPECT_TRUE(std::isinf(at(root, "e").number));
  EXPECT_TRUE(at(root, "f").boolean);
  EXPECT_EQ(at(root, "g").type, NodeType::kString);
  EXPECT_TRUE(at(root, "h").is_null());
  EXPECT_TRUE(at(root, "i").is_null());
  EXPECT_EQ(at(root, "j").text, "0600");
  EXPECT_EQ(at(root, "k").type, NodeType::kFloat);
  EXPECT_EQ(at(root, "l").type, NodeType::kString);
  EXPECT_EQ(at(root, "m").integer, 7);
  EXPECT_EQ(at(root, "n").type, NodeType::kString);
  EXPECT_TRUE(std::isnan(at(root, "o").number));
}

TEST(Yaml, KeepsPlacesOfKeysAndValues) {
  const Document document = parse_yaml("top:\n  - name: x\n    deep: {k: v}\n");
  const Node& item = at(document.root, "top").items.at(0);
  EXPECT_EQ(place(item.position), "2:5");
  EXPECT_EQ(place(item.find_member("deep")->key_position), "3:5");
  EXPECT_EQ(place(at(at(item, "deep"), "k").position), "3:15");
}

TEST(Yaml, ContentLineOfBlocks) {
  const Document document = parse_yaml("a: |\n  one\nb: \"x\"\n");
  EXPECT_EQ(at(document.root, "a").content_line, 2);
  EXPECT_EQ(at(document.root, "b").content_line, 3);
}

TEST(Yaml, DuplicateKeysAreFaults) {
  const Document document = parse_yaml("a: 1\nb: 2\na: 3\n");
  ASSERT_EQ(document.faults.size(), 1U);
  EXPECT_EQ(document.faults[0].message, "duplicate key \"a\", first given in line 1");
  EXPECT_EQ(place(document.faults[0].position), "3:1");
  EXPECT_EQ(at(document.root, "a").integer, 1);
}

TEST(Yaml, SecondDocumentIsAFault) {
  EXPECT_EQ(parse_yaml("a: 1\n---\nb: 2\n").faults.size(), 1U);
  EXPECT_EQ(parse_yaml("  - a\n - b\n").faults.size(), 1U);  // the library starts a new document here
}

TEST(Yaml, TabsGetAHint) {
  for (const char* text : {"a:\n\tb: 1\n", "entries:\n\t- name: x\n", "a:\n  b: 1\n\tc: 2\n"}) {
    const Document document = parse_yaml(text);
    ASSERT_TRUE(document.syntax) << text;
    EXPECT_EQ(document.syntax->hint, "indented with a tab, use spaces") << text;
    EXPECT_GE(document.syntax->position.line, 2) << text;
  }
}

TEST(Yaml, UnfinishedQuotesAreErrors) {
  for (const char* text : {"a: \"x\n", "a: 'it''s\n", "b: \"x\\\"\n"}) {
    const Document document = parse_yaml(text);
    ASSERT_TRUE(document.syntax) << text;
    EXPECT_EQ(place(document.syntax->position), "1:4") << text;
  }
  EXPECT_FALSE(parse_yaml("a: \"x\\\"\"\nb: 'it''s'\nc: \"two\n  lines\"\n").syntax);
}

TEST(Yaml, AnchorsAndMergeKeys) {
  const Document document = parse_yaml("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\n");
  const Node& use = at(document.root, "use");
  EXPECT_EQ(at(use, "x").integer, 1);
  EXPECT_EQ(at(use, "y").integer, 3);
  EXPECT_EQ(use.find("<<"), nullptr);
}

TEST(Yaml, AliasBombIsStopped) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) bomb += ", " + before;
    bomb += "]\n";
  }
  const Document document = parse_yaml(bomb);
  ASSERT_TRUE(document.syntax);
  EXPECT_NE(document.syntax->message.find("more than 200000 values"), std::string::npos) << document.syntax->message;
}

TEST(Yaml, SelfReferenceAndDepthAreStopped) {
  EXPECT_TRUE(parse_yaml("a: &x [*x]\n").syntax);
  EXPECT_TRUE(parse_yaml(std::string(100'000, '[')).syntax);
  EXPECT_TRUE(parse_yaml(std::string(150, '[') + std::string(150, ']')).syntax);
  EXPECT_FALSE(parse_yaml(std::string(99, '[') + std::string(99, ']')).syntax);
}

TEST(Yaml, OtherErrorsCarryThePlace) {
  EXPECT_EQ(parse_yaml("a: b: c\n").syntax->position.line, 1);
  EXPECT_EQ(parse_yaml("a: [1, 2\n").syntax->position.line, 2);
  EXPECT_EQ(parse_yaml("a: \xff\xfe\n").syntax->message, "the file is not valid UTF-8");
  EXPECT_TRUE(parse_yaml("? [a, b]\n: c\n").syntax);
  EXPECT_TRUE(parse_yaml("a: !!binary xx\n").syntax);
  EXPECT_TRUE(parse_yaml("").root.is_null());
  EXPECT_TRUE(parse_yaml("# nothing\n").root.is_null());
  EXPECT_EQ(place(at(parse_yaml("\xEF\xBB\xBF"
                                "a: \"q\"\n")
                         .root,
                     "a")
                      .position),
            "1:4");
}

TEST(Json, ValuesAndPlaces) {
  const Document document =
      parse_json("{\n  \"a\\\"b\": \"x\\ud83d\\ude00\",\n\t\"n\": [-12, 1.5e3, true, null],\n  \"m\": {}\n}\n");
  ASSERT_FALSE(document.syntax) << document.syntax->message;
  const Member& first = document.root.members.at(0);
  EXPECT_EQ(first.key, "a\"b");
  EXPECT_EQ(place(first.key_position), "2:3");
  EXPECT_EQ(place(first.value.position), "2:11");
  EXPECT_EQ(first.value.text, "x\xF0\x9F\x98\x80");
  const Node& list = at(document.root, "n");
  EXPECT_EQ(place(list.position), "3:7");
  EXPECT_EQ(list.items.at(0).integer, -12);
  EXPECT_EQ(place(list.items.at(0).position), "3:8");
  EXPECT_EQ(place(list.items.at(1).position), "3:13");
  EXPECT_DOUBLE_EQ(list.items.at(1).number, 1500.0);
  EXPECT_TRUE(list.items.at(2).boolean);
  EXPECT_EQ(place(list.items.at(2).position), "3:20");
  EXPECT_TRUE(list.items.at(3).is_null());
  EXPECT_TRUE(at(document.root, "m").is_map());
}

TEST(Json, ErrorsAndDuplicates) {
  const Document broken = parse_json("{\n  \"a\": 1,\n}\n");
  ASSERT_TRUE(broken.syntax);
  EXPECT_EQ(broken.syntax->position.line, 3);
  EXPECT_TRUE(parse_json("{'a': 1}").syntax);
  EXPECT_TRUE(parse_json("{} {}").syntax);
  EXPECT_TRUE(parse_json(std::string(5000, '[')).syntax);
  EXPECT_EQ(parse_json("{\"a\": 1, \"a\": 2}").faults.size(), 1U);
  EXPECT_TRUE(parse_json(" \n").root.is_null());
}

}  // namespace
}  // namespace wippy::app
