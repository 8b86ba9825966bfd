#include "runtime/app/imports.hpp"

#include <algorithm>
#include <vector>

#include "runtime/app/index_file.hpp"

namespace wippy::app {
namespace {

using Edges = std::map<EntryId, std::set<EntryId>>;

Edges edges_of(const Application& app) {
  Edges edges;
  for (const auto& [id, entry] : app.entries) {
    const LuaCode* const code = lua_code_of(entry);
    if (code == nullptr) continue;
    for (const auto& [alias, target] : code->imports) edges[id].insert(target);
  }
  return edges;
}

// Takes away what leads into no cycle.
void trim(Edges& edges) {
  for (bool progress = true; progress;) {
    progress = false;
    for (auto& [id, targets] : edges) {
      progress = std::erase_if(targets, [&](const EntryId& t) { return !edges.contains(t); }) > 0 || progress;
    }
    progress = std::erase_if(edges, [](const auto& item) { return item.second.empty(); }) > 0 || progress;
  }
}

}  // namespace

const LuaCode* lua_code_of(const Entry& entry) { return dynamic_cast<const LuaCode*>(entry.config.get()); }

void check_imports(const Application& app, Problems& problems) {
  Edges edges = edges_of(app);
  for (trim(edges); !edges.empty(); trim(edges)) {
    // Everything left leads into a cycle: following it must come back.
    std::vector<EntryId> path{edges.begin()->first};
    std::vector<EntryId>::iterator again;
    for (;;) {
      const EntryId next = *edges.at(path.back()).begin();
      again = std::find(path.begin(), path.end(), next);
      if (again != path.end()) break;
      path.push_back(next);
    }
    path.erase(path.begin(), again);
    std::rotate(path.begin(), std::min_element(path.begin(), path.end()), path.end());
    std::string text = "import cycle: ";
    for (const EntryId& id : path) text += id.text() + " -> ";
    const Entry& entry = app.entries.at(path.front());
    problems.error(
        {entry.origin.file, entry.origin.position, entry_subject(entry.id), "imports", text + path.front().text(), ""});
    for (const EntryId& id : path) edges.erase(id);
  }
}

}  // namespace wippy::app
