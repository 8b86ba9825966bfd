// The type tree of a source whose type declarations are also read as values: what a type value checks by (lua/type_check.hpp).
// Plain data, made by erase(), immutable once its literals are evaluated; nodes name each other by index, node 0 accepts anything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wippy::lua::typed {

using NodeId = uint32_t;
constexpr NodeId kAnyNode = 0;

enum class NodeKind : uint8_t {
  kAny,  // also every name that nothing explains
  kNever,
  kBasic,         // `text`: what type() says; "integer" too
  kLiteral,       // `literal`
  kNamed,         // `declaration`; children: type arguments
  kParameter,     // `index`: of the generic parameter
  kQualified,     // `text`: the path in the value of `module`; children: type arguments
  kUnion,         // children: members
  kIntersection,  // children: members
  kOptional,      // child 0
  kChecked,       // child 0 and `validators`
  kArray,         // child 0
  kTable,         // children: kField, kMap, kElement, kOpen
  kField,         // `text`: key; child 0; `optional`
  kMap,           // child 0: key, child 1: value
  kElement,       // child 0
  kOpen,
  kTuple,  // of results: no value has this type
  kFunction,
};

// What the source writes; `value` is filled in by whoever has a Lua at hand (lua/type_literals.cpp).
struct Literal {
  enum class Kind : uint8_t { kNil, kBoolean, kInteger, kNumber, kString } kind = Kind::kNil;
  std::string source;
  std::string string;
  int64_t integer = 0;  // kBoolean: 0 or 1
  double number = 0;
};

struct Validator {
  std::string name;
  std::vector<Literal> arguments;
  uint32_t line = 0;
  int32_t pattern = -1;  // likewise: the compiled expression of @pattern
};

struct TypeNode {
  NodeKind kind = NodeKind::kAny;
  bool optional = false;
  bool from_global = false;  // kQualified: `module` is a global's name
  int32_t declaration = -1;
  uint32_t index = 0;
  uint32_t line = 0;
  std::string text;
  std::string module;
  std::vector<NodeId> children;
  std::vector<Validator> validators;
  Literal literal;
};

struct TypeParameter {
  std::string name;
  bool has_default = false;
  NodeId constraint = kAnyNode;
  NodeId fallback = kAnyNode;
};

struct Declaration {
  std::string name;
  std::vector<TypeParameter> parameters;
  NodeId type = kAnyNode;
  uint32_t line = 0;  // one-based
};

struct Types {
  std::vector<TypeNode> nodes;
  std::vector<Declaration> declarations;
  std::vector<uint32_t> reified;  // the number in _T<number> -> declaration
};

// The type as a message shows it; long ones are cut.
std::string type_text(const Types& types, NodeId node);

}  // namespace wippy::lua::typed
