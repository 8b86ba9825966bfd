// fs.directory (host.md §2.8).
#include <sys/stat.h>

#include <filesystem>
#include <system_error>

#include "runtime/app/config_env.hpp"
#include "runtime/app/kinds.hpp"

namespace wippy::app {
namespace {

namespace fs = std::filesystem;

// The directory and those above it that are missing; the last one gets exactly `mode`.
std::error_code make_directory(const fs::path& path, unsigned mode) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return error;
  if (::mkdir(path.c_str(), mode) != 0 || ::chmod(path.c_str(), mode) != 0)
    error.assign(errno, std::generic_category());
  return error;
}

void check_directory(FieldReader& data, const KindContext& context, const fs::path& path, bool relative,
                     std::optional<unsigned> create_mode) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) return;
  if (fs::exists(status)) return data.error("directory", "not a directory: " + path.generic_string());
  if (create_mode) {
    if (const std::error_code failed = make_directory(path, *create_mode))
      data.error("directory", "cannot create " + path.generic_string() + ": " + failed.message());
    return;
  }
  std::string hint = "create it, or set auto_init: true";
  if (relative) {
    const fs::path beside = (context.root / context.site.file).parent_path() / data.node().find("directory")->text;
    if (fs::is_directory(beside, error))
      hint = "relative paths begin at the project root; " + beside.lexically_normal().generic_string() + " exists";
  }
  data.error("directory", "no such directory: " + path.generic_string(), std::move(hint));
}

}  // namespace

std::shared_ptr<const EntryConfig> parse_fs_directory(FieldReader& data, KindContext& context) {
  auto config = std::make_shared<FsDirectoryConfig>();
  const std::string written = data.required_text("directory").value_or("");
  const bool auto_init = data.boolean("auto_init").value_or(false);
  const unsigned mode = read_file_mode(data, "mode").value_or(0755);
  static_cast<void>(data.choice("base", {"project", "module"}));  // there are no vendored modules: both are the project
  static_cast<void>(data.find("lifecycle"));                      // there from the start
  if (written.empty()) return config;
  const fs::path path = (context.root / written).lexically_normal();
  config->path = path.generic_string();
  check_directory(data, context, path, fs::path(written).is_relative(), auto_init ? std::optional(mode) : std::nullopt);
  return config;
}

}  // namespace wippy::app
