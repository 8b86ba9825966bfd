#include "runtime/app/plan.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>
#include <utility>

#include "runtime/app/imports.hpp"
#include "runtime/app/index_file.hpp"

namespace wippy::app {
namespace {

std::string join(const std::vector<EntryId>& ids, std::string_view separator) {
  std::string out;
  for (const EntryId& id : ids) out += (out.empty() ? "" : std::string(separator)) + id.text();
  return out;
}

class Planner {
 public:
  Planner(Application& app, const std::set<EntryId>& broken, const std::set<EntryId>& disabled, Problems& problems)
      : app_(app), broken_(broken), disabled_(disabled), problems_(problems) {}

  void run() {
    for (const auto& [id, entry] : app_.entries) classify(id, entry);
    std::sort(app_.commands.begin(), app_.commands.end(), [](const CommandEntry& a, const CommandEntry& b) {
      return std::tie(a.command.name, a.id) < std::tie(b.command.name, b.id);
    });
    for (const auto& [id, entry] : app_.entries) make_service(id, entry);
    for (auto& [id, service] : app_.services) find_needs(service);
    if (!report_cycles()) app_.boot_order = start_order(app_, auto_started(app_));
    const std::set<EntryId> started(app_.boot_order.begin(), app_.boot_order.end());
    for (const auto& [id, entry] : app_.entries) {
      for (const Reference& reference : entry.references) check_reference(entry, reference, started.contains(id));
    }
    Entry settings;
    settings.origin.file = ".wippy.yaml";
    for (const Reference& reference : app_.settings.references) check_reference(settings, reference, true);
    check_terminals();
    make_groups();
    check_imports(app_, problems_);
  }

 private:
  void classify(const EntryId& id, const Entry& entry) {
    const unsigned roles = roles_of(entry);
    if ((roles & (kRoleProcessHost | kRoleTerminalHost)) != 0) app_.hosts.push_back(id);
    if ((roles & kRoleProcess) != 0) app_.processes.push_back(id);
    const auto* process = entry.config_as<ProcessConfig>();
    if (process != nullptr && process->command) app_.commands.push_back({*process->command, id});
  }

  void make_service(const EntryId& id, const Entry& entry) {
    const auto* config = entry.config_as<ServiceConfig>();
    if (config == nullptr) return;
    ServicePlan service;
    service.id = id;
    service.lifecycle = config->lifecycle;
    const unsigned roles = roles_of(entry);
    if (const auto* process = entry.config_as<ProcessConfig>()) {
      if (!config->lifecycle.auto_start) return;  // merely a definition
      service.type = ServiceType::kProcess;
      service.process = id;
      const std::optional<EntryId> host = select_host(entry, *process);
      if (!host) return;
      service.host = *host;
    } else if (const auto* written = entry.config_as<ProcessServiceConfig>()) {
      service.type = ServiceType::kProcess;
      service.process = written->process;
      service.host = written->host;
      service.input = written->input;
    } else if ((roles & kRoleProcessHost) != 0) {
      service.type = ServiceType::kProcessHost;
    } else if ((roles & kRoleTerminalHost) != 0) {
      service.type = ServiceType::kTerminalHost;
    }
    app_.services.emplace(id, std::move(service));
  }

  std::vector<EntryId> process_hosts(const std::function<bool(const EntryId&)>& fits) const {
    std::vector<EntryId> out;
    for (const EntryId& id : app_.hosts) {
      if ((roles_of(app_.entries.at(id)) & kRoleProcessHost) != 0 && fits(id)) out.push_back(id);
    }
    return out;
  }

  // host.md §4.9, first match wins.
  std::optional<EntryId> select_host(const Entry& entry, const ProcessConfig& config) {
    if (config.host) return config.host;
    if (config.default_host) return config.default_host;
    const std::vector<EntryId> all = process_hosts([](const EntryId&) { return true; });
    if (all.size() == 1) return all.front();
    for (std::string space = entry.id.space;;) {
      const std::vector<EntryId> near = process_hosts([&](const EntryId& id) { return id.space == space; });
      if (near.size() == 1) return near.front();
      const std::size_t dot = space.rfind('.');
      if (dot == std::string::npos) break;
      space.resize(dot);
    }
    if (!broken_.empty()) return std::nullopt;  // the host may be among them
    const std::string candidates = all.empty() ? "none" : join(all, ", ");
    const std::string hint = all.empty() ? "add an entry of kind process.host" : "choose one with `host:`";
    problems_.error({entry.origin.file, config.lifecycle.auto_start_position, entry_subject(entry.id),
                     "lifecycle.auto_start",
                     entry.id.text() + " has lifecycle.auto_start but no host; candidates: " + candidates, hint});
    return std::nullopt;
  }

  void find_needs(ServicePlan& service) {
    std::set<EntryId> needs;
    const auto add = [&](const EntryId& id) {
      if (app_.services.contains(id)) needs.insert(id);
    };
    for (const EntryId& id : service.lifecycle.requires_ids) add(id);
    if (service.type == ServiceType::kProcess) {
      add(service.host);
      if (service.process != service.id) follow(service.process, needs);
    }
    service.needs.assign(needs.begin(), needs.end());
  }

  // The data of an entry that is no service may name services, directly or through further entries.
  void follow(const EntryId& first, std::set<EntryId>& needs) const {
    std::set<EntryId> seen;
    std::vector<EntryId> open{first};
    while (!open.empty()) {
      const EntryId id = std::move(open.back());
      open.pop_back();
      const auto entry = app_.entries.find(id);
      if (entry == app_.entries.end() || app_.services.contains(id) || !seen.insert(id).second) continue;
      for (const Reference& reference : entry->second.references) {
        if (reference.key.starts_with("meta.")) continue;
        if (app_.services.contains(reference.target)) needs.insert(reference.target);
        open.push_back(reference.target);
      }
    }
  }

  // Services that cannot be put in order; removes nothing from `app_`.
  std::set<EntryId> unordered(const std::set<EntryId>& ignored) const {
    std::set<EntryId> left;
    for (const auto& [id, service] : app_.services) {
      if (!ignored.contains(id)) left.insert(id);
    }
    for (bool progress = true; progress;) {
      progress =
          std::erase_if(left, [&](const EntryId& id) {
            const std::vector<EntryId>& needs = app_.services.at(id).needs;
            return std::none_of(needs.begin(), needs.end(), [&](const EntryId& need) { return left.contains(need); });
          }) > 0;
    }
    return left;
  }

  // Reports every cycle once; true when there was one.
  bool report_cycles() {
    std::vector<EntryId> all;
    for (const auto& [id, service] : app_.services) all.push_back(id);
    if (start_order(app_, all).size() == all.size()) return false;
    std::set<EntryId> reported;
    for (std::set<EntryId> left = unordered(reported); !left.empty(); left = unordered(reported)) {
      // Each service left needs another one left: following such needs must come back.
      std::vector<EntryId> path{*left.begin()};
      std::vector<EntryId>::iterator again;
      for (;;) {
        const std::vector<EntryId>& needs = app_.services.at(path.back()).needs;
        const EntryId next =
            *std::find_if(needs.begin(), needs.end(), [&](const EntryId& need) { return left.contains(need); });
        again = std::find(path.begin(), path.end(), next);
        if (again != path.end()) break;
        path.push_back(next);
      }
      path.erase(path.begin(), again);
      std::rotate(path.begin(), std::min_element(path.begin(), path.end()), path.end());
      reported.insert(path.begin(), path.end());
      const Entry& entry = app_.entries.at(path.front());
      path.push_back(path.front());
      problems_.error({entry.origin.file, entry.origin.position, entry_subject(entry.id), "",
                       "requires cycle: " + join(path, " -> "), ""});
    }
    return !reported.empty();
  }

  void check_reference(const Entry& entry, const Reference& reference, bool started) {
    const EntryId& target = reference.target;
    if (reference.expect == Expect::kPolicyGroup) return check_group(entry, reference);
    Problem problem{entry.origin.file, reference.position, subject_of(entry), reference.key, "", ""};
    const std::string written = reference.written == target.text() ? "" : " (written \"" + reference.written + "\")";
    if (target == EntryId{"node", "control"}) {
      problem.message = "node:control is the internal control host and cannot be used";
      return problems_.error(std::move(problem));
    }
    const auto found = app_.entries.find(target);
    if (found == app_.entries.end()) {
      if (broken_.contains(target)) return;
      const std::string what = written + (disabled_.contains(target) ? " (disabled by config)" : "");
      problem.message = "no entry " + target.text() + what;
      if (reference.requirement) {
        problem.message =
            "service startup blocked by missing dependencies: " + entry.id.text() + " requires " + target.text() + what;
      }
      std::vector<std::string> names;
      for (const auto& [id, other] : app_.entries) names.push_back(id.text());
      problem.hint = did_you_mean(target.text(), names);
      return reference.fatal || started ? problems_.error(std::move(problem)) : problems_.warning(std::move(problem));
    }
    if (fits(found->second, reference.expect)) return;
    problem.message =
        target.text() + written + " is a " + found->second.kind + ", expected " + expectation(reference.expect);
    if (reference.expect == Expect::kService && (roles_of(found->second) & kRoleProcess) != 0) {
      problem.message = target.text() + written + " is a " + found->second.kind +
                        " without lifecycle.auto_start and therefore no service";
    }
    problems_.error(std::move(problem));
  }

  static std::string subject_of(const Entry& entry) { return entry.id.name.empty() ? "" : entry_subject(entry.id); }

  // A group is there because policies name it.
  void check_group(const Entry& entry, const Reference& reference) {
    std::set<std::string> groups;
    for (const auto& [id, other] : app_.entries) {
      const auto* policy = other.config_as<SecurityPolicyConfig>();
      if (policy == nullptr) continue;
      for (const EntryId& group : policy->groups) groups.insert(group.text());
    }
    const std::string name = reference.target.text();
    if (groups.contains(name) || !broken_.empty()) return;  // a broken policy may be in it
    problems_.error({entry.origin.file, reference.position, subject_of(entry), reference.key,
                     "no policy is in the group " + name +
                         (reference.written == name ? "" : " (written \"" + reference.written + "\")"),
                     did_you_mean(name, {groups.begin(), groups.end()})});
  }

  bool fits(const Entry& target, Expect expect) const {
    const unsigned roles = roles_of(target);
    switch (expect) {
      case Expect::kAny: return true;
      case Expect::kProcess: return (roles & kRoleProcess) != 0;
      case Expect::kProcessHost: return (roles & kRoleProcessHost) != 0;
      case Expect::kAnyHost: return (roles & (kRoleProcessHost | kRoleTerminalHost)) != 0;
      case Expect::kPolicy: return (roles & kRolePolicy) != 0;
      case Expect::kPolicyGroup: return true;  // check_group
      case Expect::kLuaCode: return (roles & kRoleLuaCode) != 0;
      case Expect::kEnvStorage: return (roles & kRoleEnvStorage) != 0;
      case Expect::kService: {
        // A process whose host could not be chosen is a service all the same; that problem is reported already.
        const auto* process = target.config_as<ProcessConfig>();
        return (roles & kRoleService) != 0 || (process != nullptr && process->lifecycle.auto_start);
      }
    }
    return true;
  }

  static std::string expectation(Expect expect) {
    switch (expect) {
      case Expect::kAny: return "any entry";
      case Expect::kProcess: return "process.lua or another process.* kind";
      case Expect::kProcessHost: return "process.host";
      case Expect::kAnyHost: return "process.host or terminal.host";
      case Expect::kPolicy: return "security.policy";
      case Expect::kPolicyGroup: return "a group of policies";
      case Expect::kLuaCode: return "library.lua, or function.lua or process.lua used as one";
      case Expect::kEnvStorage: return "env.storage.*";
      case Expect::kService:
        return "a service (process.host, terminal.host, process.service or an auto-started process)";
    }
    return "";
  }

  // A terminal host runs one process at a time.
  void check_terminals() {
    std::map<EntryId, EntryId> occupied;
    for (const EntryId& id : app_.boot_order) {
      const ServicePlan& service = app_.services.at(id);
      if (service.type != ServiceType::kProcess) continue;
      const auto host = app_.services.find(service.host);
      if (host == app_.services.end() || host->second.type != ServiceType::kTerminalHost) continue;
      const auto [first, fresh] = occupied.emplace(service.host, id);
      if (fresh) continue;
      const Entry& entry = app_.entries.at(id);
      problems_.error({entry.origin.file, entry.origin.position, entry_subject(id), "host",
                       "terminal host " + service.host.text() + " runs one process, but two services start on it: " +
                           first->second.text() + " and " + id.text(),
                       ""});
    }
  }

  // Members are processes: a host is no crash to be answered. Nobody is in two groups.
  void make_groups() {
    std::map<EntryId, EntryId> group_of;
    for (const auto& [id, entry] : app_.entries) {
      const auto* config = entry.config_as<ServiceGroupConfig>();
      if (config == nullptr) continue;
      app_.groups.emplace(id, *config);
      Problem problem{entry.origin.file, entry.origin.position, entry_subject(id), "members", "", ""};
      for (const EntryId& member : config->members) {
        const auto service = app_.services.find(member);
        if (service != app_.services.end() && service->second.type != ServiceType::kProcess) {
          problem.message = member.text() + " is a host; members of a group are process services";
          problems_.error(problem);
        }
        const auto [first, fresh] = group_of.emplace(member, id);
        if (fresh) continue;
        problem.message = member.text() + " is in two groups: " + first->second.text() + " and " + id.text();
        problems_.error(problem);
      }
    }
  }

  Application& app_;
  const std::set<EntryId>& broken_;
  const std::set<EntryId>& disabled_;
  Problems& problems_;
};

}  // namespace

const Entry* Application::find(const EntryId& id) const {
  const auto found = entries.find(id);
  return found == entries.end() ? nullptr : &found->second;
}

std::vector<EntryId> auto_started(const Application& app) {
  std::vector<EntryId> out;
  for (const auto& [id, service] : app.services) {
    if (service.lifecycle.auto_start) out.push_back(id);
  }
  return out;
}

std::vector<EntryId> start_order(const Application& app, const std::vector<EntryId>& roots) {
  std::map<EntryId, std::size_t> waiting;  // service -> needs that do not run yet
  std::map<EntryId, std::vector<EntryId>> dependents;
  std::vector<EntryId> open = roots;
  while (!open.empty()) {
    const EntryId id = std::move(open.back());
    open.pop_back();
    const auto service = app.services.find(id);
    if (service == app.services.end() || !waiting.emplace(id, service->second.needs.size()).second) continue;
    for (const EntryId& need : service->second.needs) {
      dependents[need].push_back(id);
      open.push_back(need);
    }
  }
  std::set<EntryId> ready;
  for (const auto& [id, count] : waiting) {
    if (count == 0) ready.insert(id);
  }
  std::vector<EntryId> order;
  while (!ready.empty()) {
    const EntryId id = *ready.begin();
    ready.erase(ready.begin());
    order.push_back(id);
    for (const EntryId& dependent : dependents[id]) {
      if (--waiting.at(dependent) == 0) ready.insert(dependent);
    }
  }
  return order;
}

void make_plan(Application& app, const std::set<EntryId>& broken, const std::set<EntryId>& disabled,
               Problems& problems) {
  Planner(app, broken, disabled, problems).run();
}

}  // namespace wippy::app
