#include "runtime/app/node.hpp"

#include <charconv>
#include <limits>

namespace wippy::app {
namespace {

constexpr std::size_t kShownValueBytes = 60;

bool parse_integer(std::string_view text, std::int64_t& value) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x")) base = 16;
  if (text.starts_with("0o")) base = 8;
  if (base != 10) text.remove_prefix(2);
  if (text.empty() || text.front() == '-') return false;
  const std::string digits = (negative ? "-" : "") + std::string(text);
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  return error == std::errc() && stop == end;
}

bool parse_special_float(std::string_view text, double& value) {
  const bool negative = text.starts_with('-');
  if (text == ".nan" || text == ".NaN" || text == ".NAN") {
    value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text != ".inf" && text != ".Inf" && text != ".INF") return false;
  value = negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  return true;
}

bool parse_float(std::string_view text, double& value) {
  if (parse_special_float(text, value)) return true;
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  // from_chars would also take "inf" and "nan", which are plain words in YAML.
  if (digits.empty() || (digits.front() != '.' && (digits.front() < '0' || digits.front() > '9'))) return false;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && stop == text.data() + text.size();
}

}  // namespace

const Member* Node::find_member(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

const Node* Node::find(std::string_view key) const {
  const Member* member = find_member(key);
  return member == nullptr ? nullptr : &member->value;
}

void resolve_plain_scalar(Node& node) {
  const std::string& text = node.text;
  node.type = NodeType::kString;
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    node.type = NodeType::kNull;
  } else if (text == "true" || text == "True" || text == "TRUE") {
    node.type = NodeType::kBool;
    node.boolean = true;
  } else if (text == "false" || text == "False" || text == "FALSE") {
    node.type = NodeType::kBool;
    node.boolean = false;
  } else if (parse_integer(text, node.integer)) {
    node.type = NodeType::kInt;
    node.number = static_cast<double>(node.integer);
  } else if (parse_float(text, node.number)) {
    node.type = NodeType::kFloat;
  }
}

std::string_view type_name(NodeType type) {
  switch (type) {
    case NodeType::kNull: return "nothing";
    case NodeType::kBool: return "boolean";
    case NodeType::kInt: return "integer";
    case NodeType::kFloat: return "number";
    case NodeType::kString: return "text";
    case NodeType::kList: return "list";
    case NodeType::kMap: return "map";
  }
  return "value";
}

std::string describe(const Node& node) {
  std::string out(type_name(node.type));
  if (!node.variable.empty()) return out + " (the value of variable " + node.variable + ")";
  if (node.is_null() || node.is_list() || node.is_map()) return out;
  std::string shown = node.text.substr(0, kShownValueBytes);
  if (shown.size() < node.text.size()) {
    // Do not cut a UTF-8 sequence in half.
    while (!shown.empty() && (static_cast<unsigned char>(node.text[shown.size()]) & 0xC0U) == 0x80U) shown.pop_back();
    shown += "…";
  }
  if (const std::size_t end = shown.find_first_of("\r\n"); end != std::string::npos) shown = shown.substr(0, end) + "…";
  return node.is_text() ? out + " \"" + shown + "\"" : out + " " + shown;
}

}  // namespace wippy::app
