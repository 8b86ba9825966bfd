// The libraries of processes, assembled: what a runtime gives to LuaFactory.
#pragma once

#include <string>
#include <vector>

#include <lua5.4/lua.hpp>

#include "lua/hooks.hpp"
#include "runtime/process/process_directory.hpp"

namespace wippy::lua {

// One per runtime; outlives all its processes. `print` may be set before the first of them starts: the default writes lines
// to the standard output.
struct StandardHooks : LuaHooks {
  explicit StandardHooks(ProcessDirectory& directory) noexcept;
  ProcessDirectory* directory;
};

// What an entry may list under `modules:`, in a fixed order: also those that every process has anyway.
std::vector<std::string> module_names();

// Of a process that was started with StandardHooks, as all that have these libraries. [-0, +0, -]
ProcessDirectory& directory_of(lua_State* L) noexcept;

// Fields of libraries (lua/lib_<name>.cpp).
extern const LibraryEntry kCtxLibrary[];
extern const LibraryEntry kEnvLibrary[];
extern const LibraryEntry kEventsLibrary[];
extern const LibraryEntry kFsLibrary[];
extern const LibraryEntry kIoLibrary[];
extern const LibraryEntry kSecurityLibrary[];
extern const LibraryEntry kTimeLibrary[];
extern const LibraryEntry kProcessLibrary[];
extern const LibraryEntry kJsonLibrary[];
extern const LibraryEntry kUuidLibrary[];
extern const LibraryEntry kFuncsLibrary[];     // lua/modules
extern const LibraryEntry kRegistryLibrary[];  // lua/modules
extern const LibraryEntry kSystemLibrary[];    // lua/modules
extern const LibraryEntry kMetricsLibrary[];   // lua/modules
extern const LibraryEntry kLoggerLibrary[];

// Hooks (lua/exit_hooks.cpp).
int push_arguments(lua_State* L, std::string_view body);
void main_returned(lua_State* L, int count);
void task_failed(lua_State* L, int index);

}  // namespace wippy::lua
