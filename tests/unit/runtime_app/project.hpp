// A throw-away project directory for tests of the loader and the command line.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/app/application.hpp"

namespace wippy::test {

class Project {
 public:
  Project() {
    std::string pattern = (std::filesystem::temp_directory_path() / "wippy-project-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    base_ = std::filesystem::canonical(pattern);
    root_ = base_ / "project";
    std::filesystem::create_directories(root_);
    options.root = root_;
    options.environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
  }
  ~Project() { std::filesystem::remove_all(base_); }
  Project(const Project&) = delete;
  Project& operator=(const Project&) = delete;

  Project& file(const std::string& path, std::string_view text) {
    const std::filesystem::path full = root_ / path;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full, std::ios::binary) << text;
    return *this;
  }
  const std::filesystem::path& root() const { return root_; }

  std::variant<app::Application, app::LoadFailure> load() const { return app::load_application(options); }

  // The application; its problems as an exception when there are any.
  app::Application good() const {
    auto result = load();
    if (auto* failure = std::get_if<app::LoadFailure>(&result)) {
      std::string all = "the project does not load:";
      for (const app::Problem& problem : failure->errors) all += "\n  " + problem.text();
      throw std::runtime_error(all);
    }
    return std::move(std::get<app::Application>(result));
  }

  // Texts of the errors; empty when the project loads.
  std::vector<std::string> errors() const {
    const auto result = load();
    std::vector<std::string> out;
    if (const auto* failure = std::get_if<app::LoadFailure>(&result)) {
      for (const app::Problem& problem : failure->errors) out.push_back(problem.text());
    }
    return out;
  }
  std::vector<std::string> warnings() const {
    const auto result = load();
    std::vector<std::string> out;
    const auto* failure = std::get_if<app::LoadFailure>(&result);
    for (const app::Problem& problem :
         failure != nullptr ? failure->warnings : std::get<app::Application>(result).warnings) {
      out.push_back(problem.text());
    }
    return out;
  }

  app::LoadOptions options;
  std::map<std::string, std::string> variables;

 private:
  std::filesystem::path base_;  // one above the root, so that tests can place files outside the project
  std::filesystem::path root_;
};

using Texts = std::vector<std::string>;

}  // namespace wippy::test
