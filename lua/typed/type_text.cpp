#include "lua/typed/types.hpp"

namespace wippy::lua::typed {

namespace {

constexpr std::size_t kMaxBytes = 120;
constexpr int kMaxDepth = 6;

class Printer {
 public:
  Printer(const Types& types, std::string& out) : types_(types), out_(out) {}

  void node(NodeId id, int depth) {
    if (out_.size() > kMaxBytes || depth > kMaxDepth) return void(out_ += "...");
    const TypeNode& n = types_.nodes[id];
    switch (n.kind) {
      case NodeKind::kAny: out_ += n.text.empty() ? "any" : n.text; return;
      case NodeKind::kNever: out_ += "never"; return;
      case NodeKind::kBasic: out_ += n.text; return;
      case NodeKind::kLiteral: out_ += n.literal.source; return;
      case NodeKind::kNamed:
      case NodeKind::kParameter: named(n, n.text, depth); return;
      case NodeKind::kQualified: named(n, n.text, depth); return;
      case NodeKind::kUnion: list(n, " | ", depth); return;
      case NodeKind::kIntersection: list(n, " & ", depth); return;
      case NodeKind::kOptional: node(n.children[0], depth + 1), out_ += "?"; return;
      case NodeKind::kChecked: node(n.children[0], depth + 1); return;
      case NodeKind::kArray: out_ += "{", node(n.children[0], depth + 1), out_ += "}"; return;
      case NodeKind::kTable: out_ += "{", list(n, ", ", depth), out_ += "}"; return;
      case NodeKind::kField:
        out_ += n.text.empty() ? "[" + n.literal.source + "]" : n.text;
        out_ += n.optional ? "?: " : ": ";
        node(n.children[0], depth + 1);
        return;
      case NodeKind::kMap:
        out_ += "[", node(n.children[0], depth + 1), out_ += "]: ", node(n.children[1], depth + 1);
        return;
      case NodeKind::kElement: node(n.children[0], depth + 1); return;
      case NodeKind::kOpen: out_ += "..."; return;
      case NodeKind::kTuple: out_ += "(...)"; return;
      case NodeKind::kFunction: out_ += "function"; return;
    }
  }

 private:
  void named(const TypeNode& n, const std::string& name, int depth) {
    out_ += name;
    if (n.children.empty()) return;
    out_ += "<", list(n, ", ", depth), out_ += ">";
  }
  void list(const TypeNode& n, const char* separator, int depth) {
    bool first = true;
    for (const NodeId child : n.children) {
      if (!first) out_ += separator;
      first = false;
      node(child, depth + 1);
    }
  }
  const Types& types_;
  std::string& out_;
};

}  // namespace

std::string type_text(const Types& types, NodeId node) {
  std::string out;
  Printer(types, out).node(node, 0);
  if (out.size() > kMaxBytes) out.resize(kMaxBytes), out += "...";
  return out;
}

}  // namespace wippy::lua::typed
