// Objects of the registry module: Snapshot, Changes, Version.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lua5.4/lua.hpp>

#include "lua/held.hpp"
#include "lua/registry_service.hpp"
#include "lua/user_type.hpp"

namespace wippy::lua {

// A view, and what was asked of it last: texts live here while they are pushed, which may raise.
struct Snapshot {
  RegistryViewPtr view;
  std::string text;
  std::vector<std::string> ids;
  std::vector<std::string> warnings;
  std::string error_text;
  Status status;
};

extern const UserType kSnapshotType;
extern const UserType kVersionType;
extern const UserType kChangesType;

// Null: nil and UNAVAILABLE are pushed. [-0, +(0|2), m]
RegistryService* registry_service(lua_State* L);
// Of the version `number`; number < 0: the current one. False: nil and the error are pushed. [-0, +(1|2), m]
bool push_snapshot(lua_State* L, int64_t number);
// [-0, +1, m]
void push_version(lua_State* L, uint64_t number, uint64_t previous);

// The snapshot is at the absolute index `snapshot`. -> entry | nil, error
int snapshot_entry(lua_State* L, int snapshot, int id);
// criteria 0: all. -> list | nil, error
int snapshot_find(lua_State* L, int snapshot, int criteria);

// registry.apply_version(version) -> Version | nil, error
int registry_apply_version(lua_State* L);

}  // namespace wippy::lua
