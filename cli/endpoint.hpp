// /metrics and /livez over HTTP, when `prometheus` is enabled (host.md §10.4).
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace wippy {
class MemoryPools;
}

namespace wippy::cli {

class Endpoint {
 public:
  struct Health {
    bool alive = true;
    std::string text;  // who is not well, a line each
  };
  struct Pages {
    std::function<std::string()> metrics;
    std::function<Health()> livez;
  };
  // Listens on `address`, "host:port" or ":port", with threads of its own. Null: `error` says why. The pages are called on those
  // threads, which are registered with `pools`; both outlive the endpoint.
  static std::unique_ptr<Endpoint> open(const std::string& address, MemoryPools& pools, Pages pages,
                                        std::string& error);
  ~Endpoint();
  int port() const noexcept { return port_; }

 private:
  struct Server;
  Endpoint();
  std::unique_ptr<Server> server_;
  int port_ = 0;
};

}  // namespace wippy::cli
