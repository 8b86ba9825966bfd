// What the supervisor starts: services and the command.
#include "cli/node_app.hpp"

#include <iostream>

#include "cli/outcome.hpp"
#include "mailbox/values.hpp"
#include "runtime/app/node_values.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/observe/terminal.hpp"

namespace wippy::cli {

namespace {

std::string body_of(const std::vector<app::Node>& input) {
  ValueWriter w;
  w.reset_body("", static_cast<uint32_t>(input.size()));
  for (const app::Node& n : input) write_node(w, n);
  return w.finish().ok() ? std::string(w.view()) : std::string();
}

std::string body_of(const std::vector<std::string>& args) {
  ValueWriter w;
  w.reset_body("", static_cast<uint32_t>(args.size()));
  for (const std::string& a : args) w.string(a.data(), a.size());
  return w.finish().ok() ? std::string(w.view()) : std::string();
}

ServiceGroup service_group(const app::EntryId& id, const app::ServiceGroupConfig& config) {
  ServiceGroup g;
  g.id = id.text();
  g.strategy = static_cast<GroupStrategy>(config.strategy);
  for (const app::EntryId& member : config.members) g.members.push_back(member.text());
  g.max_restarts = static_cast<uint32_t>(config.max_restarts);
  g.window_ns = static_cast<uint64_t>(config.window_ns);
  return g;
}

}  // namespace

// On the supervisor's worker, before each process that it starts: its host runs by now.
bool NodeApp::hand_over(SpawnResult& refused) {
  if (handed_over_ || !options_.before_processes) return true;
  if (options_.memory_bytes != 0) runtime_.blocking().start_all();  // a thread that begins without memory is a crash
  if (!options_.before_processes(refused.error_text)) {
    refused.status = Status::error(ErrorKind::kInvalid, "the first process cannot be started");
    return false;
  }
  handed_over_ = true;
  return true;
}

// The frame of a process that the runtime starts. False: `refused` says why it must not be started.
bool NodeApp::secure(const std::optional<app::SecurityConfig>& config, SpawnOptions& options,
                     SpawnResult& refused) const {
  if (!config) return true;
  std::string missing;
  refused.status = policies_.make_frame(*config, nullptr, options.frame, missing);
  if (!missing.empty()) refused.error_text = "not found: " + missing;
  return refused.status.ok();
}

ServiceSpec NodeApp::service_spec(const app::ServicePlan& plan) {
  ServiceSpec s;
  s.id = plan.id.text();
  s.lifecycle = plan.lifecycle;
  for (const app::EntryId& n : plan.needs) s.needs.push_back(n.text());
  s.start = [this, process = plan.process.text(), host = plan.host.text(), body = body_of(plan.input),
             security =
                 plan.lifecycle.security ? plan.lifecycle.security : app_.settings.system_security](Context& self) {
    SpawnOptions o;
    SpawnResult refused;
    if (!hand_over(refused) || !secure(security, o, refused)) return refused;
    o.host = find_host(host);
    o.private_watch = true;
    if (o.host != nullptr) return spawn(self, process, body, std::move(o));
    SpawnResult r;
    r.status = Status::error(ErrorKind::kNotFound, "host not found");
    return r;
  };
  return s;
}

ServiceSpec NodeApp::command_spec() {
  ServiceSpec s;
  s.last = true;
  s.needs.push_back(options_.terminal_host.text());
  s.id = "command " + options_.process.text();
  s.restart = false;
  s.start = [this](Context& self) {
    SpawnOptions o;
    o.host = find_host(options_.terminal_host.text());
    o.private_watch = true;
    SpawnResult r;
    if (hand_over(r) && secure(app_.settings.cli_security, o, r))
      r = spawn(self, options_.process.text(), body_of(options_.args), std::move(o));
    if (!r.status.ok()) {
      std::cerr << error_label(observe::stderr_takes_color())
                << (r.error_text.empty() ? r.status.message : r.error_text) << std::endl;
      exit_code_ = 1;
      trigger(kCommandEnded);
    }
    return r;
  };
  s.ended = [this](bool abnormal, std::string_view value) {
    exit_code_ = exit_code(abnormal, value, std::cout, std::cerr, observe::stderr_takes_color());
    trigger(kCommandEnded);
  };
  return s;
}

void NodeApp::hide_logs(ServiceSpec& spec, const app::EntryId& host) const {
  const app::Entry* entry = app_.find(host);
  const auto* config = entry == nullptr ? nullptr : entry->config_as<app::TerminalHostConfig>();
  if (config == nullptr || !config->hide_logs) return;
  spec.start = [start = std::move(spec.start)](Context& self) {
    log::hide(true);
    SpawnResult r = start(self);
    if (!r.status.ok()) log::hide(false);
    return r;
  };
  spec.ended = [ended = std::move(spec.ended)](bool abnormal, std::string_view value) {
    log::hide(false);
    if (ended) ended(abnormal, value);
  };
}

bool NodeApp::launch_supervisor(std::string& error) {
  std::vector<ServiceSpec> specs;
  for (const app::EntryId& id : options_.boot_order) {
    const auto plan = app_.services.find(id);
    if (plan == app_.services.end()) continue;
    if (plan->second.type == app::ServiceType::kProcess) {
      specs.push_back(service_spec(plan->second));
      hide_logs(specs.back(), plan->second.host);
    } else if (ProcessHost* host = runtime_.host(id.text())) {
      specs.push_back(host_spec(plan->second, *host));
    }
  }
  if (options_.mode == RunMode::kCommand) {
    specs.push_back(command_spec());
    hide_logs(specs.back(), options_.terminal_host);
  }
  supervisor_ = std::make_unique<Supervisor>(std::move(specs), runtime_.seed());
  supervisor_->set_transition([this](std::string_view id, ServiceState from, ServiceState to,
                                     std::string_view details) { publish_service(id, from, to, details); });
  live_services_.begin(*supervisor_, app_, options_.boot_order);
  for (const auto& [id, group] : app_.groups) supervisor_->add_group(service_group(id, group));
  const Status s = supervisor_->launch(runtime_.node(), control_->core(), [this] {
    services_stopped_.store_release(1);  // partner: shut_down
    main_.unpark();
  });
  if (!s.ok()) error = s.message;
  return s.ok();
}

}  // namespace wippy::cli
