// Placeholders in texts (host.md §1.10). Internal to runtime/app.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/app/fields.hpp"
#include "runtime/app/node.hpp"

namespace wippy::app {

// Value of a variable; nothing when unset.
using Lookup = std::function<std::optional<std::string>(const std::string& name)>;

struct PlaceholderRules {
  Lookup environment;      // for ${env:NAME}
  Lookup names;            // for ${name}; empty: only ${UPPER_CASE} is a placeholder and reads the environment
  std::string unset_hint;  // added to the message about an unset ${env:NAME}
};

// Fills in the texts at and below `node`, leaving texts that came from files alone. A text that is one placeholder takes
// the type its value looks like. Unset variables without fallback are reported and the node is marked failed.
void interpolate(Node& node, const std::string& key_path, const Site& site, const PlaceholderRules& rules);

}  // namespace wippy::app
