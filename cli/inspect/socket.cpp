#include "cli/inspect/socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace wippy::cli {

std::string socket_folder(bool make, std::string& error) {
  const char* const base = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  const std::string path =
      std::string(base == nullptr || *base == 0 ? "/tmp" : base) + "/wippy-" + std::to_string(::geteuid());
  if (make && ::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    error = path + ": " + std::strerror(errno);
    return {};
  }
  struct stat s {};
  if (::lstat(path.c_str(), &s) != 0) {
    error = errno == ENOENT ? "" : path + ": " + std::strerror(errno);
    return {};
  }
  if (!S_ISDIR(s.st_mode) || s.st_uid != ::geteuid() || (s.st_mode & 077) != 0) {
    error = path + ": expected a folder of this user alone (mode 0700)";
    return {};
  }
  return path;
}

LineSocket::~LineSocket() {
  if (fd_ >= 0) ::close(fd_);
}

bool LineSocket::read(std::string& line, std::size_t most_bytes) {
  for (;;) {
    if (const std::size_t end = rest_.find('\n'); end != std::string::npos) {
      line = rest_.substr(0, end);
      rest_.erase(0, end + 1);
      return true;
    }
    if (rest_.size() > most_bytes) return false;
    char buffer[65536];
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    rest_.append(buffer, static_cast<std::size_t>(n));
  }
}

bool LineSocket::write(const std::string& line) {
  const std::string whole = line + "\n";
  for (std::size_t at = 0; at < whole.size();) {
    const ssize_t n = ::send(fd_, whole.data() + at, whole.size() - at, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += static_cast<std::size_t>(n);
  }
  return true;
}

int connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return errno = ENAMETOOLONG, -1;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  const int number = errno;
  ::close(fd);
  return errno = number, -1;
}

std::vector<RunningNode> running_nodes(std::string& error) {
  std::vector<RunningNode> out;
  const std::string folder = socket_folder(false, error);
  if (folder.empty()) return out;
  std::error_code ignored;
  for (const auto& file : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = file.path().filename().string();
    RunningNode node{0, file.path().string()};
    const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), node.pid);
    if (bad != std::errc() || std::string_view(end) != ".sock") continue;
    const int fd = connect_to(node.path);
    if (fd >= 0) {
      ::close(fd);
      out.push_back(std::move(node));
    } else if (errno == ECONNREFUSED) {
      ::unlink(node.path.c_str());
    }
  }
  std::sort(out.begin(), out.end(), [](const RunningNode& a, const RunningNode& b) { return a.pid < b.pid; });
  return out;
}

}  // namespace wippy::cli
