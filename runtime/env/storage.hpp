// Where values of variables lie (env.storage.*). Thread-safety: all calls from any thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "memory/mutex.hpp"
#include "memory/status.hpp"
#include "runtime/env/env_file.hpp"

namespace wippy::env {

class Storage {
 public:
  virtual ~Storage() = default;
  virtual std::optional<std::string> get(const std::string& key) const = 0;
  // PERMISSION_DENIED: read only.
  virtual Status set(const std::string& key, const std::string& value) = 0;
  virtual std::map<std::string, std::string> all() const = 0;
  virtual bool writes_file() const { return false; }
};

// memory, os and static: a map, with or without writing.
class MapStorage final : public Storage {
 public:
  MapStorage(std::map<std::string, std::string> values, bool read_only)
      : values_(std::move(values)), read_only_(read_only) {}
  std::optional<std::string> get(const std::string& key) const override;
  Status set(const std::string& key, const std::string& value) override;
  std::map<std::string, std::string> all() const override;

 private:
  mutable Mutex mutex_;  // guards values_
  std::map<std::string, std::string> values_;
  const bool read_only_;
};

// Read once; what others write to the file meanwhile is overwritten by the next set().
class FileStorage final : public Storage {
 public:
  struct Options {
    std::string path;  // absolute
    bool auto_create = false;
    unsigned file_mode = 0644;
    unsigned dir_mode = 0755;
  };
  explicit FileStorage(Options options) : options_(std::move(options)) {}
  // Empty: done. Before it is shared.
  std::vector<BadLine> load(std::string& error);

  std::optional<std::string> get(const std::string& key) const override;
  Status set(const std::string& key, const std::string& value) override;  // blocks
  std::map<std::string, std::string> all() const override;
  bool writes_file() const override { return true; }

 private:
  const Options options_;
  Mutex writing_;  // held while the file is written; guards file_
  EnvFile file_;
  mutable Mutex mutex_;  // guards values_
  std::map<std::string, std::string> values_;
};

// Reads the first storage that has the key, writes the first one.
class RouterStorage final : public Storage {
 public:
  explicit RouterStorage(std::vector<std::shared_ptr<Storage>> storages) : storages_(std::move(storages)) {}
  std::optional<std::string> get(const std::string& key) const override;
  Status set(const std::string& key, const std::string& value) override { return storages_.front()->set(key, value); }
  std::map<std::string, std::string> all() const override;
  bool writes_file() const override { return storages_.front()->writes_file(); }

 private:
  std::vector<std::shared_ptr<Storage>> storages_;
};

// Writes a new file beside `path`, then renames it: readers see the old text or the new one. Empty: done. Blocks.
std::string replace_file(const std::string& path, std::string_view text, unsigned mode);

}  // namespace wippy::env
