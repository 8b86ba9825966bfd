// LuaRegistry: the registry as the registry module sees it.
#pragma once

#include "lua/registry_service.hpp"
#include "runtime/registry/registry.hpp"

namespace wippy::cli {

class LuaRegistry final : public lua::RegistryService {
 public:
  explicit LuaRegistry(registry::Registry& registry) : registry_(registry) {}

  lua::RegistryViewPtr current() override;
  lua::RegistryViewPtr version(uint64_t number) override;
  std::vector<lua::RegistryViewPtr> versions() override;
  Status apply(std::string_view operations, uint64_t& version, std::string& error_text) override;
  Status apply_version(uint64_t number, uint64_t& version, std::string& error_text) override;

 private:
  registry::Registry& registry_;
};

}  // namespace wippy::cli
