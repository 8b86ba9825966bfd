// Finding and reading the files of an application (host.md §1.2, §1.3, §1.7). Internal to runtime/app.
// Paths given here are canonical; errors come back as values or as problems, never as exceptions.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runtime/app/fields.hpp"
#include "runtime/app/node.hpp"
#include "runtime/app/problem.hpp"

namespace wippy::app {

struct ProjectPaths {
  std::filesystem::path root;    // project root
  std::filesystem::path source;  // source root; need not lie below the project root
};

struct FileText {
  std::string text;
  std::string error;  // not empty: why the file could not be read
};
// Regular files of at most 64 MiB.
FileText read_file(const std::filesystem::path& path);

// The path relative to the project root when it lies below it, else as it is; always with '/'.
std::string shown_path(const std::filesystem::path& path, const std::filesystem::path& root);
// Both lexically normal; true also for the directory itself.
bool is_inside(const std::filesystem::path& path, const std::filesystem::path& directory);

// Index file candidates below the source root in lexicographic order.
std::vector<std::filesystem::path> scan_sources(const ProjectPaths& paths, Problems& problems);

// Source root by wippy.lock, src/ or index files in the root; nothing when there is none (reported).
std::optional<std::filesystem::path> find_source_root(const std::filesystem::path& root, Problems& problems);

// Replaces every `file://` text at and below `node` by the text of that file; failures are reported and marked.
class FileValues {
 public:
  FileValues(const ProjectPaths& paths, std::filesystem::path index_directory, Site site)
      : paths_(paths), index_directory_(std::move(index_directory)), site_(std::move(site)) {}
  void resolve(Node& node, const std::string& key_path);

 private:
  void replace(Node& node, const std::string& key_path);

  const ProjectPaths& paths_;
  std::filesystem::path index_directory_;
  Site site_;
};

}  // namespace wippy::app
