#include "lua/typed/parser.hpp"

namespace wippy::lua::typed {

// `: type`, erased.
bool Parser::annotation(Place place, NodeId& out) {
  const Token colon = now();
  form(colon.line);
  advance();
  if (!type(place, out)) return false;
  blank(colon.begin, before().end);
  return true;
}

// Erased by whoever declares a type; by itself after a function. `owner` null: a function's or a function type's.
bool Parser::generic_parameters(Declaration* owner) {
  advance();
  do {
    const std::string_view name = text_of(now());
    if (!expect(Tok::kName, "<name>", Tag::kTyped)) return false;
    TypeParameter parameter;
    if (owner != nullptr) parameter.name = name;
    type_names_.push_back({name, owner == nullptr ? -1 : static_cast<int32_t>(owner->parameters.size())});
    if (accept(Tok::kColon) && !type(Place::kAnnotation, parameter.constraint)) return false;
    if (accept(Tok::kAssign)) {
      parameter.has_default = true;
      if (!type(Place::kAnnotation, parameter.fallback)) return false;
    }
    if (owner != nullptr) owner->parameters.push_back(std::move(parameter));
  } while (accept(Tok::kComma));
  return expect(Tok::kGt, "'>'", Tag::kTyped);
}

bool Parser::function_statement() {
  const uint32_t line = now().line;
  advance();
  const std::string_view name = text_of(now());
  if (!expect(Tok::kName, "<name>")) return false;
  bool plain = true;
  while (accept(Tok::kDot)) {
    plain = false;
    if (!expect(Tok::kName, "<name>")) return false;
  }
  const bool method = accept(Tok::kColon);
  if (method && !expect(Tok::kName, "<name>")) return false;
  if (plain && !method) functions_.insert(name);
  return function_body(line, method);
}

bool Parser::parameters() {
  if (!expect(Tok::kOpenParen, "'('")) return false;
  if (accept(Tok::kCloseParen)) return true;
  for (;;) {
    NodeId type_node = kAnyNode;
    if (accept(Tok::kDot3)) {
      if (at(Tok::kColon) && !annotation(Place::kAnnotation, type_node)) return false;
      break;
    }
    const std::string_view name = text_of(now());
    if (!expect(Tok::kName, "<name>")) return false;
    if (at(Tok::kQuestion)) {
      form(now().line);
      blank(now().begin, now().end);
      advance();
    }
    const bool annotated = at(Tok::kColon);
    if (annotated && !annotation(Place::kAnnotation, type_node)) return false;
    variables_.push_back({name, type_node, annotated, {}});
    if (!accept(Tok::kComma)) break;
  }
  return expect(Tok::kCloseParen, "')'");
}

bool Parser::result_types() {
  const Token colon = now();
  form(colon.line);
  do {
    advance();
    NodeId ignored = kAnyNode;
    if (!type(Place::kAnnotation, ignored)) return false;
  } while (at(Tok::kComma));
  blank(colon.begin, before().end);
  return true;
}

// From behind the name, or behind `function`.
bool Parser::function_body(uint32_t line, bool method) {
  const Scope scope(*this);
  if (method) declare("self");
  if (at(Tok::kLt)) {
    const Token open = now();
    form(open.line);
    if (!generic_parameters(nullptr)) return false;
    blank(open.begin, before().end);
  }
  if (!parameters()) return false;
  if (at(Tok::kColon) && !result_types()) return false;
  return block() && expect_match(Tok::kEndWord, "'end'", "'function'", line);
}

}  // namespace wippy::lua::typed
