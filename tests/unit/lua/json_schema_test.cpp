// libs: wippy_lua
// json.validate below Lua: keywords, what is refused, and that every call ends.
#include "lua/json_schema.hpp"

#include <gtest/gtest.h>

#include <string>

namespace wippy::lua {
namespace {

std::string fault_of(const std::string& schema, const std::string& text) {
  JsonFault f;
  const bool ok = validate_json(schema, text, f);
  EXPECT_EQ(ok, f.ok());
  return ok ? "" : f.message;
}
bool valid(const std::string& schema, const std::string& text) { return fault_of(schema, text).empty(); }
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(JsonSchema, Keywords) {
  const struct {
    const char* schema;
    const char* good;
    const char* bad;
  } cases[] = {
      {R"({"type":"integer"})", "5", "5.5"},
      {R"({"type":["string","null"]})", "null", "1"},
      {R"({"minimum":3})", "3", "2"},
      {R"({"minimum":3,"exclusiveMinimum":true})", "3.5", "3"},
      {R"({"exclusiveMinimum":3})", "4", "3"},
      {R"({"exclusiveMinimum":3,"minimum":5})", "5", "4"},
      {R"({"exclusiveMinimum":5,"minimum":3})", "6", "5"},
      {R"({"exclusiveMaximum":3})", "2", "3"},
      {R"({"exclusiveMaximum":3,"maximum":9})", "2", "3"},
      {R"({"multipleOf":2})", "4", "5"},
      {R"({"minLength":2,"maxLength":3})", "\"äö\"", "\"a\""},
      {R"({"enum":[1,"a",{"k":[1]}]})", R"({"k":[1]})", R"({"k":[2]})"},
      {R"({"const":"a"})", "\"a\"", "\"b\""},
      {R"({"items":{"type":"number"},"maxItems":2})", "[1,2]", "[1,\"x\"]"},
      {R"({"items":[{"type":"number"}],"additionalItems":false})", "[1]", "[1,2]"},
      {R"({"items":[true,false]})", "[1]", "[1,2]"},
      {R"({"uniqueItems":true})", "[1,2]", "[1,1]"},
      {R"({"required":["a"],"properties":{"a":{"type":"string"}},"additionalProperties":false})", R"({"a":"x"})",
       R"({"a":"x","b":1})"},
      {R"({"required":["a"]})", R"({"a":1})", R"({"b":1})"},
      {R"({"patternProperties":{"^n_":{"type":"number"}}})", R"({"n_x":1})", R"({"n_x":"1"})"},
      {R"({"patternProperties":{"^\u00e1":{"type":"number"}},"additionalProperties":false})", R"({"\u00e1x":2})",
       R"({"b":2})"},
      {R"({"patternProperties":{"^n":{"type":"number"}},"additionalProperties":false})", R"({"n":2})", R"({"n":"2"})"},
      {R"({"dependencies":{"a":["b"]}})", R"({"a":1,"b":1})", R"({"a":1})"},
      {R"({"dependencies":{"a":{"required":["b"]}}})", R"({"b":1})", R"({"a":1})"},
      {R"({"allOf":[{"minimum":1},{"maximum":2}]})", "2", "3"},
      {R"({"anyOf":[{"type":"string"},{"minimum":5}]})", "6", "4"},
      {R"({"oneOf":[{"multipleOf":2},{"multipleOf":3}]})", "4", "6"},
      {R"({"not":{"type":"string"}})", "1", "\"x\""},
      {R"({"definitions":{"p":{"minimum":1}},"properties":{"a":{"$ref":"#/definitions/p"}}})", R"({"a":1})",
       R"({"a":0})"},
      {R"({"$defs":{"p":{"minimum":1}},"items":{"$ref":"#/$defs/p"}})", "[1]", "[0]"},
      {R"({"properties":{"next":{"$ref":"#"},"v":{"type":"number"}},"required":["v"]})", R"({"v":1,"next":{"v":2}})",
       R"({"v":1,"next":{"v":"x"}})"},
      {R"({"properties":{"pattern":{"type":"string"},"$ref":{"type":"string"},"patternProperties":{"type":"number"}}})",
       R"({"pattern":"(","$ref":"x","patternProperties":1})", R"({"pattern":1})"},
      {R"({"title":{"patternProperties":5},"default":[{"$ref":"#/nowhere"}],"minimum":1})", "1", "0"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(fault_of(c.schema, c.good), "") << c.schema << " " << c.good;
    EXPECT_FALSE(valid(c.schema, c.bad)) << c.schema << " " << c.bad;
  }
  for (const char* anything : {"true", "{}", "[]"}) EXPECT_TRUE(valid(anything, "[1,{\"a\":null}]")) << anything;
  EXPECT_FALSE(valid("false", "1"));
}

TEST(JsonSchema, SaysWhere) {
  const std::string f = fault_of(R"({"properties":{"list":{"items":{"type":"number"}}}})", R"({"list":[1,2,"three"]})");
  EXPECT_TRUE(has(f, "#/list/2") && has(f, "type") && has(f, "#/properties/list/items")) << f;
}

TEST(JsonSchema, Patterns) {
  const struct {
    const char* pattern;
    const char* good;
    const char* bad;
  } cases[] = {
      {R"(^\\d{4}-\\d{2}$)", "2026-11", "2026-1x"},
      {R"(^[\\w.-]+@[a-z]+\\.[a-z]{2,}$)", "a.b-c@x.de", "a b@x.de"},
      {R"(^(a|b)$)", "b", "ab"},
      {R"(b|c)", "abx", "xyz"},
      {R"(^(?:ab)+$)", "abab", "aba"},
      {R"(\\s)", "a b", "ab"},
      {R"(^\\S+$)", "ab", "a b"},
      {R"(^[^\\d]*$)", "ab", "a1"},
      {R"(^a\\/b$)", "a/b", "ab"},
      {R"(^[\\-x]+$)", "x-x", "xy"},
      {"^\xc3\xa4+$", "\xc3\xa4\xc3\xa4", "a"},
      {R"(^.{3}$)", "abc", "ab"},
      {R"(^a{0,2}$)", "aa", "aaa"},
  };
  for (const auto& c : cases) {
    const std::string schema = std::string(R"({"pattern":")") + c.pattern + "\"}";
    EXPECT_EQ(fault_of(schema, '"' + std::string(c.good) + '"'), "") << c.pattern;
    EXPECT_FALSE(valid(schema, '"' + std::string(c.bad) + '"')) << c.pattern;
  }
  EXPECT_TRUE(valid(R"({"pattern":""})", "\"x\""));
  EXPECT_FALSE(valid(R"({"patternProperties":{"":{"type":"number"}}})", R"({"k":"v"})"));
  for (const char* refused : {R"(^a|b$)", R"((?=x))", R"(a\\b)", R"(\\1)", R"([a)", R"(()", R"(a^b)", R"(a$b)", R"(*)",
                              R"([\\D])", R"(a{9999})", R"((a{99}){99})", R"(\\u0041)", R"(a\u0000b)", R"(^$)"}) {
    const std::string f = fault_of(std::string(R"({"pattern":")") + refused + "\"}", "\"a\"");
    EXPECT_TRUE(has(f, "attern") || has(f, "parentheses")) << refused << ": " << f;
  }
}

TEST(JsonSchema, RefusesWhatItWouldIgnore) {
  for (const char* schema :
       {R"({"if":{}})",
        R"({"contains":{}})",
        R"({"prefixItems":[{}]})",
        R"({"properties":{"a":{"propertyNames":{}}}})",
        R"({"minimum":"5"})",
        R"({"type":"float"})",
        R"({"type":[]})",
        R"({"required":"a"})",
        R"({"minLength":1.5})",
        R"({"minLength":-1})",
        R"({"patternProperties":5})",
        R"({"not":5})",
        R"({"allOf":{}})",
        R"({"enum":[]})",
        R"({"pattern":5})",
        R"({"properties":[1]})",
        R"({"items":5})",
        R"({"uniqueItems":1})",
        R"({"const":1,"enum":[1]})",
        R"({"$ref":"other.json#/a"})",
        R"({"$ref":"#/nowhere"})",
        R"({"$ref":"#/x"})",
        R"({"$ref":5})",
        "5",
        "\"x\"",
        "{",
        "",
        R"({"enum":[{"patternProperties":5}]})",
        R"({"enum":[[{"a":{"pattern":"("}}]]})",
        R"({"dependencies":{"patternProperties":["a"]}})",
        R"({"definitions":{"a":1},"$ref":"#/definitions/a"})",
        R"({"x":{"minimum":1},"$ref":"#/x"})",
        R"({"patternProperties":{"^n":{"type":"number"}},"additionalProperties":{"type":"string"}})"}) {
    EXPECT_FALSE(valid(schema, "1")) << schema;
  }
  EXPECT_FALSE(valid("{}", "{"));
  EXPECT_FALSE(valid("{}", ""));
  EXPECT_FALSE(valid("{}", std::string("1\0", 2)));
  EXPECT_FALSE(valid(std::string("{}\0", 3), "1"));
}

TEST(JsonSchema, EndsWhateverTheSchema) {
  for (
      const char* schema :
      {R"({"$ref":"#"})", R"({"anyOf":[{"$ref":"#"}]})", R"({"not":{"$ref":"#"}})",
       R"({"allOf":[{"anyOf":[{"$ref":"#/allOf/0"}]}]})",
       R"({"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}},"items":{"$ref":"#/definitions/a"}})",
       R"({"dependencies":{"a":{"$ref":"#"}}})"}) {
    EXPECT_FALSE(valid(schema, R"({"a":[1]})")) << schema;
  }
  // twice as many validators a level
  std::string deep = "1";
  for (int i = 0; i < 60; ++i) deep = "[" + deep + "]";
  EXPECT_TRUE(has(fault_of(R"({"items":{"anyOf":[{"$ref":"#"},{"$ref":"#"}]}})", deep), "too much memory or too many"));
  std::string chain = "{\"allOf\":[{},{\"$ref\":\"#/definitions/k0\"}],\"definitions\":{";
  for (int i = 0; i < 40; ++i) {
    const std::string next = "{\"$ref\":\"#/definitions/k" + std::to_string(i + 1) + "\"}";
    chain += "\"k" + std::to_string(i) + "\":{\"anyOf\":[" + next + "," + next + "]},";
  }
  EXPECT_FALSE(valid(chain + "\"k40\":{}}}", "1"));
}

TEST(JsonSchema, Limits) {
  const std::string depth128 = std::string(128, '[') + std::string(128, ']');
  EXPECT_TRUE(valid("{}", depth128));
  EXPECT_TRUE(has(fault_of("{}", "[" + depth128 + "]"), "deep"));
  EXPECT_FALSE(
      valid("{\"default\":" + std::string(15000, '[') + std::string(15000, ']') + ",\"type\":\"string\"}", "1"));
  std::string nested = "{}";
  for (int i = 0; i < 200; ++i) nested = "{\"items\":" + nested + "}";
  EXPECT_TRUE(has(fault_of(nested, "1"), "deeply"));
  EXPECT_TRUE(has(fault_of("{\"title\":\"" + std::string(kMaxSchemaBytes, 'x') + "\"}", "1"), "KiB"));
  std::string numbers = "[1";
  for (int i = 0; i < 40000; ++i) numbers += ",1";
  numbers += "]";
  EXPECT_TRUE(has(fault_of(R"({"uniqueItems":true})", numbers), "too long"));
  EXPECT_TRUE(valid(R"({"items":{"type":"integer"}})", numbers));
  EXPECT_TRUE(has(fault_of("{}", std::string(kMaxJsonBytes, ' ') + "1"), "too long"));
}

}  // namespace
}  // namespace wippy::lua
