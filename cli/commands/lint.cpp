#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/loading.hpp"
#include "cli/progress.hpp"

namespace wippy::cli {
namespace {

using app::Application;
using app::LoadFailure;
using app::Problem;

nlohmann::ordered_json to_json(const std::vector<Problem>& problems) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const Problem& problem : problems) {
    out.push_back({{"file", problem.file},
                   {"line", problem.position.line},
                   {"column", problem.position.column},
                   {"subject", problem.subject},
                   {"key", problem.key},
                   {"message", problem.message},
                   {"hint", problem.hint},
                   {"text", problem.text()}});
  }
  return out;
}

}  // namespace

int lint(const LintArguments& arguments, const Streams& streams, const Hooks& hooks) {
  const auto loaded = load(arguments.common, hooks);
  end_progress(hooks.progress);
  const auto* failure = std::get_if<LoadFailure>(&loaded);
  const auto* app = std::get_if<Application>(&loaded);
  const std::vector<Problem> errors = failure != nullptr ? failure->errors : std::vector<Problem>();
  const std::vector<Problem>& warnings = failure != nullptr ? failure->warnings : app->warnings;
  const int code = errors.empty() ? 0 : 1;
  if (arguments.json) {
    nlohmann::ordered_json report{{"errors", to_json(errors)}, {"warnings", to_json(warnings)}};
    if (app != nullptr) report["entries"] = app->entries.size();
    // File names and values may hold any bytes.
    streams.out << report.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    return code;
  }
  for (const Problem& warning : warnings) streams.out << "warning: " << warning.text() << '\n';
  for (const Problem& error : errors) streams.out << "error: " << error.text() << '\n';
  if (app != nullptr) {
    streams.out << app->entries.size() << (app->entries.size() == 1 ? " entry" : " entries") << ", "
                << counted(warnings.size(), "warning") << ", no errors\n";
    return code;
  }
  return fail(streams, counted(errors.size(), "problem") + " found");
}

}  // namespace wippy::cli
