#include "cli/inspect/client.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace wippy::cli {

namespace {
constexpr std::size_t kMostAnswerBytes = std::size_t{4} << 30;
}

std::unique_ptr<NodeClient> NodeClient::find(int pid, std::string& error) {
  const std::vector<RunningNode> nodes = running_nodes(error);
  if (!error.empty()) return nullptr;
  const RunningNode* chosen = nodes.size() == 1 && pid == 0 ? &nodes.front() : nullptr;
  std::string list;
  for (const RunningNode& n : nodes) {
    list += (list.empty() ? "" : ", ") + std::to_string(n.pid);
    if (n.pid == pid) chosen = &n;
  }
  if (chosen == nullptr) {
    error = nodes.empty() ? "no wippy runs here" + std::string(pid == 0 ? "" : " with PID " + std::to_string(pid)) +
                                "; `wippy run` starts one (of this user, without --no-inspect)"
            : pid == 0 ? "several nodes run: " + list + "; say which: --node PID"
                       : "no node with PID " + std::to_string(pid) + "; there are: " + list;
    return nullptr;
  }
  const int fd = connect_to(chosen->path);
  if (fd < 0) return error = chosen->path + ": " + std::strerror(errno), nullptr;
  return std::unique_ptr<NodeClient>(new NodeClient(fd, chosen->pid));
}

bool NodeClient::ask(const nlohmann::json& request, nlohmann::json& answer, std::string& error) {
  std::string line;
  if (!socket_.write(request.dump()) || !socket_.read(line, kMostAnswerBytes))
    return error = "the node (PID " + std::to_string(pid_) + ") has ended", false;
  answer = nlohmann::json::parse(line, nullptr, false);
  if (answer.is_discarded()) return error = "the node answered something that is not JSON", false;
  if (const auto why = answer.find("error"); why != answer.end()) return error = why->get<std::string>(), false;
  return true;
}

}  // namespace wippy::cli
