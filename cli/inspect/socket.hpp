// Where running nodes can be asked: ${XDG_RUNTIME_DIR:-/tmp}/wippy-<uid>/<pid>.sock, the folder of mode 0700, the socket of 0600.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace wippy::cli {

// The folder; empty: `error` says why it cannot be used (another's, or open to others). `make`: makes it when it is missing.
std::string socket_folder(bool make, std::string& error);

// A line of text over a stream socket, with a limit of its length.
class LineSocket {
 public:
  explicit LineSocket(int fd) : fd_(fd) {}
  ~LineSocket();
  LineSocket(LineSocket&& o) noexcept : fd_(o.fd_), rest_(std::move(o.rest_)) { o.fd_ = -1; }
  LineSocket& operator=(LineSocket&&) = delete;
  LineSocket(const LineSocket&) = delete;
  LineSocket& operator=(const LineSocket&) = delete;
  // False: the other side is gone, or the line is too long.
  bool read(std::string& line, std::size_t most_bytes);
  bool write(const std::string& line);
  int fd() const noexcept { return fd_; }

 private:
  int fd_;
  std::string rest_;
};

// A connected socket of a node, or one that listens; -1: errno says why.
int connect_to(const std::string& path);

struct RunningNode {
  int pid = 0;
  std::string path;
};
// Those that answer, by PID; sockets of dead ones are removed.
std::vector<RunningNode> running_nodes(std::string& error);

}  // namespace wippy::cli
