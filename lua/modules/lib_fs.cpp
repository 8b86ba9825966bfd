// The fs module (docs/files.md): fs.directory entries, confined to their directory. Every operation runs on the blocking pool.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lua/error_object.hpp"
#include "lua/held.hpp"
#include "lua/library.hpp"
#include "lua/modules/blocking_job.hpp"
#include "lua/modules/fs_file.hpp"
#include "lua/permission.hpp"
#include "lua/process_args.hpp"
#include "lua/state.hpp"
#include "lua/task.hpp"

namespace wippy::lua {

namespace {

using files::Directory;
using DirectoryPtr = std::shared_ptr<Directory>;

enum class Operation : uint8_t {
  kReadFile,
  kWriteFile,
  kExists,
  kStat,
  kList,
  kMake,
  kRemove,
  kRemoveAll,
  kRename,
  kOpen,
};

struct Request {
  Request(Operation what, const char* called) noexcept : operation(what), name(called) {}
  Operation operation;
  const char* name;  // for messages
  std::string_view path;
  std::string_view second;  // data, or where to
  Directory::Write how = Directory::Write::kReplace;
  bool with_parents = false;
  int flags = 0;
};

class FsJob final : public BlockingJob {
 public:
  FsJob(const DirectoryPtr& directory, const Request& request, const FileSlotPtr& slot)
      : directory_(directory), request_(request), path_(request.path), second_(request.second), slot_(slot) {}

  void run(JobAnswer& answer) override {
    const int error = act(answer);
    if (error != 0) fail_errno(answer, request_.name, path_, error);
  }

 private:
  // 0: answered.
  int act(JobAnswer& answer) {
    switch (request_.operation) {
      case Operation::kReadFile: return read_file(answer);
      case Operation::kStat: return stat(answer);
      case Operation::kExists: return exists(answer);
      case Operation::kList: return list(answer);
      case Operation::kOpen: return done(answer, directory_->open_file(path_, request_.flags, *slot_));
      case Operation::kWriteFile: return done(answer, directory_->write_file(path_, second_, request_.how));
      case Operation::kMake: return done(answer, directory_->make(path_, request_.with_parents));
      case Operation::kRemove: return done(answer, directory_->remove(path_));
      case Operation::kRemoveAll: return done(answer, directory_->remove_all(path_));
      case Operation::kRename: return done(answer, directory_->rename(path_, second_));
    }
    return EINVAL;
  }
  static int done(JobAnswer& answer, int error) {
    if (error == 0) answer.ok(1).boolean(true);
    return error;
  }
  int read_file(JobAnswer& answer) {
    std::string text;
    const int error = directory_->read_file(path_, text);
    if (error == 0) answer.ok(1).string(text.data(), text.size());
    return error;
  }
  int exists(JobAnswer& answer) {
    files::Stat s;
    const int error = directory_->stat(path_, s);
    if (error != 0 && error != ENOENT && error != ENOTDIR) return error;
    answer.ok(1).boolean(error == 0);
    return 0;
  }
  int stat(JobAnswer& answer) {
    files::Stat s;
    const int error = directory_->stat(path_, s);
    if (error == 0) write_stat(answer, s);
    return error;
  }
  int list(JobAnswer& answer) {
    std::vector<files::DirectoryItem> items;
    if (const int error = directory_->list(path_, items); error != 0) return error;
    ValueWriter& w = answer.ok(1);
    w.begin_table(static_cast<uint32_t>(items.size()));
    for (const files::DirectoryItem& item : items) {
      w.begin_table(0);
      w.string("name", 4);
      w.string(item.name.data(), item.name.size());
      w.string("is_dir", 6);
      w.boolean(item.is_directory);
      w.end_table();
    }
    w.end_table();
    return 0;
  }

  const DirectoryPtr directory_;
  const Request request_;  // its texts are not used: those of the caller are gone
  const std::string path_;
  const std::string second_;
  const FileSlotPtr slot_;
};

extern const LibraryEntry kFilesystemMethods[];
void fill_filesystem(lua_State* L) {
  set_methods(L, kFilesystemMethods);
  set_function(L, "__gc", collect_held<DirectoryPtr>);
}
const UserType kFilesystemType = {"filesystem", fill_filesystem};

int no_path(lua_State* L, const char* name) {
  return return_errorf(L, ErrorKind::kInvalid, "fs: %s: a path is required", name);
}

// Argument 2 is the path. [-n, +(1|2), e]
int submit(lua_State* L, Request request) {
  const DirectoryPtr& directory = check_held<DirectoryPtr>(L, 1, kFilesystemType);
  if (!text_argument(L, 2, request.path)) return no_path(L, request.name);
  check_may_block(L);
  return call_blocking(L, new_job<FsJob>(directory, request, FileSlotPtr()));
}

// With argument 3 as a text. [-n, +(1|2), e]
int submit_two(lua_State* L, Request request, const char* what) {
  if (!text_argument(L, 3, request.second))
    return return_errorf(L, ErrorKind::kInvalid, "fs: %s: %s is required", request.name, what);
  if (request.second.size() > files::kMostFileBytes)
    return return_errorf(L, ErrorKind::kInvalid, "fs: %s: more than %d bytes", request.name,
                         static_cast<int>(files::kMostFileBytes));
  return submit(L, request);
}

// True when argument `index` is a table whose `field` is true. [-0, +0, e]
bool option(lua_State* L, int index, const char* field) {
  if (!lua_istable(L, index)) return false;
  lua_getfield(L, index, field);
  const bool on = lua_toboolean(L, -1) != 0;
  lua_pop(L, 1);
  return on;
}

int fs_read_file(lua_State* L) { return submit(L, {Operation::kReadFile, "read_file"}); }
int fs_exists(lua_State* L) { return submit(L, {Operation::kExists, "exists"}); }
int fs_stat(lua_State* L) { return submit(L, {Operation::kStat, "stat"}); }
int fs_remove(lua_State* L) { return submit(L, {Operation::kRemove, "remove"}); }
int fs_remove_all(lua_State* L) { return submit(L, {Operation::kRemoveAll, "remove_all"}); }

// filesystem:list([path]) -> list of {name, is_dir}, by name | nil, error [-n, +(1|2), e]
int fs_list(lua_State* L) {
  if (lua_isnoneornil(L, 2)) {
    lua_settop(L, 1);
    lua_pushliteral(L, ".");
  }
  return submit(L, {Operation::kList, "list"});
}

// filesystem:mkdir(path[, {parents = true}]) -> true | nil, error [-n, +(1|2), e]
int fs_mkdir(lua_State* L) {
  Request request{Operation::kMake, "mkdir"};
  request.with_parents = option(L, 3, "parents");
  return submit(L, request);
}

// filesystem:write_file(path, data[, {atomic = true}]) -> true | nil, error [-n, +(1|2), e]
int fs_write_file(lua_State* L) {
  Request request{Operation::kWriteFile, "write_file"};
  if (option(L, 4, "atomic")) request.how = Directory::Write::kAtomic;
  return submit_two(L, request, "data");
}

int fs_append(lua_State* L) {
  Request request{Operation::kWriteFile, "append"};
  request.how = Directory::Write::kAppend;
  return submit_two(L, request, "data");
}

int fs_rename(lua_State* L) { return submit_two(L, {Operation::kRename, "rename"}, "a new path"); }

int flags_of(std::string_view mode) noexcept {
  if (mode == "r") return O_RDONLY;
  if (mode == "r+") return O_RDWR;
  if (mode == "w") return O_WRONLY | O_CREAT | O_TRUNC;
  if (mode == "w+") return O_RDWR | O_CREAT | O_TRUNC;
  if (mode == "wx") return O_WRONLY | O_CREAT | O_EXCL;
  if (mode == "a") return O_WRONLY | O_CREAT | O_APPEND;
  if (mode == "a+") return O_RDWR | O_CREAT | O_APPEND;
  return -1;
}

// filesystem:open(path[, mode]) -> file | nil, error [-n, +(1|2), e]
int fs_open(lua_State* L) {
  const DirectoryPtr& directory = check_held<DirectoryPtr>(L, 1, kFilesystemType);
  Request request{Operation::kOpen, "open"};
  std::string_view mode = "r";
  if (!text_argument(L, 2, request.path)) return no_path(L, request.name);
  if (!lua_isnoneornil(L, 3) && !text_argument(L, 3, mode)) mode = "?";
  request.flags = flags_of(mode);
  if (request.flags < 0)
    return return_error(L, ErrorKind::kInvalid, "fs: open: the mode must be r, r+, w, w+, wx, a or a+");
  check_may_block(L);
  const FileSlotPtr& slot = push_file(L);
  if (slot == nullptr) return return_error(L, ErrorKind::kUnavailable, "not enough memory", true);
  return call_blocking(L, new_job<FsJob>(directory, request, slot), file_opened);
}

// fs.get(id) -> filesystem | nil, error [-1, +(1|2), e]
int fs_get(lua_State* L) {
  std::string_view id;
  if (!text_argument(L, 1, id) || id.empty()) return return_error(L, ErrorKind::kInvalid, "fs.get: an ID is required");
  const files::FileSystems* const all = root_of(L).hooks->files;
  if (all == nullptr) return return_error(L, ErrorKind::kUnavailable, "no filesystems here");
  if (!permitted(L, "fs.get", id, "not allowed to access filesystem: ")) return 2;
  DirectoryPtr& held = push_held<DirectoryPtr>(L, kFilesystemType);
  held = all->find(id);
  if (held == nullptr) return return_errorf(L, ErrorKind::kNotFound, "filesystem not found: %s", lua_tostring(L, 1));
  return 1;
}

constexpr LibraryEntry kFilesystemMethods[] = {
    {"read_file", fs_read_file},   {"readfile", fs_read_file}, {"write_file", fs_write_file},
    {"writefile", fs_write_file},  {"append", fs_append},      {"open", fs_open},
    {"exists", fs_exists},         {"stat", fs_stat},          {"list", fs_list},
    {"readdir", fs_list},          {"mkdir", fs_mkdir},        {"remove", fs_remove},
    {"remove_all", fs_remove_all}, {"rename", fs_rename},      {nullptr, nullptr},
};

}  // namespace

constexpr LibraryEntry kFsLibrary[] = {
    {"get", fs_get},
    {nullptr, nullptr},
};

}  // namespace wippy::lua
