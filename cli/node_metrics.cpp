#include "cli/node_metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <utility>
#include <vector>

#include "cli/node_app.hpp"

namespace wippy::cli {

namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Families {
 public:
  void counter(const std::string& name, const char* help, Labels labels, uint64_t value) {
    metric(name, help, prometheus::MetricType::Counter, std::move(labels)).counter.value = static_cast<double>(value);
  }
  void gauge(const std::string& name, const char* help, Labels labels, uint64_t value) {
    metric(name, help, prometheus::MetricType::Gauge, std::move(labels)).gauge.value = static_cast<double>(value);
  }
  std::vector<prometheus::MetricFamily> take() {
    std::vector<prometheus::MetricFamily> out;
    for (auto& [name, family] : families_) out.push_back(std::move(family));
    return out;
  }

 private:
  prometheus::ClientMetric& metric(const std::string& name, const char* help, prometheus::MetricType type,
                                   Labels labels) {
    prometheus::MetricFamily& f = families_[name];
    f.name = name;
    f.help = help;
    f.type = type;
    prometheus::ClientMetric& m = f.metric.emplace_back();
    for (auto& [key, value] : labels) m.label.push_back({key, std::move(value)});
    return m;
  }
  std::map<std::string, prometheus::MetricFamily> families_;
};

void add_host(Families& f, NodeCore& node, const std::string& id, ProcessHost& host) {
  const ProcessHost::Stats s = host.stats();
  const HostTally t = node.tally(host.core().index());
  const Labels by_host{{"host", id}};
  f.gauge("wippy_host_workers", "Worker threads", by_host, s.workers);
  f.gauge("wippy_host_processes", "Processes alive", by_host, t.spawned - t.exited);
  f.gauge("wippy_host_max_processes", "Limit of processes, 0: none", by_host, host.core().limit());
  f.counter("wippy_host_spawned_total", "Processes started", by_host, t.spawned);
  uint64_t abnormal = 0;
  constexpr const char* kReasons[kAbnormalExits] = {"error", "terminated", "canceled", "link"};
  for (std::size_t i = 0; i < kAbnormalExits; ++i) {
    abnormal += t.abnormal[i];
    f.counter("wippy_host_exited_total", "Processes ended", {{"host", id}, {"reason", kReasons[i]}}, t.abnormal[i]);
  }
  f.counter("wippy_host_exited_total", "Processes ended", {{"host", id}, {"reason", "normal"}}, t.exited - abnormal);
  f.counter("wippy_scheduler_steps_total", "Turns of processes", by_host, s.totals.steps);
  f.counter("wippy_scheduler_steals_total", "Batches stolen from other workers", by_host, s.totals.steals);
  f.counter("wippy_scheduler_stolen_total", "Processes in them", by_host, s.totals.stolen);
  f.counter("wippy_scheduler_steal_failures_total", "Searches that found nothing", by_host,
            s.totals.steal_attempts - std::min(s.totals.steals, s.totals.steal_attempts));
  f.counter("wippy_scheduler_parks_total", "Workers gone to sleep", by_host, s.totals.parks);
  f.counter("wippy_scheduler_wakes_total", "Workers woken", by_host, s.totals.wakes_sent);
  f.counter("wippy_scheduler_timers_fired_total", "Timers that came due", by_host, s.totals.timers_fired);
  uint64_t local = 0;
  for (std::size_t i = 0; i < s.local_queue.size(); ++i) {
    local += s.local_queue[i];
    f.gauge("wippy_scheduler_local_queue", "Processes that wait for a worker",
            {{"host", id}, {"worker", std::to_string(i)}}, s.local_queue[i]);
  }
  f.gauge("wippy_scheduler_global_queue", "Processes that wait for any worker", by_host, s.queued - local);
}

// What processes say of themselves, added up by host and entry.
void add_processes(Families& f, NodeApp& node) {
  struct Sum {
    uint64_t processes = 0, messages = 0, memory_bytes = 0, oldest_ns = 0;
  };
  std::map<std::pair<std::string, std::string>, Sum> sums;
  std::map<std::string, std::pair<uint64_t, uint64_t>> hosts;  // largest mailbox, memory
  for (const ProcessRow& row : node.inspector().collect().rows) {
    const std::string& host = node.runtime().node().host_at(row.host_index)->id();
    if (NodeApp::is_internal(host)) continue;
    Sum& sum = sums[{host, row.answered ? row.entry : "unknown"}];
    ++sum.processes;
    sum.messages += row.messages;
    sum.memory_bytes += row.memory_bytes;
    sum.oldest_ns = std::max(sum.oldest_ns, row.oldest_ns);
    auto& [mailbox, memory] = hosts[host];
    mailbox = std::max<uint64_t>(mailbox, row.messages);
    memory += row.memory_bytes;
  }
  for (const auto& [key, sum] : sums) {
    const Labels labels{{"host", key.first}, {"entry", key.second}};
    f.gauge("wippy_entry_processes", "Processes of the entry that are alive", labels, sum.processes);
    f.gauge("wippy_entry_messages", "Messages that wait in their mailboxes", labels, sum.messages);
    f.gauge("wippy_entry_memory_bytes", "Memory that they hold", labels, sum.memory_bytes);
    f.gauge("wippy_entry_oldest_message_nanoseconds", "Least age of the oldest of these messages", labels,
            sum.oldest_ns);
  }
  for (const auto& [host, largest] : hosts) {
    f.gauge("wippy_mailbox_max", "Messages in the fullest mailbox", {{"host", host}}, largest.first);
    f.gauge("wippy_process_memory_bytes", "Memory that processes hold", {{"host", host}}, largest.second);
  }
}

void add_services(Families& f, NodeApp& node) {
  for (const ServiceStatus& s : node.supervisor().states()) {
    f.gauge("wippy_service_state", "1: the service is in this state",
            {{"service", s.id}, {"state", service_state_name(s.state)}}, 1);
    f.counter("wippy_service_restarts_total", "Restarts after a failure", {{"service", s.id}}, s.restarts);
  }
}

}  // namespace

std::string metrics_text(NodeApp& node) {
  Families f;
  for (const auto& [id, host] : node.runtime().hosts()) {
    if (!NodeApp::is_internal(id)) add_host(f, node.runtime().node(), id, *host);
  }
  add_processes(f, node);
  add_services(f, node);
  const Programs::Counts programs = node.programs().counts();
  f.counter("wippy_proto_cache_hits_total", "Programs taken over when entries changed", {}, programs.hits);
  f.counter("wippy_proto_cache_misses_total", "Programs compiled", {}, programs.misses);
  f.gauge("wippy_proto_cache_entries", "Programs that can be run", {}, programs.entries);
  for (const auto& [action, count] : node.runtime().node().denials())
    f.counter("wippy_permission_denied_total", "Denied checks", {{"action", action}}, count);
  std::vector<prometheus::MetricFamily> all = f.take();
  for (prometheus::MetricFamily& family : node.metrics().collect()) all.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace wippy::cli
