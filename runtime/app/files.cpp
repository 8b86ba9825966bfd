#include "runtime/app/files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

namespace wippy::app {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargestFileBytes = 64ULL << 20;
constexpr std::string_view kScheme = "file://";

bool is_index_name(const fs::path& path) {
  const fs::path extension = path.extension();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

// Directories are walked by hand: the standard iterator follows no order.
void scan_directory(const fs::path& directory, const ProjectPaths& paths, Problems& problems,
                    std::vector<fs::path>& found) {
  std::error_code error;
  std::vector<fs::directory_entry> children;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    children.push_back(*it);
  if (error)
    problems.error(
        {shown_path(directory, paths.root), {}, "", "", "cannot read the directory: " + error.message(), ""});
  for (const fs::directory_entry& child : children) {
    const std::string name = child.path().filename().string();
    std::error_code ignored;
    if (child.is_directory(ignored) && !child.is_symlink(ignored)) {
      if (name != "node_modules" && !name.starts_with('.')) scan_directory(child.path(), paths, problems, found);
      continue;
    }
    if (!is_index_name(child.path()) || child.is_directory(ignored)) continue;
    if (directory == paths.root && name == ".wippy.yaml") continue;
    const fs::path real = fs::weakly_canonical(child.path(), ignored);
    if (!is_inside(real, paths.source)) {
      problems.error({shown_path(child.path(), paths.root),
                      {},
                      "",
                      "",
                      "the index file is a symlink that leads outside the source root, to " + real.generic_string(),
                      ""});
      continue;
    }
    found.push_back(child.path());
  }
}

}  // namespace

FileText read_file(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return {"", "no such file"};
  if (fs::is_directory(status)) return {"", "is a directory"};
  if (!fs::is_regular_file(status)) return {"", "is not a regular file"};
  const std::uintmax_t size = fs::file_size(path, error);
  if (!error && size > kLargestFileBytes) return {"", "is larger than 64 MiB"};
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return {"", std::string("cannot be read: ") + std::strerror(errno)};
  FileText out;
  out.text.assign(std::istreambuf_iterator<char>(stream), {});
  if (stream.bad()) return {"", std::string("cannot be read: ") + std::strerror(errno)};
  return out;
}

bool is_inside(const fs::path& path, const fs::path& directory) {
  const auto [at, unused] = std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
  return at == directory.end();
}

std::string shown_path(const fs::path& path, const fs::path& root) {
  if (!is_inside(path, root)) return path.generic_string();
  return path.lexically_relative(root).generic_string();
}

std::vector<fs::path> scan_sources(const ProjectPaths& paths, Problems& problems) {
  std::vector<fs::path> found;
  scan_directory(paths.source, paths, problems, found);
  std::sort(found.begin(), found.end(),
            [](const fs::path& a, const fs::path& b) { return a.generic_string() < b.generic_string(); });
  return found;
}

void FileValues::replace(Node& node, const std::string& key_path) {
  const auto fail = [&](const fs::path& path, const std::string& what) {
    node.failed = true;
    site_.problems->error({site_.file, node.position, site_.subject, key_path,
                           node.text + ": " + shown_path(path, paths_.root) + ' ' + what, ""});
  };
  const std::string_view rest = std::string_view(node.text).substr(kScheme.size());
  const bool from_source = rest.starts_with('/');
  const fs::path base = from_source ? paths_.source : index_directory_;
  const fs::path path = (base / fs::path(from_source ? rest.substr(1) : rest)).lexically_normal();
  if (rest.find('\0') != std::string_view::npos) return fail(base, "is not a usable path");
  if (!is_inside(path, paths_.source))
    return fail(path, "lies outside the source root " + shown_path(paths_.source, paths_.root));
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error)
    return fail(path, error == std::errc::no_such_file_or_directory ? "does not exist"
                                                                    : "cannot be resolved: " + error.message());
  if (!is_inside(real, paths_.source))
    return fail(path, "is a symlink that leads outside the source root, to " + real.generic_string());
  FileText file = read_file(real);
  if (!file.error.empty()) return fail(path, file.error);
  node.text = std::move(file.text);
  node.source_path = shown_path(path, paths_.root);
  node.content_line = 1;
}

void FileValues::resolve(Node& node, const std::string& key_path) {
  if (node.is_text() && node.text.starts_with(kScheme)) return replace(node, key_path);
  for (std::size_t i = 0; i < node.items.size(); ++i) resolve(node.items[i], key_path + "[" + std::to_string(i) + "]");
  for (Member& member : node.members)
    resolve(member.value, key_path.empty() ? member.key : key_path + "." + member.key);
}

}  // namespace wippy::app
