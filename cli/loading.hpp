// Loading an application for a verb, and telling what is wrong with it.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/cli.hpp"
#include "runtime/app/application.hpp"

namespace wippy::cli {

// What the flags mean to the loader.
app::LoadOptions load_options(const CommonArguments& common, const Hooks& hooks);
// The progress line stays until somebody ends it; every failure ends it.
std::variant<app::Application, app::LoadFailure> load(const CommonArguments& common, const Hooks& hooks);

// Writes `Error: message`; 1.
int fail(const Streams& streams, const std::string& message);
int report_failure(const Streams& streams, const app::LoadFailure& failure);
void print_warnings(const Streams& streams, const std::vector<app::Problem>& warnings);
// "1 problem", "2 problems".
std::string counted(std::size_t count, const std::string& noun);

}  // namespace wippy::cli
