// Native entries that the scripts of tests/lua may spawn, monitor, link and exec, under the id "native.test:<factory>".
#pragma once

#include "runtime/native/entries.hpp"
#include "runtime/native/registry.hpp"

namespace wippy::lua::test {

// nullptr: no such entry.
const NativeStart* find_native(std::string_view entry_id);

}  // namespace wippy::lua::test
