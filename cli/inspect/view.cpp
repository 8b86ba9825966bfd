#include "cli/inspect/view.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <thread>
#include <unordered_map>

#include "cli/inspect/cpu_share.hpp"
#include "cli/node_app.hpp"
#include "mailbox/signal.hpp"
#include "runtime/text/wildcard.hpp"
#include "scheduler/clock.hpp"

namespace wippy::cli {

namespace {

using nlohmann::json;

constexpr auto kBetweenRounds = std::chrono::milliseconds(20);

struct Row {
  const ProcessRow* process;
  double cpu = 0;
  const ServiceStatus* service = nullptr;  // that runs it
};

// What belongs to all rows of an answer.
struct Surroundings {
  NodeCore& node;
  std::vector<ServiceStatus> services;
  std::unordered_map<uint64_t, const ServiceStatus*> by_pid;
  std::unordered_map<uint64_t, double> cpu;

  explicit Surroundings(NodeApp& app) : node(app.runtime().node()), services(app.supervisor().states()) {
    for (const ServiceStatus& s : services) {
      if (s.pid) by_pid.emplace(s.pid.value, &s);
    }
    cpu = cpu_shares(observe::capture_flight(node.flights()));
  }
  Row row(const ProcessRow& p) const {
    const auto share = cpu.find(p.pid.value & kSharePidMask);
    const auto service = by_pid.find(p.pid.value);
    return {&p, share == cpu.end() ? 0 : share->second, service == by_pid.end() ? nullptr : service->second};
  }
};

uint64_t restarts(const Row& r) { return r.service == nullptr ? 0 : r.service->restarts; }

struct SortKey {
  const char* name;
  bool (*before)(const Row& a, const Row& b);
};
constexpr SortKey kSortKeys[] = {
    {"cpu", [](const Row& a, const Row& b) { return a.cpu > b.cpu; }},
    {"memory", [](const Row& a, const Row& b) { return a.process->memory_bytes > b.process->memory_bytes; }},
    {"mailbox", [](const Row& a, const Row& b) { return a.process->messages > b.process->messages; }},
    {"oldest", [](const Row& a, const Row& b) { return a.process->oldest_ns > b.process->oldest_ns; }},
    {"restarts", [](const Row& a, const Row& b) { return restarts(a) > restarts(b); }},
    {"entry", [](const Row& a, const Row& b) { return a.process->entry < b.process->entry; }},
    {"pid", [](const Row&, const Row&) { return false; }},  // as they come
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

json to_json(const Row& r, const Surroundings& around) {
  const ProcessRow& p = *r.process;
  json out{{"pid", around.node.format(p.pid)},
           {"host", around.node.host_at(p.host_index)->id()},
           {"state", lower(process_state_name(p.state))},
           {"wait", wait_reason_name(p.wait)},
           {"cpu", r.cpu},
           {"answered", p.answered}};
  if (p.waits_for.pid) out["waits_for"] = around.node.format(p.waits_for.pid);
  if (p.answered) {
    out["entry"] = p.entry;
    out["mailbox"] = p.messages;
    if (p.more_messages) out["mailbox_is_more"] = true;
    if (p.messages != 0) out["oldest_ms"] = p.oldest_ns / 1'000'000;
    out["memory"] = p.memory_bytes;
    out["links"] = p.links;
    out["monitors"] = p.monitors;
    out["watchers"] = p.watchers;
  }
  if (!p.names.empty()) out["names"] = p.names;
  if (r.service != nullptr) {
    out["service"] = r.service->id;
    out["restarts"] = r.service->restarts;
  }
  return out;
}

std::string text_of(const json& request, const char* key) {
  const auto found = request.find(key);
  return found != request.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool holds(const ProcessRow& p, const NodeCore& node, const std::string& host, const std::string& filter) {
  const auto has = [&](std::string_view text) { return text.find(filter) != std::string_view::npos; };
  return has(p.entry) || has(host) || has(lower(process_state_name(p.state))) || has(wait_reason_name(p.wait)) ||
         std::any_of(p.names.begin(), p.names.end(), has) || has(node.format(p.pid));
}

}  // namespace

std::vector<std::string> sort_keys() {
  std::vector<std::string> out;
  for (const SortKey& key : kSortKeys) out.emplace_back(key.name);
  return out;
}

nlohmann::json NodeView::answer(const nlohmann::json& request) {
  const std::string what = request.is_object() ? text_of(request, "do") : std::string();
  if (what == "ps") return list(request);
  if (what == "dump") return dump();
  if (what == "cancel" || what == "terminate") return act(request, what == "terminate");
  return {{"error", "expected {\"do\": \"ps\", \"dump\", \"cancel\" or \"terminate\"}"}};
}

// Circles that the last round and the one before show.
nlohmann::json NodeView::deadlocks() {
  json out = json::array();
  for (const Deadlock& d : watch_.look(round_)) {
    json members = json::array();
    for (const ProcessRow& p : d.members) {
      members.push_back(
          {{"pid", node_.runtime().node().format(p.pid)}, {"entry", p.entry}, {"wait", wait_reason_name(p.wait)}});
    }
    out.push_back(std::move(members));
  }
  return out;
}

nlohmann::json NodeView::list(const nlohmann::json& request) {
  NodeCore& core = node_.runtime().node();
  uint16_t host_index = Inspector::kAllHosts;
  if (const std::string host = text_of(request, "host"); !host.empty()) {
    const HostCore* const found = core.find_host(host);
    if (found == nullptr || NodeApp::is_internal(host)) return {{"error", "no such host: " + host}};
    host_index = found->index();
  }
  const std::string sort = text_of(request, "sort");
  const auto* const key =
      std::find_if(std::begin(kSortKeys), std::end(kSortKeys), [&](const SortKey& k) { return sort == k.name; });
  if (!sort.empty() && key == std::end(kSortKeys)) return {{"error", "cannot sort by " + sort}};
  node_.inspector().collect(round_, host_index);
  const Surroundings around(node_);
  const std::string entry = text_of(request, "entry");
  const Wildcard pattern(entry);
  const std::string filter = text_of(request, "filter");
  std::vector<Row> rows;
  uint64_t counts[5] = {};
  for (const ProcessRow& p : round_.rows) {
    const std::string& host = core.host_at(p.host_index)->id();
    if (NodeApp::is_internal(host) || (!entry.empty() && !pattern.matches(p.entry))) continue;
    ++counts[static_cast<std::size_t>(p.state)];
    if (filter.empty() || holds(p, core, host, filter)) rows.push_back(around.row(p));
  }
  std::map<std::string, uint64_t> states;
  for (std::size_t i = 0; i < std::size(counts); ++i) {
    if (counts[i] != 0) states[lower(process_state_name(static_cast<ProcessState>(i)))] = counts[i];
  }
  const std::size_t limit = request.value("limit", std::size_t{0});
  const auto shown = limit == 0 ? rows.size() : std::min(limit, rows.size());
  if (!sort.empty()) {
    const auto before = [key](const Row& x,
                              const Row& y) {  // equal ones as they come, so that a live table does not jump
      return key->before(x, y) || (!key->before(y, x) && x.process < y.process);
    };
    std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(shown), rows.end(), before);
  }
  json out{{"node_pid", ::getpid()},
           {"processes", round_.rows.size()},
           {"matching", rows.size()},
           {"states", states},
           {"unanswered", round_.unanswered},
           {"took_ms", static_cast<double>(round_.took_ns) / 1e6},
           {"cores", node_.runtime().budget().usable_cores},
           {"rows", json::array()},
           {"deadlocks", deadlocks()}};
  for (std::size_t i = 0; i < shown; ++i) out["rows"].push_back(to_json(rows[i], around));
  return out;
}

// Two rounds, so that circles are named at once.
nlohmann::json NodeView::dump() {
  node_.inspector().collect(round_);
  static_cast<void>(deadlocks());
  std::this_thread::sleep_for(kBetweenRounds);
  return list(json::object());
}

nlohmann::json NodeView::act(const nlohmann::json& request, bool terminate) {
  NodeCore& core = node_.runtime().node();
  const std::string text = text_of(request, "pid");
  Pid pid;
  if (!core.parse(text, pid).ok()) return {{"error", "not a PID: " + text}};
  if (terminate) {
    if (core.kill(pid, Control::kKillTerminate)) return {{"done", true}};
  } else if (Signal* const cancel = make_bare_signal(SignalKind::kCancel, Pid{}, 0)) {
    if (core.deliver(pid, cancel)) return {{"done", true}};
  }
  return {{"error", "process not found: " + text}};
}

}  // namespace wippy::cli
