// Assembles a Node tree from parser events; shared by the YAML and the JSON reader. Internal to runtime/app.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/app/document.hpp"
#include "runtime/app/node.hpp"

namespace wippy::app {

class TreeBuilder {
 public:
  // Receives each finished value that was opened or added with a non-zero tag (YAML anchors).
  using Finished = std::function<void(std::size_t tag, const Node& node)>;

  TreeBuilder(const DocumentLimits& limits, std::vector<Fault>& faults) : limits_(limits), faults_(faults) {}

  // Each returns a message when a limit or the model (text keys only) is violated, else nothing.
  [[nodiscard]] std::optional<std::string> open(NodeType type, Position position, std::size_t tag = 0);
  [[nodiscard]] std::optional<std::string> close();
  [[nodiscard]] std::optional<std::string> add(Node node, std::size_t tag = 0);
  [[nodiscard]] std::optional<std::string> add_key(std::string key, Position position);

  void on_finished(Finished finished) { finished_ = std::move(finished); }
  // True when the next scalar is a map key.
  bool expects_key() const { return !stack_.empty() && stack_.back().node.is_map() && !stack_.back().key; }
  bool has_root() const { return root_.has_value(); }
  Node take_root() { return root_ ? std::move(*root_) : Node{}; }

 private:
  struct Key {
    std::string text;
    Position position;
  };
  struct Frame {
    Node node;
    std::size_t tag = 0;
    std::optional<Key> key;                      // a key waiting for its value
    std::unordered_map<std::string, int> lines;  // key -> line of its first use
  };

  std::optional<std::string> count(const Node& node, int depth);
  std::optional<std::string> attach(Node node);

  DocumentLimits limits_;
  std::vector<Fault>& faults_;
  Finished finished_;
  std::vector<Frame> stack_;
  std::optional<Node> root_;
  std::size_t nodes_ = 0;
  std::size_t text_bytes_ = 0;
};

}  // namespace wippy::app
