// The policies of an application, by id and by group, and the boundaries made of them.
//
// A scope holds the policies it was made of: replace() changes what is found afterwards and the boundaries of hosts at once,
// and nothing else (spec/host.md §5.7).
//
// Thread-safety: all functions from any thread, at any time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memory/mutex.hpp"
#include "runtime/app/application.hpp"
#include "runtime/process/context.hpp"
#include "runtime/process/host_core.hpp"
#include "runtime/process/security.hpp"

namespace wippy::security {

class PolicyStore final : public PolicySource {
 public:
  explicit PolicyStore(const app::Application& app);
  PolicyStore(const PolicyStore&) = delete;
  PolicyStore& operator=(const PolicyStore&) = delete;

  PolicyPtr policy(std::string_view id) const override;
  std::shared_ptr<const Scope> named_scope(std::string_view group) const override;

  // From now on these are all policies; groups as the configurations name them. A boundary that has lost a policy or a group
  // it names decides with what is left, and denies what that leaves open.
  void replace(const std::map<app::EntryId, app::Entry>& entries);
  // How often it was replaced.
  uint64_t version() const;
  // After replace(), with the new version; called on the thread that replaces. Before the first replace().
  void on_replace(std::function<void(uint64_t)> told) { told_ = std::move(told); }

  // Actor and scope as written; context values as in `base`, which may be null. kNotFound: a policy or a group is gone, and
  // `missing` names it: whoever starts a process must not start it then.
  Status make_frame(const app::SecurityConfig& config, const FramePtr& base, FramePtr& out, std::string& missing) const;

  // Gives the host its boundary and its guest actor, and keeps the boundary up to date. Before the host starts; the host
  // outlives the store's last replace().
  void guard_host(HostCore& host, const app::SecurityConfig& config);
  // Another boundary, or none, of a host at any time; the guest actor stays.
  void set_boundary(HostCore& host, const std::optional<app::SecurityConfig>& config);

 private:
  struct Policies {
    std::map<std::string, PolicyPtr, std::less<>> by_id;
    std::map<std::string, std::shared_ptr<const Scope>, std::less<>> groups;
  };
  struct Guarded {
    HostCore* host;
    app::SecurityConfig config;
    std::shared_ptr<const Actor> actor;
  };
  static std::shared_ptr<const Policies> collect(const std::map<app::EntryId, app::Entry>& entries);
  static std::shared_ptr<const Scope> make_scope(const Policies& all, const app::SecurityConfig& config,
                                                 std::string& missing);
  static void make_boundary(const Policies& all, const Guarded& guarded);
  std::shared_ptr<const Policies> all() const;

  mutable Mutex mutex_;
  std::shared_ptr<const Policies> all_;
  std::vector<Guarded> hosts_;
  uint64_t version_ = 0;
  std::function<void(uint64_t)> told_;
};

}  // namespace wippy::security
