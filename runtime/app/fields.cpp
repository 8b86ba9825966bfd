#include "runtime/app/fields.hpp"

#include <algorithm>
#include <utility>

#include "runtime/app/units.hpp"

namespace wippy::app {

const Node* FieldReader::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  const Node* node = map_->find(key);
  return node == nullptr || node->is_null() || node->failed ? nullptr : node;
}

std::string FieldReader::key_path(std::string_view key) const {
  if (path_.empty()) return std::string(key);
  return key.empty() ? path_ : path_ + "." + std::string(key);
}

Position FieldReader::position_of(std::string_view key) const {
  if (const Node* node = map_->find(key)) return node->position;
  return map_->position.line > 0 && !path_.empty() ? map_->position : site_.position;
}

void FieldReader::error_at(Position position, std::string key_path, std::string message, std::string hint) {
  site_.problems->error(
      {site_.file, position, site_.subject, std::move(key_path), std::move(message), std::move(hint)});
}

void FieldReader::error(std::string_view key, std::string message, std::string hint) {
  error_at(position_of(key), key_path(key), std::move(message), std::move(hint));
}

void FieldReader::warning(std::string_view key, std::string message, std::string hint) {
  const Member* member = map_->find_member(key);
  const Position position = member != nullptr ? member->key_position : site_.position;
  site_.problems->warning({site_.file, position, site_.subject, key_path(key), std::move(message), std::move(hint)});
}

void FieldReader::wrong_type(const Node& node, std::string key_path, std::string_view expected) {
  error_at(node.position, std::move(key_path), "expected " + std::string(expected) + ", got " + describe(node));
}

void FieldReader::unsupported(std::string_view key) {
  if (find(key) != nullptr) error(key, "not supported by this build");
}

bool FieldReader::is_textual(const Node& node) {
  return node.is_text() || (!node.variable.empty() && !node.is_list() && !node.is_map());
}

const Node* FieldReader::find_typed(std::string_view key, NodeType type, std::string_view expected) {
  const Node* node = find(key);
  if (node == nullptr) return nullptr;
  if (node->type == type || (type == NodeType::kString && is_textual(*node))) return node;
  wrong_type(*node, key_path(key), expected);
  return nullptr;
}

std::optional<std::string> FieldReader::text(std::string_view key) {
  const Node* node = find_typed(key, NodeType::kString, "text");
  return node == nullptr ? std::nullopt : std::optional(node->text);
}

std::optional<std::string> FieldReader::required_text(std::string_view key) {
  const Node* node = find(key);
  if (node == nullptr) {
    const Node* written = map_->find(key);
    if (written == nullptr || !written->failed) error(key, std::string(key) + " is required");
    return std::nullopt;
  }
  std::optional<std::string> value = text(key);
  if (value && is_blank(*value)) {
    error(key, std::string(key) + " must not be empty");
    return std::nullopt;
  }
  return value;
}

std::optional<bool> FieldReader::boolean(std::string_view key) {
  const Node* node = find_typed(key, NodeType::kBool, "true or false");
  return node == nullptr ? std::nullopt : std::optional(node->boolean);
}

std::optional<std::int64_t> FieldReader::integer(std::string_view key, IntegerRange range) {
  const Node* node = find_typed(key, NodeType::kInt, "an integer");
  if (node == nullptr) return std::nullopt;
  if (node->integer >= range.low && node->integer <= range.high) return node->integer;
  std::string wanted = "at least " + std::to_string(range.low);
  if (node->integer > range.high) wanted = "at most " + std::to_string(range.high);
  error(key, "must be " + wanted + ", got " + describe(*node));
  return std::nullopt;
}

std::optional<double> FieldReader::number(std::string_view key, double low, double high) {
  const Node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_number()) {
    wrong_type(*node, key_path(key), "a number");
    return std::nullopt;
  }
  if (node->number >= low && node->number <= high) return node->number;  // false for NaN
  const auto shown = [](double value) {
    std::string out = std::to_string(value);
    out.erase(out.find_last_not_of('0') + 1);
    return out.back() == '.' ? out.substr(0, out.size() - 1) : out;
  };
  const bool open_end = high >= std::numeric_limits<double>::max();
  const std::string wanted =
      open_end ? "a number of at least " + shown(low) : "between " + shown(low) + " and " + shown(high);
  error(key, "must be " + wanted + ", got " + describe(*node));
  return std::nullopt;
}

std::optional<std::int64_t> FieldReader::duration_ns(std::string_view key) {
  const Node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (node->is_list() || node->is_map() || node->type == NodeType::kBool) {
    wrong_type(*node, key_path(key), kDurationForm);
    return std::nullopt;
  }
  const std::optional<std::int64_t> value = parse_duration_ns(node->text);
  if (!value) {
    const std::string hint =
        node->is_number() && node->variable.empty() ? "add a unit, for example " + node->text + "s" : "";
    error(key, "bad duration: expected " + std::string(kDurationForm) + ", got " + describe(*node), hint);
    return std::nullopt;
  }
  if (*value < 0) {
    error(key, "must not be negative, got " + describe(*node));
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> FieldReader::size_bytes(std::string_view key) {
  const Node* node = find(key);
  if (node == nullptr) return std::nullopt;
  std::optional<std::int64_t> value;
  if (node->type == NodeType::kInt || node->is_text()) value = parse_size_bytes(node->text);
  if (value && *value > 0) return value;
  error(key, "bad size: expected " + std::string(kSizeForm) + ", got " + describe(*node));
  return std::nullopt;
}

std::optional<FieldReader> FieldReader::map(std::string_view key) {
  const Node* node = find_typed(key, NodeType::kMap, "a map");
  if (node == nullptr) return std::nullopt;
  return FieldReader(*node, key_path(key), site_);
}

std::vector<const Node*> FieldReader::texts(std::string_view key) {
  const Node* node = find(key);
  std::vector<const Node*> out;
  if (node == nullptr) return out;
  const auto take = [&](const Node& item, const std::string& path) {
    if (item.failed) return;
    if (!is_textual(item)) {
      wrong_type(item, path, "text");
    } else if (is_blank(item.text)) {
      error_at(item.position, path, "must not be empty");
    } else {
      out.push_back(&item);
    }
  };
  if (node->is_list()) {
    for (std::size_t i = 0; i < node->items.size(); ++i)
      take(node->items[i], key_path(key) + "[" + std::to_string(i) + "]");
  } else if (is_textual(*node)) {
    take(*node, key_path(key));
  } else {
    wrong_type(*node, key_path(key), "a list of texts");
  }
  return out;
}

std::optional<std::string> FieldReader::choice(std::string_view key, const std::vector<std::string>& words) {
  const std::optional<std::string> word = text(key);
  if (!word || std::find(words.begin(), words.end(), *word) != words.end()) return word;
  std::string list;
  for (const std::string& candidate : words) list += (list.empty() ? "" : " or ") + candidate;
  error(key, "expected " + list + ", got " + describe(*map_->find(key)), did_you_mean(*word, words));
  return std::nullopt;
}

void FieldReader::finish(Unknown unknown) {
  for (const Member& member : map_->members) {
    if (std::find(known_.begin(), known_.end(), member.key) != known_.end()) continue;
    std::vector<std::string> unused;
    for (const std::string& key : known_) {
      if (map_->find(key) == nullptr) unused.push_back(key);
    }
    const std::string hint = did_you_mean(member.key, unused);
    if (unknown == Unknown::kReject) {
      error_at(member.key_position, key_path(member.key), "unknown field", hint);
    } else {
      warning(member.key, "unknown field", hint);
    }
  }
}

}  // namespace wippy::app
