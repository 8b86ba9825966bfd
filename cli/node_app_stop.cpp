// The end of a run: what triggers it, the shutdown, and the report of who did not stop.
#include "cli/node_app.hpp"

#include <cstdlib>
#include <iostream>

#include "runtime/observe/log.hpp"
#include "runtime/terminal/raw_mode.hpp"
#include "scheduler/clock.hpp"

namespace wippy::cli {

namespace {

constexpr uint64_t kForceNs = 2'000'000'000;  // for terminating what is left on hosts

}  // namespace

void NodeApp::trigger(uint32_t why) {
  uint32_t none = 0;
  static_cast<void>(trigger_.cas_strong_acq_rel(none, why));  // the first counts; partner: run_to_end
  main_.unpark();
}

void NodeApp::request_stop() { trigger(kStopAsked); }

void NodeApp::request_exit(int code) { trigger(kExitAsked + (static_cast<uint32_t>(code) & 0xffu)); }

int NodeApp::run_to_end() {
  while (trigger_.load_acquire() == 0) {      // partner: trigger
    static_cast<void>(main_.park(kNeverNs));  // any reason: the condition decides
  }
  const int code = shut_down();
  if (!options_.trace_path.empty()) write_trace("end of the run");
  return code;
}

bool NodeApp::only_hosts_left() {
  for (const ServiceStatus& s : supervisor_->states()) {
    if ((s.state == ServiceState::kRunning || s.state == ServiceState::kStopping ||
         s.state == ServiceState::kStarting) &&
        runtime_.host(s.id) == nullptr)
      return false;
  }
  return true;
}

// Who has not stopped, for people: services, then processes with what they wait for.
void NodeApp::report_alive() {
  std::cerr << "Error: shutdown timeout after " << static_cast<double>(app_.settings.shutdown_timeout_ns) / 1e9
            << "s; still alive:\n";
  for (const ServiceStatus& s : supervisor_->states()) {
    if (s.state != ServiceState::kRunning && s.state != ServiceState::kStopping && s.state != ServiceState::kStarting)
      continue;
    std::cerr << "  service " << s.id << ' ' << service_state_name(s.state);
    const auto plan = app_.services.find(app::EntryId::parse(s.id));
    if (plan != app_.services.end() && s.pid)
      std::cerr << ": entry " << plan->second.process.text() << ", process " << runtime_.node().describe(s.pid);
    std::cerr << '\n';
  }
  constexpr std::size_t kMostShown = 50;
  for (const auto& [id, host] : runtime_.hosts()) {
    const std::vector<Pid> pids = host.get() == control_ ? std::vector<Pid>{} : host->pids();
    for (std::size_t i = 0; i < pids.size() && i < kMostShown; ++i) {
      std::cerr << "  process " << runtime_.node().describe(pids[i]) << '\n';
    }
    if (pids.size() > kMostShown) std::cerr << "  and " << pids.size() - kMostShown << " more on host " << id << '\n';
  }
  std::cerr << std::flush;
}

// Nothing of the runtime is waited for any more: a step that never ends would hold it.
void NodeApp::end_by_force() {
  if (!options_.trace_path.empty()) write_trace("shutdown timeout");
  log::shutdown();
  restore_terminal();
  std::_Exit(1);
}

// Refuses spawns; services and hosts, dependents before what they need; the control host; then the logs (by the caller).
int NodeApp::shut_down() {
  const uint64_t deadline_ns = deadline_after(monotonic_ns(), static_cast<uint64_t>(app_.settings.shutdown_timeout_ns));
  for (const auto& [id, host] : runtime_.hosts()) {
    if (host.get() != control_) host->refuse_spawns();
  }
  supervisor_->request_stop();
  while (services_stopped_.load_acquire() == 0 && monotonic_ns() < deadline_ns) {
    static_cast<void>(main_.park(deadline_ns));  // any reason: the condition decides
  }
  if (services_stopped_.load_acquire() == 0 &&
      only_hosts_left()) {  // their processes may be terminated: the limit is theirs too
    for (const auto& [id, host] : runtime_.hosts()) host->hurry();
    const uint64_t until_ns = deadline_after(monotonic_ns(), kForceNs);
    while (services_stopped_.load_acquire() == 0 && monotonic_ns() < until_ns) {
      static_cast<void>(main_.park(until_ns));  // any reason: the condition decides
    }
  }
  const bool in_time = services_stopped_.load_acquire() != 0;
  if (!in_time) {
    report_alive();
#if !defined(WIPPY_SIM)
    end_by_force();
#endif
  }
  static_cast<void>(runtime_.stop(0));  // the control host, where nothing runs any more
  if (!in_time) return 1;
  const uint32_t why = trigger_.load_acquire();
  return why >= kExitAsked ? static_cast<int>(why - kExitAsked) : exit_code_;
}

}  // namespace wippy::cli
