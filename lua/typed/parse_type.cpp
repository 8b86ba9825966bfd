#include "lua/typed/parser.hpp"

namespace wippy::lua::typed {

namespace {

constexpr std::string_view kPrimitives[] = {"any", "boolean", "unknown", "never", "number", "integer", "string"};

bool is_one_of(std::string_view name, const std::string_view* list, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    if (list[i] == name) return true;
  }
  return false;
}

// Names of modules need no escapes and no long brackets.
std::string_view unquoted(std::string_view literal) noexcept {
  if (literal.size() < 2 || literal.front() == '[' || literal.find('\\') != std::string_view::npos) return {};
  return literal.substr(1, literal.size() - 2);
}

}  // namespace

// Unions of intersections, in a flat list: '&' binds tighter.
bool Parser::type(Place place, NodeId& out) {
  const Level level(*this);
  if (!level.ok()) return false;
  std::vector<NodeId> members;
  std::vector<NodeId> parts;
  if (at(Tok::kPipe) || at(Tok::kAmp)) advance();
  for (;;) {
    NodeId part = kAnyNode;
    if (!member(place, part)) return false;
    if (types_ != nullptr) parts.push_back(part);
    if (!at(Tok::kPipe) && !at(Tok::kAmp)) break;
    if (types_ != nullptr && at(Tok::kPipe)) {
      members.push_back(join(NodeKind::kIntersection, parts));
      parts.clear();
    }
    advance();
    if (place == Place::kCast && (at(Tok::kNumber) || at(Tok::kMinus))) {
      return fail(Tag::kTyped, "parentheses around the cast before a bitwise operator");
    }
  }
  if (types_ == nullptr) return true;
  members.push_back(join(NodeKind::kIntersection, parts));
  out = join(NodeKind::kUnion, members);
  return true;
}

// A type with what may follow it: T?, T[], T @name(…).
bool Parser::member(Place place, NodeId& out) {
  if (!primary_type(place, out)) return false;
  for (;;) {
    if (accept(Tok::kQuestion)) {
      const NodeId optional = make(NodeKind::kOptional);
      add_child(optional, out);
      out = optional;
    } else if (at(Tok::kOpenBracket) && (place != Place::kCast || next_is(Tok::kCloseBracket))) {
      advance();
      if (!expect(Tok::kCloseBracket, "']'", Tag::kTyped)) return false;
      const NodeId array = make(NodeKind::kArray);
      add_child(array, out);
      out = array;
    } else if (at(Tok::kAt)) {
      if (!validator(out)) return false;
    } else {
      return true;
    }
  }
}

// `@name` or `@name(argument, …)`; several make one node.
bool Parser::validator(NodeId& checked) {
  advance();
  Validator v;
  const Token name = now();
  if (!expect(Tok::kName, "<name>", Tag::kTyped)) return false;
  if (at(Tok::kOpenParen) && now().line == name.end_line) {
    do {
      advance();
      const bool negative = accept(Tok::kMinus);
      Literal l = literal_here();
      if (negative) l.source.insert(0, "-");
      if (negative && !at(Tok::kNumber)) return fail(Tag::kTyped, "number");
      if (!at(Tok::kNumber) && !at(Tok::kString) && !at(Tok::kTrue) && !at(Tok::kFalse) && !at(Tok::kNil) &&
          !at(Tok::kName))
        return fail(Tag::kTyped, "literal or name");
      advance();
      v.arguments.push_back(std::move(l));
    } while (at(Tok::kComma));
    if (!expect(Tok::kCloseParen, "')' or ','", Tag::kTyped)) return false;
  }
  if (types_ == nullptr) return true;
  v.name = text_of(name);
  v.line = name.line;
  if (types_->nodes[checked].kind != NodeKind::kChecked) {
    const NodeId node = make(NodeKind::kChecked);
    add_child(node, checked);
    checked = node;
  }
  types_->nodes[checked].validators.push_back(std::move(v));
  return true;
}

bool Parser::primary_type(Place place, NodeId& out) {
  switch (now().kind) {
    case Tok::kNil:
      if (!literal_type(out)) return false;
      return type_arguments(place, true, out);
    case Tok::kTrue:
    case Tok::kFalse:
    case Tok::kString:
    case Tok::kNumber:
    case Tok::kMinus: return literal_type(out);
    case Tok::kFunction: out = make(NodeKind::kFunction); return advance(), true;
    case Tok::kOpenBrace: return brace_type(out);
    case Tok::kOpenParen: return parenthesised_type(place, out);
    case Tok::kLt: {
      const std::size_t type_names = type_names_.size();
      if (!generic_parameters(nullptr)) return false;
      if (!at(Tok::kOpenParen)) return fail(Tag::kTyped, "'('");
      const bool ok = parenthesised_type(place, out);
      type_names_.resize(type_names);
      return ok;
    }
    case Tok::kName: return named_type(place, out);
    default: return fail(Tag::kTyped, "type");
  }
}

bool Parser::literal_type(NodeId& out) {
  const bool negative = accept(Tok::kMinus);
  if (negative && !at(Tok::kNumber)) return fail(Tag::kTyped, "number");
  out = make(NodeKind::kLiteral);
  if (types_ != nullptr) {
    Literal& l = types_->nodes[out].literal;
    l = literal_here();
    if (negative) l.source.insert(0, "-");
  }
  advance();
  return true;
}

bool Parser::typeof_type(NodeId& out) {
  advance();
  const uint32_t line = now().line;
  advance();
  // The annotation of a local is known; whatever else, nobody computed.
  const Variable* const known = at(Tok::kName) && next_is(Tok::kCloseParen) ? find_variable(text_of(now())) : nullptr;
  out = known != nullptr ? known->type : kAnyNode;
  return expression() && expect_match(Tok::kCloseParen, "')'", "'('", line);
}

bool Parser::named_type(Place place, NodeId& out) {
  const Token first = now();
  const Token next = ahead(1);
  if (is_word(first, "typeof") && next.kind == Tok::kOpenParen) return typeof_type(out);
  if (is_word(first, "readonly") && next.line == first.line &&
      (next.kind == Tok::kName || next.kind == Tok::kOpenBrace || next.kind == Tok::kOpenParen)) {
    const Level level(*this);
    advance();
    return level.ok() && member(place, out);
  }
  advance();
  std::string path;
  const bool qualified = at(Tok::kDot);
  while (accept(Tok::kDot)) {
    if (types_ != nullptr) path.append(path.empty() ? "" : ".").append(text_of(now()));
    if (!expect(Tok::kName, "<name>", Tag::kTyped)) return false;
  }
  out = make(NodeKind::kNamed);
  const std::string_view name = text_of(first);
  if (types_ != nullptr) {
    types_->nodes[out].text = qualified ? path : std::string(name);
    name_node(out, name, qualified);
  }
  const bool primitive = !qualified && is_one_of(name, kPrimitives, std::size(kPrimitives));
  return type_arguments(place, primitive, out);
}

// What `name` means, as far as it is known now.
void Parser::name_node(NodeId id, std::string_view name, bool qualified) {
  TypeNode& node = types_->nodes[id];
  if (qualified) {
    const Variable* const local = find_variable(name);
    node.kind = NodeKind::kQualified;
    node.from_global = local == nullptr;
    node.module = local == nullptr ? name : unquoted(local->module);
    if (node.module.empty()) node.kind = NodeKind::kAny;  // a local that holds who knows what
    return;
  }
  for (auto p = type_names_.rbegin(); p != type_names_.rend(); ++p) {
    if (p->name != name) continue;
    node.kind = p->index < 0 ? NodeKind::kAny : NodeKind::kParameter;
    node.index = p->index < 0 ? 0 : static_cast<uint32_t>(p->index);
    return;
  }
  if (name == "any" || name == "unknown") {
    node.kind = NodeKind::kAny;
  } else if (name == "never") {
    node.kind = NodeKind::kNever;
  } else if (is_one_of(name, kPrimitives, std::size(kPrimitives))) {
    node.kind = NodeKind::kBasic;
  } else {
    references_.push_back({id, block_, now().begin});
  }
}

// `<…>` after a name. In a local's list <const> and <close> are attributes. Behind a cast it may be a comparison.
bool Parser::type_arguments(Place place, bool primitive, NodeId named) {
  if (!at(Tok::kLt)) return true;
  if (place == Place::kLocal && ahead(2).kind == Tok::kGt && (is_word(ahead(1), "const") || is_word(ahead(1), "close")))
    return true;
  if (place == Place::kCast) {
    if (primitive || not_arguments_.contains(at_)) return true;
    const Snapshot start = snapshot();
    const std::size_t children = types_ == nullptr ? 0 : types_->nodes[named].children.size();
    if (type_argument_list(named)) return true;
    restore(start);
    if (types_ != nullptr) types_->nodes[named].children.resize(children);
    not_arguments_.insert(at_);  // reading it again for every list around it would take exponential time
    return true;
  }
  if (primitive) return fail(Tag::kTyped, "no type arguments after primitive type");
  return type_argument_list(named);
}

bool Parser::type_argument_list(NodeId named) {
  do {
    advance();
    NodeId argument = kAnyNode;
    if (!type(Place::kAnnotation, argument)) return false;
    add_child(named, argument);
  } while (at(Tok::kComma));
  return expect(Tok::kGt, "'>' or ','", Tag::kTyped);
}

}  // namespace wippy::lua::typed
