// Permission checks of host functions: the answer of a denied one (spec/host.md §5.9).
#pragma once

#include <string_view>

#include <lua5.4/lua.hpp>

#include "runtime/process/permission.hpp"

namespace wippy::lua {

// True: go on. False: nil and a PERMISSION_DENIED error "<what><resource>" with details {action, resource, actor} are pushed;
// `return 2`. `what`: "not allowed to spawn process: ". [-0, +(0|2), m]
bool permitted(lua_State* L, std::string_view action, std::string_view resource, const char* what,
               const CheckAttributes& attributes = {});

}  // namespace wippy::lua
