#include "cli/loading.hpp"

#include <ostream>

#include "cli/outcome.hpp"
#include "cli/progress.hpp"
#include "runtime/env/store.hpp"
#include "runtime/native/registry.hpp"

namespace wippy::cli {

using app::LoadFailure;
using app::Problem;

app::LoadOptions load_options(const CommonArguments& common, const Hooks& hooks) {
  app::LoadOptions options;
  options.root = common.directory;
  options.syntax = hooks.syntax;
  options.modules = hooks.modules;
  if (hooks.natives != nullptr) {
    options.factories.emplace();
    for (const auto& [name, start] : hooks.natives->all()) options.factories->push_back({name, start.limits_memory});
  }
  options.allow_unknown_kinds = common.allow_unknown_kinds;
  options.environment = hooks.environment;
  options.config_files = common.config_files;
  options.profiles = common.profiles;
  options.sets = common.sets;
  options.overrides = common.overrides;
  options.make_variables = [](const app::Application& app, app::Problems& problems) {
    auto store = env::Store::make(app, env::os_variables(), problems);
    return [store](const std::string& name, const std::string& space) {
      app::EntryVariable out;
      std::string value;
      const env::Found found = store->get(name, space, value);
      out.declared = found != env::Found::kUndeclared;
      if (found == env::Found::kValue) out.value = std::move(value);
      return out;
    };
  };
  return options;
}

std::variant<app::Application, LoadFailure> load(const CommonArguments& common, const Hooks& hooks) {
  if (common.silent) end_progress(hooks.progress);
  enter_stage(hooks.progress, "loading " + common.directory);
  auto loaded = app::load_application(load_options(common, hooks));
  if (std::holds_alternative<LoadFailure>(loaded)) end_progress(hooks.progress);
  return loaded;
}

int fail(const Streams& streams, const std::string& message) {
  streams.err << error_label(streams.colored_err) << message << '\n';
  return 1;
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

void print_warnings(const Streams& streams, const std::vector<Problem>& warnings) {
  for (const Problem& warning : warnings) streams.err << warning_label(streams.colored_err) << warning.text() << '\n';
}

int report_failure(const Streams& streams, const LoadFailure& failure) {
  print_warnings(streams, failure.warnings);
  if (failure.errors.size() == 1) return fail(streams, failure.errors.front().text());
  fail(streams, counted(failure.errors.size(), "problem") + ", nothing was started");
  for (const Problem& problem : failure.errors) streams.err << problem.text() << '\n';
  return 1;
}

}  // namespace wippy::cli
