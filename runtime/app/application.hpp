// A loaded application: everything that `wippy run` needs to know, checked. Read-only after load_application.
//
// Follows host.md §1, §2 (kinds process.lua, process.native, process.host, terminal.host, process.service), §4.6 steps 1-5, §4.9.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/app/config.hpp"
#include "runtime/app/entry.hpp"
#include "runtime/app/kinds.hpp"
#include "runtime/app/problem.hpp"
#include "runtime/app/settings.hpp"

namespace wippy::app {

enum class ServiceType : std::uint8_t { kProcessHost, kTerminalHost, kProcess, kOther };

// Something the supervisor starts and stops, under the ID of its entry.
struct ServicePlan {
  EntryId id;
  ServiceType type = ServiceType::kOther;
  LifecycleConfig lifecycle;
  EntryId process;             // kProcess: the entry that runs …
  EntryId host;                // … and the host it runs on
  std::vector<Node> input;     // kProcess: arguments of every start
  std::vector<EntryId> needs;  // services that must run first, written or implied; sorted
};

// One command of `wippy run`.
struct CommandEntry {
  CommandConfig command;
  EntryId id;
};

struct Application {
  std::filesystem::path root;         // project root, canonical
  std::filesystem::path source_root;  // canonical
  Settings settings;
  std::map<EntryId, Entry> entries;
  std::vector<EntryId> hosts;               // process.host and terminal.host; sorted, like all lists here
  std::vector<EntryId> processes;           // every process.* entry
  std::map<EntryId, ServicePlan> services;  // all of them, started or not
  std::map<EntryId, ServiceGroupConfig> groups;
  std::vector<EntryId> boot_order;     // auto-started ones and what they need, each after what it needs
  std::vector<CommandEntry> commands;  // by name, then ID
  std::vector<Problem> warnings;

  const Entry* find(const EntryId& id) const;
};

// What a placeholder's name stands for among the env entries.
struct EntryVariable {
  bool declared = false;  // false: no env.variable has that name or ID
  std::optional<std::string> value;
};
// `space`: namespace of the entry that holds the placeholder.
using EntryVariables = std::function<EntryVariable(const std::string& name, const std::string& space)>;
// Called once, when the env.* entries have their configurations and no other entry has.
using MakeEntryVariables = std::function<EntryVariables(const Application& app, Problems& problems)>;

struct LoadOptions {
  std::filesystem::path root = ".";
  SyntaxCheck syntax;                                       // may be empty: sources are not checked
  std::optional<std::vector<std::string>> modules;          // built-in Lua modules; not given: not checked
  std::optional<std::vector<NativeFactoryInfo>> factories;  // of process.native; not given: not checked
  bool allow_unknown_kinds = false;                         // unknown and unsupported kinds are warnings
  MakeEntryVariables make_variables;                        // empty: placeholders read no env entries
  // Configuration (host.md §1.11, §1.12), each in the order of the command line. Relative to `root`; none: .wippy.yaml,
  // when there is one. The first file's directory becomes the project root.
  std::vector<std::string> config_files;
  std::vector<std::string> profiles;
  std::vector<std::string> sets;       // section.path=value
  std::vector<std::string> overrides;  // namespace:entry:path=value
  Lookup environment;                  // empty: the variables of this operating-system process
};

struct LoadFailure {
  std::vector<Problem> errors;
  std::vector<Problem> warnings;
};

// Everything that is wrong, or an application with nothing wrong.
std::variant<Application, LoadFailure> load_application(const LoadOptions& options);

// Makes `config` and `references` of an entry that was not in the files, by the rules of load_application.
void parse_entry(Entry& entry, const Settings& settings, const LoadOptions& options, Problems& problems);

// IDs of the services with lifecycle.auto_start.
std::vector<EntryId> auto_started(const Application& app);

// Start order of `roots` and all they need: each service after what it needs, ties in ID order (Kahn 1962 with an
// ordered ready set). IDs that are no services are left out.
std::vector<EntryId> start_order(const Application& app, const std::vector<EntryId>& roots);

}  // namespace wippy::app
