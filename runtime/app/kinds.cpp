#include "runtime/app/kinds.hpp"

#include <algorithm>
#include <array>

namespace wippy::app {
namespace {

constexpr std::array<KindSpec, 17> kKinds{{
    {"env.storage.file", kRoleEnvStorage, parse_env_storage_file},
    {"env.storage.memory", kRoleEnvStorage, parse_env_storage_memory},
    {"env.storage.os", kRoleEnvStorage, parse_env_storage_os},
    {"env.storage.router", kRoleEnvStorage, parse_env_storage_router},
    {"env.storage.static", kRoleEnvStorage, parse_env_storage_static},
    {"env.variable", kRoleNone, parse_env_variable},
    {"fs.directory", kRoleNone, parse_fs_directory},
    {"function.lua", kRoleLuaCode, parse_function_lua},
    {"library.lua", kRoleLuaCode, parse_library_lua},
    {"process.lua", kRoleProcess | kRoleLuaCode, parse_process_lua},
    {"process.native", kRoleProcess, parse_process_native},
    {"process.host", kRoleProcessHost | kRoleService, parse_process_host},
    {"security.policy", kRolePolicy, parse_security_policy},
    {"terminal.host", kRoleTerminalHost | kRoleService, parse_terminal_host},
    {"process.service", kRoleService, parse_process_service},
    {"service.group", kRoleNone, parse_service_group},
    {"registry.entry", kRoleNone, parse_registry_entry},
}};

// Kinds that the specification names and that have no row above.
constexpr std::array kPlannedKinds = std::to_array<std::string_view>({
    "process.wasm",
    "function.wasm",
    "security.policy.expr",
    "security.token_store",
    "ns.definition",
    "ns.requirement",
    "ns.dependency",
    "http.service",
    "http.router",
    "http.endpoint",
    "db.sql.sqlite",
    "queue.driver.memory",
    "queue.queue",
    "queue.consumer",
    "template.set",
    "template.jet",
});

}  // namespace

std::span<const KindSpec> known_kinds() { return kKinds; }

const KindSpec* find_kind(std::string_view name) {
  const auto found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const KindSpec& spec) { return spec.name == name; });
  return found == kKinds.end() ? nullptr : &*found;
}

bool is_planned_kind(std::string_view name) {
  return std::find(kPlannedKinds.begin(), kPlannedKinds.end(), name) != kPlannedKinds.end();
}

std::vector<std::string> all_kind_names() {
  std::vector<std::string> names(kPlannedKinds.begin(), kPlannedKinds.end());
  for (const KindSpec& spec : kKinds) names.emplace_back(spec.name);
  return names;
}

unsigned roles_of(const Entry& entry) {
  const KindSpec* spec = find_kind(entry.kind);
  return spec == nullptr ? static_cast<unsigned>(kRoleNone) : spec->roles;
}

}  // namespace wippy::app
