#include "lua/modules/fs_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "lua/error_object.hpp"
#include "lua/held.hpp"
#include "lua/library.hpp"
#include "lua/process_args.hpp"
#include "lua/task.hpp"

namespace wippy::lua {

namespace {

using FilePtr = std::shared_ptr<files::OpenFile>;

enum class Operation : uint8_t { kRead, kReadAll, kLine, kWrite, kSeek, kSync, kStat, kClose };

struct Request {
  Request(Operation what, const char* called, std::size_t most = 0) noexcept
      : operation(what), name(called), bytes(most) {}
  Operation operation;
  const char* name;  // for messages
  std::size_t bytes;
  std::string_view data;
  int whence = 0;
  int64_t offset = 0;
};

class FileJob final : public BlockingJob {
 public:
  FileJob(const FilePtr& file, const Request& request) : file_(file), request_(request), data_(request.data) {}
  void run(JobAnswer& answer) override {
    const int error = act(answer);
    if (error == EBADF) return answer.fail(ErrorKind::kInvalid, "fs: the file is closed or not open for this");
    if (error != 0) fail_errno(answer, request_.name, "file", error);
  }

 private:
  int act(JobAnswer& answer) {
    switch (request_.operation) {
      case Operation::kRead:
      case Operation::kReadAll: return read(answer);
      case Operation::kLine: return line(answer);
      case Operation::kWrite: return done(answer, file_->write(data_));
      case Operation::kSeek: return seek(answer);
      case Operation::kSync: return done(answer, file_->sync());
      case Operation::kClose: return done(answer, file_->close());
      case Operation::kStat: break;
    }
    files::Stat s;
    const int error = file_->stat(s);
    if (error == 0) write_stat(answer, s);
    return error;
  }
  static int done(JobAnswer& answer, int error) {
    if (error == 0) answer.ok(1).boolean(true);
    return error;
  }
  // nil: the end; with kReadAll the end is an empty text.
  int read(JobAnswer& answer) {
    std::string text;
    if (const int error = file_->read(request_.bytes, text); error != 0) return error;
    if (text.empty() && request_.operation == Operation::kRead && request_.bytes != 0) {
      answer.ok(1).nil();
    } else {
      answer.ok(1).string(text.data(), text.size());
    }
    return 0;
  }
  int line(JobAnswer& answer) {
    std::string text;
    bool end = false;
    if (const int error = file_->read_line(text, end); error != 0) return error;
    end ? answer.ok(1).nil() : answer.ok(1).string(text.data(), text.size());
    return 0;
  }
  int seek(JobAnswer& answer) {
    uint64_t position = 0;
    const int error = file_->seek(request_.whence, request_.offset, position);
    if (error == 0) answer.ok(1).integer(static_cast<int64_t>(position));
    return error;
  }

  const FilePtr file_;
  const Request request_;
  const std::string data_;
};

int submit(lua_State* L, const Request& request, lua_KFunction k = nullptr) {
  const FileSlotPtr& slot = check_held<FileSlotPtr>(L, 1, kFileType);
  check_may_block(L);
  return call_blocking(L, new_job<FileJob>(*slot, request), k);
}

// file:read([n]) -> text, nil at the end; all that is left without n [-n, +(1|2), e]
int file_read(lua_State* L) {
  if (lua_isnoneornil(L, 2)) return submit(L, {Operation::kReadAll, "read", files::kMostFileBytes});
  int whole = 0;
  const lua_Integer n = lua_tointegerx(L, 2, &whole);
  if (whole == 0 || n < 0 || n > static_cast<lua_Integer>(files::kMostFileBytes))
    return return_error(L, ErrorKind::kInvalid, "fs: read: a number of bytes up to 64 MiB is required");
  return submit(L, {Operation::kRead, "read", static_cast<std::size_t>(n)});
}

int file_read_line(lua_State* L) { return submit(L, {Operation::kLine, "read_line"}); }

// An iterator has nobody to give an error to. [-0, +1, v]
int next_line_done(lua_State* L, int, lua_KContext) {
  if (lua_gettop(L) > 1 && !lua_isnil(L, -1) && lua_isnil(L, -2)) return lua_error(L);
  return 1;
}
int next_line(lua_State* L) {
  lua_settop(L, 0);
  lua_pushvalue(L, lua_upvalueindex(1));
  const int results = submit(L, {Operation::kLine, "lines"}, next_line_done);
  return results == 2 ? lua_error(L) : results;  // it did not even begin
}

// file:lines() -> iterator; it raises what fails [-1, +1, e]
int file_lines(lua_State* L) {
  check_user(L, 1, kFileType);
  lua_settop(L, 1);
  lua_pushcclosure(L, next_line, 1);
  return 1;
}

int file_write(lua_State* L) {
  Request request{Operation::kWrite, "write"};
  if (!text_argument(L, 2, request.data)) return return_error(L, ErrorKind::kInvalid, "fs: write: data is required");
  return submit(L, request);
}

// file:seek([whence[, offset]]) -> position [-n, +(1|2), e]
int file_seek(lua_State* L) {
  static constexpr const char* kWords[] = {"set", "cur", "end", nullptr};
  static constexpr int kWhence[] = {SEEK_SET, SEEK_CUR, SEEK_END};
  Request request{Operation::kSeek, "seek"};
  request.whence = kWhence[luaL_checkoption(L, 2, "cur", kWords)];
  request.offset = luaL_optinteger(L, 3, 0);
  return submit(L, request);
}

int file_sync(lua_State* L) { return submit(L, {Operation::kSync, "sync"}); }
int file_stat(lua_State* L) { return submit(L, {Operation::kStat, "stat"}); }
int file_close(lua_State* L) { return submit(L, {Operation::kClose, "close"}); }

constexpr LibraryEntry kFileMethods[] = {
    {"read", file_read},   {"read_line", file_read_line}, {"lines", file_lines},
    {"write", file_write}, {"seek", file_seek},           {"sync", file_sync},
    {"stat", file_stat},   {"close", file_close},         {nullptr, nullptr},
};

void fill_file(lua_State* L) {
  set_methods(L, kFileMethods);
  set_function(L, "__gc", collect_held<FileSlotPtr>);
}

ErrorKind kind_of(int error) noexcept {
  switch (error) {
    case ENOENT: return ErrorKind::kNotFound;
    case EEXIST: return ErrorKind::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
    case EXDEV:
    case ELOOP: return ErrorKind::kPermissionDenied;
    case ENOTDIR:
    case EISDIR:
    case ENOTEMPTY:
    case ENAMETOOLONG:
    case EFBIG:
    case EINVAL: return ErrorKind::kInvalid;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE: return ErrorKind::kUnavailable;
    default: return ErrorKind::kInternal;
  }
}

}  // namespace

const UserType kFileType = {"file", fill_file};

const FileSlotPtr& push_file(lua_State* L) {
  FileSlotPtr& slot = push_held<FileSlotPtr>(L, kFileType);
  [&]() noexcept {
    try {
      slot = std::make_shared<FilePtr>();
    } catch (const std::bad_alloc&) {
    }
  }();
  return slot;
}

int file_opened(lua_State* L, int, lua_KContext) {
  if (lua_isboolean(L, -1)) {  // opened: the object is below
    lua_pop(L, 1);
    return 1;
  }
  return 2;
}

void fail_errno(JobAnswer& answer, const char* operation, std::string_view path, int error) {
  const std::string why = error == EXDEV   ? "the path leads out of the filesystem"
                          : error == EFBIG ? "larger than one call may handle"
                                           : std::strerror(error);
  answer.fail(kind_of(error), std::string("fs: ") + operation + " " + std::string(path) + ": " + why);
}

void write_stat(JobAnswer& answer, const files::Stat& stat) {
  ValueWriter& w = answer.ok(1);
  const auto key = [&w](std::string_view name) { w.string(name.data(), name.size()); };
  w.begin_table(0);
  key("size");
  w.integer(static_cast<int64_t>(stat.size_bytes));
  key("modified");  // unix seconds
  w.number(static_cast<double>(stat.modified_ns) / 1e9);
  key("mode");
  w.integer(stat.mode);
  key("is_dir");
  w.boolean(stat.is_directory);
  key("is_file");
  w.boolean(stat.is_file);
  w.end_table();
}

}  // namespace wippy::lua
