// The options of each verb, for the parser and for completion. Internal to cli.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/arguments.hpp"

namespace wippy::cli {

// Values that CLI11 reads more loosely than we want.
struct RunTexts {
  std::string seed;
  std::string objective;
};

// Each adds a verb's options to `app`, which writes to `out`; both outlive the parse.
void add_common(CLI::App& app, CommonArguments& common);
void configure_run(CLI::App& app, RunArguments& out, RunTexts& texts);
void configure_test(CLI::App& app, RunArguments& out, RunTexts& texts);
void configure_topology(CLI::App& app, TopologyArguments& out);
void configure_version(CLI::App& app, VersionArguments& out);
void configure_lint(CLI::App& app, LintArguments& out);
void configure_init(CLI::App& app, InitArguments& out);
void configure_ps(CLI::App& app, PsArguments& out);
void configure_dump(CLI::App& app, DumpArguments& out);
void configure_top(CLI::App& app, TopArguments& out);
void configure_registry_list(CLI::App& app, RegistryListArguments& out);
void configure_registry_show(CLI::App& app, RegistryShowArguments& out);

// What was added so far.
std::vector<OptionInfo> collect_options(const CLI::App& app);

}  // namespace wippy::cli
