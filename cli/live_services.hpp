// What a change of the registry does to services, policies and hosts (host.md §3.3, §4.8, §5.7).
//
//   services    one that shall run now is added and starts; one that shall not any more stops and is forgotten, dependents
//               first; of the others process, host and input hold from the next start on, the lifecycle from the next failure
//   policies    hold for scopes that are made from now on, and for the boundaries of hosts at once
//   hosts       max_processes, capabilities and the boundary's policies hold for what is checked from now on; all else, new
//               hosts and hosts that go need a restart and are refused
//
// Thread-safety: the registry calls one at a time. Ownership: what the constructors refer to outlives them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/registry/registry.hpp"
#include "runtime/runtime.hpp"
#include "runtime/security/store.hpp"
#include "runtime/service/supervisor.hpp"

namespace wippy::cli {

class LiveServices final : public registry::Handler {
 public:
  // `make`: the supervisor's view of a process service.
  using Make = std::function<ServiceSpec(const app::ServicePlan&)>;
  explicit LiveServices(Make make) : make_(std::move(make)) {}
  // Before the first change: who starts services, and what it was started with, in boot order.
  void begin(Supervisor& supervisor, const app::Application& app, const std::vector<app::EntryId>& started);

  bool prepare(const registry::Transaction& transaction, std::string& error) override;
  void commit(const registry::Transaction& transaction) noexcept override;
  void rollback(const registry::Transaction&) noexcept override { specs_.clear(); }

 private:
  const Make make_;
  Supervisor* supervisor_ = nullptr;
  std::vector<app::EntryId> processes_;        // services the supervisor has, each after what it needs
  std::vector<app::EntryId> hosts_;            // which it started, and keeps
  std::map<app::EntryId, ServiceSpec> specs_;  // prepared
};

class LivePolicies final : public registry::Handler {
 public:
  explicit LivePolicies(security::PolicyStore& store) : store_(store) {}
  bool prepare(const registry::Transaction&, std::string&) override { return true; }
  void commit(const registry::Transaction& transaction) noexcept override { store_.replace(transaction.next->entries); }
  void rollback(const registry::Transaction&) noexcept override {}

 private:
  security::PolicyStore& store_;
};

// process.host and terminal.host.
class LiveHosts final : public registry::Handler {
 public:
  LiveHosts(Runtime& runtime, security::PolicyStore& store) : runtime_(runtime), store_(store) {}
  bool prepare(const registry::Transaction& transaction, std::string& error) override;
  void commit(const registry::Transaction& transaction) noexcept override;
  void rollback(const registry::Transaction&) noexcept override {}

 private:
  Runtime& runtime_;
  security::PolicyStore& store_;
};

// What the entries that a host may run are restricted to; null: not at all.
std::shared_ptr<const HostCapabilities> capabilities_of(const app::HostConfig& config);

}  // namespace wippy::cli
