// Functions of the time module that make times and locations (lua/lib_time_calendar.cpp). Arguments of a wrong type raise.
#pragma once

#include <lua5.4/lua.hpp>

namespace wippy::lua {

int time_date(lua_State* L);           // (y, mo, d, h, mi, s, ns [, location]) [-8, +1, v]
int time_unix(lua_State* L);           // (seconds [, nanoseconds]) [-2, +1, v]
int time_parse(lua_State* L);          // (layout, text [, location]) [-3, +(1|2), v]
int time_load_location(lua_State* L);  // (name) [-1, +(1|2), v]
int time_fixed_zone(lua_State* L);     // (name, seconds east of UTC) [-2, +1, v]
int time_utc(lua_State* L);            // makes the field [-0, +1, m]
int time_localtz(lua_State* L);        // makes the field [-0, +1, m]

}  // namespace wippy::lua
