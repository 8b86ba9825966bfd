// Strings and numbers are delimited, not validated: Lua's own compiler reads them after the erasure.
#include <cctype>
#include <cstring>

#include "lua/typed/erase.hpp"
#include "lua/typed/token.hpp"

namespace wippy::lua::typed {

namespace {

constexpr std::string_view kWords[] = {"and",      "break",  "do",   "else", "elseif", "end",  "false", "for",
                                       "function", "goto",   "if",   "in",   "local",  "nil",  "not",   "or",
                                       "repeat",   "return", "then", "true", "until",  "while"};

enum : uint8_t { kLetter = 1, kDigit = 2, kHex = 4, kSpace = 8 };

struct Classes {
  uint8_t of[256] = {};
  constexpr Classes() {
    for (int c = 'a'; c <= 'z'; ++c) of[c] = of[c - 32] = kLetter;
    of[static_cast<int>('_')] = kLetter;
    for (int c = '0'; c <= '9'; ++c) of[c] = kDigit | kHex;
    for (int c = 'a'; c <= 'f'; ++c) of[c] = of[c - 32] = kLetter | kHex;
    for (int c : {' ', '\t', '\f', '\v'}) of[c] = kSpace;
  }
};
constexpr Classes kClasses;

uint8_t class_of(char c) noexcept { return kClasses.of[static_cast<unsigned char>(c)]; }
bool is_newline(char c) noexcept { return c == '\n' || c == '\r'; }

Tok word_of(std::string_view name) noexcept {
  if (name.size() < 2 || name.size() > 8) return Tok::kName;
  for (std::size_t i = 0; i < std::size(kWords); ++i) {
    if (kWords[i][0] == name[0] && kWords[i] == name) return static_cast<Tok>(static_cast<std::size_t>(Tok::kAnd) + i);
  }
  return Tok::kName;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) noexcept : text_(text), at_(preamble_bytes(text)) {}

  std::vector<Token> run(std::string_view& error) {
    std::vector<Token> tokens;
    tokens.reserve(text_.size() / 5 + 2);
    for (;;) {
      Token t;
      if (skip_blanks(t)) next(t);
      t.end = static_cast<uint32_t>(at_);
      t.end_line = line_;
      tokens.push_back(t);
      if (t.kind == Tok::kEnd || t.kind == Tok::kError) break;
    }
    error = error_;
    return tokens;
  }

 private:
  bool done() const noexcept { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const noexcept { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void newline() noexcept {
    const char first = text_[at_++];
    if (!done() && is_newline(text_[at_]) && text_[at_] != first) ++at_;
    ++line_;
  }

  void begin(Token& t, Tok kind) const noexcept {
    t.kind = kind;
    t.begin = static_cast<uint32_t>(at_);
    t.line = line_;
  }

  bool fail(Token& t, std::string_view why) noexcept {
    t.kind = Tok::kError;
    error_ = why;
    return false;
  }

  // False: `t` is complete already, the end or an unfinished comment.
  bool skip_blanks(Token& t) noexcept {
    while (!done()) {
      const char c = text_[at_];
      if (is_newline(c)) {
        newline();
      } else if ((class_of(c) & kSpace) != 0) {
        ++at_;
      } else if (c == '-' && peek(1) == '-') {
        begin(t, Tok::kEnd);
        at_ += 2;
        if (!comment()) return fail(t, "unfinished long comment");
      } else {
        return true;
      }
    }
    begin(t, Tok::kEnd);
    return false;
  }

  bool comment() noexcept {
    std::size_t level = 0;
    if (long_bracket(level)) return long_text(level);
    while (!done() && !is_newline(text_[at_])) ++at_;
    return true;
  }

  // Is there an opening long bracket here? Goes behind it.
  bool long_bracket(std::size_t& level) noexcept {
    if (peek() != '[') return false;
    std::size_t n = 1;
    while (peek(n) == '=') ++n;
    if (peek(n) != '[') return false;
    level = n - 1;
    at_ += n + 1;
    return true;
  }

  bool long_text(std::size_t level) noexcept {
    while (!done()) {
      if (is_newline(text_[at_])) {
        newline();
        continue;
      }
      if (text_[at_++] != ']') continue;
      std::size_t n = 0;
      while (peek(n) == '=') ++n;
      if (n == level && peek(n) == ']') {
        at_ += n + 1;
        return true;
      }
      at_ += n;
    }
    return false;
  }

  bool quoted(char quote) noexcept {
    ++at_;
    while (!done()) {
      const char c = text_[at_];
      if (is_newline(c)) return false;
      ++at_;
      if (c == quote) return true;
      if (c != '\\' || done()) continue;
      const char escaped = text_[at_];
      if (is_newline(escaped)) {
        newline();
        continue;
      }
      ++at_;
      if (escaped != 'z') continue;
      while (!done() && (is_newline(text_[at_]) || (class_of(text_[at_]) & kSpace) != 0)) {
        if (is_newline(text_[at_])) {
          newline();
        } else {
          ++at_;
        }
      }
    }
    return false;
  }

  void number() noexcept {
    const bool hex = peek() == '0' && (peek(1) == 'x' || peek(1) == 'X');
    const char exponent = hex ? 'p' : 'e';
    if (hex) at_ += 2;
    while (!done()) {
      const char c = text_[at_];
      if ((c | 0x20) == exponent) {
        ++at_;
        if (peek() == '+' || peek() == '-') ++at_;
      } else if ((class_of(c) & (kLetter | kDigit)) != 0 || c == '.') {
        ++at_;
      } else {
        break;
      }
    }
  }

  void next(Token& t) noexcept {
    begin(t, Tok::kName);
    const char c = text_[at_];
    const uint8_t kind = class_of(c);
    if ((kind & kLetter) != 0) {
      do ++at_;
      while (!done() && (class_of(text_[at_]) & (kLetter | kDigit)) != 0);
      t.kind = word_of(text_.substr(t.begin, at_ - t.begin));
    } else if ((kind & kDigit) != 0 || (c == '.' && (class_of(peek(1)) & kDigit) != 0)) {
      t.kind = Tok::kNumber;
      number();
    } else if (c == '"' || c == '\'') {
      t.kind = Tok::kString;
      if (!quoted(c)) fail(t, "unfinished string");
    } else if (std::size_t level = 0; long_bracket(level)) {
      t.kind = Tok::kString;
      if (!long_text(level)) fail(t, "unfinished long string");
    } else {
      symbol(t, c);
    }
  }

  // The longer symbol if the next byte is `second`.
  void choose(Token& t, char second, Tok longer, Tok shorter) noexcept {
    const bool two = peek(1) == second;
    t.kind = two ? longer : shorter;
    at_ += two ? 2 : 1;
  }
  void single(Token& t, Tok kind) noexcept {
    t.kind = kind;
    ++at_;
  }

  void symbol(Token& t, char c) noexcept {
    switch (c) {
      case '+': return single(t, Tok::kPlus);
      case '-': return single(t, Tok::kMinus);
      case '*': return single(t, Tok::kStar);
      case '%': return single(t, Tok::kPercent);
      case '^': return single(t, Tok::kCaret);
      case '#': return single(t, Tok::kHash);
      case '&': return single(t, Tok::kAmp);
      case '|': return single(t, Tok::kPipe);
      case '>': return single(t, Tok::kGt);
      case '(': return single(t, Tok::kOpenParen);
      case ')': return single(t, Tok::kCloseParen);
      case '{': return single(t, Tok::kOpenBrace);
      case '}': return single(t, Tok::kCloseBrace);
      case '[': return single(t, Tok::kOpenBracket);
      case ']': return single(t, Tok::kCloseBracket);
      case ';': return single(t, Tok::kSemicolon);
      case ',': return single(t, Tok::kComma);
      case '?': return single(t, Tok::kQuestion);
      case '!': return single(t, Tok::kBang);
      case '@': return single(t, Tok::kAt);
      case '/': return choose(t, '/', Tok::kSlash2, Tok::kSlash);
      case '~': return choose(t, '=', Tok::kNe, Tok::kTilde);
      case '=': return choose(t, '=', Tok::kEq, Tok::kAssign);
      case ':': return choose(t, ':', Tok::kColon2, Tok::kColon);
      case '<': return peek(1) == '<' ? choose(t, '<', Tok::kShl, Tok::kLt) : choose(t, '=', Tok::kLe, Tok::kLt);
      case '.':
        if (peek(1) == '.' && peek(2) == '.') return (at_ += 3), void(t.kind = Tok::kDot3);
        return choose(t, '.', Tok::kDot2, Tok::kDot);
      default: ++at_; fail(t, kOddByte);
    }
  }

  std::string_view text_;
  std::size_t at_;
  uint32_t line_ = 1;
  std::string_view error_;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view text, std::string_view& error) { return Lexer(text).run(error); }

std::size_t preamble_bytes(std::string_view source) noexcept {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  std::size_t at = source.starts_with(kMark) ? kMark.size() : 0;
  if (at < source.size() && source[at] == '#') {
    while (at < source.size() && !is_newline(source[at])) ++at;
  }
  return at;
}

Marker marker_of(std::string_view source) noexcept {
  if (source.starts_with("\xEF\xBB\xBF")) source.remove_prefix(3);
  for (int line = 0; line < 3 && !source.empty(); ++line) {
    const std::size_t end = std::min(source.find_first_of("\r\n"), source.size());
    std::string_view text = source.substr(0, end);
    while (!text.empty() && (class_of(text.front()) & kSpace) != 0) text.remove_prefix(1);
    while (!text.empty() && (class_of(text.back()) & kSpace) != 0) text.remove_suffix(1);
    if (text == "--!typed") return Marker::kTyped;
    if (text == "--!plain") return Marker::kPlain;
    source.remove_prefix(end);
    if (source.empty()) break;
    source.remove_prefix(source.size() > 1 && is_newline(source[1]) && source[1] != source[0] ? 2 : 1);
  }
  return Marker::kNone;
}

}  // namespace wippy::lua::typed
