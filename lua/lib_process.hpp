// The functions of the process library, by file. All: arguments on the stack, [-n, +m, e]; failure is `nil, error`.
#pragma once

#include <lua5.4/lua.hpp>

namespace wippy::lua {

// lib_process_spawn.cpp
int process_spawn(lua_State* L);
int process_spawn_monitored(lua_State* L);
int process_spawn_linked(lua_State* L);
int process_spawn_linked_monitored(lua_State* L);
int process_exec(lua_State* L);

// lib_process_upgrade.cpp; does not return when it succeeds
int process_upgrade(lua_State* L);
// lib_process_builder.cpp; pushes a SpawnBuilder
int process_with_context(lua_State* L);

// lib_process_mail.cpp
int process_send(lua_State* L);
int process_inbox(lua_State* L);
int process_events(lua_State* L);
int process_listen(lua_State* L);
int process_unlisten(lua_State* L);
int process_receive(lua_State* L);

// lib_process_control.cpp
int process_terminate(lua_State* L);
int process_cancel(lua_State* L);
int process_monitor(lua_State* L);
int process_unmonitor(lua_State* L);
int process_link(lua_State* L);
int process_unlink(lua_State* L);
int process_get_options(lua_State* L);
int process_set_options(lua_State* L);

// lib_process_registry.cpp; pushes the table [-0, +1, e]
int open_process_registry(lua_State* L);

}  // namespace wippy::lua
