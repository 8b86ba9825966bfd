#include <algorithm>
#include <ostream>
#include <utility>

#include "cli/commands/commands.hpp"
#include "cli/loading.hpp"
#include "cli/progress.hpp"
#include "cli/resolve.hpp"
#include "runtime/app/entry_text.hpp"
#include "runtime/text/wildcard.hpp"

namespace wippy::cli {
namespace {

using app::Application;
using app::Entry;
using app::LoadFailure;
using app::Node;

// `*` stands for anything, dots included; an empty pattern fits everything.
bool fits(const std::string& pattern, const std::string& text) {
  return pattern.empty() || Wildcard(pattern).matches(text);
}

// The value itself, or one of a list.
bool holds(const Node& node, const std::string& value) {
  if (node.is_list())
    return std::any_of(node.items.begin(), node.items.end(), [&](const Node& item) { return holds(item, value); });
  return !node.is_map() && app::to_plain(node) == value;
}

bool fits(const Entry& entry, const RegistryListArguments& arguments) {
  if (!fits(arguments.kind, entry.kind) || !fits(arguments.space, entry.id.space)) return false;
  if (!fits(arguments.name, entry.id.name)) return false;
  return std::all_of(arguments.metas.begin(), arguments.metas.end(), [&](const std::string& meta) {
    const std::size_t equals = meta.find('=');
    Node holder;
    const Node* value = app::find_field(entry, "meta." + meta.substr(0, equals), holder);
    return value != nullptr && holds(*value, meta.substr(equals + 1));
  });
}

void print_lines(const std::vector<const Entry*>& entries, std::ostream& out) {
  std::size_t id_width = 0;
  std::size_t kind_width = 0;
  for (const Entry* entry : entries) {
    id_width = std::max(id_width, entry->id.text().size());
    kind_width = std::max(kind_width, entry->kind.size());
  }
  for (const Entry* entry : entries) {
    const std::string id = entry->id.text();
    out << id << std::string(id_width - id.size() + 2, ' ') << entry->kind
        << std::string(kind_width - entry->kind.size() + 2, ' ') << entry->origin.file << ':'
        << entry->origin.position.line << '\n';
  }
  if (entries.empty()) out << "No entries found.\n";
}

}  // namespace

int registry_list(const RegistryListArguments& arguments, const Streams& streams, const Hooks& hooks) {
  const auto loaded = load(arguments.common, hooks);
  end_progress(hooks.progress);
  if (const auto* failure = std::get_if<LoadFailure>(&loaded)) return report_failure(streams, *failure);
  std::vector<const Entry*> found;
  for (const auto& [id, entry] : std::get<Application>(loaded).entries) {
    if (fits(entry, arguments)) found.push_back(&entry);
  }
  if (!arguments.json && !arguments.yaml) {
    print_lines(found, streams.out);
    return 0;
  }
  Node list;
  list.type = app::NodeType::kList;
  for (const Entry* entry : found) list.items.push_back(app::describe_entry(*entry));
  streams.out << (arguments.json ? app::to_json(list) : app::to_yaml(list));
  return 0;
}

int registry_show(const RegistryShowArguments& arguments, const Streams& streams, const Hooks& hooks) {
  const auto loaded = load(arguments.common, hooks);
  end_progress(hooks.progress);
  if (const auto* failure = std::get_if<LoadFailure>(&loaded)) return report_failure(streams, *failure);
  const Application& app = std::get<Application>(loaded);
  const Resolved id = resolve_entry(app, arguments.id);
  if (const auto* error = std::get_if<ResolveError>(&id)) return fail(streams, error->message);
  const Entry& entry = *app.find(std::get<app::EntryId>(id));
  if (arguments.field.empty()) {
    const Node whole = app::describe_entry(entry);
    streams.out << (arguments.json ? app::to_json(whole) : app::to_yaml(whole));
    return 0;
  }
  Node holder;
  const Node* field = app::find_field(entry, arguments.field, holder);
  if (field == nullptr) return fail(streams, "entry " + entry.id.text() + " has no field " + arguments.field);
  if (arguments.raw) {
    streams.out << app::to_plain(*field);
  } else {
    streams.out << (arguments.json ? app::to_json(*field) : app::to_yaml(*field));
  }
  return 0;
}

}  // namespace wippy::cli
