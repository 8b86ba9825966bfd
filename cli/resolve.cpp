#include "cli/resolve.hpp"

#include <algorithm>
#include <sstream>
#include <vector>

namespace wippy::cli {
namespace {

using app::Application;
using app::Entry;
using app::EntryId;

constexpr std::size_t kSuggestions = 3;

std::string join(const std::vector<EntryId>& ids) {
  std::string out;
  for (const EntryId& id : ids) out += (out.empty() ? "" : ", ") + id.text();
  return out;
}

std::string with_hint(std::string message, std::string_view word, const std::vector<std::string>& candidates) {
  const std::string hint = app::did_you_mean(word, candidates, kSuggestions);
  return hint.empty() ? message : message + "; " + hint;
}

std::vector<std::string> texts(const std::vector<EntryId>& ids) {
  std::vector<std::string> out;
  for (const EntryId& id : ids) out.push_back(id.text());
  return out;
}

Resolved choose_terminal_host(const Application& app, const std::optional<std::string>& asked) {
  const std::vector<EntryId> all = terminal_hosts(app);
  if (asked) {
    const EntryId id = EntryId::parse(*asked);
    if (std::find(all.begin(), all.end(), id) != all.end()) return id;
    const Entry* entry = app.find(id);
    if (entry != nullptr)
      return ResolveError{"--host: " + id.text() + " is a " + entry->kind + ", expected a terminal.host"};
    return ResolveError{with_hint("--host: no entry " + *asked, *asked, texts(all))};
  }
  if (all.empty()) return ResolveError{"no terminal.host found in registry"};
  if (all.size() > 1) return ResolveError{"multiple terminal hosts found (" + join(all) + "), use --host to specify"};
  return all.front();
}

constexpr const char* kTestHint =
    "; a process entry becomes a test by `meta: {command: {name: <word>, use_case: test}}`";

std::vector<app::CommandEntry> tests_of(const Application& app) {
  std::vector<app::CommandEntry> out;
  for (const app::CommandEntry& entry : app.commands) {
    if (entry.command.use_case == app::UseCase::kTest) out.push_back(entry);
  }
  return out;
}

// what: "command" or "test"; verb: how they are run.
Resolved by_name(const std::vector<app::CommandEntry>& commands, const std::string& what, const std::string& verb,
                 std::string_view name) {
  std::vector<EntryId> found;
  std::vector<std::string> names;
  for (const app::CommandEntry& command : commands) {
    if (command.command.name == name) found.push_back(command.id);
    names.push_back(command.command.name);
  }
  if (found.size() == 1) return found.front();
  const std::string quoted = what + " \"" + std::string(name) + "\"";
  if (found.size() > 1)
    return ResolveError{quoted + " is defined by several entries (" + join(found) + "), use -x with one of these IDs"};
  return ResolveError{
      with_hint(quoted + " not found. Use 'wippy " + verb + " list' to see the available " + what + "s", name, names)};
}

std::string list_of(const std::vector<app::CommandEntry>& commands) {
  std::size_t name_width = 0;
  std::size_t summary_width = 0;
  for (const app::CommandEntry& entry : commands) {
    name_width = std::max(name_width, entry.command.name.size());
    summary_width = std::max(summary_width, entry.command.summary.size());
  }
  std::ostringstream out;
  const auto pad = [&out](const std::string& text, std::size_t width) {
    out << text << std::string(width - text.size(), ' ');
  };
  for (const app::CommandEntry& entry : commands) {
    out << "  ";
    pad(entry.command.name, name_width);
    out << "  ";
    if (summary_width > 0) {
      pad(entry.command.summary, summary_width);
      out << "  ";
    }
    out << '(' << entry.id.text() << ")\n";
  }
  return out.str();
}

}  // namespace

std::vector<EntryId> terminal_hosts(const Application& app) {
  std::vector<EntryId> out;
  for (const EntryId& id : app.hosts) {
    if ((app::roles_of(app.entries.at(id)) & app::kRoleTerminalHost) != 0) out.push_back(id);
  }
  return out;
}

Resolved resolve_command(const Application& app, std::string_view name) {
  return by_name(app.commands, "command", "run", name);
}

Resolved resolve_test(const Application& app, const std::vector<std::string>& words) {
  const std::vector<app::CommandEntry> tests = tests_of(app);
  if (!words.empty()) return by_name(tests, "test", "test", words.front());
  if (tests.size() == 1) return tests.front().id;
  if (tests.empty()) return ResolveError{"no test found" + std::string(kTestHint)};
  std::string names;
  for (const app::CommandEntry& test : tests)
    names += (names.empty() ? "" : ", ") + test.command.name + " = " + test.id.text();
  return ResolveError{"several tests found (" + names + "), name one: wippy test <name>"};
}

Resolved resolve_entry(const Application& app, std::string_view text) {
  const bool bare = text.find(':') == std::string_view::npos;
  std::vector<EntryId> found;
  std::vector<std::string> candidates;
  for (const auto& [id, entry] : app.entries) {
    if (id.text() == text) return id;
    if (bare && id.name == text) found.push_back(id);
    candidates.push_back(bare ? id.name : id.text());
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1)
    return ResolveError{"several entries are named " + std::string(text) + " (" + join(found) + "), give the whole ID"};
  return ResolveError{with_hint("no entry " + std::string(text), text, candidates)};
}

Resolved resolve_process(const Application& app, std::string_view text) {
  const bool bare = text.find(':') == std::string_view::npos;
  std::vector<EntryId> found;
  std::vector<std::string> candidates;
  for (const EntryId& id : app.processes) {
    if (bare ? id.name == text : id.text() == text) found.push_back(id);
    candidates.push_back(bare ? id.name : id.text());
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1)
    return ResolveError{"several processes are named " + std::string(text) + " (" + join(found) +
                        "), give the whole ID"};
  if (const Entry* entry = app.find(EntryId::parse(text))) {
    return ResolveError{std::string(text) + " is a " + entry->kind + ", not a process"};
  }
  return ResolveError{with_hint("no process entry " + std::string(text), text, candidates)};
}

Resolved resolve_terminal_host(const Application& app, const std::optional<std::string>& asked) {
  Resolved chosen = choose_terminal_host(app, asked);
  const EntryId* host = std::get_if<EntryId>(&chosen);
  if (host == nullptr) return chosen;
  for (const EntryId& id : app.boot_order) {
    const app::ServicePlan& service = app.services.at(id);
    if (service.type == app::ServiceType::kProcess && service.host == *host) {
      return ResolveError{"terminal host " + host->text() + " is busy: service " + id.text() + " starts on it"};
    }
  }
  return chosen;
}

std::string command_list(const Application& app) {
  if (app.commands.empty()) {
    return "No commands found.\nA process entry becomes a command by `meta: {command: {name: <word>}}`.\n";
  }
  return "Available commands:\n" + list_of(app.commands) + "\nRun one with 'wippy run <command> [args...]'.\n";
}

std::string test_list(const Application& app) {
  const std::vector<app::CommandEntry> tests = tests_of(app);
  if (tests.empty()) {
    return "No tests found.\n"
           "A process entry becomes a test by `meta: {command: {name: <word>, use_case: test}}`.\n";
  }
  return "Available tests:\n" + list_of(tests) + "\nRun one with 'wippy test <name> [args...]'.\n";
}

}  // namespace wippy::cli
