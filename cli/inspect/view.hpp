// What ps, dump and top show of a node, made of one round of its inspector.
//
// Requests and answers are JSON objects, a line each: {"do": "ps", "host": ID, "entry": PATTERN, "filter": TEXT, "sort": KEY,
// "limit": N}, {"do": "dump"}, {"do": "cancel" | "terminate", "pid": TEXT}. Filter: part of PID, entry, host, state or a name.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/inspect/deadlocks.hpp"

namespace wippy::cli {

class NodeApp;

// Keys of "sort", the first one is the default.
std::vector<std::string> sort_keys();

// One observer of a node: a connection. Thread-safety: one thread, registered with the node's memory pools.
class NodeView {
 public:
  explicit NodeView(NodeApp& node) : node_(node) {}
  // Never throws but std::bad_alloc; {"error": text} for what cannot be understood.
  nlohmann::json answer(const nlohmann::json& request);

 private:
  nlohmann::json list(const nlohmann::json& request);
  nlohmann::json dump();
  nlohmann::json act(const nlohmann::json& request, bool terminate);
  nlohmann::json deadlocks();

  NodeApp& node_;
  DeadlockWatch watch_;
  Snapshot round_;  // of the last answer
};

}  // namespace wippy::cli
