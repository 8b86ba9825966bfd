#include "lua/library.hpp"

#include <cstdio>

#include "lua/error_object.hpp"
#include "lua/mail_router.hpp"
#include "lua/payload_object.hpp"
#include "lua/state.hpp"
#include "scheduler/clock.hpp"

namespace wippy::lua {

namespace {

constexpr LuaLibrary kLibraries[] = {
    {"process", nullptr, true, kProcessLibrary},
    {"errors", open_errors, true},
    {"payload", open_payload, true},
    {"time", nullptr, false, kTimeLibrary},
    {"json", nullptr, false, kJsonLibrary},
    {"uuid", nullptr, false, kUuidLibrary},
    {"logger", nullptr, false, kLoggerLibrary},
    {"ctx", nullptr, false, kCtxLibrary},
    {"env", nullptr, false, kEnvLibrary},
    {"events", nullptr, false, kEventsLibrary},
    {"fs", nullptr, false, kFsLibrary},
    {"io", nullptr, false, kIoLibrary},
    {"security", nullptr, false, kSecurityLibrary},
    {"funcs", nullptr, false, kFuncsLibrary},
    {"registry", nullptr, false, kRegistryLibrary},
    {"system", nullptr, false, kSystemLibrary},
    {"metrics", nullptr, false, kMetricsLibrary},
};

void print_line(Context&, std::string_view line) noexcept {
  flockfile(stdout);
  fwrite_unlocked(line.data(), 1, line.size(), stdout);
  putc_unlocked('\n', stdout);
  fflush_unlocked(stdout);
  funlockfile(stdout);
}

}  // namespace

StandardHooks::StandardHooks(ProcessDirectory& d) noexcept : directory(&d) {
  LuaHooks::push_arguments = lua::push_arguments;
  LuaHooks::main_returned = lua::main_returned;
  LuaHooks::task_failed = lua::task_failed;
  make_sink = MailRouter::make;
  print = print_line;
  start_ns = monotonic_ns();
  libraries = kLibraries;
  library_count = sizeof kLibraries / sizeof kLibraries[0];
}

std::vector<std::string> module_names() {
  std::vector<std::string> names;
  for (const LuaLibrary& l : kLibraries) names.emplace_back(l.name);
  std::size_t count = 0;
  const LuaLibrary* const builtin = builtin_libraries(count);
  for (std::size_t i = 0; i < count; ++i) names.emplace_back(builtin[i].name);
  return names;
}

ProcessDirectory& directory_of(lua_State* L) noexcept {
  return *static_cast<const StandardHooks*>(root_of(L).hooks)->directory;
}

}  // namespace wippy::lua
