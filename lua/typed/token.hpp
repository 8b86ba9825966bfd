// Tokens of Lua 5.4 and of types. '>' is always a token of its own: the parser of expressions joins ">>" and ">=" again.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace wippy::lua::typed {

enum class Tok : uint8_t {
  kEnd,    // of the text
  kError,  // not a token: Lexer::error()
  kName,
  kString,
  kNumber,
  // Reserved words, in the order of kWords (lexer.cpp).
  kAnd,
  kBreak,
  kDo,
  kElse,
  kElseif,
  kEndWord,
  kFalse,
  kFor,
  kFunction,
  kGoto,
  kIf,
  kIn,
  kLocal,
  kNil,
  kNot,
  kOr,
  kRepeat,
  kReturn,
  kThen,
  kTrue,
  kUntil,
  kWhile,
  // Symbols.
  kPlus,
  kMinus,
  kStar,
  kSlash,
  kSlash2,
  kPercent,
  kCaret,
  kHash,
  kAmp,
  kTilde,
  kPipe,
  kShl,
  kEq,
  kNe,
  kLe,
  kLt,
  kGt,
  kAssign,
  kOpenParen,
  kCloseParen,
  kOpenBrace,
  kCloseBrace,
  kOpenBracket,
  kCloseBracket,
  kColon2,
  kSemicolon,
  kColon,
  kComma,
  kDot,
  kDot2,
  kDot3,
  kQuestion,
  kBang,
  kAt,
};

constexpr bool is_reserved(Tok t) noexcept { return t >= Tok::kAnd && t <= Tok::kWhile; }

struct Token {
  Tok kind = Tok::kEnd;
  uint32_t begin = 0;  // offsets
  uint32_t end = 0;
  uint32_t line = 0;  // one-based, as Lua counts
  uint32_t end_line = 0;
};

constexpr std::string_view kOddByte = "unexpected symbol";

// Cuts the whole text. The last token is kEnd or kError, for which `error` says what is wrong.
std::vector<Token> tokens_of(std::string_view text, std::string_view& error);

}  // namespace wippy::lua::typed
