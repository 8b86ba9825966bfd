// A placement plan for people and for tools: what `wippy topology` prints.
#pragma once

#include <string>

#include "numa/placement.hpp"

namespace wippy {

// For `wippy topology`: readable text, and one line of JSON. Both end with a newline.
std::string plan_text(const Topology& topology, const Placement& placement);
std::string plan_json(const Topology& topology, const Placement& placement);

}  // namespace wippy
