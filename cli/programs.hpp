// Programs: what can be spawned, called or imported, as an immutable table that a registry transaction replaces whole. Spawns,
// restarts and upgrades look at the table of now; what runs keeps its program alive.
//
// Compiled once per entry and source text: an entry whose text is the same and whose imports are keeps its program, one whose
// imports changed keeps its bytecode. Reading: one acquire load in a reader section (memory/grace.hpp); a superseded table is
// freed when no section can see it, at the next commit or in the end.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lua/function_directory.hpp"
#include "lua/program.hpp"
#include "memory/atomic.hpp"
#include "runtime/native/registry.hpp"
#include "runtime/process/mail_limit.hpp"
#include "runtime/registry/registry.hpp"
#include "runtime/runtime.hpp"

namespace wippy::cli {

MailLimits limits_of(const std::optional<app::MailboxConfig>& config);

class Programs final : public registry::Handler {
 public:
  struct Definition {
    std::shared_ptr<const lua::LuaProgram> program;  // of entries with Lua text
    const NativeStart* native = nullptr;             // of process.native
    std::string kind;
    std::size_t memory_bytes = 0;    // what its limit is then
    MailLimits mail;                 // unbounded: the host decides
    bool spawnable = false;          // a process.*
    std::shared_ptr<CallGate> gate;  // of function.lua
    std::string default_host;        // of processes that can be called
  };
  // Both outlive it; natives may be null.
  Programs(Runtime& runtime, const NativeRegistry* natives) : runtime_(runtime), natives_(natives) {}
  ~Programs();

  // Makes the first table. False: `error` says what does not compile.
  bool load(const app::Application& app, std::string& error);

  using DefinitionPtr = std::shared_ptr<const Definition>;
  // What the id means now; null: nothing. Any thread with a ThreadMemory.
  DefinitionPtr find(std::string_view id) noexcept;

  struct Counts {
    uint64_t misses = 0;   // compiled
    uint64_t hits = 0;     // taken over from the table before, as they are or their bytecode
    uint64_t entries = 0;  // programs of the table of now
  };
  Counts counts() const noexcept;

  // registry::Handler
  bool prepare(const registry::Transaction& transaction, std::string& error) override;
  void commit(const registry::Transaction& transaction) noexcept override;
  void rollback(const registry::Transaction& transaction) noexcept override;

 private:
  struct Table {
    std::map<std::string, DefinitionPtr, std::less<>> definitions;
  };
  class Builder;
  void publish(std::unique_ptr<const Table> next) noexcept;

  Runtime& runtime_;
  const NativeRegistry* natives_;
  Atomic<const Table*> current_{nullptr};
  std::unique_ptr<const Table> owned_;                                      // *current_
  std::unique_ptr<const Table> prepared_;                                   // between prepare and commit
  std::vector<std::pair<uint64_t, std::unique_ptr<const Table>>> retired_;  // with the epochs they wait for
  Atomic<uint64_t> misses_{0};
  Atomic<uint64_t> hits_{0};
  Atomic<uint64_t> entries_{0};
};

}  // namespace wippy::cli
