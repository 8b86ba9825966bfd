// What each verb does; the exit code.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/cli.hpp"

namespace wippy::cli {

// `args`: the whole line, for the simulation, which runs in a program of its own.
int run(const RunArguments& arguments, const std::vector<std::string>& args, const Streams& streams,
        const Hooks& hooks);
int lint(const LintArguments& arguments, const Streams& streams, const Hooks& hooks);
int init(const InitArguments& arguments, const Streams& streams);
int registry_list(const RegistryListArguments& arguments, const Streams& streams, const Hooks& hooks);
int registry_show(const RegistryShowArguments& arguments, const Streams& streams, const Hooks& hooks);
int topology(const TopologyArguments& arguments, const Streams& streams);
int ps(const PsArguments& arguments, const Streams& streams);
int dump(const DumpArguments& arguments, const Streams& streams);
int top(const TopArguments& arguments, const Streams& streams);
int trace(const TraceArguments& arguments, const Streams& streams);
int completion(const CompletionArguments& arguments, const Streams& streams);
// Candidates for the last word, one a line. Never fails: whoever presses Tab wants no errors.
int complete(const CompleteArguments& arguments, const Streams& streams, const Hooks& hooks);
int version(const VersionArguments& arguments, const Streams& streams);

}  // namespace wippy::cli
