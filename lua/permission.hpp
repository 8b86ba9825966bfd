// Permission checks of host functions: the answer of a denied one (spec/host.md §5.9). Nothing in force: one test of a flag.
#pragma once

#include <string_view>

#include <lua5.4/lua.hpp>

#include "lua/task.hpp"
#include "runtime/process/permission.hpp"

namespace wippy::lua {

// What a denied call answers: nil and a PERMISSION_DENIED error with details {action, resource, actor}; its message is `what`
// and, if it ends with a space, the resource. [-0, +2, m]
void push_denial(lua_State* L, std::string_view action, std::string_view resource, const char* what);

// True: go on. False: nil and a PERMISSION_DENIED error "<what><resource>" with details {action, resource, actor} are pushed;
// `return 2`. `what`: "not allowed to spawn process: ", or the whole message. [-0, +(0|2), m]
inline bool permitted(lua_State* L, std::string_view action, std::string_view resource, const char* what,
                      const CheckAttributes& attributes = {}) {
  if (__builtin_expect(check_permission(context_of(L), action, resource, attributes), 1)) return true;
  push_denial(L, action, resource, what);
  return false;
}

// The same for what is done to a process: the resource is its PID. [-0, +(0|2), m]
bool decide_target(lua_State* L, std::string_view action, Pid target, const char* what, std::string_view topic);
inline bool permitted_target(lua_State* L, std::string_view action, Pid target, const char* what,
                             std::string_view topic = {}) {
  return __builtin_expect(!context_of(L).node().guarded(), 1) || decide_target(L, action, target, what, topic);
}

}  // namespace wippy::lua
