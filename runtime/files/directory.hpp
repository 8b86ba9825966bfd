// A directory that its users cannot leave (fs.directory, host.md §2.8): no "..", no symbolic link, no race leads out.
//
// Paths are relative to it; leading slashes mean nothing. Resolution is the kernel's (openat2, RESOLVE_BENEATH); on kernels without it
// every component is opened by itself and symbolic links are refused. All calls block: for the blocking pool.
// Errors are errno values, 0 is success. Thread-safety: Directory: all calls from any thread. OpenFile: likewise, one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "memory/mutex.hpp"

namespace wippy::files {

inline constexpr std::size_t kMostFileBytes = 64u << 20;     // that one call reads or writes
inline constexpr std::size_t kMostDirectoryItems = 100'000;  // that one call lists

struct Stat {
  uint64_t size_bytes = 0;
  int64_t modified_ns = 0;  // unix
  unsigned mode = 0;        // permissions
  bool is_directory = false;
  bool is_file = false;
};

struct DirectoryItem {
  std::string name;
  bool is_directory = false;
};

class OpenFile {
 public:
  explicit OpenFile(int fd) noexcept : fd_(fd) {}
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  // Up to `bytes`; empty: the end.
  int read(std::size_t bytes, std::string& out);
  // Without its end; `end`: nothing was left.
  int read_line(std::string& out, bool& end);
  int write(std::string_view data);
  int seek(int whence, int64_t offset, uint64_t& position);
  int sync();
  int stat(Stat& out);
  int close();  // later calls give EBADF

 private:
  int fill();
  Mutex mutex_;  // guards everything below
  int fd_;
  std::string ahead_;  // read from the file and not yet asked for
  std::size_t at_ = 0;
};

class Directory {
 public:
  // Null: `error` is the errno.
  enum class Resolve : uint8_t { kKernel, kWalk };  // kWalk: as on a kernel without openat2
  static std::shared_ptr<Directory> open(const std::string& path, int& error, Resolve resolve = Resolve::kKernel);
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  // flags: of open(2). Regular files only.
  int open_file(std::string_view path, int flags, std::shared_ptr<OpenFile>& out);
  int read_file(std::string_view path, std::string& out);
  enum class Write : uint8_t { kReplace, kAppend, kAtomic };
  int write_file(std::string_view path, std::string_view data, Write how);
  int stat(std::string_view path, Stat& out);
  int list(std::string_view path, std::vector<DirectoryItem>& out);  // by name
  int make(std::string_view path, bool with_parents);
  int remove(std::string_view path);  // a file, a link or an empty directory
  int remove_all(std::string_view path);
  int rename(std::string_view from, std::string_view to);

 private:
  Directory(int fd, Resolve resolve) noexcept : fd_(fd), resolve_(resolve) {}
  // A descriptor, or a negative errno.
  int open_beneath(std::string_view path, int flags, unsigned mode) const;
  // The directory that holds the last component, which must be a name.
  int open_parent(std::string_view path, std::string& name) const;

  const int fd_;
  const Resolve resolve_;
};

// The filesystems of an application, by entry ID. Filled before the first process, then immutable.
class FileSystems {
 public:
  void add(std::string id, std::shared_ptr<Directory> directory) { all_[std::move(id)] = std::move(directory); }
  std::shared_ptr<Directory> find(std::string_view id) const {
    const auto found = all_.find(id);
    return found == all_.end() ? nullptr : found->second;
  }

 private:
  std::map<std::string, std::shared_ptr<Directory>, std::less<>> all_;
};

}  // namespace wippy::files
