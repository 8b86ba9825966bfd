// What the registry module asks of the application. Entries cross as encoded values: the table {id, kind, meta, data}.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "memory/status.hpp"

namespace wippy::lua {

// One version of the entries, immutable. Thread-safety: any thread.
class RegistryView {
 public:
  virtual ~RegistryView() = default;
  virtual uint64_t version() const = 0;
  virtual uint64_t previous() const = 0;
  // One encoded value; empty: there is no such entry.
  virtual std::string entry(std::string_view id) const = 0;
  // IDs that match `criteria` (one encoded table), in their order. `warnings`: keys that were ignored. INVALID: `error_text` says
  // what is wrong with a criterion.
  virtual Status find(std::string_view criteria, std::vector<std::string>& ids, std::vector<std::string>& warnings,
                      std::string& error_text) const = 0;
};
using RegistryViewPtr = std::shared_ptr<const RegistryView>;

// Thread-safety: any thread. Outlives the runtime's processes.
class RegistryService {
 public:
  virtual RegistryViewPtr current() = 0;
  virtual RegistryViewPtr version(uint64_t number) = 0;  // null: not known
  virtual std::vector<RegistryViewPtr> versions() = 0;   // oldest first
  // They compile, hence for the blocking pool. `operations`: message body of one list of {op, entry}. `version`: the new one.
  virtual Status apply(std::string_view operations, uint64_t& version, std::string& error_text) = 0;
  virtual Status apply_version(uint64_t number, uint64_t& version, std::string& error_text) = 0;

 protected:
  ~RegistryService() = default;
};

}  // namespace wippy::lua
