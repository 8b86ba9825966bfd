// Overrides and disabling of entries by the configuration and the command line (host.md §1.12).
//
// Plain values; thread-safety: none while building, immutable afterwards.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/app/entry.hpp"
#include "runtime/app/fields.hpp"

namespace wippy::app {

// One value that takes the place of another: `ns:entry:kind`, `ns:entry:meta.x.y`, `ns:entry:data.x.y` or
// `ns:entry:x.y`, which is data too.
struct Override {
  EntryId id;
  std::string path;
  Node value;
  Site site;           // what messages name: the file and key, or the flag
  std::string source;  // "line 3 of .wippy.yaml", "-o app:x:kind=y": for messages about the value itself
};

// Dot- and colon-separated patterns: `*` stands for one segment, `**` for any number, `(a|b)` for alternatives.
struct DisableRules {
  std::vector<std::string> namespaces;
  std::vector<std::string> entries;
};

// Reads `key` (ns:entry:path); nothing, reported at `site`, when it has another form.
std::optional<Override> make_override(std::string_view key, Node value, Site site, std::string source);
// `ns:entry:path=value` of a flag: true and false, integers and floats take their types, all else is text.
std::optional<Override> parse_override_flag(const std::string& text, Problems& problems);
// The value of `text` on a command line, typed as above.
Node coerce_flag_value(std::string_view text);

bool matches_pattern(std::string_view pattern, std::string_view id);

// Applies them in order. `broken`: entries that could not be read, of which nothing is said again.
void apply_overrides(const std::vector<Override>& overrides, const std::set<EntryId>& broken, Problems& problems,
                     std::map<EntryId, Entry>& entries);
// Removes the disabled entries and gives their IDs.
std::set<EntryId> disable_entries(const DisableRules& rules, std::map<EntryId, Entry>& entries);

}  // namespace wippy::app
