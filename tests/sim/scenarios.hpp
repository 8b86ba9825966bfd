// The native-process programs that run under many seeds.
#pragma once

#include <map>
#include <set>

#include "tests/sim/world.hpp"

namespace wippy::simtest {
const std::vector<Scenario>& message_scenarios();
const std::vector<Scenario>& life_scenarios();
const std::vector<Scenario>& name_scenarios();
const std::vector<Scenario>& inspect_scenarios();
}  // namespace wippy::simtest
