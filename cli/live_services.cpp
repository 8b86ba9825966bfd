#include "cli/live_services.hpp"

#include <algorithm>
#include <string_view>

#include "mailbox/values.hpp"
#include "runtime/app/node_values.hpp"

namespace wippy::cli {

namespace {

bool contains(const std::vector<app::EntryId>& ids, const app::EntryId& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

// A part of an entry's data as text that is equal when the values are.
std::string encoded(const app::Node* node) {
  if (node == nullptr) return {};
  ValueWriter w;
  w.reset(1);
  app::write_node(w, *node);
  return w.finish().ok() ? std::string(w.view()) : std::string("?");
}

// The first key of the section, or the section itself, that differs and is none of `free`; empty: there is none.
std::string changed_key(const app::Node& before, const app::Node& after, std::string_view section,
                        std::initializer_list<std::string_view> free) {
  const app::Node* const old = before.find(section);
  const app::Node* const now = after.find(section);
  for (const app::Node* side : {old, now}) {
    if (side == nullptr) continue;
    for (const app::Member& m : side->members) {
      const auto value = [&m](const app::Node* n) { return encoded(n == nullptr ? nullptr : n->find(m.key)); };
      if (std::find(free.begin(), free.end(), m.key) == free.end() && value(old) != value(now))
        return std::string(section) + "." + m.key;
    }
  }
  return {};
}

// What of the change of a host does not hold while it runs; empty: all does.
std::string needs_restart(const app::Entry& before, const app::Entry& after) {
  if (std::string key = changed_key(before.data, after.data, "lifecycle", {}); !key.empty()) return key;
  if (std::string key = changed_key(before.data, after.data, "host", {"max_processes"}); !key.empty()) return key;
  if (std::string key =
          changed_key(before.data, after.data, "capabilities", {"modules", "deny_modules", "kinds", "entries"});
      !key.empty())
    return key;
  if (std::string key = changed_key(before.data, after.data, "security", {"policies", "groups", "default"});
      !key.empty())
    return key;
  const auto* old = before.config_as<app::ProcessHostConfig>();
  const auto* now = after.config_as<app::ProcessHostConfig>();
  const bool from_or_to_none =
      old != nullptr && now != nullptr && (old->max_processes == 0) != (now->max_processes == 0);
  return from_or_to_none ? "host.max_processes" : "";
}

}  // namespace

std::shared_ptr<const HostCapabilities> capabilities_of(const app::HostConfig& config) {
  const app::CapabilitiesConfig& can = config.capabilities;
  if (!can.restricts_entries()) return nullptr;
  return std::make_shared<const HostCapabilities>(
      HostCapabilities::Rules{can.modules, can.deny_modules, can.kinds, can.entries});
}

void LiveServices::begin(Supervisor& supervisor, const app::Application& app,
                         const std::vector<app::EntryId>& started) {
  supervisor_ = &supervisor;
  for (const app::EntryId& id : started) {
    const auto plan = app.services.find(id);
    if (plan == app.services.end()) continue;
    (plan->second.type == app::ServiceType::kProcess ? processes_ : hosts_).push_back(id);
  }
}

bool LiveServices::prepare(const registry::Transaction& transaction, std::string& error) {
  specs_.clear();
  const app::Application& next = *transaction.next;
  for (const app::EntryId& id : next.boot_order) {
    const app::ServicePlan& plan = next.services.at(id);
    if (plan.type == app::ServiceType::kProcess) {
      specs_.emplace(id, make_(plan));
    } else if (!contains(hosts_, id)) {
      error = "host " + id.text() + " has not been started: that requires a restart of the application";
      return false;
    }
  }
  return true;
}

void LiveServices::commit(const registry::Transaction& transaction) noexcept {
  std::vector<app::EntryId> next;
  for (const app::EntryId& id : transaction.next->boot_order) {
    if (specs_.contains(id)) next.push_back(id);
  }
  for (auto id = processes_.rbegin(); id != processes_.rend(); ++id) {
    if (!contains(next, *id)) supervisor_->remove(id->text());
  }
  for (const app::EntryId& id : next) {
    ServiceSpec& spec = specs_.at(id);
    if (contains(processes_, id)) {
      supervisor_->update(std::move(spec));
    } else {
      spec.lifecycle.auto_start = true;  // by itself, or because another needs it
      supervisor_->add(std::move(spec));
    }
  }
  processes_ = std::move(next);
  specs_.clear();
}

bool LiveHosts::prepare(const registry::Transaction& transaction, std::string& error) {
  for (const registry::Change& c : transaction.changes) {
    const registry::EntryPtr& some = c.before != nullptr ? c.before : c.after;
    if (some->config_as<app::HostConfig>() == nullptr) continue;
    std::string key;
    if (c.before != nullptr && c.after != nullptr) {
      key = needs_restart(*c.before, *c.after);
      if (key.empty()) continue;
      error = key + " requires restart of host " + c.id.text();
    } else {
      error = c.id.text() + ": a host cannot come or go while the application runs: that requires a restart";
    }
    return false;
  }
  return true;
}

void LiveHosts::commit(const registry::Transaction& transaction) noexcept {
  for (const registry::Change& c : transaction.changes) {
    const auto* config = c.after == nullptr ? nullptr : c.after->config_as<app::HostConfig>();
    ProcessHost* const host = config == nullptr ? nullptr : runtime_.host(c.id.text());
    if (host == nullptr) continue;
    host->set_capabilities(capabilities_of(*config));
    store_.set_boundary(host->core(), config->security);
    if (const auto* process = c.after->config_as<app::ProcessHostConfig>())
      host->core().set_limit(static_cast<uint32_t>(process->max_processes));
  }
}

}  // namespace wippy::cli
