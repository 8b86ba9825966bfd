// `wippy init`: a new lock file (host.md §1.2).
#pragma once

#include <filesystem>
#include <string>

namespace wippy::app {

struct LockFile {
  std::string source;   // directories.src
  std::string modules;  // directories.modules
};

// Writes a lock file where there is none. Empty, or why it was not written; then nothing has changed.
std::string write_lock_file(const std::filesystem::path& path, const LockFile& lock);

}  // namespace wippy::app
