// Machines for tests: hwloc's synthetic topologies, and throw-away folders.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "numa/topology.hpp"

namespace wippy::test {

// Sets an environment variable (null: removes it) for one scope and puts the old value back.
class ScopedEnv {
 public:
  ScopedEnv(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    set(value);
  }
  ~ScopedEnv() { set(old_ ? old_->c_str() : nullptr); }
  ScopedEnv(const ScopedEnv&) = delete;
  ScopedEnv& operator=(const ScopedEnv&) = delete;

 private:
  void set(const char* value) const {
    if (value != nullptr) {
      setenv(name_.c_str(), value, 1);
    } else {
      unsetenv(name_.c_str());
    }
  }
  std::string name_;
  std::optional<std::string> old_;
};

inline Topology synthetic(const std::string& description, const std::vector<uint32_t>* allowed = nullptr) {
  ScopedEnv xml("HWLOC_XMLFILE", nullptr);
  ScopedEnv env("HWLOC_SYNTHETIC", description.c_str());
  return Topology::discover(allowed);
}
inline Topology synthetic(const std::string& description, const std::vector<uint32_t>& allowed) {
  return synthetic(description, &allowed);
}

// The machine the test runs on, whatever the caller's environment says.
inline Topology real_machine() {
  ScopedEnv xml("HWLOC_XMLFILE", nullptr);
  ScopedEnv env("HWLOC_SYNTHETIC", nullptr);
  return Topology::discover();
}

// Removed with everything in it at the end of the scope.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "wippy-numa-XXXXXX").string();
    path_ = mkdtemp(name.data()) != nullptr ? name : "";
  }
  ~TempFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  void write(const std::string& file, const std::string& text) const {
    const std::filesystem::path full = path_ + "/" + file;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << text;
  }

 private:
  std::string path_;
};

}  // namespace wippy::test
