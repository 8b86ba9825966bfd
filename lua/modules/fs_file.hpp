// Open files of the fs module: userdata that hold a file on its way from the blocking pool, then open, then closed.
#pragma once

#include <memory>
#include <string_view>

#include <lua5.4/lua.hpp>

#include "lua/modules/blocking_job.hpp"
#include "lua/user_type.hpp"
#include "runtime/files/directory.hpp"

namespace wippy::lua {

// Filled by the job that opens; read on the worker after its answer (the answer's delivery is in between).
using FileSlotPtr = std::shared_ptr<std::shared_ptr<files::OpenFile>>;

extern const UserType kFileType;

// Pushes a file that is not open yet; null: out of memory. The file ends with the object or the process. [-0, +1, m]
const FileSlotPtr& push_file(lua_State* L);
// Continuation of the job that opened it: the file below the answer. [-0, +(1|2), e]
int file_opened(lua_State* L, int status, lua_KContext context);

// "read_file a/b: No such file or directory", with the kind that fits.
void fail_errno(JobAnswer& answer, const char* operation, std::string_view path, int error);
// The result {size, modified, mode, is_dir, is_file}.
void write_stat(JobAnswer& answer, const files::Stat& stat);

}  // namespace wippy::lua
