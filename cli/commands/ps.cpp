// ps and dump: one look at a running node.
#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/inspect/client.hpp"
#include "cli/inspect/table.hpp"
#include "cli/outcome.hpp"

namespace wippy::cli {

namespace {

int failed(const Streams& streams, const std::string& error) {
  streams.err << error_label(streams.colored_err) << error << '\n';
  return 1;
}

bool look(const Streams& streams, const NodeArguments& arguments, const nlohmann::json& request,
          nlohmann::json& answer) {
  std::string error;
  const std::unique_ptr<NodeClient> node = NodeClient::find(arguments.node, error);
  if (node != nullptr && node->ask(request, answer, error)) return true;
  return failed(streams, error), false;
}

}  // namespace

int ps(const PsArguments& arguments, const Streams& streams) {
  nlohmann::json answer;
  const nlohmann::json request{{"do", "ps"},
                               {"host", arguments.host},
                               {"entry", arguments.entry},
                               {"filter", arguments.filter},
                               {"sort", arguments.sort},
                               {"limit", arguments.limit}};
  if (!look(streams, arguments.node, request, answer)) return 1;
  if (arguments.json) {
    streams.out << answer.dump() << '\n';
    return 0;
  }
  for (const std::string& line : table_lines(answer["rows"], 0)) streams.out << line << '\n';
  return 0;
}

int dump(const DumpArguments& arguments, const Streams& streams) {
  nlohmann::json answer;
  if (!look(streams, arguments.node, {{"do", "dump"}}, answer)) return 1;
  if (arguments.json) {
    streams.out << answer.dump() << '\n';
    return 0;
  }
  streams.out << summary_line(answer) << '\n';
  const std::vector<std::string> deadlocks = deadlock_lines(answer);
  for (const std::string& line : deadlocks) streams.out << line << '\n';
  if (deadlocks.empty()) streams.out << "no deadlocks\n";
  streams.out << '\n';
  for (const std::string& line : table_lines(answer["rows"], 0)) streams.out << line << '\n';
  return 0;
}

}  // namespace wippy::cli
