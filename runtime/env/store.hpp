// The env entries of an application: storages and variables (host.md §2.11). Asked by the env module and by placeholders.
//
// Ownership: immutable tables of names; values in the storages. Thread-safety: all calls from any thread. Nothing but set()
// on a variable that writes_file() blocks. Values appear in no error.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "memory/status.hpp"
#include "runtime/app/application.hpp"
#include "runtime/env/storage.hpp"

namespace wippy::env {

enum class Found : uint8_t {
  kValue,
  kUndeclared,  // no env.variable has that name or ID
  kUnset,       // neither a value nor a default
};

// The variables of this operating-system process, as they are now.
std::map<std::string, std::string> os_variables();

class Store {
 public:
  // Reads the files of the storages; those that cannot be read or understood are problems.
  static std::shared_ptr<Store> make(const app::Application& app, std::map<std::string, std::string> os,
                                     app::Problems& problems);

  // `name`: a public name, a full ID, or a name in the caller's namespace `space`, in this order. An empty value is none.
  Found get(std::string_view name, std::string_view space, std::string& value) const;
  // PERMISSION_DENIED for what is read only; NOT_FOUND for what nobody declared.
  Status set(std::string_view name, std::string_view space, std::string_view value);
  // Whether set() will write to a disk.
  bool writes_file(std::string_view name, std::string_view space) const;
  // The name that permissions speak of: the public one, or else the ID; undeclared names as they are.
  std::string_view shown_name(std::string_view name,
                              std::string_view space) const noexcept;  // lives as long as the store
  // Everything that has a value: keys of storages, declared variables under their public name or ID.
  std::map<std::string, std::string> all() const;

 private:
  struct Variable {
    std::string shown;
    std::string key;  // in the storage
    std::shared_ptr<Storage> storage;
    std::string default_value;
    bool read_only = false;
  };
  const Variable* find(std::string_view name, std::string_view space) const;
  void add_storages(const app::Application& app, std::map<std::string, std::string> os, app::Problems& problems);
  void add_variables(const app::Application& app);

  std::map<std::string, std::shared_ptr<Storage>> storages_;  // by ID
  std::map<std::string, Variable> by_id_;
  std::map<std::string, const Variable*, std::less<>> by_public_name_;
};

}  // namespace wippy::env
