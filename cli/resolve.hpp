// From words on the command line to entries of the application (host.md §8.3-8.5).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/app/application.hpp"

namespace wippy::cli {

// An ID, or what is wrong.
struct ResolveError {
  std::string message;
};
using Resolved = std::variant<app::EntryId, ResolveError>;

// The process entry whose meta.command has this name.
Resolved resolve_command(const app::Application& app, std::string_view name);
// The test command (meta.command.use_case: test) that words.front() names, or the only one when there are no words.
Resolved resolve_test(const app::Application& app, const std::vector<std::string>& words);
// Any entry: of this ID, or the only one with this bare name.
Resolved resolve_entry(const app::Application& app, std::string_view text);
// The process entry of this ID, or the only one with this bare name.
Resolved resolve_process(const app::Application& app, std::string_view text);
// The terminal host asked for, else the only one; it must be free.
Resolved resolve_terminal_host(const app::Application& app, const std::optional<std::string>& asked);

// The text of `run list`.
std::string command_list(const app::Application& app);
// The text of `test list`.
std::string test_list(const app::Application& app);
// Hosts that `--host` may name.
std::vector<app::EntryId> terminal_hosts(const app::Application& app);

}  // namespace wippy::cli
