#include "runtime/app/node_value.hpp"

#include <cstdint>

namespace wippy::app {

// NOLINTNEXTLINE(misc-no-recursion): the loader limits the depth of documents
void write_node(ValueWriter& w, const Node& node) {
  switch (node.type) {
    case NodeType::kNull: w.nil(); break;
    case NodeType::kBool: w.boolean(node.boolean); break;
    case NodeType::kInt: w.integer(node.integer); break;
    case NodeType::kFloat: w.number(node.number); break;
    case NodeType::kString: w.string(node.text.data(), node.text.size()); break;
    case NodeType::kList:
      w.begin_table(static_cast<std::uint32_t>(node.items.size()));
      for (const Node& item : node.items) write_node(w, item);
      w.end_table();
      break;
    case NodeType::kMap:
      w.begin_table(0);
      for (const Member& m : node.members) {
        w.string(m.key.data(), m.key.size());
        write_node(w, m.value);
      }
      w.end_table();
      break;
  }
}

}  // namespace wippy::app
