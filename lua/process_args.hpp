// Arguments of process.*: missing or ill-typed ones are answered by `nil, INVALID`, never raised (spec/process.md §0.2).
#pragma once

#include <string_view>

#include <lua5.4/lua.hpp>

#include "memory/status.hpp"
#include "runtime/process/context.hpp"

namespace wippy::lua {

// The text at `index`: a string, or a number (converted in place). [-0, +0, m]
bool text_argument(lua_State* L, int index, std::string_view& out);

// The process that a destination text names now: a PID, else a registered name. kNotFound: nobody.
Status resolve_destination(Context& self, std::string_view text, Pid& out) noexcept;

// Argument 1 of `function` as a process. False: nil and the error are pushed. [-0, +(0|2), m]
bool destination_argument(lua_State* L, const char* function, Pid& out);

// False: nil and the error are pushed. Guards what a process that is still being loaded cannot do. [-0, +(0|2), m]
bool check_published(lua_State* L, const char* function);

// true, or nil and the error. [-0, +(1|2), m]
int return_done(lua_State* L, Status status);

}  // namespace wippy::lua
