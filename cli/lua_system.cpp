#include "cli/lua_system.hpp"

#include <algorithm>
#include <cctype>
#include <string>

#include "cli/node_app.hpp"
#include "runtime/observe/allocator.hpp"

namespace wippy::cli {

namespace {

void text(ValueWriter& w, std::string_view key, std::string_view value) {
  w.string(key.data(), key.size());
  w.string(value.data(), value.size());
}
void number(ValueWriter& w, std::string_view key, uint64_t value) {
  w.string(key.data(), key.size());
  w.integer(static_cast<int64_t>(value));
}

// As scripts know the five states.
std::string lower(std::string_view name) {
  std::string out(name);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

void write_host(ValueWriter& w, NodeCore& node, const std::string& id, ProcessHost& host) {
  const ProcessHost::Stats stats = host.stats();
  const HostTally tally = node.tally(host.core().index());
  w.begin_table(0);
  text(w, "id", id);
  text(w, "kind", host.core().terminal() ? "terminal.host" : "process.host");
  number(w, "workers", stats.workers);
  number(w, "processes", tally.spawned - tally.exited);
  number(w, "executed", stats.totals.steps);
  number(w, "stolen", stats.totals.stolen);
  number(w, "queue_depth", stats.queued);
  w.end_table();
}

void write_process(ValueWriter& w, NodeCore& node, const std::string& host, const ProcessRow& row) {
  w.begin_table(0);
  text(w, "pid", node.format(row.pid));
  text(w, "host", host);
  text(w, "state", lower(process_state_name(row.state)));
  if (row.wait != WaitReason::kNone) text(w, "wait", wait_reason_name(row.wait));
  if (row.answered) {
    text(w, "source", row.entry);
    number(w, "mailbox", row.messages);
    number(w, "memory", row.memory_bytes);
    number(w, "links", row.links);
    number(w, "monitors", row.monitors);
  }
  if (!row.names.empty()) {
    w.string("names", 5);
    w.begin_table(static_cast<uint32_t>(row.names.size()));
    for (const std::string& name : row.names) w.string(name.data(), name.size());
    w.end_table();
  }
  w.end_table();
}

}  // namespace

void write_service(ValueWriter& w, const ServiceStatus& s) {
  w.begin_table(0);
  text(w, "id", s.id);
  text(w, "status", service_state_name(s.state));
  text(w, "desired", s.desired_running ? "running" : "stopped");
  number(w, "retry_count", s.retry_count);
  number(w, "restarts", s.restarts);
  number(w, "last_update", s.last_update_wall_ns);
  number(w, "started_at", s.started_at_wall_ns);
  if (!s.details.empty()) text(w, "details", s.details);
  w.end_table();
}

void LuaSystem::request_exit(int code) noexcept { node_.request_exit(code); }
uint32_t LuaSystem::usable_cores() const noexcept { return node_.runtime().budget().usable_cores; }

uint64_t LuaSystem::running_things() const noexcept {
  uint64_t n = static_cast<uint64_t>(std::max<int64_t>(0, node_.runtime().node().live_processes()));
  for (const auto& [id, host] : node_.runtime().hosts()) n += host->stats().workers;
  return n;
}

void LuaSystem::hosts(ValueWriter& w) {
  w.begin_table(0);
  int64_t n = 0;
  for (const auto& [id, host] : node_.runtime().hosts()) {
    if (NodeApp::is_internal(id)) continue;
    w.integer(++n);
    write_host(w, node_.runtime().node(), id, *host);
  }
  w.end_table();
}

void LuaSystem::processes(std::string_view id, ValueWriter& w) {
  w.begin_table(0);
  if (ProcessHost* const host = node_.runtime().host(std::string(id)); host != nullptr && !NodeApp::is_internal(id)) {
    int64_t n = 0;
    for (const ProcessRow& row : node_.inspector().collect(host->core().index()).rows) {
      w.integer(++n);
      write_process(w, node_.runtime().node(), std::string(id), row);
    }
  }
  w.end_table();
}

bool LuaSystem::service(std::string_view id, ValueWriter& w) {
  for (const ServiceStatus& s : node_.supervisor().states()) {
    if (s.id != id) continue;
    write_service(w, s);
    return true;
  }
  return false;
}

void LuaSystem::services(ValueWriter& w) {
  w.begin_table(0);
  int64_t n = 0;
  for (const ServiceStatus& s : node_.supervisor().states()) {
    w.integer(++n);
    write_service(w, s);
  }
  w.end_table();
}

// The allocator's figures under the names that scripts know from the original; those without a meaning here are left out.
void LuaSystem::memory(ValueWriter& w) {
  w.begin_table(0);
  const observe::AllocatorBytes b = observe::allocator_bytes();
  number(w, "alloc", b.allocated);
  number(w, "heap_alloc", b.allocated);
  number(w, "heap_in_use", b.active);
  number(w, "heap_sys", b.mapped);
  number(w, "sys", b.resident);
  number(w, "heap_released", b.retained);
  number(w, "heap_objects", static_cast<uint64_t>(std::max<int64_t>(0, node_.runtime().node().live_processes())));
  w.end_table();
}

}  // namespace wippy::cli
