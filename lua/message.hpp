// Message objects and their fields (spec/process.md §1.12).
//
// msg.topic, msg.payload and msg.from are fields: they show as their content, and calling one gives the content, so that
// both `print(msg.topic)` and `msg:topic()` work.
#pragma once

#include <cstdint>

#include <lua5.4/lua.hpp>

#include "lua/user_type.hpp"
#include "lua/values_lua.hpp"
#include "mailbox/pid.hpp"

namespace wippy::lua {

// Pushes the message. [-0, +1, e]
void push_message(lua_State* L, Pid from, const Body& body);
// Pushes what a raw listener gets: nil, the value, or an array of the values. [-0, +1, e]
void push_raw_payload(lua_State* L, const Body& body);

extern const UserType kMessageType;
extern const UserType kFieldType;
// The field on top is replaced by its content; false: it is none. [-1, +1, -]
bool unwrap_field(lua_State* L) noexcept;

}  // namespace wippy::lua
