#include "runtime/env/storage.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "runtime/app/files.hpp"

namespace wippy::env {
namespace {

constexpr Status kReadOnly{ErrorKind::kPermissionDenied, false, "the storage is read only"};

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::optional<std::string> find(const std::map<std::string, std::string>& values, const std::string& key) {
  const auto found = values.find(key);
  if (found == values.end()) return std::nullopt;
  return found->second;
}

}  // namespace

std::string replace_file(const std::string& path, std::string_view text, unsigned mode) {
  std::string name = path + ".XXXXXX";
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0) return std::strerror(errno);
  bool good = write_all(fd, text) && ::fchmod(fd, mode) == 0 && ::fsync(fd) == 0;
  std::string error = good ? "" : std::strerror(errno);
  if (::close(fd) != 0 && good) error = std::strerror(errno);
  if (error.empty() && ::rename(name.c_str(), path.c_str()) != 0) error = std::strerror(errno);
  if (!error.empty()) ::unlink(name.c_str());
  return error;
}

std::optional<std::string> MapStorage::get(const std::string& key) const {
  LockGuard lock(mutex_);
  return find(values_, key);
}

Status MapStorage::set(const std::string& key, const std::string& value) {
  if (read_only_) return kReadOnly;
  LockGuard lock(mutex_);
  values_[key] = value;
  return Status::good();
}

std::map<std::string, std::string> MapStorage::all() const {
  LockGuard lock(mutex_);
  return values_;
}

std::vector<BadLine> FileStorage::load(std::string& error) {
  std::error_code status;
  if (!std::filesystem::exists(options_.path, status)) {
    if (!options_.auto_create) error = "no such file: " + options_.path;
    return {};
  }
  app::FileText text = app::read_file(options_.path);
  if (!text.error.empty()) {
    error = options_.path + ": " + text.error;
    return {};
  }
  LockGuard lock(writing_);
  std::vector<BadLine> bad = file_.parse(text.text);
  LockGuard values(mutex_);
  values_ = file_.values();
  return bad;
}

std::optional<std::string> FileStorage::get(const std::string& key) const {
  LockGuard lock(mutex_);
  return find(values_, key);
}

Status FileStorage::set(const std::string& key, const std::string& value) {
  LockGuard lock(writing_);
  EnvFile changed = file_;
  changed.set(key, value);
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::path(options_.path).parent_path();
  if (!std::filesystem::exists(folder, error)) {
    std::filesystem::create_directories(folder, error);
    ::chmod(folder.c_str(), options_.dir_mode);
  }
  struct stat old {};
  const unsigned mode = ::stat(options_.path.c_str(), &old) == 0 ? old.st_mode & 07777u : options_.file_mode;
  if (!replace_file(options_.path, changed.text(), mode).empty())
    return Status::error(ErrorKind::kInternal, "the file of the storage cannot be written");
  file_ = std::move(changed);
  LockGuard values(mutex_);
  values_[key] = value;
  return Status::good();
}

std::map<std::string, std::string> FileStorage::all() const {
  LockGuard lock(mutex_);
  return values_;
}

std::optional<std::string> RouterStorage::get(const std::string& key) const {
  for (const auto& storage : storages_) {
    std::optional<std::string> value = storage->get(key);
    if (value && !value->empty()) return value;
  }
  return std::nullopt;
}

std::map<std::string, std::string> RouterStorage::all() const {
  std::map<std::string, std::string> out;
  for (const auto& storage : storages_) out.merge(storage->all());
  return out;
}

}  // namespace wippy::env
