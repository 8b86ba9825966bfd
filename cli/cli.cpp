#include "cli/cli.hpp"

#include <ostream>
#include <variant>

#include "cli/commands/commands.hpp"
#include "cli/outcome.hpp"

namespace wippy::cli {
namespace {

struct Do {
  const std::vector<std::string>& args;
  const Streams& streams;
  const Hooks& hooks;

  int operator()(const RunArguments& a) const { return run(a, args, streams, hooks); }
  int operator()(const LintArguments& a) const { return lint(a, streams, hooks); }
  int operator()(const InitArguments& a) const { return init(a, streams); }
  int operator()(const RegistryListArguments& a) const { return registry_list(a, streams, hooks); }
  int operator()(const RegistryShowArguments& a) const { return registry_show(a, streams, hooks); }
  int operator()(const TopologyArguments& a) const { return topology(a, streams); }
  int operator()(const PsArguments& a) const { return ps(a, streams); }
  int operator()(const DumpArguments& a) const { return dump(a, streams); }
  int operator()(const TopArguments& a) const { return top(a, streams); }
  int operator()(const TraceArguments& a) const { return trace(a, streams); }
  int operator()(const CompletionArguments& a) const { return completion(a, streams); }
  int operator()(const CompleteArguments& a) const { return complete(a, streams, hooks); }
  int operator()(const VersionArguments& a) const { return version(a, streams); }
  int operator()(const Usage& usage) const {
    if (usage.code == 0) {
      streams.out << usage.text;
    } else {
      streams.err << error_label(streams.colored_err) << usage.text;
    }
    return usage.code;
  }
};

}  // namespace

int run_cli(const std::vector<std::string>& args, const Streams& streams, const Hooks& hooks) {
  return std::visit(Do{args, streams, hooks}, parse_arguments(args));
}

}  // namespace wippy::cli
