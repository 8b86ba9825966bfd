// name -> Pid, for process.registry. On oneTBB's concurrent_hash_map; the map is not on any message path.
//
// An entry whose process is gone counts as free (rulings.md S17a). The exit of a process releases its names *after* its
// pid is erased and *before* its EXIT signals go out (spec/process.md §8.5); register re-checks the pid after inserting,
// so that of "process exits" and "name is registered for it" one always sees the other.
// The name of a child is reserved before its machine is made and confirmed once its pid is published, before it can run:
// a reservation is shown to nobody, and who wants the same name waits until it is confirmed or cancelled
// (docs/internals/names.md).
// Nothing here keeps a map accessor while it touches an Atomic: in simulation that would be a switch under a lock.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mailbox/pid.hpp"
#include "memory/status.hpp"

namespace wippy {

class NodeCore;

// Any thread may call any method.
class NameTable {
 public:
  NameTable();
  ~NameTable();
  NameTable(const NameTable&) = delete;
  NameTable& operator=(const NameTable&) = delete;

  // INVALID: empty, or of the form of a PID, which no destination could reach.
  static Status check(std::string_view name) noexcept;

  // OK also when the same pid already has it. ALREADY_EXISTS: another live process has it. NOT_FOUND: the owner is gone.
  Status add(NodeCore& node, std::string_view name, Pid owner);
  // Pid 0: not registered, or its owner is gone.
  Pid lookup(NodeCore& node, std::string_view name) const;
  bool remove(NodeCore& node, std::string_view name);
  // The exit of `owner`: its pid is already erased.
  void release_all(Pid owner);
  // In the order of their registration.
  std::vector<std::string> names_of(Pid owner) const;
  // Names still present, reserved ones too; for invariant checks.
  std::size_t size() const;

  // --- a spawn's; the caller must go on to confirm() or cancel() without waiting for anybody
  // For a child that is not published. Pid 0: reserved. Else the live process that has the name.
  Pid reserve(NodeCore& node, const std::string& name, Pid child);
  // The child is published, marked as named (Process::mark_named), and not submitted yet.
  void confirm(const std::string& name, Pid child);
  // The child is not made.
  void cancel(const std::string& name, Pid child);
  // As lookup, but a spawn that has reserved the name is waited for.
  Pid settled_owner(NodeCore& node, const std::string& name) const;

 private:
  struct Holder {
    uint64_t pid = 0;
    bool unborn = false;  // reserved
  };
  Holder find(const std::string& name) const;
  Holder insert(NodeCore& node, const std::string& name, Holder holder);
  bool remove_exact(const std::string& name, uint64_t pid);
  struct Maps;
  std::unique_ptr<Maps> maps_;
};

}  // namespace wippy
