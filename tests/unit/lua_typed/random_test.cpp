// The eraser against plain programs, as they are and with annotations at random places.
// libs: wippy_lua
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <chrono>
#include <lua5.4/lua.hpp>

#include "lua/typed/erase.hpp"
#include "lua/typed/token.hpp"
#include "tests/unit/lua_typed/plain_programs.hpp"

namespace wippy::lua::typed {
namespace {

using test::PlainProgram;

bool compiles(const std::string& text) {
  lua_State* const L = luaL_newstate();
  const bool ok = luaL_loadbufferx(L, text.data(), text.size(), "=case", "t") == LUA_OK;
  lua_close(L);
  return ok;
}

TEST(TypedPlain, T096_to_T103_PlainProgramsHaveNoSpans) {
  const auto programs = test::plain_programs();
  ASSERT_GT(programs.size(), 100u);
  std::size_t tried = 0;
  for (const PlainProgram& p : programs) {
    if (!compiles(p.text)) continue;
    ++tried;
    Erased out;
    EraseError error;
    ASSERT_TRUE(erase(p.text, out, error))
        << p.name << ":" << error.line << ":" << error.column << " " << error.message;
    EXPECT_EQ(out.text, p.text) << p.name;
    EXPECT_EQ(out.first_form_line, 0u) << p.name;
  }
  EXPECT_GT(tried, programs.size() * 9 / 10);
}

std::string pick(const std::vector<std::string>& list) { return list[*rc::gen::inRange<std::size_t>(0, list.size())]; }

std::string random_type(int depth) {
  const int kind = depth <= 0 ? 0 : *rc::gen::inRange(0, 14);
  const auto t = [depth] { return random_type(depth - 1); };
  switch (kind) {
    case 1: return t() + "?";
    case 2: return "{" + t() + "}";
    case 3: return "{ a: " + t() + ", end?: " + t() + "; }";
    case 4: return "{ [string]: " + t() + " }";
    case 5: return "(" + t() + ") -> " + t();
    case 6: return "Map<" + t() + ", " + t() + ">";
    case 7: return t() + " | " + t();
    case 8: return "(" + t() + " & " + t() + ")";
    case 9: return "string @min_len(2)";
    case 10: return "readonly {" + t() + "}";
    case 11: return "lib.Type<lib.Other<" + t() + ">>";
    case 12: return "typeof(f(x as " + t() + "))";
    case 13: return t() + "[]";
    default: return pick({"integer", "T", "'on'", "nil", "-1", "any", "true", "lib.T", "function", "{}", "() -> ()"});
  }
}

// Writes the typed text and the plain text it must become, side by side.
class Annotator {
 public:
  explicit Annotator(const std::string& text) : text_(text), tokens_(tokens_of(text, error_)) {}

  void run() {
    for (at_ = 0; at_ < tokens_.size(); ++at_) {
      const Token& t = tokens_[at_];
      if (t.kind == Tok::kLocal && chance(8)) insert("type Zz" + std::to_string(at_) + "<A> = " + random_type(2), ';');
      copy_to(t.end);
      behind(t);
    }
    copy_to(static_cast<uint32_t>(text_.size()));
  }
  std::string typed;
  std::string plain;

 private:
  static bool chance(int of) { return *rc::gen::inRange(0, of) == 0; }
  Tok kind(std::size_t i) const { return i < tokens_.size() ? tokens_[i].kind : Tok::kEnd; }

  void copy_to(uint32_t end) {
    typed.append(text_, done_, end - done_);
    plain.append(text_, done_, end - done_);
    done_ = end;
  }
  // Behind a blank of its own, so that no two tokens grow together; in front of a statement, another one behind it.
  void insert(const std::string& span, char first = ' ') {
    if (first == ';') copy_to(tokens_[at_].begin);
    typed += (first == ' ' ? " " : "") + span + (first == ' ' ? "" : " ");
    plain += first == ' ' ? "" : ";";
    plain += std::string(span.size() + (first == ' ' ? 1 : 0), ' ');
  }

  // Are we behind a name in `local a, b`, or in a list of parameters?
  bool in_names() const {
    std::size_t i = at_;
    while (i >= 2 && tokens_[i].kind == Tok::kName && tokens_[i - 1].kind == Tok::kComma) i -= 2;
    if (tokens_[i].kind != Tok::kName || i == 0) return false;
    if (tokens_[i - 1].kind == Tok::kLocal) return true;
    return tokens_[i - 1].kind == Tok::kOpenParen && opens_parameters(i - 1);
  }
  bool opens_parameters(std::size_t open) const {
    std::size_t i = open;
    if (i == 0) return false;
    --i;
    while (i >= 2 && tokens_[i].kind == Tok::kName &&
           (tokens_[i - 1].kind == Tok::kDot || tokens_[i - 1].kind == Tok::kColon))
      i -= 2;
    if (tokens_[i].kind == Tok::kFunction) return true;
    return tokens_[i].kind == Tok::kName && i > 0 && tokens_[i - 1].kind == Tok::kFunction;
  }
  bool closes_parameters() const {
    std::size_t i = at_;
    while (i > 0 && (tokens_[i - 1].kind == Tok::kName || tokens_[i - 1].kind == Tok::kComma ||
                     tokens_[i - 1].kind == Tok::kDot3))
      --i;
    return i > 0 && tokens_[i - 1].kind == Tok::kOpenParen && opens_parameters(i - 1);
  }

  void behind(const Token& t) {
    if (t.kind == Tok::kName && in_names() && kind(at_ + 1) != Tok::kLt && chance(2))
      return insert(": " + random_type(3));
    if (t.kind == Tok::kCloseParen && closes_parameters() && chance(2)) {
      return insert(": " + random_type(2) + (chance(2) ? ", " + random_type(2) : ""));
    }
    const Tok before = at_ == 0 ? Tok::kEnd : kind(at_ - 1);
    const bool operand =
        (t.kind == Tok::kNumber || t.kind == Tok::kString || t.kind == Tok::kTrue || t.kind == Tok::kNil) &&
        (before == Tok::kAssign || before == Tok::kComma || before == Tok::kReturn || before == Tok::kOpenParen ||
         before == Tok::kOpenBrace || before == Tok::kPlus);
    if (!operand || !ends_operand(kind(at_ + 1)) || !chance(2)) return;
    switch (*rc::gen::inRange(0, 3)) {
      // In parentheses: a number behind '|' in a cast is refused (T-086).
      case 0: return insert("as (" + random_type(3) + ")");
      case 1: return insert(":: " + pick({"T", "any", "{[string]: T?}", "A<B<C>>", "() -> ()", "'s' | nil", "T[]?"}));
      default: return insert("!");
    }
  }
  static bool ends_operand(Tok t) {
    return t == Tok::kComma || t == Tok::kCloseParen || t == Tok::kCloseBrace || t == Tok::kCloseBracket ||
           t == Tok::kDot2 || t == Tok::kPlus || t == Tok::kEq || t == Tok::kAnd || t == Tok::kOr || t == Tok::kThen ||
           t == Tok::kDo || t == Tok::kEndWord || t == Tok::kLocal || t == Tok::kIf || t == Tok::kReturn;
  }

  const std::string& text_;
  std::string_view error_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  uint32_t done_ = 0;
};

TEST(TypedRandom, T001_to_T053_AnnotationsAtRandomPlaces) {
  const auto programs = test::plain_programs();
  std::size_t spans = 0;
  EXPECT_TRUE(rc::check("annotated programs come back", [&] {
    const PlainProgram& p = programs[*rc::gen::inRange<std::size_t>(0, programs.size())];
    if (!compiles(p.text) || p.text.size() > 4000) RC_DISCARD("too long for a case");
    Annotator a(p.text);
    a.run();
    Erased out;
    EraseError error;
    const bool accepted = erase(a.typed, out, error);
    if (!accepted) RC_FAIL(p.name + ": " + std::to_string(error.line) + ": " + error.message + "\n" + a.typed);
    RC_ASSERT(out.text == a.plain);
    RC_ASSERT(compiles(out.text));
    spans += a.typed != a.plain ? 1 : 0;
    Erased again;
    RC_ASSERT(erase(out.text, again, error));
    RC_ASSERT(again.text == out.text);
    RC_ASSERT(again.first_form_line == 0u);
  }));
  EXPECT_GT(spans, 0u);
}

// Any bytes: nothing but the promises of erase.hpp. Mostly tokens, so that it goes deep.
TEST(TypedRandom, T081_to_T095_AnythingIsAcceptedOrRefused) {
  static const std::vector<std::string> kPieces = {
      "local ", "x",  ":",  "::",   " as ",  "type ", "T",        "=",      "<",         ">",      "{",   "}",
      "(",      ")",  "[",  "]",    ",",     ".",     "...",      "!",      "?",         "@",      "|",   "&",
      "-",      "->", "1",  "'s'",  "[[l]]", "\n",    "\r\n",     "\t",     "end",       "do ",    "if ", "then ",
      ";",      "#",  "--", "--[[", "nil",   "goto",  "function", "typeof", "readonly ", "return", "in",  "for",
      "é",      "\\", "\"", "$",    "\0",    "~=",    "//",       ">>",     "<<",        "export "};
  EXPECT_TRUE(rc::check("any text", [] {
    const auto pieces = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, kPieces.size()));
    std::string text;
    for (const std::size_t i : pieces) text += kPieces[i];
    Erased out;
    EraseError error;
    if (!erase(text, out, error)) {
      RC_ASSERT(!error.message.empty());
      RC_ASSERT(error.line >= 1u);
      RC_ASSERT(error.column >= 1u);
      return;
    }
    if (out.types == nullptr) RC_ASSERT(out.text.size() == text.size());
    RC_ASSERT(std::count(out.text.begin(), out.text.end(), '\n') == std::count(text.begin(), text.end(), '\n'));
  }));
}

TEST(TypedSpeed, MegabytesPerSecond) {
  std::string typed;
  for (const PlainProgram& p : test::plain_programs()) {
    if (compiles(p.text) && p.text.find("::") == std::string::npos)
      typed += "do local f = function(a: {T}, ...: any): T? " + p.text + "\nend end\n";
  }
  const auto start = std::chrono::steady_clock::now();
  int rounds = 0;
  double seconds = 0;
  for (; seconds < 0.3; ++rounds) {
    Erased out;
    EraseError error;
    ASSERT_TRUE(erase(typed, out, error)) << error.line << ": " << error.message;
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  std::printf("typed Lua: %.0f KB, %.1f MB/s\n", static_cast<double>(typed.size()) / 1e3,
              static_cast<double>(typed.size()) * rounds / seconds / 1e6);
}

}  // namespace
}  // namespace wippy::lua::typed
