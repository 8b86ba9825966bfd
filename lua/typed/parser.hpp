// The parser of typed Lua: finds the spans to blank and, if asked, builds the type trees. The first error ends it; recursion is
// bounded by kMaxNesting, counted where Lua's own parser counts, so that nothing Lua accepts is refused for its depth.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "lua/typed/erase.hpp"
#include "lua/typed/token.hpp"

namespace wippy::lua::typed {

// Bytes to blank; `semicolon`: where one is written instead of a blank.
struct Span {
  uint32_t begin;
  uint32_t end;
  enum class Semicolon : uint8_t { kNone, kFirst, kLast } semicolon = Semicolon::kNone;
  int32_t declaration = -1;  // of a type
};

// A type declaration as the text has it; Types::declarations has the same order.
struct DeclaredName {
  std::string_view name;
  bool shadows = false;  // a local, parameter or function of this name is in scope
};

class Parser {
 public:
  // All outlive the parser. `types` null: no trees are built.
  Parser(std::string_view text, const std::vector<Token>& tokens, std::string_view lexer_error, Types* types);

  bool run();

  // After run().
  const std::vector<Span>& spans() const noexcept { return spans_; }
  const std::vector<DeclaredName>& declared() const noexcept { return declared_; }
  uint32_t first_form_line() const noexcept { return first_form_line_; }
  const EraseError& error() const noexcept { return error_; }

 private:
  // Where a type stands decides what '<', '[' and a number mean after or in it.
  enum class Place : uint8_t { kAnnotation, kLocal, kCast };
  enum class Suffixed : uint8_t { kVariable, kCall, kOther };

  class Level;  // counts nesting
  class Scope;  // ends the names of a block

  struct Variable {
    std::string_view name;
    NodeId type = kAnyNode;
    bool annotated = false;
    std::string_view module;  // the literal in `local name = require "module"`
  };
  struct TypeName {  // a generic parameter
    std::string_view name;
    int32_t index;  // of the declaration being read; -1: a function's
  };
  struct Reference {  // of a kNamed node, resolved when all declarations are known
    NodeId node;
    uint32_t block;
    uint32_t begin;
  };
  struct DeclaredAt {
    uint32_t block;
    uint32_t begin;
  };
  struct Snapshot {
    std::size_t at, spans, nodes, references, declared, type_names;
    uint32_t first_form_line;
  };

  // --- tokens (parser.cpp)
  const Token& now() const noexcept { return tokens_[at_]; }
  const Token& ahead(std::size_t n) const noexcept {
    return tokens_[at_ + n < tokens_.size() ? at_ + n : tokens_.size() - 1];
  }
  const Token& before() const noexcept { return tokens_[at_ - 1]; }
  bool at(Tok t) const noexcept { return now().kind == t; }
  bool next_is(Tok t) const noexcept { return ahead(1).kind == t; }
  void advance() noexcept {
    if (at_ + 1 < tokens_.size()) ++at_;
  }
  bool accept(Tok t) noexcept { return at(t) && (advance(), true); }
  std::string_view text_of(const Token& t) const noexcept { return text_.substr(t.begin, t.end - t.begin); }
  bool is_word(const Token& t, std::string_view word) const noexcept {
    return t.kind == Tok::kName && text_of(t) == word;
  }
  bool adjacent(std::size_t n) const noexcept { return ahead(n).end == ahead(n + 1).begin; }
  static bool starts_type(Tok t) noexcept;

  // --- errors: all return false
  bool fail(Tag tag, std::string_view what, std::string_view how = " expected");
  bool fail_unexpected(Tag tag = Tag::kPlain) { return fail(tag, "unexpected symbol", ""); }
  bool fail_bare(Tag tag, const Token& where, std::string_view message);
  bool expect(Tok t, std::string_view what, Tag tag = Tag::kPlain);
  bool expect_match(Tok t, std::string_view what, std::string_view opener, uint32_t line);

  // --- spans and names
  void blank(uint32_t begin, uint32_t end, Span::Semicolon semicolon = Span::Semicolon::kNone,
             int32_t declaration = -1);
  void form(uint32_t line) noexcept {
    if (first_form_line_ == 0) first_form_line_ = line;
  }
  void declare(std::string_view name) { variables_.push_back({name, kAnyNode, false, {}}); }
  const Variable* find_variable(std::string_view name) const noexcept;
  Snapshot snapshot() const;
  void restore(const Snapshot& s);

  // --- statements (parse_statement.cpp, parse_function.cpp)
  bool block();
  bool block_ends() const noexcept;
  bool statement();
  bool if_statement();
  bool while_statement();
  bool for_statement();
  bool for_control();
  bool repeat_statement();
  bool return_statement();
  bool local_statement();
  bool local_names();
  bool attribute();
  void note_require(std::size_t first_variable);
  bool function_statement();
  bool function_body(uint32_t line, bool method);
  bool parameters();
  bool result_types();
  bool expression_statement();
  bool type_declaration();
  bool at_type_declaration() const noexcept;
  bool generic_parameters(Declaration* owner);
  bool annotation(Place place, NodeId& type);

  // --- expressions (parse_expression.cpp)
  bool expression() { return subexpression(0); }
  bool expression_list();
  bool subexpression(int limit);
  int binary_operator(int& right, int& tokens) const noexcept;
  bool simple_expression();
  bool primary(Suffixed& kind);
  bool suffixed(Suffixed& kind);
  bool arguments();
  bool table();
  bool bang();
  bool casts();
  bool at_cast() const noexcept;
  bool at_label_not_cast() const noexcept;

  // --- types (parse_type.cpp, parse_braces.cpp)
  bool type(Place place, NodeId& out);
  bool member(Place place, NodeId& out);
  bool primary_type(Place place, NodeId& out);
  bool literal_type(NodeId& out);
  bool named_type(Place place, NodeId& out);
  bool typeof_type(NodeId& out);
  bool type_arguments(Place place, bool primitive, NodeId named);
  bool type_argument_list(NodeId named);
  bool brace_type(NodeId& out);
  bool brace_entry(NodeId table);
  bool parenthesised_type(Place place, NodeId& out);
  bool list_element(NodeId& out, bool& plain);
  bool validator(NodeId& checked);
  bool at_key() const noexcept;

  // --- trees; without `types_` nothing happens and 0 comes back
  NodeId make(NodeKind kind);
  void add_child(NodeId parent, NodeId child);
  NodeId join(NodeKind kind, const std::vector<NodeId>& members);
  void name_node(NodeId node, std::string_view name, bool qualified);
  Literal literal_here() const;
  void resolve();

  std::string_view text_;
  const std::vector<Token>& tokens_;
  std::string_view lexer_error_;
  Types* types_;
  std::size_t at_ = 0;
  int depth_ = 0;
  uint32_t first_form_line_ = 0;
  std::vector<Span> spans_;
  std::vector<DeclaredName> declared_;
  std::vector<DeclaredAt> declared_at_;
  std::vector<Variable> variables_;   // in scope
  std::vector<TypeName> type_names_;  // in scope
  std::vector<Reference> references_;
  std::vector<uint32_t> block_parents_{0};
  uint32_t block_ = 0;
  std::unordered_set<std::string_view> functions_;     // global ones that were declared
  std::unordered_set<std::string_view> goto_targets_;  // anywhere in the text
  std::unordered_set<std::size_t> not_arguments_;      // tokens '<' after which no list of types could be read
  EraseError error_;
};

class Parser::Level {
 public:
  explicit Level(Parser& p) noexcept : parser_(p) { ++p.depth_; }
  ~Level() { --parser_.depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;
  bool ok() const {
    return parser_.depth_ <= kMaxNesting || parser_.fail_bare(Tag::kPlain, parser_.now(), "nesting too deep");
  }

 private:
  Parser& parser_;
};

class Parser::Scope {
 public:
  explicit Scope(Parser& p)
      : parser_(p), variables_(p.variables_.size()), type_names_(p.type_names_.size()), block_(p.block_) {
    p.block_ = static_cast<uint32_t>(p.block_parents_.size());
    p.block_parents_.push_back(block_);
  }
  ~Scope() {
    parser_.variables_.resize(variables_);
    parser_.type_names_.resize(type_names_);
    parser_.block_ = block_;
  }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  Parser& parser_;
  std::size_t variables_;
  std::size_t type_names_;
  uint32_t block_;
};

}  // namespace wippy::lua::typed
