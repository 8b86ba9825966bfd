// Native entries that the scripts of tests/lua may spawn, monitor, link and exec, under the id "native.test:<factory>".
#pragma once

#include "runtime/native/entries.hpp"
#include "runtime/native/registry.hpp"

namespace wippy::lua::test {

// nullptr: no such entry. Null itself in programs without native_entries.cpp.
using FindNative = const NativeStart* (*)(std::string_view entry_id);
inline FindNative g_find_native = nullptr;
inline const NativeStart* find_native(std::string_view entry_id) {
  return g_find_native == nullptr ? nullptr : g_find_native(entry_id);
}

}  // namespace wippy::lua::test
