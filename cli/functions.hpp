// Functions: calls of function.lua entries, on a host of their own, and of processes that have a default host.
#pragma once

#include "cli/programs.hpp"
#include "lua/function_directory.hpp"
#include "lua/hooks.hpp"
#include "runtime/process/process_directory.hpp"

namespace wippy::cli {

// The internal host; nobody spawns onto it by its id.
inline constexpr const char* kFunctionHost = "node:functions";

class Functions final : public lua::FunctionDirectory {
 public:
  // All outlive it.
  Functions(Programs& programs, ProcessDirectory& processes, const lua::LuaHooks& hooks, registry::Registry& registry)
      : programs_(programs), processes_(processes), hooks_(hooks), registry_(registry) {}
  // Before the first call. `seed`: root of math.random.
  void set_host(HostCore& host, uint64_t seed) noexcept { host_ = &host, seed_ = seed; }

  Status find_function(std::string_view id, lua::CallTarget& out, std::string& error_text) override;
  SpawnResult start_call(Context& self, const lua::CallTarget& target, std::string_view arguments,
                         SpawnOptions options) override;

 private:
  Programs& programs_;
  ProcessDirectory& processes_;
  const lua::LuaHooks& hooks_;
  registry::Registry& registry_;
  HostCore* host_ = nullptr;
  uint64_t seed_ = 0;
};

}  // namespace wippy::cli
