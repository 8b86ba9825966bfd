// The other end of cli/inspect/server.hpp: what ps, dump and top do to find a node and ask it.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/inspect/socket.hpp"

namespace wippy::cli {

class NodeClient {
 public:
  // The node of that PID of the operating system; 0: the only one that runs. Null: `error` says why, and which there are.
  static std::unique_ptr<NodeClient> find(int pid, std::string& error);
  // False: `error` says why; what the node answered by {"error": …} too.
  bool ask(const nlohmann::json& request, nlohmann::json& answer, std::string& error);
  int pid() const noexcept { return pid_; }

 private:
  NodeClient(int fd, int pid) : socket_(fd), pid_(pid) {}
  LineSocket socket_;
  const int pid_;
};

}  // namespace wippy::cli
