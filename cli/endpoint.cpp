#include "cli/endpoint.hpp"

#include <httplib.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <thread>

#include "memory/slab.hpp"

namespace wippy::cli {

namespace {
constexpr int kThreads = 2;
constexpr time_t kTimeoutS = 5;
constexpr std::size_t kMostRequestBytes = 4096;
}  // namespace

struct Endpoint::Server {
  httplib::Server http;
  std::thread thread;
};

Endpoint::Endpoint() : server_(std::make_unique<Server>()) {}

Endpoint::~Endpoint() {
  server_->http.stop();
  if (server_->thread.joinable()) server_->thread.join();
}

std::unique_ptr<Endpoint> Endpoint::open(const std::string& address, MemoryPools& pools, Pages pages,
                                         std::string& error) {
  const std::size_t colon = address.rfind(':');
  int port = -1;
  if (colon != std::string::npos) {
    const char* const end = address.data() + address.size();
    const auto [rest, bad] = std::from_chars(address.data() + colon + 1, end, port);
    if (bad != std::errc() || rest != end) port = -1;
  }
  if (port < 0 || port > 65535) {
    error = "prometheus.address: \"" + address + "\": expected host:port";
    return nullptr;
  }
  const std::string host = colon == 0 ? "0.0.0.0" : address.substr(0, colon);
  std::unique_ptr<Endpoint> out(new Endpoint());
  httplib::Server& http = out->server_->http;
  http.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  http.set_read_timeout(kTimeoutS);
  http.set_write_timeout(kTimeoutS);
  http.set_keep_alive_timeout(kTimeoutS);
  http.set_payload_max_length(kMostRequestBytes);
  http.set_socket_options([](socket_t socket) {  // not SO_REUSEPORT: two programs would share the port
    const int on = 1;
    static_cast<void>(::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  });
  http.Get("/metrics", [&pools, page = std::move(pages.metrics)](const httplib::Request&, httplib::Response& response) {
    const ThreadMemory memory(pools, NodeId{0}, ReaderKind::kOutside);
    response.set_content(page(), "text/plain; version=0.0.4; charset=utf-8");
  });
  http.Get("/livez", [&pools, page = std::move(pages.livez)](const httplib::Request&, httplib::Response& response) {
    const ThreadMemory memory(pools, NodeId{0}, ReaderKind::kOutside);
    const Health health = page();
    response.status = health.alive ? 200 : 503;
    response.set_content(health.text, "text/plain; charset=utf-8");
  });
  errno = 0;
  out->port_ = port != 0 ? (http.bind_to_port(host.c_str(), port) ? port : -1) : http.bind_to_any_port(host.c_str());
  if (out->port_ < 0) {
    error = "prometheus.address: cannot listen on " + address +
            (errno != 0 ? std::string(": ") + std::strerror(errno) : "");
    return nullptr;
  }
  out->server_->thread = std::thread([&http] { http.listen_after_bind(); });
  return out;
}

}  // namespace wippy::cli
