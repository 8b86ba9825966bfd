// compile(): which reading of a source is taken, and what is said about a source that neither takes.
#include <gtest/gtest.h>

#include "lua/bytecode.hpp"
#include "lua/type_program.hpp"

namespace wippy::lua {
namespace {

std::string message(std::string_view source, Dialect dialect = Dialect::kAuto, std::string_view name = "app:x") {
  Bytecode out;
  std::string error;
  const Status s = compile(source, name, out, error, dialect);
  EXPECT_EQ(s.ok(), error.empty());
  return error;
}

Bytecode compiled(std::string_view source, Dialect dialect = Dialect::kAuto) {
  Bytecode out;
  std::string error;
  EXPECT_TRUE(compile(source, "app:x", out, error, dialect).ok()) << error;
  return out;
}

TEST(TypedSource, T096_to_T103_PlainTextIsUsedAsItIs) {
  // Erased, the first two would be refused or mean something else.
  EXPECT_EQ(compiled("local a = b ::l:: do end").bytes, compiled("local a = b ::l:: do end", Dialect::kPlain).bytes);
  EXPECT_EQ(compiled("local a = v as (b)").bytes, compiled("local a = v as (b)", Dialect::kPlain).bytes);
  EXPECT_NE(compiled("local a = v as (b)").bytes, compiled("--!typed\nlocal a = v as (b)").bytes);
  EXPECT_EQ(compiled("local function f(a: T) return a end").bytes,
            compiled("local function f(a   ) return a end").bytes);
  EXPECT_EQ(compiled("type P = {} return 1").types, nullptr);
  EXPECT_NE(compiled("type P = {} return P").types, nullptr);
}

TEST(TypedSource, PlainErrorsAreLuasWithTheColumn) {
  EXPECT_EQ(message("local x = 1\nlocal = 2"), "app:x:2:7: <name> expected near '='");
  EXPECT_EQ(message("if a != b then end"), "app:x:1:6: 'then' expected near '!'");
  EXPECT_EQ(message("return { A: T }"), "app:x:1:15: function arguments expected near '}'");
  EXPECT_EQ(message("goto nowhere"), "app:x:1: no visible label 'nowhere' for <goto> at line 1");
  EXPECT_EQ(message("local x = = 1", Dialect::kPlain), "app:x:1: unexpected symbol near '='");
}

TEST(TypedSource, T081_to_T095_TypedErrors) {
  EXPECT_EQ(message("local x: = 1"), "app:x:1:10: typed Lua syntax: type expected near '='");
  EXPECT_EQ(message("local x = 1 @@ 2"), "app:x:1:13: typed Lua syntax: unexpected symbol near '@'");
  EXPECT_EQ(message("local a: T\n\nif a != b then end"),
            "app:x:3:6: plain Lua syntax: '!=' is not an operator (use '~=') (typed Lua since line 1)");
  EXPECT_EQ(message("local a: T\nlocal function f("),
            "app:x:2:18: plain Lua syntax: <name> expected near <eof> (typed Lua since line 1)");
  EXPECT_EQ(message("local a: T =\n\"open"), "app:x:2:1: plain Lua syntax: unfinished string (typed Lua since line 1)");
}

TEST(TypedSource, WhatOnlyLuasCompilerFinds) {
  EXPECT_EQ(message("local a <const>: T = 1\na = 2"),
            "app:x:2: after type erasure: attempt to assign to const variable 'a'");
  EXPECT_EQ(message("local a: T = 1\n\ngoto b"),
            "app:x:3: after type erasure: no visible label 'b' for <goto> at line 3");
  EXPECT_EQ(message("type P = string @pattern(\"(\")\nreturn P"),
            "app:x:1: after type erasure: @pattern: missing ): (");
  EXPECT_EQ(message("type P =\n  '\\q' return P"), "app:x:2: after type erasure: invalid escape sequence near ''\\q'");
  EXPECT_EQ(message("type P = number @min('a') return P"), "app:x:1: after type erasure: @min needs one number");
  EXPECT_EQ(message("type P = number @min return P"), "app:x:1: after type erasure: @min needs one number");
}

TEST(TypedSource, MarkersAndDialects) {
  const std::string ambiguous = "local a = v as (b)\nreturn a";
  EXPECT_EQ(message("--!plain\nlocal a: T = 1"), "app:x:2: unexpected symbol near ':'");
  EXPECT_EQ(message("local a: T = 1", Dialect::kPlain), "app:x:1: unexpected symbol near ':'");
  EXPECT_EQ(message("--!plain\nlocal a: T = 1", Dialect::kTyped), "") << "the entry says it";
  EXPECT_EQ(compiled("-- x\n--!typed\n" + ambiguous).bytes,
            compiled("-- x\n--!typed\n" + ambiguous, Dialect::kTyped).bytes);
  EXPECT_NE(compiled("-- x\n--!typed\n" + ambiguous).bytes,
            compiled("-- x\n--!typed\n" + ambiguous, Dialect::kPlain).bytes);
  EXPECT_EQ(message("--!typed\nlocal a: T = 1\nreturn a"), "");
  EXPECT_EQ(message("--!typed\nlocal = 1"), "app:x:2:7: <name> expected near '='");
}

TEST(TypedSource, CallingStringIsSeenInTheText) {
  for (const char* text :
       {"return string(1)", "return string 'a'", "local s = string", "return {string, 1}", "return pcall(string)"})
    EXPECT_TRUE(compiled(text).calls_string) << text;
  for (const char* text :
       {"return string.format('a')", "return string . rep", "return strings", "mystring = 1", "return 1"})
    EXPECT_FALSE(compiled(text).calls_string) << text;
}

TEST(TypedSource, WhatComesBeforeTheProgram) {
  EXPECT_EQ(message("#!/usr/bin/env x\nlocal a = = 1"), "app:x:2:11: unexpected symbol near '='");
  EXPECT_EQ(message("\xEF\xBB\xBFreturn 1"), "");
  EXPECT_EQ(message("\xEF\xBB\xBF# typed\nlocal a: T = 1"), "");
  for (const Dialect d : {Dialect::kAuto, Dialect::kTyped, Dialect::kPlain}) {
    EXPECT_NE(message(std::string_view("\x1bLua\0", 5), d).find("binary chunk"), std::string::npos);
    EXPECT_NE(message("\xEF\xBB\xBF\x1bLua", d).find("binary chunk"), std::string::npos);
  }
}

TEST(TypedSource, LongNamesAndDepth) {
  const std::string name(200, 'n');
  EXPECT_EQ(message("local x: = 1", Dialect::kAuto, name), name + ":1:10: typed Lua syntax: type expected near '='");
  std::string deep = "local x: T = ";
  for (int i = 0; i < 300; ++i) deep += "(";
  EXPECT_EQ(message(deep), "app:x:1:213: plain Lua syntax: nesting too deep");
}

}  // namespace
}  // namespace wippy::lua
