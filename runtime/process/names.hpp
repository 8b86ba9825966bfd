// name -> Pid, for process.registry. On oneTBB's concurrent_hash_map; the map is not on any message path.
//
// An entry whose process is gone counts as free (rulings.md S17a). The exit of a process releases its names *after* its
// pid is erased and *before* its EXIT signals go out (spec/process.md §8.5); register re-checks the pid after inserting,
// so that of "process exits" and "name is registered for it" one always sees the other.
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

class NameTable {
 public:
  NameTable();
  ~NameTable();
  NameTable(const NameTable&) = delete;
  NameTable& operator=(const NameTable&) = delete;

  // OK also when the same pid already has it. ALREADY_EXISTS: another live process has it. NOT_FOUND: the owner is gone.
  Status add(NodeCore& node, std::string_view name, Pid owner);
  // Pid 0: not registered, or its owner is gone.
  Pid lookup(NodeCore& node, std::string_view name) const;
  bool remove(NodeCore& node, std::string_view name);
  // The exit of `owner`: its pid is already erased.
  void release_all(Pid owner);
  // Names still present; for invariant checks.
  std::size_t size() const;

 private:
  bool remove_exact(const std::string& name, Pid owner);
  struct Maps;
  std::unique_ptr<Maps> maps_;
};

}  // namespace wippy
