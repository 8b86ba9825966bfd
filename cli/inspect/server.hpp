// The socket on which ps, dump and top ask a running node. One thread that accepts, one for each connection, none of them a worker;
// while nobody asks it costs nothing.
#pragma once

#include <memory>
#include <string>

namespace wippy::cli {

class NodeApp;

class InspectServer {
 public:
  static constexpr int kMostClients = 8;
  static constexpr std::size_t kMostRequestBytes = 65536;

  // Null: `error` says why. The node outlives it.
  static std::unique_ptr<InspectServer> open(NodeApp& node, std::string& error);
  // Closes connections, removes the socket.
  ~InspectServer();

 private:
  struct State;
  explicit InspectServer(NodeApp& node);
  std::unique_ptr<State> state_;
};

}  // namespace wippy::cli
