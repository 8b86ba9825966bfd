#include "runtime/app/overrides.hpp"

#include <algorithm>
#include <utility>

namespace wippy::app {
namespace {

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> out;
  for (std::size_t at = text.find_first_of(separators); at != std::string_view::npos;
       at = text.find_first_of(separators)) {
    out.push_back(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  out.push_back(text);
  return out;
}

// A literal, `*`, or one with alternatives: `work(er|ers)`.
bool matches_segment(std::string_view pattern, std::string_view segment) {
  if (pattern == "*") return true;
  const std::size_t open = pattern.find('(');
  const std::size_t close = pattern.find(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return pattern == segment;
  const std::vector<std::string_view> choices = split(pattern.substr(open + 1, close - open - 1), "|");
  return std::any_of(choices.begin(), choices.end(), [&](std::string_view choice) {
    return std::string(pattern.substr(0, open)).append(choice).append(pattern.substr(close + 1)) == segment;
  });
}

// The value at `path` below `node`, made where it is missing; null when the way leads through something that is no map
// (its path is then in `blocked`).
Node* descend(Node& node, std::string_view path, std::string& blocked) {
  Node* at = &node;
  std::string walked;
  for (const std::string_view key : split(path, ".")) {
    if (at->is_null()) at->type = NodeType::kMap;
    if (!at->is_map()) {
      blocked = walked + " is " + describe(*at);
      return nullptr;
    }
    auto found = std::find_if(at->members.begin(), at->members.end(), [&](const Member& m) { return m.key == key; });
    if (found == at->members.end()) {
      Member member;
      member.key = key;
      member.key_position = member.value.position = at->position;
      found = at->members.insert(found, std::move(member));
    }
    walked += (walked.empty() ? "" : ".") + std::string(key);
    at = &found->value;
  }
  return at;
}

// Places inside the other file would be read as places in the entry's.
void move_to(Node& node, Position position) {
  node.position = position;
  for (Node& item : node.items) move_to(item, position);
  for (Member& member : node.members) {
    member.key_position = position;
    move_to(member.value, position);
  }
}

void apply(const Override& change, Problems& problems, Entry& entry) {
  const auto fail = [&](std::string message) {
    problems.error({change.site.file, change.site.position, change.site.subject, "override", std::move(message), ""});
  };
  if (change.path == "kind") {
    if (!change.value.is_text() || FieldReader::is_blank(change.value.text))
      return fail(entry.id.text() + ":kind: expected text, got " + describe(change.value));
    entry.kind = change.value.text;
    entry.override_source = change.source;
    return;
  }
  std::string_view path = change.path;
  Node* base = &entry.data;
  for (const auto& [prefix, tree] : {std::pair{"meta", &entry.meta}, std::pair{"data", &entry.data}}) {
    const std::size_t length = std::string_view(prefix).size();
    if (!path.starts_with(prefix) || (path.size() > length && path[length] != '.')) continue;
    base = tree;
    path.remove_prefix(std::min(path.size(), length + 1));
    break;
  }
  std::string blocked;
  Node* target = path.empty() ? base : descend(*base, path, blocked);
  if (target == nullptr) return fail(entry.id.text() + ":" + change.path + ": leads through a value: " + blocked);
  if (base == &entry.meta && path.empty() && !change.value.is_map())
    return fail(entry.id.text() + ":meta: expected a map, got " + describe(change.value));
  const Position place = target->position.line > 0 ? target->position : entry.origin.position;
  *target = change.value;
  move_to(*target, place);
  entry.override_source = change.source;
}

bool matches_any(const std::vector<std::string>& patterns, const std::string& text) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const auto& p) { return matches_pattern(p, text); });
}

}  // namespace

std::optional<Override> make_override(std::string_view key, Node value, Site site, std::string source) {
  const std::size_t first = key.find(':');
  const std::size_t last = key.rfind(':');
  const std::string_view path = last == std::string_view::npos ? "" : key.substr(last + 1);
  const std::vector<std::string_view> keys = split(path, ".");
  const bool hollow = std::any_of(keys.begin(), keys.end(), [](std::string_view part) { return part.empty(); });
  if (first == std::string_view::npos || first == last || first == 0 || last == first + 1 || hollow) {
    site.problems->error({site.file, site.position, site.subject, "override",
                          "expected namespace:entry:path, got \"" + std::string(key) + "\"", ""});
    return std::nullopt;
  }
  return Override{EntryId::parse(key.substr(0, last)), std::string(path), std::move(value), std::move(site),
                  std::move(source)};
}

Node coerce_flag_value(std::string_view text) {
  Node value;
  value.text = text;
  resolve_plain_scalar(value);
  const bool other_bool = value.type == NodeType::kBool && text != "true" && text != "false";
  if (value.is_null() || other_bool) value.type = NodeType::kString;
  return value;
}

std::optional<Override> parse_override_flag(const std::string& text, Problems& problems) {
  const std::string shown = "-o " + text.substr(0, text.find('='));
  const Site site{&problems, "", shown, {}};
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) {
    problems.error({"", {}, shown, "override", "expected namespace:entry:path=value", ""});
    return std::nullopt;
  }
  return make_override(std::string_view(text).substr(0, equals), coerce_flag_value(text.substr(equals + 1)), site,
                       shown);
}

bool matches_pattern(std::string_view pattern, std::string_view id) {
  const std::vector<std::string_view> wanted = split(pattern, ".:");
  const std::vector<std::string_view> given = split(id, ".:");
  // reach[j]: the pattern's segments so far can cover the first j of the ID.
  std::vector<bool> reach(given.size() + 1, false);
  reach[0] = true;
  for (const std::string_view segment : wanted) {
    std::vector<bool> next(given.size() + 1, false);
    for (std::size_t j = 0; j <= given.size(); ++j) {
      if (segment == "**") {
        next[j] = reach[j] || (j > 0 && next[j - 1]);
      } else if (j > 0) {
        next[j] = reach[j - 1] && matches_segment(segment, given[j - 1]);
      }
    }
    reach = std::move(next);
  }
  return reach.back();
}

void apply_overrides(const std::vector<Override>& overrides, const std::set<EntryId>& broken, Problems& problems,
                     std::map<EntryId, Entry>& entries) {
  std::vector<std::string> names;
  for (const auto& [id, entry] : entries) names.push_back(id.text());
  for (const Override& change : overrides) {
    const auto found = entries.find(change.id);
    if (found != entries.end()) {
      apply(change, problems, found->second);
    } else if (!broken.contains(change.id)) {
      problems.error({change.site.file, change.site.position, change.site.subject, "override",
                      "no entry found for " + change.id.text(), did_you_mean(change.id.text(), names)});
    }
  }
}

std::set<EntryId> disable_entries(const DisableRules& rules, std::map<EntryId, Entry>& entries) {
  std::set<EntryId> out;
  for (const auto& [id, entry] : entries) {
    if (matches_any(rules.namespaces, id.space) || matches_any(rules.entries, id.text())) out.insert(id);
  }
  for (const EntryId& id : out) entries.erase(id);
  return out;
}

}  // namespace wippy::app
