#include "cli/inspect/server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <list>
#include <thread>

#include "cli/inspect/socket.hpp"
#include "cli/inspect/view.hpp"
#include "cli/node_app.hpp"
#include "memory/slab.hpp"

namespace wippy::cli {

namespace {

bool same_user(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == ::geteuid() || peer.uid == 0);
}

// The answer to one line.
std::string reply(NodeView& view, const std::string& line) {
  const nlohmann::json request = nlohmann::json::parse(line, nullptr, false);
  if (request.is_discarded()) return R"({"error":"expected a JSON object"})";
  try {
    return view.answer(request).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  } catch (const std::exception&) {
    return R"({"error":"out of memory, or a value of the wrong type"})";
  }
}

}  // namespace

struct InspectServer::State {
  explicit State(NodeApp& n) : node(n) {}
  ~State();
  void accept_all();
  void serve(LineSocket& socket);

  struct Client {
    explicit Client(int fd) : socket(fd) {}
    LineSocket socket;
    std::thread thread;
    Atomic<uint32_t> done{0};
  };
  NodeApp& node;
  std::string path;
  int listener = -1;
  int stop[2] = {-1, -1};  // a pipe: its end ends accept_all
  std::thread thread;
  std::list<Client> clients;  // of accept_all; after that, of the destructor
};

InspectServer::InspectServer(NodeApp& node) : state_(std::make_unique<State>(node)) {}
InspectServer::~InspectServer() = default;

InspectServer::State::~State() {
  if (stop[1] >= 0) ::close(stop[1]);
  if (thread.joinable()) thread.join();
  for (Client& c : clients) ::shutdown(c.socket.fd(), SHUT_RDWR);
  for (Client& c : clients) c.thread.join();
  if (listener >= 0) ::close(listener);
  if (stop[0] >= 0) ::close(stop[0]);
  if (!path.empty()) ::unlink(path.c_str());
}

std::unique_ptr<InspectServer> InspectServer::open(NodeApp& node, std::string& error) {
  const std::string folder = socket_folder(true, error);
  if (folder.empty()) return nullptr;
  std::unique_ptr<InspectServer> out(new InspectServer(node));
  State& s = *out->state_;
  const std::string path = folder + "/" + std::to_string(::getpid()) + ".sock";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return error = path + ": the path is too long for a socket", nullptr;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  ::unlink(path.c_str());  // of a program that had this number before
  s.listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // The mode is given before anybody can connect: the folder is this user's alone, and listen() comes last.
  if (s.listener < 0 || ::bind(s.listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(path.c_str(), 0600) != 0 || ::listen(s.listener, kMostClients) != 0 || ::pipe2(s.stop, O_CLOEXEC) != 0) {
    error = path + ": " + std::strerror(errno);
    return nullptr;
  }
  s.path = path;
  s.thread = std::thread([&s] { s.accept_all(); });
  return out;
}

void InspectServer::State::accept_all() {
  for (;;) {
    pollfd waits[2] = {{listener, POLLIN, 0}, {stop[0], 0, 0}};
    if (::poll(waits, 2, -1) < 0 && errno != EINTR) return;
    if (waits[1].revents != 0) return;
    for (auto c = clients.begin(); c != clients.end();) {
      if (c->done.load_acquire() == 0) {  // partner: its thread's last act
        ++c;
        continue;
      }
      c->thread.join();
      c = clients.erase(c);
    }
    if ((waits[0].revents & POLLIN) == 0) continue;
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    if (!same_user(fd) || clients.size() >= kMostClients) {
      LineSocket(fd).write(clients.size() >= kMostClients ? R"({"error":"too many observers"})"
                                                          : R"({"error":"another user"})");
      continue;
    }
    Client& c = clients.emplace_back(fd);
    c.thread = std::thread([this, &c] {
      serve(c.socket);
      ::shutdown(c.socket.fd(), SHUT_RDWR);
      c.done.store_release(1);
    });
  }
}

void InspectServer::State::serve(LineSocket& socket) {
  const ThreadMemory memory(node.runtime().pools(), NodeId{0}, ReaderKind::kOutside);
  NodeView view(node);
  std::string line;
  while (socket.read(line, kMostRequestBytes) && socket.write(reply(view, line))) continue;
}

}  // namespace wippy::cli
