#include "runtime/files/directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace wippy::files {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  bool ok() const noexcept { return fd_ >= 0; }
  int error() const noexcept { return -fd_; }
  int get() const noexcept { return fd_; }
  int take() noexcept {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_;
};

int result_of(int fd) noexcept { return fd >= 0 ? fd : -errno; }

std::string_view without_slashes(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  return path;
}

// The components but "." and "". False: one of them is "..", or holds a zero byte.
bool split(std::string_view path, std::vector<std::string>& parts) {
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part == ".." || part.find('\0') != std::string_view::npos) return false;
    if (!part.empty() && part != ".") parts.emplace_back(part);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return true;
}

// Without openat2: no symbolic link is followed anywhere.
int open_walking(int root, std::string_view path, int flags, unsigned mode) {
  std::vector<std::string> parts;
  if (!split(path, parts)) return -EXDEV;
  Descriptor at(result_of(::openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC)));
  for (std::size_t i = 0; at.ok() && i + 1 < parts.size(); ++i) {
    Descriptor next(result_of(::openat(at.get(), parts[i].c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)));
    if (!next.ok()) return -next.error();
    ::dup3(next.get(), at.get(), O_CLOEXEC);
  }
  if (!at.ok()) return -at.error();
  return result_of(
      ::openat(at.get(), parts.empty() ? "." : parts.back().c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode));
}

Stat stat_of(const struct stat& s) {
  Stat out;
  out.size_bytes = static_cast<uint64_t>(s.st_size);
  out.modified_ns = static_cast<int64_t>(s.st_mtim.tv_sec) * 1'000'000'000 + s.st_mtim.tv_nsec;
  out.mode = s.st_mode & 07777u;
  out.is_directory = S_ISDIR(s.st_mode);
  out.is_file = S_ISREG(s.st_mode);
  return out;
}

int write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t n = ::write(fd, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    data.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

int read_some(int fd, std::size_t bytes, std::string& out) {
  const std::size_t had = out.size();
  out.resize(had + bytes);
  ssize_t n = 0;
  do n = ::read(fd, out.data() + had, bytes);
  while (n < 0 && errno == EINTR);
  const int error = n < 0 ? errno : 0;
  out.resize(had + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  return error;
}

int list_open(int fd, std::vector<DirectoryItem>& out) {
  DIR* const dir = ::fdopendir(fd);  // owns fd
  if (dir == nullptr) {
    const int error = errno;
    ::close(fd);
    return error;
  }
  int error = 0;
  for (errno = 0; const dirent* item = ::readdir(dir); errno = 0) {
    const std::string_view name = item->d_name;
    if (name == "." || name == "..") continue;
    if (out.size() == kMostDirectoryItems) {
      error = EFBIG;
      break;
    }
    out.push_back({std::string(name), item->d_type == DT_DIR});
  }
  if (error == 0) error = errno;
  ::closedir(dir);
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return error;
}

int remove_below(int parent, const char* name) {
  if (::unlinkat(parent, name, 0) == 0) return 0;
  if (errno != EISDIR && errno != EPERM) return errno;
  Descriptor self(result_of(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)));
  if (!self.ok()) return self.error();
  std::vector<DirectoryItem> items;
  if (const int error = list_open(::fcntl(self.get(), F_DUPFD_CLOEXEC, 0), items); error != 0) return error;
  for (const DirectoryItem& item : items) {
    if (const int error = remove_below(self.get(), item.name.c_str()); error != 0) return error;
  }
  return ::unlinkat(parent, name, AT_REMOVEDIR) == 0 ? 0 : errno;
}

}  // namespace

// --- OpenFile

OpenFile::~OpenFile() {
  if (fd_ >= 0) ::close(fd_);
}

int OpenFile::fill() {
  ahead_.erase(0, at_);
  at_ = 0;
  return read_some(fd_, 64u << 10, ahead_);
}

int OpenFile::read(std::size_t bytes, std::string& out) {
  LockGuard lock(mutex_);
  if (fd_ < 0) return EBADF;
  bytes = std::min(bytes, kMostFileBytes);
  while (out.size() < bytes) {
    if (at_ == ahead_.size()) {
      if (const int error = fill(); error != 0) return error;
      if (ahead_.empty()) return 0;
    }
    const std::size_t part = std::min(bytes - out.size(), ahead_.size() - at_);
    out.append(ahead_, at_, part);
    at_ += part;
  }
  return 0;
}

int OpenFile::read_line(std::string& out, bool& end) {
  LockGuard lock(mutex_);
  if (fd_ < 0) return EBADF;
  std::size_t from = at_;
  std::size_t stop = 0;
  while ((stop = ahead_.find('\n', from)) == std::string::npos) {
    const std::size_t had = ahead_.size() - at_;
    if (had > kMostFileBytes) return EFBIG;
    if (const int error = fill(); error != 0) return error;
    if (ahead_.size() == had) break;
    from = had;
  }
  end = at_ == ahead_.size();
  const std::size_t size = std::min(stop, ahead_.size()) - at_;
  out.assign(ahead_, at_, size);
  at_ = std::min(at_ + size + 1, ahead_.size());
  if (stop != std::string::npos && out.ends_with('\r')) out.pop_back();
  return 0;
}

int OpenFile::write(std::string_view data) {
  LockGuard lock(mutex_);
  if (fd_ < 0) return EBADF;
  if (at_ < ahead_.size()) ::lseek(fd_, -static_cast<off_t>(ahead_.size() - at_), SEEK_CUR);
  ahead_.clear();
  at_ = 0;
  return write_all(fd_, data);
}

int OpenFile::seek(int whence, int64_t offset, uint64_t& position) {
  LockGuard lock(mutex_);
  if (fd_ < 0) return EBADF;
  if (whence == SEEK_CUR) offset -= static_cast<int64_t>(ahead_.size() - at_);
  const off_t now = ::lseek(fd_, offset, whence);
  if (now < 0) return errno;
  ahead_.clear();
  at_ = 0;
  position = static_cast<uint64_t>(now);
  return 0;
}

int OpenFile::sync() {
  LockGuard lock(mutex_);
  return fd_ < 0 ? EBADF : ::fsync(fd_) == 0 ? 0 : errno;
}

int OpenFile::stat(Stat& out) {
  LockGuard lock(mutex_);
  struct stat s {};
  if (fd_ < 0 || ::fstat(fd_, &s) != 0) return fd_ < 0 ? EBADF : errno;
  out = stat_of(s);
  return 0;
}

int OpenFile::close() {
  LockGuard lock(mutex_);
  if (fd_ < 0) return EBADF;
  const int error = ::close(fd_) == 0 ? 0 : errno;
  fd_ = -1;
  return error;
}

// --- Directory

std::shared_ptr<Directory> Directory::open(const std::string& path, int& error, Resolve resolve) {
  const int fd = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  error = fd < 0 ? errno : 0;
  return fd < 0 ? nullptr : std::shared_ptr<Directory>(new Directory(fd, resolve));
}

Directory::~Directory() { ::close(fd_); }

int Directory::open_beneath(std::string_view path, int flags, unsigned mode) const {
  path = without_slashes(path);
  if (path.find('\0') != std::string_view::npos) return -EINVAL;
  const std::string text(path.empty() ? "." : path);
  if (resolve_ == Resolve::kWalk) return open_walking(fd_, text, flags, mode);
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  long fd = -1;
  do fd = ::syscall(SYS_openat2, fd_, text.c_str(), &how, sizeof how);
  while (fd < 0 && (errno == EINTR || errno == EAGAIN));  // EAGAIN: something was renamed meanwhile
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) return open_walking(fd_, text, flags, mode);
  return result_of(static_cast<int>(fd));
}

int Directory::open_parent(std::string_view path, std::string& name) const {
  path = without_slashes(path);
  while (path.ends_with('/')) path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  name = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
  if (name == "..") return -EXDEV;
  if (name.empty() || name == "." || name.find('\0') != std::string::npos) return -EINVAL;
  return open_beneath(slash == std::string_view::npos ? "." : path.substr(0, slash), O_PATH | O_DIRECTORY, 0);
}

int Directory::open_file(std::string_view path, int flags, std::shared_ptr<OpenFile>& out) {
  Descriptor fd(open_beneath(path, flags | O_NONBLOCK | O_NOCTTY, 0644));  // no waiting for the other end of a pipe
  if (!fd.ok()) return fd.error();
  struct stat s {};
  if (::fstat(fd.get(), &s) != 0) return errno;
  if (!S_ISREG(s.st_mode)) return S_ISDIR(s.st_mode) ? EISDIR : EINVAL;
  out = std::make_shared<OpenFile>(fd.get());
  fd.take();
  return 0;
}

int Directory::read_file(std::string_view path, std::string& out) {
  std::shared_ptr<OpenFile> file;
  if (const int error = open_file(path, O_RDONLY, file); error != 0) return error;
  Stat s;
  if (const int error = file->stat(s); error != 0) return error;
  if (s.size_bytes > kMostFileBytes) return EFBIG;
  return file->read(kMostFileBytes, out);
}

int Directory::write_file(std::string_view path, std::string_view data, Write how) {
  std::shared_ptr<OpenFile> file;
  if (how != Write::kAtomic) {
    const int flags = O_WRONLY | O_CREAT | (how == Write::kAppend ? O_APPEND : O_TRUNC);
    if (const int error = open_file(path, flags, file); error != 0) return error;
    if (const int error = file->write(data); error != 0) return error;
    return file->close();
  }
  std::string name;
  Descriptor parent(open_parent(path, name));
  if (!parent.ok()) return parent.error();
  struct stat old {};
  const unsigned mode = ::fstatat(parent.get(), name.c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(old.st_mode)
                            ? old.st_mode & 07777u
                            : 0644u;
  std::string temporary;
  int fd = -1;
  for (int n = 0; fd < 0 && n < 1000; ++n) {
    temporary = "." + name.substr(0, 200) + ".tmp" + std::to_string(n);
    fd = ::openat(parent.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0 && errno != EEXIST) return errno;
  }
  if (fd < 0) return EEXIST;
  OpenFile made(fd);
  int error = made.write(data);
  if (error == 0) error = made.sync();
  if (error == 0) error = made.close();
  if (error == 0 && ::renameat(parent.get(), temporary.c_str(), parent.get(), name.c_str()) != 0) error = errno;
  if (error != 0) ::unlinkat(parent.get(), temporary.c_str(), 0);
  return error;
}

int Directory::stat(std::string_view path, Stat& out) {
  Descriptor fd(open_beneath(path, O_PATH, 0));
  if (!fd.ok()) return fd.error();
  struct stat s {};
  if (::fstat(fd.get(), &s) != 0) return errno;
  out = stat_of(s);
  return 0;
}

int Directory::list(std::string_view path, std::vector<DirectoryItem>& out) {
  const int fd = open_beneath(path, O_RDONLY | O_DIRECTORY, 0);
  return fd < 0 ? -fd : list_open(fd, out);
}

int Directory::make(std::string_view path, bool with_parents) {
  if (with_parents) {
    for (std::size_t slash = path.find('/', 1); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
      const std::string_view above = path.substr(0, slash);
      if (without_slashes(above).empty() || above.ends_with('/')) continue;
      if (const int error = make(above, false); error != 0 && error != EEXIST) return error;
    }
  }
  std::string name;
  Descriptor parent(open_parent(path, name));
  if (!parent.ok()) return parent.error();
  if (::mkdirat(parent.get(), name.c_str(), 0755) == 0) return 0;
  Stat s;
  const int error = errno;
  return error == EEXIST && with_parents && stat(path, s) == 0 && s.is_directory ? 0 : error;
}

int Directory::remove(std::string_view path) {
  std::string name;
  Descriptor parent(open_parent(path, name));
  if (!parent.ok()) return parent.error();
  if (::unlinkat(parent.get(), name.c_str(), 0) == 0) return 0;
  if (errno != EISDIR && errno != EPERM) return errno;
  return ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR) == 0 ? 0 : errno;
}

int Directory::remove_all(std::string_view path) {
  std::string name;
  Descriptor parent(open_parent(path, name));
  return parent.ok() ? remove_below(parent.get(), name.c_str()) : parent.error();
}

int Directory::rename(std::string_view from, std::string_view to) {
  std::string old_name;
  std::string new_name;
  Descriptor old_parent(open_parent(from, old_name));
  if (!old_parent.ok()) return old_parent.error();
  Descriptor new_parent(open_parent(to, new_name));
  if (!new_parent.ok()) return new_parent.error();
  return ::renameat(old_parent.get(), old_name.c_str(), new_parent.get(), new_name.c_str()) == 0 ? 0 : errno;
}

}  // namespace wippy::files
