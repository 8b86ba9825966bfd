#include "lua/typed/parser.hpp"

namespace wippy::lua::typed {

namespace {

constexpr int kUnaryPriority = 12;

bool is_unary(Tok t) noexcept { return t == Tok::kNot || t == Tok::kMinus || t == Tok::kTilde || t == Tok::kHash; }

}  // namespace

bool Parser::expression_list() {
  do {
    if (!expression()) return false;
  } while (accept(Tok::kComma));
  return true;
}

// The left priority, 0: none. ">>" and ">=" are two tokens side by side.
int Parser::binary_operator(int& right, int& tokens) const noexcept {
  const auto same = [&](int priority) { return right = priority; };
  tokens = 1;
  switch (now().kind) {
    case Tok::kOr: return same(1);
    case Tok::kAnd: return same(2);
    case Tok::kEq:
    case Tok::kNe:
    case Tok::kLt:
    case Tok::kLe: return same(3);
    case Tok::kGt:
      if (!adjacent(0) || (!next_is(Tok::kGt) && !next_is(Tok::kAssign))) return same(3);
      tokens = 2;
      return same(next_is(Tok::kGt) ? 7 : 3);
    case Tok::kPipe: return same(4);
    case Tok::kTilde: return same(5);
    case Tok::kAmp: return same(6);
    case Tok::kShl: return same(7);
    case Tok::kDot2: return right = 8, 9;
    case Tok::kPlus:
    case Tok::kMinus: return same(10);
    case Tok::kStar:
    case Tok::kSlash:
    case Tok::kSlash2:
    case Tok::kPercent: return same(11);
    case Tok::kCaret: return right = 13, 14;
    default: return 0;
  }
}

bool Parser::subexpression(int limit) {
  const Level level(*this);
  if (!level.ok()) return false;
  if (is_unary(now().kind)) {
    advance();
    if (!subexpression(kUnaryPriority)) return false;
  } else if (!simple_expression()) {
    return false;
  }
  for (;;) {
    int right = 0;
    int tokens = 1;
    if (binary_operator(right, tokens) <= limit) return true;
    for (; tokens > 0; --tokens) advance();
    if (!subexpression(right)) return false;
  }
}

bool Parser::simple_expression() {
  switch (now().kind) {
    case Tok::kNumber:
    case Tok::kString:
    case Tok::kNil:
    case Tok::kTrue:
    case Tok::kFalse:
    case Tok::kDot3: advance(); break;
    case Tok::kOpenBrace:
      if (!table()) return false;
      break;
    case Tok::kFunction: {
      const uint32_t line = now().line;
      advance();
      if (!function_body(line, false)) return false;
      break;
    }
    default: {
      Suffixed kind;
      if (!suffixed(kind)) return false;
    }
  }
  return casts();
}

bool Parser::primary(Suffixed& kind) {
  if (accept(Tok::kName)) {
    kind = Suffixed::kVariable;
    return true;
  }
  if (!at(Tok::kOpenParen)) return fail_unexpected();
  const uint32_t line = now().line;
  advance();
  kind = Suffixed::kOther;
  return expression() && expect_match(Tok::kCloseParen, "')'", "'('", line);
}

bool Parser::suffixed(Suffixed& kind) {
  if (!primary(kind)) return false;
  for (;;) {
    switch (now().kind) {
      case Tok::kDot:
        advance();
        if (!expect(Tok::kName, "<name>")) return false;
        kind = Suffixed::kVariable;
        break;
      case Tok::kOpenBracket:
        advance();
        if (!expression() || !expect(Tok::kCloseBracket, "']'")) return false;
        kind = Suffixed::kVariable;
        break;
      case Tok::kColon:
        advance();
        if (!expect(Tok::kName, "<name>") || !arguments()) return false;
        kind = Suffixed::kCall;
        break;
      case Tok::kOpenParen:
      case Tok::kString:
      case Tok::kOpenBrace:
        if (!arguments()) return false;
        kind = Suffixed::kCall;
        break;
      case Tok::kBang:
        if (!bang()) return false;
        break;
      default: return true;
    }
  }
}

bool Parser::arguments() {
  if (accept(Tok::kString)) return true;
  if (at(Tok::kOpenBrace)) return table();
  const uint32_t line = now().line;
  if (!expect(Tok::kOpenParen, "function arguments")) return false;
  if (accept(Tok::kCloseParen)) return true;
  return expression_list() && expect_match(Tok::kCloseParen, "')'", "'('", line);
}

bool Parser::table() {
  const uint32_t line = now().line;
  advance();
  while (!at(Tok::kCloseBrace)) {
    if (accept(Tok::kOpenBracket)) {
      if (!expression() || !expect(Tok::kCloseBracket, "']'") || !expect(Tok::kAssign, "'='")) return false;
    } else if (at(Tok::kName) && next_is(Tok::kAssign)) {
      advance();
      advance();
    }
    if (!expression()) return false;
    if (!accept(Tok::kComma) && !accept(Tok::kSemicolon)) break;
  }
  return expect_match(Tok::kCloseBrace, "'}'", "'{'", line);
}

// `operand!`
bool Parser::bang() {
  if (next_is(Tok::kAssign) && adjacent(0)) {
    return fail_bare(Tag::kPlain, now(), "'!=' is not an operator (use '~=')");
  }
  form(now().line);
  blank(now().begin, now().end);
  advance();
  return true;
}

// `:: Name ::` that is a label: somebody goes there, it stands first on its line, or nothing follows that could be a type.
bool Parser::at_label_not_cast() const noexcept {
  if (!next_is(Tok::kName) || ahead(2).kind != Tok::kColon2) return false;
  if (goto_targets_.contains(text_of(ahead(1))) || before().end_line < now().line) return true;
  return ahead(3).line > ahead(2).line || !starts_type(ahead(3).kind);
}

// Behind a complete operand.
bool Parser::at_cast() const noexcept {
  if (at(Tok::kColon2)) return !at_label_not_cast();
  if (!is_word(now(), "as")) return false;
  const Tok next = ahead(1).kind;
  if (before().end_line == now().line) return starts_type(next);
  return next == Tok::kName || next == Tok::kNumber || next == Tok::kNil || next == Tok::kTrue || next == Tok::kFalse;
}

bool Parser::casts() {
  static constexpr std::string_view kParentheses = "parentheses around the cast before a call or index";
  bool cast = false;
  for (;;) {
    if (at(Tok::kBang)) {
      if (!bang()) return false;
      continue;
    }
    if (!at_cast()) break;
    const Token first = now();
    form(first.line);
    advance();
    NodeId ignored = kAnyNode;
    if (!type(Place::kCast, ignored)) return false;
    blank(first.begin, before().end);
    cast = true;
    switch (now().kind) {
      case Tok::kDot:
      case Tok::kOpenBracket:
      case Tok::kColon:
      case Tok::kOpenBrace:
      case Tok::kString: return fail(Tag::kTyped, kParentheses);
      case Tok::kOpenParen:
        if (now().line == before().end_line) return fail(Tag::kTyped, kParentheses);
        break;
      default: break;
    }
  }
  // A statement ends here. Without a sign of it, erased, the next one would call this one's value.
  if (cast && at(Tok::kOpenParen)) spans_.back().semicolon = Span::Semicolon::kLast;
  return true;
}

}  // namespace wippy::lua::typed
