// wippy.lock and the choice of the source root (host.md §1.2).
#include <set>
#include <system_error>

#include "runtime/app/document.hpp"
#include "runtime/app/files.hpp"

namespace wippy::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockName = "wippy.lock";

std::vector<FieldReader> list_of_maps(FieldReader& fields, std::string_view key) {
  std::vector<FieldReader> out;
  const Node* list = fields.find(key);
  if (list == nullptr) return out;
  if (!list->is_list()) {
    fields.wrong_type(*list, fields.key_path(key), "a list");
    return out;
  }
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const std::string path = fields.key_path(key) + "[" + std::to_string(i) + "]";
    if (list->items[i].is_map()) {
      out.emplace_back(list->items[i], path, fields.site());
    } else {
      fields.wrong_type(list->items[i], path, "a map");
    }
  }
  return out;
}

bool is_module_name(std::string_view name) {
  const std::size_t slash = name.find('/');
  return slash != std::string_view::npos && slash > 0 && slash + 1 < name.size() &&
         name.find('/', slash + 1) == std::string_view::npos;
}

std::optional<std::string> read_module_name(FieldReader& fields, std::string_view key) {
  std::optional<std::string> name = fields.required_text(key);
  if (name && !is_module_name(*name)) {
    fields.error(key, "expected a module name of the form org/module, got \"" + *name + "\"");
    return std::nullopt;
  }
  return name;
}

void check_modules(FieldReader& lock, const fs::path& root, const std::string& modules_directory) {
  std::set<std::string> replaced;
  for (FieldReader& replacement : list_of_maps(lock, "replacements")) {
    const std::optional<std::string> from = read_module_name(replacement, "from");
    const std::optional<std::string> to = replacement.required_text("to");
    std::error_code error;
    if (to && !fs::is_directory(root / *to, error)) replacement.error("to", "directory " + *to + " does not exist");
    if (from) replaced.insert(*from);
    replacement.finish();
  }
  for (FieldReader& module : list_of_maps(lock, "modules")) {
    const std::optional<std::string> name = read_module_name(module, "name");
    const std::optional<std::string> version = module.required_text("version");
    for (const char* key : {"hash", "local_hash"}) static_cast<void>(module.text(key));
    module.finish();
    if (!name || !version) continue;
    std::error_code error;
    if (replaced.contains(*name) || fs::is_directory(root / modules_directory / *name, error)) {
      module.error("name", "module " + *name + " " + *version + ": vendored modules are not supported by this build");
    } else {
      module.error("name", "module " + *name + " " + *version + " is listed in wippy.lock but not present under " +
                               modules_directory + "; run with network install is not supported");
    }
  }
}

// A directory setting; `fallback` when absent, nothing when it is unusable (reported).
std::optional<std::string> read_directory(FieldReader* directories, std::string_view key, std::string fallback) {
  if (directories == nullptr || directories->node().find(key) == nullptr) return fallback;
  return directories->required_text(key);
}

std::optional<fs::path> source_by_lock(const fs::path& root, Problems& problems) {
  const FileText file = read_file(root / kLockName);
  if (!file.error.empty()) {
    problems.error({kLockName, {}, "", "", file.error, ""});
    return std::nullopt;
  }
  const Document document = parse_yaml(file.text);
  for (const Fault& fault : document.faults)
    problems.error({kLockName, fault.position, "", "", fault.message, fault.hint});
  if (document.syntax) {
    problems.error({kLockName, document.syntax->position, "", "", document.syntax->message, document.syntax->hint});
    return std::nullopt;
  }
  if (!document.root.is_map() && !document.root.is_null()) {
    problems.error({kLockName, document.root.position, "", "", "expected a map, got " + describe(document.root), ""});
    return std::nullopt;
  }
  FieldReader lock(document.root, "", {&problems, kLockName, "", {1, 1}});
  std::optional<FieldReader> directories = lock.map("directories");
  FieldReader* fields = directories ? &*directories : nullptr;
  const std::optional<std::string> source = read_directory(fields, "src", ".");
  const std::optional<std::string> modules = read_directory(fields, "modules", ".wippy");
  if (directories) directories->finish();
  check_modules(lock, root, modules.value_or(".wippy"));
  if (std::optional<FieldReader> options = lock.map("options")) {
    static_cast<void>(options->boolean("unpack_modules"));
    options->finish();
  }
  lock.finish();
  if (!source) return std::nullopt;
  std::error_code error;
  if (fs::is_directory(root / *source, error)) return fs::canonical(root / *source, error);
  const Position position =
      fields != nullptr && fields->node().find("src") != nullptr ? fields->node().find("src")->position : Position{};
  problems.error({kLockName, position, "", "directories.src", "source directory " + *source + " does not exist", ""});
  return std::nullopt;
}

bool holds_index_file(const fs::path& root) {
  std::error_code error;
  for (fs::directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    const fs::path& path = it->path();
    const std::string extension = path.extension().string();
    if (extension != ".yaml" && extension != ".yml" && extension != ".json") continue;
    if (path.stem() == "_index") return true;
    const FileText file = read_file(path);
    const Document document = extension == ".json" ? parse_json(file.text) : parse_yaml(file.text);
    if (!document.syntax && document.root.find("namespace") != nullptr) return true;
  }
  return false;
}

}  // namespace

std::optional<fs::path> find_source_root(const fs::path& root, Problems& problems) {
  std::error_code error;
  if (fs::exists(root / kLockName, error)) return source_by_lock(root, problems);
  if (fs::is_directory(root / "src", error)) return fs::canonical(root / "src", error);
  if (holds_index_file(root)) return root;
  problems.error({"",
                  {},
                  "",
                  "",
                  "no application found in " + root.generic_string() + ": expected wippy.lock, src/ or _index.yaml",
                  ""});
  return std::nullopt;
}

}  // namespace wippy::app
