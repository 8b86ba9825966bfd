// The system module's service: hosts, processes, services and memory of this node as values.
#pragma once

#include "lua/system_service.hpp"
#include "mailbox/values.hpp"

namespace wippy {
struct ServiceStatus;
}

namespace wippy::cli {

class NodeApp;

class LuaSystem final : public lua::SystemService {
 public:
  // `memory_limit`: bytes, 0: none. The node outlives it.
  LuaSystem(NodeApp& node, uint64_t memory_limit) : node_(node), memory_limit_(memory_limit) {}

  void request_exit(int code) noexcept override;
  uint32_t usable_cores() const noexcept override;
  uint64_t running_things() const noexcept override;
  uint64_t memory_limit() const noexcept override { return memory_limit_; }
  void hosts(ValueWriter& w) override;
  void processes(std::string_view host, ValueWriter& w) override;
  bool service(std::string_view id, ValueWriter& w) override;
  void services(ValueWriter& w) override;
  void memory(ValueWriter& w) override;

 private:
  NodeApp& node_;
  const uint64_t memory_limit_;
};

// The value of a service's state: {id, status, desired, retry_count, restarts, last_update, started_at, details?}.
void write_service(ValueWriter& w, const ServiceStatus& status);

}  // namespace wippy::cli
