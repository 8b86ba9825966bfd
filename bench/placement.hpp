// Where the workers of the benchmark hosts sit; recorded with every report.
#pragma once

#include <string>
#include <vector>

namespace wippy::bench {

// One line per host that was used: workers, active, pinned, PUs. Empty when no scenario ran.
const std::vector<std::string>& placement_lines();
void record_placement(std::string line);

}  // namespace wippy::bench
