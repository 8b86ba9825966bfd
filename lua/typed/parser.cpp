// Tokens, errors, spans, names.
#include "lua/typed/parser.hpp"

#include <algorithm>

namespace wippy::lua::typed {

Parser::Parser(std::string_view text, const std::vector<Token>& tokens, std::string_view lexer_error, Types* types)
    : text_(text), tokens_(tokens), lexer_error_(lexer_error), types_(types) {
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i].kind == Tok::kGoto && tokens[i + 1].kind == Tok::kName) goto_targets_.insert(text_of(tokens[i + 1]));
  }
  if (types_ != nullptr) types_->nodes.emplace_back();
}

bool Parser::run() {
  if (!block()) return false;
  if (!at(Tok::kEnd)) return fail(Tag::kPlain, "<eof>");
  if (types_ != nullptr) resolve();
  return true;
}

bool Parser::starts_type(Tok t) noexcept {
  switch (t) {
    case Tok::kName:
    case Tok::kString:
    case Tok::kNumber:
    case Tok::kMinus:
    case Tok::kOpenBrace:
    case Tok::kOpenParen:
    case Tok::kLt:
    case Tok::kNil:
    case Tok::kTrue:
    case Tok::kFalse:
    case Tok::kFunction: return true;
    default: return false;
  }
}

bool Parser::fail_bare(Tag tag, const Token& where, std::string_view message) {
  error_.tag = tag;
  error_.message = message;
  error_.first_form_line = first_form_line_;
  error_.line = where.line;
  std::size_t begin = where.begin;
  while (begin > 0 && text_[begin - 1] != '\n' && text_[begin - 1] != '\r') --begin;
  error_.column = static_cast<uint32_t>(where.begin - begin + 1);
  return false;
}

bool Parser::fail(Tag tag, std::string_view what, std::string_view how) {
  const Token& t = now();
  // What the lexer could not read is named as it is; a lone odd byte is an unexpected symbol like others.
  const bool odd_byte = t.kind == Tok::kError && lexer_error_ == kOddByte;
  if (t.kind == Tok::kError && !odd_byte) return fail_bare(Tag::kPlain, t, lexer_error_);
  if (t.kind == Tok::kQuestion || t.kind == Tok::kAt || t.kind == Tok::kBang) tag = Tag::kTyped;
  constexpr std::size_t kShown = 60;
  std::string_view token = text_of(t);
  token = token.substr(0, std::min(token.find_first_of("\r\n"), kShown));
  std::string message(odd_byte ? kOddByte : what);
  message.append(odd_byte ? "" : how).append(" near ");
  if (t.kind == Tok::kEnd) {
    message += "<eof>";
  } else if (token.size() == 1 && static_cast<unsigned char>(token[0]) < ' ') {
    message += "'<\\" + std::to_string(static_cast<unsigned char>(token[0])) + ">'";
  } else {
    message.append("'").append(token).append("'");
  }
  return fail_bare(tag, t, message);
}

bool Parser::expect(Tok t, std::string_view what, Tag tag) { return accept(t) || fail(tag, what); }

bool Parser::expect_match(Tok t, std::string_view what, std::string_view opener, uint32_t line) {
  if (accept(t)) return true;
  if (now().line == line) return fail(Tag::kPlain, what);
  std::string text(what);
  text.append(" (to close ").append(opener).append(" at line ").append(std::to_string(line)).append(")");
  return fail(Tag::kPlain, text);
}

void Parser::blank(uint32_t begin, uint32_t end, Span::Semicolon semicolon, int32_t declaration) {
  while (!spans_.empty() && spans_.back().begin >= begin) spans_.pop_back();  // inside this one
  spans_.push_back({begin, end, semicolon, declaration});
}

const Parser::Variable* Parser::find_variable(std::string_view name) const noexcept {
  for (auto v = variables_.rbegin(); v != variables_.rend(); ++v) {
    if (v->name == name) return &*v;
  }
  return nullptr;
}

Parser::Snapshot Parser::snapshot() const {
  const std::size_t nodes = types_ == nullptr ? 0 : types_->nodes.size();
  return {at_, spans_.size(), nodes, references_.size(), declared_.size(), type_names_.size(), first_form_line_};
}

void Parser::restore(const Snapshot& s) {
  at_ = s.at;
  spans_.resize(s.spans);
  references_.resize(s.references);
  declared_.resize(s.declared);
  declared_at_.resize(s.declared);
  type_names_.resize(s.type_names);
  first_form_line_ = s.first_form_line;
  error_ = {};
  if (types_ == nullptr) return;
  types_->nodes.resize(s.nodes);
  types_->declarations.resize(s.declared);
}

NodeId Parser::make(NodeKind kind) {
  if (types_ == nullptr) return kAnyNode;
  types_->nodes.emplace_back().kind = kind;
  types_->nodes.back().line = now().line;
  return static_cast<NodeId>(types_->nodes.size() - 1);
}

void Parser::add_child(NodeId parent, NodeId child) {
  if (types_ != nullptr) types_->nodes[parent].children.push_back(child);
}

NodeId Parser::join(NodeKind kind, const std::vector<NodeId>& members) {
  if (types_ == nullptr) return kAnyNode;
  if (members.size() == 1) return members[0];
  const NodeId node = make(kind);
  types_->nodes[node].children = members;
  return node;
}

Literal Parser::literal_here() const {
  Literal l;
  l.source = text_of(now());
  switch (now().kind) {
    case Tok::kTrue: l.integer = 1; [[fallthrough]];
    case Tok::kFalse: l.kind = Literal::Kind::kBoolean; break;
    case Tok::kNumber: l.kind = Literal::Kind::kNumber; break;
    case Tok::kString:
    case Tok::kName: l.kind = Literal::Kind::kString; break;
    default: break;
  }
  return l;
}

// A name means the declaration in the nearest block around it: the last one before it there, else the first one after it.
void Parser::resolve() {
  for (const Reference& r : references_) {
    TypeNode& node = types_->nodes[r.node];
    for (uint32_t b = r.block;; b = block_parents_[b]) {
      int32_t found = -1;
      for (std::size_t i = 0; i < declared_.size(); ++i) {
        if (declared_at_[i].block != b || declared_[i].name != node.text) continue;
        if (found >= 0 && declared_at_[i].begin > r.begin) break;
        found = static_cast<int32_t>(i);
      }
      if (found >= 0) {
        node.declaration = found;
        break;
      }
      if (b == 0) {
        const bool basic = node.text == "table" || node.text == "thread" || node.text == "userdata";
        node.kind = basic ? NodeKind::kBasic : NodeKind::kAny;
        break;
      }
    }
  }
}

}  // namespace wippy::lua::typed
