// What a host lets its processes be and do (spec/host.md §3.5). Immutable; HostCore points to one, null: everything.
//
// Thread-safety: none needed, read by any thread. Asked at a spawn onto the host (and at an upgrade on it), before anything of
// the process exists.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/text/wildcard.hpp"

namespace wippy {

// What a spawn says of the entry.
struct EntryTraits {
  std::string_view id;
  std::string_view kind;
  std::vector<std::string_view> modules;  // its own and those of the libraries it imports
};

class HostCapabilities {
 public:
  struct Rules {
    std::optional<std::vector<std::string>> modules;  // not given: all
    std::vector<std::string> deny_modules;            // wins over `modules`
    std::optional<std::vector<std::string>> kinds;    // not given: all
    std::optional<std::vector<std::string>>
        entries;  // patterns of entry IDs, `*` is any run of characters; not given: all
  };
  explicit HostCapabilities(Rules rules);

  bool allows_module(std::string_view name) const noexcept;
  // Empty: the entry may run on the host. Else why not, with the names of all three.
  std::string refusal(std::string_view host_id, const EntryTraits& entry) const;

 private:
  const Rules rules_;
  std::vector<Wildcard> entries_;  // of rules_.entries
};

}  // namespace wippy
