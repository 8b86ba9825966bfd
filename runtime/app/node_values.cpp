#include "runtime/app/node_values.hpp"

#include <utility>

namespace wippy::app {
namespace {

constexpr int kMostDepth = 100;  // as of documents

// NOLINTNEXTLINE(misc-no-recursion): kMostDepth
bool read_item(ValueReader& r, const ValueItem& item, Node& out, int depth, std::string& why);

// NOLINTNEXTLINE(misc-no-recursion): kMostDepth
bool read_table(ValueReader& r, uint32_t array_count, Node& out, int depth, std::string& why) {
  if (depth == kMostDepth) return why = "nested too deeply", false;
  out.type = NodeType::kMap;
  for (uint32_t i = 0; i < array_count; ++i) {
    out.type = NodeType::kList;
    if (!read_item(r, r.next(), out.items.emplace_back(), depth + 1, why)) return false;
  }
  for (;;) {
    const ValueItem& key = r.next();
    if (key.token == Token::kTableEnd) return true;
    if (out.type == NodeType::kList || key.token != Token::kString)
      return why = "a table is either a list or has text keys only", false;
    Member member;
    member.key = key.text;
    if (!read_item(r, r.next(), member.value, depth + 1, why)) return false;
    out.members.push_back(std::move(member));
  }
}

// NOLINTNEXTLINE(misc-no-recursion): kMostDepth
bool read_item(ValueReader& r, const ValueItem& item, Node& out, int depth, std::string& why) {
  switch (item.token) {
    case Token::kNil: return true;
    case Token::kFalse:
    case Token::kTrue:
      out.type = NodeType::kBool;
      out.boolean = item.token == Token::kTrue;
      out.text = out.boolean ? "true" : "false";
      return true;
    case Token::kInteger:
      out.type = NodeType::kInt;
      out.integer = item.integer;
      out.number = static_cast<double>(item.integer);
      out.text = std::to_string(item.integer);
      return true;
    case Token::kNumber:
      out.type = NodeType::kFloat;
      out.number = item.number;
      out.text = std::to_string(item.number);
      return true;
    case Token::kString:
      out.type = NodeType::kString;
      out.text = item.text;
      return true;
    case Token::kTable: return read_table(r, item.array_count, out, depth, why);
    case Token::kTableRef: return why = "a table occurs twice", false;
    default: return why = "a value of a type that an entry cannot hold", false;
  }
}

}  // namespace

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

bool read_node(ValueReader& r, Node& out, std::string& why) { return read_item(r, r.next(), out, 0, why); }

}  // namespace wippy::app
