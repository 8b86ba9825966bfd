#include "runtime/app/entry_text.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace wippy::app {
namespace {

Node text_node(std::string text) {
  Node node;
  node.type = NodeType::kString;
  node.text = std::move(text);
  return node;
}

void add_member(Node& map, std::string key, Node value) {
  Member member;
  member.key = std::move(key);
  member.value = std::move(value);
  map.members.push_back(std::move(member));
}

// What a reader may know of a value that came from a variable.
std::string placeholder(const Node& node) { return "${env:" + node.variable + "}"; }

bool reads_as_text(const std::string& text) {
  Node node;
  node.text = text;
  resolve_plain_scalar(node);
  return node.is_text();
}

// A `|` block keeps exactly the texts of lines that end with one line end.
bool fits_block(const std::string& text) {
  if (text.size() < 2 || text.back() != '\n' || text[text.size() - 2] == '\n') return false;
  if (text.front() == ' ' || text.front() == '\n') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || c == '\n';
  });
}

void emit_text(YAML::Emitter& out, const std::string& text) {
  if (fits_block(text)) {
    out << YAML::Literal << text.substr(0, text.size() - 1);  // the block ends with a line end of its own
    return;
  }
  if (!reads_as_text(text)) out << YAML::DoubleQuoted;
  out << text;
}

// NOLINTNEXTLINE(misc-no-recursion): the loader limits the depth of documents
void emit(YAML::Emitter& out, const Node& node) {
  if (!node.variable.empty()) return emit_text(out, placeholder(node));
  switch (node.type) {
    case NodeType::kNull: out << YAML::Null; break;
    case NodeType::kBool:
    case NodeType::kInt:
    case NodeType::kFloat: out << node.text; break;  // as written
    case NodeType::kString: emit_text(out, node.text); break;
    case NodeType::kList:
      if (node.items.empty()) out << YAML::Flow;
      out << YAML::BeginSeq;
      for (const Node& item : node.items) emit(out, item);
      out << YAML::EndSeq;
      break;
    case NodeType::kMap:
      if (node.members.empty()) out << YAML::Flow;
      out << YAML::BeginMap;
      for (const Member& member : node.members) {
        out << YAML::Key;
        if (!reads_as_text(member.key)) out << YAML::DoubleQuoted;
        out << member.key << YAML::Value;
        emit(out, member.value);
      }
      out << YAML::EndMap;
      break;
  }
}

// NOLINTNEXTLINE(misc-no-recursion): as above
nlohmann::ordered_json json_of(const Node& node) {
  if (!node.variable.empty()) return placeholder(node);
  switch (node.type) {
    case NodeType::kNull: return nullptr;
    case NodeType::kBool: return node.boolean;
    case NodeType::kInt: return node.integer;
    case NodeType::kFloat:
      if (!std::isfinite(node.number)) return node.text;  // JSON has no such number
      return node.number;
    case NodeType::kString: return node.text;
    case NodeType::kList: {
      nlohmann::ordered_json out = nlohmann::ordered_json::array();
      for (const Node& item : node.items) out.push_back(json_of(item));
      return out;
    }
    case NodeType::kMap: break;
  }
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  for (const Member& member : node.members) out[member.key] = json_of(member.value);
  return out;
}

const Node* child(const Node& node, std::string_view key) {
  if (!node.is_list()) return node.find(key);
  std::size_t index = 0;
  const auto [stop, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (error != std::errc() || stop != key.data() + key.size() || index >= node.items.size()) return nullptr;
  return &node.items[index];
}

const Node* descend(const Node* node, std::string_view path) {
  while (node != nullptr && !path.empty()) {
    if (const Node* whole = node->find(path)) return whole;  // a key may hold dots
    const std::size_t dot = path.find('.');
    node = child(*node, path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return node;
}

}  // namespace

Node describe_entry(const Entry& entry) {
  Node out;
  out.type = NodeType::kMap;
  add_member(out, "id", text_node(entry.id.text()));
  add_member(out, "kind", text_node(entry.kind));
  add_member(out, "file", text_node(entry.origin.file + ":" + std::to_string(entry.origin.position.line)));
  if (!entry.meta.members.empty()) add_member(out, "meta", entry.meta);
  if (!entry.data.is_null()) add_member(out, "data", entry.data);
  return out;
}

const Node* find_field(const Entry& entry, std::string_view path, Node& holder) {
  if (path == "id" || path == "kind") {
    holder = text_node(path == "id" ? entry.id.text() : entry.kind);
    return &holder;
  }
  if (path == "meta") return &entry.meta;
  if (path == "data") return &entry.data;
  if (path.starts_with("meta.")) return descend(&entry.meta, path.substr(5));
  if (path.starts_with("data.")) path.remove_prefix(5);
  return descend(&entry.data, path);
}

std::string to_yaml(const Node& node) {
  YAML::Emitter out;
  out.SetNullFormat(YAML::LowerNull);
  emit(out, node);
  std::string text = out.c_str();
  if (text.empty() || text.back() != '\n') text += '\n';
  return text;
}

std::string to_json(const Node& node) {
  return json_of(node).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

std::string to_plain(const Node& node) {
  if (!node.variable.empty()) return placeholder(node);
  if (node.is_list() || node.is_map()) return to_yaml(node);
  return node.is_null() ? "" : node.text;
}

}  // namespace wippy::app
