// Runtime settings from .wippy.yaml (host.md §1.11).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "runtime/app/interpolate.hpp"
#include "runtime/app/problem.hpp"

namespace wippy::app {

enum class LogEncoding : std::uint8_t { kConsole, kJson };

struct Settings {
  std::optional<LogEncoding> log_encoding;  // not given: console
  std::int64_t min_level = 0;               // -1 debug, 0 info, 1 warn, 2 error
  std::int64_t shutdown_timeout_ns = 30'000'000'000;
  std::string node_name;        // part of PIDs when not empty
  bool env_os_fallback = true;  // placeholders in entries may read the OS environment
};

// Defaults when the file does not exist. `environment` reads operating-system variables.
Settings read_settings(const std::filesystem::path& root, const Lookup& environment, Problems& problems);

}  // namespace wippy::app
