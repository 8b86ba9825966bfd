// Turns one index file into entries (host.md §1.4). Internal to runtime/app.
#pragma once

#include <filesystem>
#include <set>
#include <vector>

#include "runtime/app/entry.hpp"
#include "runtime/app/files.hpp"
#include "runtime/app/problem.hpp"

namespace wippy::app {

struct IndexResult {
  std::vector<Entry> entries;  // well-formed ones, in file order; kinds are not looked at yet
  std::set<EntryId> broken;    // IDs of entries left out because of a reported problem
};

// Appends to `out`. Files without a top-level `namespace` add nothing.
void read_index_file(const std::filesystem::path& path, const ProjectPaths& paths, Problems& problems,
                     IndexResult& out);

// "entry app:hello", the subject of messages about an entry.
std::string entry_subject(const EntryId& id);

}  // namespace wippy::app
