// What a spawn by entry id asks of the application, in every engine: entries and hosts by their ids. Implemented by whoever
// loaded the entries; native code reaches it through NodeCore::directory().
#pragma once

#include <string_view>

#include "runtime/process/context.hpp"

namespace wippy {

// Thread-safety: called by any worker at any time. Must outlive the runtime's processes.
class ProcessDirectory {
 public:
  // Spawns a process of the entry from inside `self` (Context::spawn with the entry's factory). `arguments`: message body,
  // borrowed for the call. options.host is set; the entry id is to be set in the options. kNotFound: no such entry, or it is
  // no process.
  virtual SpawnResult spawn(Context& self, std::string_view entry_id, std::string_view arguments,
                            SpawnOptions options) = 0;
  // Null: no such host, or it cannot run processes.
  virtual HostCore* find_host(std::string_view id) noexcept = 0;

 protected:
  ~ProcessDirectory() = default;
};

}  // namespace wippy
