#include "runtime/app/tree_builder.hpp"

#include <utility>

namespace wippy::app {

// Recursion is bounded by limits_.depth: a deeper node is refused before its children are looked at.
std::optional<std::string> TreeBuilder::count(const Node& node, int depth) {
  if (depth > limits_.depth) return "nested deeper than " + std::to_string(limits_.depth) + " levels";
  nodes_ += 1;
  text_bytes_ += node.text.size();
  if (nodes_ > limits_.nodes) return "more than " + std::to_string(limits_.nodes) + " values (after expanding aliases)";
  if (text_bytes_ > limits_.text_bytes) return "too much text (after expanding aliases)";
  for (const Node& item : node.items) {
    if (auto failure = count(item, depth + 1)) return failure;
  }
  for (const Member& member : node.members) {
    text_bytes_ += member.key.size();
    if (auto failure = count(member.value, depth + 1)) return failure;
  }
  return std::nullopt;
}

std::optional<std::string> TreeBuilder::attach(Node node) {
  if (stack_.empty()) {
    root_ = std::move(node);
    return std::nullopt;
  }
  Frame& top = stack_.back();
  if (top.node.is_list()) {
    top.node.items.push_back(std::move(node));
    return std::nullopt;
  }
  if (!top.key) return "a map key must be plain text, not a " + std::string(type_name(node.type));
  Key key = std::move(*top.key);
  top.key.reset();
  const auto [first, fresh] = top.lines.emplace(key.text, key.position.line);
  if (!fresh) {
    faults_.push_back(
        {key.position, "duplicate key \"" + key.text + "\", first given in line " + std::to_string(first->second), ""});
    return std::nullopt;
  }
  top.node.members.push_back({std::move(key.text), key.position, std::move(node)});
  return std::nullopt;
}

std::optional<std::string> TreeBuilder::open(NodeType type, Position position, std::size_t tag) {
  Frame frame;
  frame.node.type = type;
  frame.node.position = position;
  frame.tag = tag;
  if (auto failure = count(frame.node, static_cast<int>(stack_.size()) + 1)) return failure;
  if (expects_key()) return "a map key must be plain text, not a " + std::string(type_name(type));
  stack_.push_back(std::move(frame));
  return std::nullopt;
}

std::optional<std::string> TreeBuilder::close() {
  Frame frame = std::move(stack_.back());
  stack_.pop_back();
  if (frame.tag != 0 && finished_) finished_(frame.tag, frame.node);
  return attach(std::move(frame.node));
}

std::optional<std::string> TreeBuilder::add(Node node, std::size_t tag) {
  if (auto failure = count(node, static_cast<int>(stack_.size()) + 1)) return failure;
  if (tag != 0 && finished_) finished_(tag, node);
  return attach(std::move(node));
}

std::optional<std::string> TreeBuilder::add_key(std::string key, Position position) {
  text_bytes_ += key.size();
  stack_.back().key = Key{std::move(key), position};
  return std::nullopt;
}

}  // namespace wippy::app
