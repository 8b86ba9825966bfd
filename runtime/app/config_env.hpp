// Configurations of env.* and fs.directory entries (host.md §2.8, §2.11). Immutable once loaded.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/app/entry.hpp"

namespace wippy::app {

enum class EnvStorageType : std::uint8_t { kMemory, kOs, kFile, kStatic, kRouter };

struct EnvStorageConfig final : EntryConfig {
  EnvStorageType type = EnvStorageType::kMemory;
  std::string file_path;  // kFile; relative to the project root
  bool auto_create = false;
  unsigned file_mode = 0644;
  unsigned dir_mode = 0755;
  std::map<std::string, std::string> values;  // kStatic
  std::vector<EntryId> storages;              // kRouter: at least one
};

struct EnvVariableConfig final : EntryConfig {
  std::string variable;  // public name; empty: reachable by its ID only
  EntryId storage;
  std::string default_value;  // empty: none
  bool read_only = false;
};

struct FsDirectoryConfig final : EntryConfig {
  std::string path;  // absolute
};

}  // namespace wippy::app
