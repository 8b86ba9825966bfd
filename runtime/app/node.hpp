// The document model: a tree of values read from YAML or JSON in which every value and key knows its place in the text.
//
// Ownership: a Node owns its children. Thread-safety: none while building, immutable and shareable afterwards.
// Scalar types follow the YAML 1.2 core schema; `text` always keeps what was written, so that a reader with other rules
// (an octal file mode, a duration) can apply them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wippy::app {

// One-based; zero means "not known".
struct Position {
  int line = 0;
  int column = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

enum class NodeType : std::uint8_t { kNull, kBool, kInt, kFloat, kString, kList, kMap };

struct Member;

struct Node {
  NodeType type = NodeType::kNull;
  Position position;
  bool boolean = false;
  bool failed = false;  // the value could not be obtained, which has been reported: read it as nothing
  std::int64_t integer = 0;
  double number = 0.0;          // kInt and kFloat
  std::string text;             // scalars: as written, after unquoting
  int content_line = 0;         // scalars: line on which the text itself begins (a `|` block begins one line later)
  std::string source_path;      // file whose text replaced a file:// value, relative to the project root
  std::string variable;         // name of the variable this value came from; its value is never shown in a message
  std::vector<Node> items;      // kList
  std::vector<Member> members;  // kMap, in written order

  bool is_null() const { return type == NodeType::kNull; }
  bool is_text() const { return type == NodeType::kString; }
  bool is_list() const { return type == NodeType::kList; }
  bool is_map() const { return type == NodeType::kMap; }
  bool is_number() const { return type == NodeType::kInt || type == NodeType::kFloat; }
  // The member's value, or null when absent or not a map.
  const Node* find(std::string_view key) const;
  const Member* find_member(std::string_view key) const;
};

struct Member {
  std::string key;
  Position key_position;
  Node value;
};

// Sets type and value of an unquoted scalar from `node.text`.
void resolve_plain_scalar(Node& node);

// "text", "integer", "list" …: the words used in messages.
std::string_view type_name(NodeType type);
// Type and (shortened) value: `text "many"`. Values of variables are not shown, only their names.
std::string describe(const Node& node);

// Something wrong with a text, at a place.
struct Fault {
  Position position;
  std::string message;
  std::string hint;
};

}  // namespace wippy::app
