// ProcessDirectory: where process.spawn finds entries and hosts. Implemented by whoever loads the application (cli/), and
// by test fixtures. One per runtime; outlives every machine.
//
// Thread-safety: any worker, at once; implementations are immutable after the start or lock for themselves.
#pragma once

#include <string_view>

#include "runtime/process/context.hpp"

namespace wippy::lua {

class ProcessDirectory {
 public:
  // Null: unknown. `kind`, if not null, receives the entry's kind when the id names an entry that is no host ("" otherwise).
  virtual HostCore* find_host(std::string_view host_id, std::string_view* kind) noexcept = 0;
  // Spawns any kind of process entry as a child of `self`. `arguments`: message body with the empty topic. NOT_FOUND: no such
  // entry, or one that cannot be spawned; other failures as Context::spawn. options.entry_id is filled in here.
  virtual SpawnResult spawn(Context& self, std::string_view entry_id, SpawnOptions options, std::string_view arguments) = 0;

 protected:
  ~ProcessDirectory() = default;
};

}  // namespace wippy::lua
