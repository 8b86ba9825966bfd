#include "runtime/security/store.hpp"

#include "mailbox/values.hpp"
#include "runtime/app/node_values.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/process/frame_context.hpp"
#include "runtime/security/policy.hpp"

namespace wippy::security {

namespace {

std::shared_ptr<const Actor> make_actor(const std::optional<app::ActorConfig>& config) {
  if (!config) return nullptr;
  ValueWriter w;
  w.reset();
  app::write_node(w, config->meta);
  return std::make_shared<const Actor>(config->id, w.finish().ok() ? w.view() : std::string_view{});
}

}  // namespace

PolicyStore::PolicyStore(const app::Application& app) : all_(collect(app.entries)) {}

std::shared_ptr<const PolicyStore::Policies> PolicyStore::collect(const std::map<app::EntryId, app::Entry>& entries) {
  auto all = std::make_shared<Policies>();
  std::map<std::string, std::vector<PolicyPtr>> groups;
  for (const auto& [id, entry] : entries) {
    const auto* config = entry.config_as<app::SecurityPolicyConfig>();
    if (config == nullptr) continue;
    const PolicyPtr policy = std::make_shared<const RulePolicy>(id.text(), *config);
    all->by_id.emplace(id.text(), policy);
    for (const app::EntryId& group : config->groups) groups[group.text()].push_back(policy);
  }
  for (auto& [name, members] : groups) all->groups.emplace(name, std::make_shared<const Scope>(std::move(members)));
  return all;
}

std::shared_ptr<const PolicyStore::Policies> PolicyStore::all() const {
  LockGuard lock(mutex_);
  return all_;
}

PolicyPtr PolicyStore::policy(std::string_view id) const {
  const std::shared_ptr<const Policies> now = all();
  const auto found = now->by_id.find(id);
  return found == now->by_id.end() ? nullptr : found->second;
}

std::shared_ptr<const Scope> PolicyStore::named_scope(std::string_view group) const {
  const std::shared_ptr<const Policies> now = all();
  const auto found = now->groups.find(group);
  return found == now->groups.end() ? nullptr : found->second;
}

uint64_t PolicyStore::version() const {
  LockGuard lock(mutex_);
  return version_;
}

std::shared_ptr<const Scope> PolicyStore::make_scope(const Policies& all, const app::SecurityConfig& config,
                                                     std::string& missing) {
  std::vector<PolicyPtr> members;
  const auto lacks = [&missing](const std::string& what) { missing += (missing.empty() ? "" : ", ") + what; };
  for (const app::EntryId& id : config.policies) {
    const auto found = all.by_id.find(id.text());
    found == all.by_id.end() ? lacks("policy " + id.text()) : members.push_back(found->second);
  }
  for (const app::EntryId& id : config.groups) {
    const auto found = all.groups.find(id.text());
    if (found == all.groups.end()) {
      lacks("policy group " + id.text());
      continue;
    }
    const std::vector<PolicyPtr>& group = found->second->policies();
    members.insert(members.end(), group.begin(), group.end());
  }
  return std::make_shared<const Scope>(std::move(members));
}

Status PolicyStore::make_frame(const app::SecurityConfig& config, const FramePtr& base, FramePtr& out,
                               std::string& missing) const {
  FrameBuilder frame(base);
  if (config.actor) frame.set_actor(make_actor(config.actor));
  if (config.has_scope()) {
    frame.set_scope(make_scope(*all(), config, missing));
    if (!missing.empty()) return Status::error(ErrorKind::kNotFound, "policies or policy groups are missing");
  }
  return frame.build(out);
}

void PolicyStore::make_boundary(const Policies& all, const Guarded& guarded) {
  std::string missing;
  auto boundary = std::make_shared<Boundary>();
  boundary->actor = guarded.actor;
  boundary->scope = make_scope(all, guarded.config, missing);
  boundary->allow_undecided = guarded.config.default_allow.value_or(false) && missing.empty();
  if (!missing.empty()) {
    log::write(log::Level::kError, guarded.host->id(),
               "the host's boundary has lost policies: it denies what it cannot decide", {{"missing", missing}});
  }
  guarded.host->set_boundary(std::move(boundary));
}

void PolicyStore::guard_host(HostCore& host, const app::SecurityConfig& config) {
  const Guarded guarded{&host, config, make_actor(config.actor)};
  host.set_guest(guarded.actor);
  if (!config.has_scope() && !config.default_allow) return;  // an actor, and no boundary
  LockGuard lock(mutex_);
  make_boundary(*all_, guarded);
  hosts_.push_back(guarded);
}

void PolicyStore::set_boundary(HostCore& host, const std::optional<app::SecurityConfig>& config) {
  LockGuard lock(mutex_);
  std::erase_if(hosts_, [&](const Guarded& g) { return g.host == &host; });
  if (!config || (!config->has_scope() && !config->default_allow)) return host.set_boundary(nullptr);
  hosts_.push_back({&host, *config, host.guest()});
  make_boundary(*all_, hosts_.back());
}

void PolicyStore::replace(const std::map<app::EntryId, app::Entry>& entries) {
  std::shared_ptr<const Policies> next = collect(entries);
  uint64_t version = 0;
  {
    LockGuard lock(mutex_);
    all_ = std::move(next);
    version = ++version_;
    for (const Guarded& g : hosts_) make_boundary(*all_, g);
  }
  if (told_) told_(version);
}

}  // namespace wippy::security
