// Checks references between entries and derives services, hosts and boot order. Internal to runtime/app.
#pragma once

#include <set>

#include "runtime/app/application.hpp"

namespace wippy::app {

// Fills every field of `app` that is derived from `app.entries`. `broken` are IDs that exist in the files but could not
// be loaded: references to them are not reported again. `disabled` are left out by the configuration. boot_order stays empty when there are cycles.
void make_plan(Application& app, const std::set<EntryId>& broken, const std::set<EntryId>& disabled,
               Problems& problems);

}  // namespace wippy::app
