// Entries as people and programs read them: YAML and JSON. Values of variables are shown as placeholders (host.md §1.13).
// Thread-safety: no shared state. No exception leaves these functions but std::bad_alloc.
#pragma once

#include <string>
#include <string_view>

#include "runtime/app/entry.hpp"

namespace wippy::app {

// id, kind, file (with line), meta when there is any, data.
Node describe_entry(const Entry& entry);
// By a path as overrides write it (host.md §1.12): `id`, `kind`, `meta.x.y`, `data.x.y` or plain `x.y`; list items by their
// number from 0. Null when there is nothing; valid while the entry lives, or `holder`, which takes what is no part of it.
const Node* find_field(const Entry& entry, std::string_view path, Node& holder);

// Both end with a line end.
std::string to_yaml(const Node& node);
std::string to_json(const Node& node);
// A scalar without quotes; nothing is added.
std::string to_plain(const Node& node);

}  // namespace wippy::app
