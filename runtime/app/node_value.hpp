// A configured value as a message value.
#pragma once

#include "mailbox/values.hpp"
#include "runtime/app/node.hpp"

namespace wippy::app {

// Errors stay in the writer until its finish().
void write_node(ValueWriter& w, const Node& node);

}  // namespace wippy::app
