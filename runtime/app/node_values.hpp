// Configured values as message values, and back.
#pragma once

#include <string>
#include <string_view>

#include "mailbox/values.hpp"
#include "runtime/app/node.hpp"

namespace wippy::app {

void write_node(ValueWriter& w, const Node& node);

// The value that `r` is about to give. False: `why` says what cannot be configuration (a time, a shared table, …). Tables with
// keys 1 … n are lists; the empty one is a map.
bool read_node(ValueReader& r, Node& out, std::string& why);

}  // namespace wippy::app
