#include "runtime/app/interpolate.hpp"

#include <algorithm>

namespace wippy::app {
namespace {

constexpr std::string_view kOpen = "${";
constexpr std::string_view kEnvironment = "env:";

bool is_upper_name(std::string_view name) {
  const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && !(name.front() >= '0' && name.front() <= '9') && std::all_of(name.begin(), name.end(), fits);
}

struct Placeholder {
  std::string name;
  std::optional<std::string> fallback;
  bool environment = false;
};

// What stands between the braces; nothing when it is ordinary text.
std::optional<Placeholder> parse_placeholder(std::string_view body, const PlaceholderRules& rules) {
  Placeholder out;
  const std::size_t bar = body.find('|');
  if (bar != std::string_view::npos) out.fallback = std::string(body.substr(bar + 1));
  std::string_view name = body.substr(0, bar);
  if (name.starts_with(kEnvironment)) {
    name.remove_prefix(kEnvironment.size());
    out.environment = true;
  } else if (!rules.names) {
    if (!is_upper_name(name)) return std::nullopt;
    out.environment = true;
  }
  out.name = name;
  return out;
}

class TextFiller {
 public:
  TextFiller(Node& node, const std::string& key_path, const Site& site, const PlaceholderRules& rules)
      : node_(node), key_path_(key_path), site_(site), rules_(rules) {}

  void fill() {
    const std::string text = node_.text;
    std::string_view rest = text;
    bool whole = false;
    for (std::size_t at = rest.find(kOpen); at != std::string_view::npos; at = rest.find(kOpen)) {
      const std::size_t end = rest.find('}', at);
      if (at > 0 && rest[at - 1] == '$') {  // $${…}: one dollar goes, the rest stands
        const std::size_t stop = end == std::string_view::npos ? rest.size() : end + 1;
        out_.append(rest.substr(0, at - 1)).append(rest.substr(at, stop - at));
        rest.remove_prefix(stop);
        continue;
      }
      if (end == std::string_view::npos) {
        if (rest.substr(at + kOpen.size()).starts_with(kEnvironment)) fail("the placeholder is not closed", "");
        break;
      }
      out_.append(rest.substr(0, at));
      const std::string_view written = rest.substr(at, end + 1 - at);
      whole = written.size() == text.size();
      put(written);
      rest.remove_prefix(end + 1);
    }
    out_.append(rest);
    node_.text = out_;
    if (whole && !node_.variable.empty() && !node_.failed && !out_.empty()) resolve_plain_scalar(node_);
  }

 private:
  void put(std::string_view written) {
    const std::string_view body = written.substr(kOpen.size(), written.size() - kOpen.size() - 1);
    const std::optional<Placeholder> placeholder = parse_placeholder(body, rules_);
    if (!placeholder) {
      out_.append(written);
      return;
    }
    const Lookup& lookup = placeholder->environment ? rules_.environment : rules_.names;
    std::optional<std::string> value = placeholder->name.empty() ? std::nullopt : lookup(placeholder->name);
    if (value && value->empty()) value.reset();  // an empty value counts as unset (H-079)
    if (!value) value = placeholder->fallback;
    if (!value)
      return fail("variable " + placeholder->name + " is not set and has no fallback",
                  placeholder->environment ? rules_.unset_hint : "");
    node_.variable = placeholder->name;
    out_.append(*value);
  }

  void fail(std::string message, std::string hint) {
    node_.failed = true;
    site_.problems->error({site_.file, node_.position, site_.subject, key_path_, std::move(message), std::move(hint)});
  }

  Node& node_;
  const std::string& key_path_;
  const Site& site_;
  const PlaceholderRules& rules_;
  std::string out_;
};

}  // namespace

void interpolate(Node& node, const std::string& key_path, const Site& site, const PlaceholderRules& rules) {
  if (node.is_text() && node.source_path.empty() && !node.failed && node.text.find(kOpen) != std::string::npos) {
    TextFiller(node, key_path, site, rules).fill();
  }
  for (std::size_t i = 0; i < node.items.size(); ++i)
    interpolate(node.items[i], key_path + "[" + std::to_string(i) + "]", site, rules);
  for (Member& member : node.members)
    interpolate(member.value, key_path.empty() ? member.key : key_path + "." + member.key, site, rules);
}

}  // namespace wippy::app
