// Types in braces and in parentheses.
#include "lua/typed/parser.hpp"

namespace wippy::lua::typed {

// A name or word before ':' or '?:' is a key.
bool Parser::at_key() const noexcept {
  if (!at(Tok::kName) && !is_reserved(now().kind)) return false;
  return next_is(Tok::kColon) || (next_is(Tok::kQuestion) && ahead(2).kind == Tok::kColon);
}

bool Parser::brace_type(NodeId& out) {
  const NodeId table = make(NodeKind::kTable);
  advance();
  while (!at(Tok::kCloseBrace)) {
    if (!brace_entry(table)) return false;
    if (!accept(Tok::kComma) && !accept(Tok::kSemicolon)) break;
  }
  if (!expect(Tok::kCloseBrace, "'}' or ','", Tag::kTyped)) return false;
  out = table;
  return true;
}

bool Parser::brace_entry(NodeId table) {
  if (accept(Tok::kDot3)) {
    add_child(table, make(NodeKind::kOpen));
    return true;
  }
  NodeId value = kAnyNode;
  if (accept(Tok::kOpenBracket)) {
    const bool literal_key = at(Tok::kString) && next_is(Tok::kCloseBracket);
    const NodeId entry = make(literal_key ? NodeKind::kField : NodeKind::kMap);
    if (literal_key && types_ != nullptr) types_->nodes[entry].literal = literal_here();
    NodeId key = kAnyNode;
    if (!type(Place::kAnnotation, key) || !expect(Tok::kCloseBracket, "']'", Tag::kTyped)) return false;
    if (!expect(Tok::kColon, "':'", Tag::kTyped) || !type(Place::kAnnotation, value)) return false;
    if (!literal_key) add_child(entry, key);
    add_child(entry, value);
    add_child(table, entry);
    return true;
  }
  if (is_word(now(), "readonly") && (ahead(1).kind == Tok::kName || is_reserved(ahead(1).kind)) &&
      (ahead(2).kind == Tok::kColon || (ahead(2).kind == Tok::kQuestion && ahead(3).kind == Tok::kColon))) {
    advance();
  }
  if (!at_key()) {
    const NodeId entry = make(NodeKind::kElement);
    if (!type(Place::kAnnotation, value)) return false;
    add_child(entry, value);
    add_child(table, entry);
    return true;
  }
  const NodeId entry = make(NodeKind::kField);
  if (types_ != nullptr) types_->nodes[entry].text = text_of(now());
  advance();
  const bool optional = accept(Tok::kQuestion);
  if (types_ != nullptr) types_->nodes[entry].optional = optional;
  advance();
  if (!type(Place::kAnnotation, value)) return false;
  add_child(entry, value);
  add_child(table, entry);
  return true;
}

// One of a list in parentheses; `plain`: neither named nor dots.
bool Parser::list_element(NodeId& out, bool& plain) {
  plain = false;
  if (accept(Tok::kDot3)) {
    const bool colon = accept(Tok::kColon);
    if (!colon && (at(Tok::kComma) || at(Tok::kCloseParen))) return true;
    return type(Place::kAnnotation, out);
  }
  if (at_key()) {
    advance();
    accept(Tok::kQuestion);
    advance();
  } else {
    plain = true;
  }
  return type(Place::kAnnotation, out);
}

// Function type, grouping, or a list of results.
bool Parser::parenthesised_type(Place place, NodeId& out) {
  advance();
  std::size_t count = 0;
  bool plain = false;
  NodeId element = kAnyNode;
  if (!at(Tok::kCloseParen)) {
    do {
      if (!list_element(element, plain)) return false;
      ++count;
    } while (accept(Tok::kComma));
  }
  if (!expect(Tok::kCloseParen, "')' or ','", Tag::kTyped)) return false;
  if (at(Tok::kMinus) && next_is(Tok::kGt) && adjacent(0)) {
    advance();
    advance();
    NodeId ignored = kAnyNode;
    if (!type(place, ignored)) return false;
    out = make(NodeKind::kFunction);
  } else if (count == 1 && plain) {
    out = element;
  } else {
    out = make(NodeKind::kTuple);
  }
  return true;
}

}  // namespace wippy::lua::typed
