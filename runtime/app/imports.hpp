// Which entries' Lua text uses which other entries' (host.md §1.9, §2.3).
#pragma once

#include <map>
#include <set>

#include "runtime/app/application.hpp"

namespace wippy::app {

// Reports every cycle of imports once, from its smallest ID: "import cycle: app:a -> app:b -> app:a".
void check_imports(const Application& app, Problems& problems);

// The Lua text of an entry, or null when its kind has none.
const LuaCode* lua_code_of(const Entry& entry);

}  // namespace wippy::app
