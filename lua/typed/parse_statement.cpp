#include "lua/typed/parser.hpp"

namespace wippy::lua::typed {

bool Parser::block_ends() const noexcept {
  switch (now().kind) {
    case Tok::kEnd:
    case Tok::kEndWord:
    case Tok::kElse:
    case Tok::kElseif:
    case Tok::kUntil: return true;
    default: return false;
  }
}

bool Parser::block() {
  while (!block_ends()) {
    if (at(Tok::kReturn)) return return_statement();
    if (!statement()) return false;
  }
  return true;
}

bool Parser::at_type_declaration() const noexcept {
  if (is_word(now(), "type")) return next_is(Tok::kName);
  return is_word(now(), "export") && is_word(ahead(1), "type") && ahead(2).kind == Tok::kName;
}

bool Parser::statement() {
  const Level level(*this);
  if (!level.ok()) return false;
  const uint32_t line = now().line;
  switch (now().kind) {
    case Tok::kSemicolon:
    case Tok::kBreak: return advance(), true;
    case Tok::kIf: return if_statement();
    case Tok::kWhile: return while_statement();
    case Tok::kFor: return for_statement();
    case Tok::kRepeat: return repeat_statement();
    case Tok::kFunction: return function_statement();
    case Tok::kLocal: return local_statement();
    case Tok::kDo: {
      const Scope scope(*this);
      advance();
      return block() && expect_match(Tok::kEndWord, "'end'", "'do'", line);
    }
    case Tok::kColon2: advance(); return expect(Tok::kName, "<name>") && expect(Tok::kColon2, "'::'");
    case Tok::kGoto: return advance(), expect(Tok::kName, "<name>");
    case Tok::kName: return at_type_declaration() ? type_declaration() : expression_statement();
    default: return expression_statement();
  }
}

bool Parser::if_statement() {
  const uint32_t line = now().line;
  do {
    advance();
    if (!expression() || !expect(Tok::kThen, "'then'")) return false;
    const Scope scope(*this);
    if (!block()) return false;
  } while (at(Tok::kElseif));
  if (accept(Tok::kElse)) {
    const Scope scope(*this);
    if (!block()) return false;
  }
  return expect_match(Tok::kEndWord, "'end'", "'if'", line);
}

bool Parser::while_statement() {
  const uint32_t line = now().line;
  advance();
  if (!expression() || !expect(Tok::kDo, "'do'")) return false;
  const Scope scope(*this);
  return block() && expect_match(Tok::kEndWord, "'end'", "'while'", line);
}

bool Parser::for_control() {
  std::size_t names = 0;
  do {
    const std::string_view name = text_of(now());
    if (!expect(Tok::kName, "<name>")) return false;
    NodeId type = kAnyNode;
    const bool annotated = at(Tok::kColon);
    if (annotated && !annotation(Place::kAnnotation, type)) return false;
    variables_.push_back({name, type, annotated, {}});
    ++names;
  } while (accept(Tok::kComma));
  if (names > 1 || !at(Tok::kAssign)) {
    return expect(Tok::kIn, names == 1 ? "'=' or 'in'" : "'in'") && expression_list();
  }
  advance();
  if (!expression() || !expect(Tok::kComma, "','") || !expression()) return false;
  return !accept(Tok::kComma) || expression();
}

bool Parser::for_statement() {
  const uint32_t line = now().line;
  const Scope scope(*this);
  advance();
  return for_control() && expect(Tok::kDo, "'do'") && block() && expect_match(Tok::kEndWord, "'end'", "'for'", line);
}

bool Parser::repeat_statement() {
  const uint32_t line = now().line;
  const Scope scope(*this);  // the condition sees the block's names
  advance();
  return block() && expect_match(Tok::kUntil, "'until'", "'repeat'", line) && expression();
}

// The last of its block.
bool Parser::return_statement() {
  const Level level(*this);
  if (!level.ok()) return false;
  advance();
  if (!block_ends() && !at(Tok::kSemicolon) && !expression_list()) return false;
  accept(Tok::kSemicolon);
  return true;
}

bool Parser::attribute() { return expect(Tok::kName, "<name>") && expect(Tok::kGt, "'>'"); }

bool Parser::local_names() {
  do {
    const std::string_view name = text_of(now());
    if (!expect(Tok::kName, "<name>")) return false;
    if (accept(Tok::kLt) && !attribute()) return false;
    NodeId type = kAnyNode;
    const bool annotated = at(Tok::kColon);
    if (annotated) {
      if (!annotation(Place::kLocal, type)) return false;
      if (accept(Tok::kLt) && !attribute()) return false;
    }
    variables_.push_back({name, type, annotated, {}});
  } while (accept(Tok::kComma));
  return true;
}

// `local lib = require "x"`: the types that lib.T names are those of x.
void Parser::note_require(std::size_t first_variable) {
  if (!is_word(now(), "require")) return;
  const bool parenthesised = next_is(Tok::kOpenParen);
  const Token& name = ahead(parenthesised ? 2 : 1);
  if (name.kind != Tok::kString || (parenthesised && ahead(3).kind != Tok::kCloseParen)) return;
  variables_[first_variable].module = text_of(name);
}

bool Parser::local_statement() {
  const uint32_t line = now().line;
  advance();
  if (accept(Tok::kFunction)) {
    const std::string_view name = text_of(now());
    if (!expect(Tok::kName, "<name>")) return false;
    declare(name);
    return function_body(line, false);
  }
  const std::size_t first = variables_.size();
  if (!local_names()) return false;
  if (!accept(Tok::kAssign)) return true;
  note_require(first);
  return expression_list();
}

bool Parser::expression_statement() {
  Suffixed kind;
  if (!suffixed(kind)) return false;
  if (!at(Tok::kAssign) && !at(Tok::kComma)) {
    return kind == Suffixed::kCall || fail(Tag::kPlain, "syntax error", "");
  }
  while (accept(Tok::kComma)) {
    if (kind != Suffixed::kVariable) return fail(Tag::kPlain, "syntax error", "");
    if (!suffixed(kind)) return false;
  }
  if (kind != Suffixed::kVariable) return fail(Tag::kPlain, "syntax error", "");
  return expect(Tok::kAssign, "'='") && expression_list();
}

bool Parser::type_declaration() {
  const Token first = now();
  form(first.line);
  if (is_word(now(), "export")) advance();
  advance();
  const std::string_view name = text_of(now());
  const auto index = static_cast<int32_t>(declared_.size());
  declared_.push_back({name, find_variable(name) != nullptr || functions_.contains(name)});
  declared_at_.push_back({block_, first.begin});
  advance();
  if (types_ != nullptr) {
    Declaration& d = types_->declarations.emplace_back();
    d.name = name;
    d.line = first.line;
  }
  const std::size_t type_names = type_names_.size();
  if (!at(Tok::kAssign) && !at(Tok::kLt)) return fail(Tag::kTyped, "'=' or '<' after type name");
  Declaration parameters;
  if (at(Tok::kLt) && !generic_parameters(&parameters)) return false;
  if (!expect(Tok::kAssign, "'='", Tag::kTyped)) return false;
  NodeId type_node = kAnyNode;
  if (!type(Place::kAnnotation, type_node)) return false;
  type_names_.resize(type_names);
  if (types_ != nullptr) {
    Declaration& d = types_->declarations[static_cast<std::size_t>(index)];
    d.parameters = std::move(parameters.parameters);
    d.type = type_node;
  }
  blank(first.begin, before().end, Span::Semicolon::kFirst, index);
  return true;
}

}  // namespace wippy::lua::typed
