// What a spawn by entry id asks of the application, in every engine: entries and hosts by their ids. Implemented by whoever
// loaded the entries; native code reaches it through NodeCore::directory().
#pragma once

#include <memory>
#include <string>
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
  // Makes the machine of the entry for the running process `self`, which upgrades to it; its old machine is closed. On
  // failure `error_text` may say more than the status. kNotFound: no such entry, or it is no process. As spawn, it looks at
  // the definition of now.
  virtual Status make_machine(Context& self, std::string_view entry_id, std::string_view arguments, Machine*& machine,
                              std::string& error_text) = 0;
  // Null: no such host, or it cannot run processes.
  virtual HostCore* find_host(std::string_view id) noexcept = 0;
  // Why find_host(id) gave null.
  virtual Status no_host(std::string_view id, std::string& error_text) const;

 protected:
  ~ProcessDirectory() = default;
};

// For Context::replace_machine and become(): the entry's machine, with these arguments (message body), both copied.
std::unique_ptr<Successor> entry_successor(ProcessDirectory& directory, std::string_view entry_id,
                                           std::string_view arguments);

}  // namespace wippy
