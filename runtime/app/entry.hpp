// Registry entries: what an index file defines, before anything is made of it.
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/app/node.hpp"

namespace wippy::app {

// `namespace:name`; equality is byte-wise (host.md §1.5).
struct EntryId {
  std::string space;
  std::string name;

  // Splits at the first colon; text without a colon is a name in the empty namespace.
  static EntryId parse(std::string_view text);
  // As parse, but a bare name belongs to `space` (host.md §1.8).
  static EntryId resolve(std::string_view text, std::string_view space);
  // The name alone when the namespace is empty.
  std::string text() const { return space.empty() ? name : space + ":" + name; }
  friend auto operator<=>(const EntryId&, const EntryId&) = default;
  friend bool operator==(const EntryId&, const EntryId&) = default;
};

// Where an entry was defined.
struct Origin {
  std::string file;   // relative to the project root
  Position position;  // of the entry
  int index = -1;     // place in `entries`; -1 for the single form
};

// What a reference must point to.
enum class Expect : std::uint8_t {
  kAny,
  kProcess,      // any process.* entry
  kProcessHost,  // process.host
  kAnyHost,      // process.host or terminal.host
  kService,      // something the supervisor starts
  kPolicy,       // security.policy
  kPolicyGroup,  // no entry: a group that some policy names
  kLuaCode,      // library.lua, or another entry whose Lua text serves as one
  kEnvStorage,   // env.storage.*
};

// One ID that an entry's configuration names.
struct Reference {
  EntryId target;
  std::string written;
  std::string key;  // key path
  Position position;
  Expect expect = Expect::kAny;
  bool fatal = true;         // a missing target stops the load
  bool requirement = false;  // lifecycle.requires / depends_on
};

// Base of the typed configurations; one subclass per kind, made by the kind's parse function.
struct EntryConfig {
  virtual ~EntryConfig() = default;
};

struct Entry {
  EntryId id;
  std::string kind;
  Node meta;  // always a map
  Node data;  // as written: placeholders are not filled in here
  Position kind_position;
  Origin origin;
  std::string override_source;                // what changed it last (overrides.hpp); empty: as its file says
  std::shared_ptr<const EntryConfig> config;  // null for kinds let through by allow_unknown_kinds
  std::vector<Reference> references;

  // The configuration as type T, or null when the kind has another one.
  template <class T>
  const T* config_as() const {
    return dynamic_cast<const T*>(config.get());
  }
};

}  // namespace wippy::app
