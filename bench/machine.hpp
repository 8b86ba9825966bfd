// What a report must say about the machine and the build; no host names, no paths.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace wippy::bench {

// Pairs of key and value in the order they are printed: cpu, cpus, caches, governor, kernel, compiler, build, commit, load.
std::vector<std::pair<std::string, std::string>> describe_machine();

}  // namespace wippy::bench
