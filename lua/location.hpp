// Location objects (spec/process.md §4.3): a time zone in a script's hands. Immutable.
#pragma once

#include <lua5.4/lua.hpp>

#include "lua/user_type.hpp"
#include "lua/zone.hpp"

namespace wippy::lua {

// Lies in a userdata; the text of the zone's name follows it there.
struct LocationObject {
  Zone zone;
};
extern const UserType kLocationType;

inline constexpr std::size_t kMaxZoneNameBytes = 255;

// A location of its own for `zone`, with a copy of the name. [-0, +1, m]
void push_location(lua_State* L, const Zone& zone);
// The process's only object for UTC or Local. [-0, +1, m]
void push_standard_location(lua_State* L, const Zone& zone);
// The zone of the location at `index`, valid while that lies there; none or nil: Local. Raises for anything else. [-0, +0, v]
Zone opt_location(lua_State* L, int index);

}  // namespace wippy::lua
