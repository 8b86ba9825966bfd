// Runtime settings from configuration files, profiles and flags (host.md §1.11).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runtime/app/interpolate.hpp"
#include "runtime/app/overrides.hpp"
#include "runtime/app/problem.hpp"
#include "runtime/app/security_config.hpp"

namespace wippy::app {

enum class LogEncoding : std::uint8_t { kConsole, kJson };

struct Settings {
  std::optional<LogEncoding> log_encoding;  // not given: console
  std::int64_t min_level = 0;               // -1 debug, 0 info, 1 warn, 2 error
  std::int64_t shutdown_timeout_ns = 30'000'000'000;
  std::string node_name;                          // part of PIDs when not empty
  bool env_os_fallback = true;                    // placeholders in entries may read the OS environment
  std::optional<std::string> prometheus_address;  // host:port of /metrics and /livez; not given: they are not served
  bool strict_mode = false;                       // an incomplete security context denies (host.md §5.4)
  std::optional<SecurityConfig> system_security;  // of services without lifecycle.security
  std::optional<SecurityConfig> cli_security;     // of the process of `wippy run`
  std::vector<Reference> references;              // policies and groups that these name
  std::vector<Override> overrides;                // in the order in which they apply
  DisableRules disable;
};

// As in LoadOptions.
struct SettingsSources {
  std::filesystem::path root;                // messages name files relative to it
  std::vector<std::filesystem::path> files;  // empty: .wippy.yaml, when it exists
  std::vector<std::string> profiles;
  std::vector<std::string> sets;
  std::vector<std::string> overrides;
};

// Each source changes what it names and leaves the rest: files in their order, then profiles, then sets; overrides of
// the command line apply after all others. `environment` reads operating-system variables.
Settings read_settings(const SettingsSources& sources, const Lookup& environment, Problems& problems);

}  // namespace wippy::app
