// T-001 … T-103 and R-1 … R-3: every case of the conformance list, one test each.
// libs: wippy_lua
#include <gtest/gtest.h>

#include <lua5.4/lua.hpp>

#include "lua/typed/erase.hpp"
#include "tests/unit/lua_typed/case_file.hpp"

namespace wippy::lua::typed {
namespace {

using test::SpecCase;

bool compiles(const std::string& text) {
  lua_State* const L = luaL_newstate();
  const bool ok = luaL_loadbufferx(L, text.data(), text.size(), "=case", "t") == LUA_OK;
  lua_close(L);
  return ok;
}

std::string erased(const std::string& text) {
  Erased out;
  EraseError error;
  EXPECT_TRUE(erase(text, out, error)) << error.line << ":" << error.column << " " << error.message;
  return out.text;
}

class Spec : public ::testing::TestWithParam<SpecCase> {};

TEST_P(Spec, Case) {
  const SpecCase& c = GetParam();
  EXPECT_EQ(compiles(c.input), c.plain);
  if (c.plain) return;  // never given to the eraser
  Erased out;
  EraseError error;
  const bool accepted = erase(c.input, out, error);
  if (!c.refusal) {
    ASSERT_TRUE(accepted) << error.line << ":" << error.column << " " << error.message;
    EXPECT_EQ(out.text, c.output);
    EXPECT_EQ(out.text.size(), c.input.size());
    EXPECT_TRUE(compiles(out.text));
    EXPECT_EQ(erased(out.text), out.text);
    EXPECT_EQ(out.types, nullptr);
    return;
  }
  ASSERT_FALSE(accepted) << out.text;
  EXPECT_EQ(error.line, c.refusal->line);
  EXPECT_EQ(error.column, c.refusal->column);
  EXPECT_EQ(error.tag == Tag::kTyped ? "typed" : "plain", c.refusal->tag);
  EXPECT_EQ(error.message, c.refusal->message);
}

std::string name_of(const ::testing::TestParamInfo<SpecCase>& info) {
  return "T" + info.param.number.substr(2) + "_" + info.param.section;
}
INSTANTIATE_TEST_SUITE_P(Typed, Spec, ::testing::ValuesIn(test::spec_cases()), name_of);

TEST(TypedSpec, T001_to_T103_AllAreThere) {
  const auto cases = test::spec_cases();
  ASSERT_EQ(cases.size(), 103u);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string digits = std::to_string(1001 + i).substr(1);
    EXPECT_EQ(cases[i].number, "T-" + digits);
  }
}

struct Reified {
  const char* input;
  const char* output;
};
void expect_reified(const Reified& c, long grown) {
  Erased out;
  EraseError error;
  ASSERT_TRUE(erase(c.input, out, error)) << error.message;
  EXPECT_EQ(out.text, c.output);
  EXPECT_EQ(static_cast<long>(out.text.size()) - static_cast<long>(std::string(c.input).size()), grown);
  EXPECT_TRUE(compiles(out.text));
  EXPECT_EQ(erased(out.text), out.text);
  ASSERT_NE(out.types, nullptr);
  EXPECT_EQ(out.types->reified.size(), 1u);
}

TEST(TypedSpec, R1_ReifiedDeclarationFits) {
  expect_reified({"type P = {x: T}\nreturn P", "local P=_T0;   \nreturn P"}, 0);
}
TEST(TypedSpec, R2_MethodOfAReifiedType) {
  expect_reified({"type S = typeof(q)\na = S:is(v)", "local S=_T0;      \na = S:is(v)"}, 0);
}
TEST(TypedSpec, R3_TheLineGrows) { expect_reified({"type A=B return A", "local A=_T0; return A"}, 4); }

TEST(TypedSpec, ReifiedOverSeveralLinesKeepsThem) {
  expect_reified({"type P = {\n\tx: integer, -- why\r\n  y: P?\n} return P",
                  "local P=_T0;\n\t                  \r\n       \n  return P"},
                 2);
}

TEST(TypedSpec, ALocalOfTheSameNameIsNotReplaced) {
  for (const char* text : {"local P = 1 type P = {} return P", "local function f(P) type P = {} return P end",
                           "function P() end type P = {} return P"}) {
    Erased out;
    EraseError error;
    ASSERT_TRUE(erase(text, out, error)) << error.message;
    EXPECT_EQ(out.types, nullptr);
    EXPECT_EQ(out.text.size(), std::string(text).size());
    EXPECT_TRUE(compiles(out.text)) << out.text;
  }
}

TEST(TypedSpec, OnlyReadingsOfTheNameAsAValueReify) {
  struct {
    const char* text;
    std::size_t reified;
  } const cases[] = {{"type P = {} x:P() y.P = 1", 0},
                     {"type P = {} local a: P = b :: P", 0},
                     {"type P = {} goto P do ::Q:: end", 0},
                     {"type P = {} local s = 'P' -- P", 0},
                     {"type P = {} local t: typeof(P) = 1", 0},
                     {"type P = {} type Q = P return { Q = Q }", 1},
                     {"type P = {} do type P = {} end return P", 2},
                     {"export type P = {} return P:is(x)", 1},
                     {"type P<T> = {T} return P", 1}};
  for (const auto& c : cases) {
    Erased out;
    EraseError error;
    ASSERT_TRUE(erase(c.text, out, error)) << c.text << error.message;
    EXPECT_EQ(out.types == nullptr ? 0 : out.types->reified.size(), c.reified) << c.text;
  }
}

TEST(TypedSpec, T054_T055_LabelsBehindAValue) {
  EXPECT_EQ(erased("do goto c local a: T = b ::c:: x() end"), "do goto c local a    = b ::c:: x() end");
  EXPECT_EQ(erased("local a: T = b ::c:: x local d"), "local a    = b         local d");
  EXPECT_EQ(erased("local a: T = b\n::c:: x()"), "local a    = b\n::c:: x()");
  EXPECT_EQ(erased("local a: T = b ::c::\nx()"), "local a    = b ::c::\nx()");
}

TEST(TypedSpec, T066_T067_AStatementThatWouldBecomeACall) {
  EXPECT_EQ(erased("a = b as T!\n(f)()"), "a = b     ;\n(f)()");
  EXPECT_EQ(erased("a = b :: {x: T} as U\n(f)()"), "a = b              ;\n(f)()");
  EXPECT_EQ(erased("a = b!\n(f)()"), "a = b \n(f)()");
  EXPECT_EQ(erased("a = b as T\nf()"), "a = b     \nf()");
}

TEST(TypedSpec, WhatStartsAFileStays) {
  EXPECT_EQ(erased("#!/usr/bin/env wippy : x\nlocal a: T = 1"), "#!/usr/bin/env wippy : x\nlocal a    = 1");
  EXPECT_EQ(erased("\xEF\xBB\xBFlocal a: T = 1"), "\xEF\xBB\xBFlocal a    = 1");
  Erased out;
  EraseError error;
  EXPECT_FALSE(erase("\x1BLua", out, error));
}

TEST(TypedSpec, MarkersInTheFirstThreeLines) {
  EXPECT_EQ(marker_of("--!typed\nreturn 1"), Marker::kTyped);
  EXPECT_EQ(marker_of("#!x\n-- head\n--!plain  \nreturn 1"), Marker::kPlain);
  EXPECT_EQ(marker_of("\r\n\r\n--!typed"), Marker::kTyped);
  EXPECT_EQ(marker_of("\n\n\n--!typed"), Marker::kNone);
  EXPECT_EQ(marker_of("--!typed please"), Marker::kNone);
  EXPECT_EQ(marker_of(""), Marker::kNone);
}

TEST(TypedSpec, NestingIsBounded) {
  const auto nested = [](const std::string& open, const std::string& close, int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += open;
    text += "1";
    for (int i = 0; i < depth; ++i) text += close;
    return text;
  };
  Erased out;
  EraseError error;
  for (const auto& [open, close] : {std::pair{"(", ")"}, {"{", "}"}, {"{[", "]=1}"}, {"function() return ", " end"}}) {
    EXPECT_TRUE(erase("local x: T = " + nested(open, close, 90), out, error)) << open << error.message;
    EXPECT_FALSE(erase("local x: T = " + nested(open, close, 100000), out, error));
    EXPECT_EQ(error.message, "nesting too deep") << open;
  }
  for (const auto& [open, close] :
       {std::pair{"{", "}"}, {"(", ")"}, {"A<", ">"}, {"readonly (", ")"}, {"typeof(", ")"}}) {
    EXPECT_TRUE(erase("local x: " + nested(open, close, 90), out, error)) << open << error.message;
    EXPECT_FALSE(erase("local x: " + nested(open, close, 100000), out, error));
    EXPECT_EQ(error.message, "nesting too deep") << open;
  }
  // Tried twice at every level, this would never end.
  std::string tentative = "local x = 1";
  for (int i = 0; i < 60; ++i) tentative += " as A<typeof(y";
  EXPECT_FALSE(erase(tentative, out, error));
}

TEST(TypedSpec, UnfinishedTokensPointAtTheirBeginning) {
  struct {
    const char* text;
    unsigned line, column;
    const char* message;
  } const cases[] = {{"local a: T =\n  [[ x\n\n", 2, 3, "unfinished long string"},
                     {"local a: T\n--[==[ x ]]\n", 2, 1, "unfinished long comment"},
                     {"local a: T = 'x\n'", 1, 14, "unfinished string"},
                     {"local a: T = $", 1, 14, "unexpected symbol near '$'"}};
  for (const auto& c : cases) {
    Erased out;
    EraseError error;
    EXPECT_FALSE(erase(c.text, out, error));
    EXPECT_EQ(error.line, c.line) << c.text;
    EXPECT_EQ(error.column, c.column) << c.text;
    EXPECT_EQ(error.message, c.message);
    EXPECT_EQ(error.first_form_line, 1u);
  }
}

}  // namespace
}  // namespace wippy::lua::typed
