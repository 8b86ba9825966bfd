// Blocking work for host functions: a job runs on the blocking pool, its answer becomes the function's results.
//
//   check_may_block(L);                                   // before the job exists: it raises
//   return call_blocking(L, new_job<ReadJob>(file, bytes));  // arguments are taken over without raising
//
// A killed caller is not an error: the job runs to its end and is disposed of on the pool thread.
#pragma once

#include <string_view>
#include <utility>

#include <lua5.4/lua.hpp>

#include "mailbox/values.hpp"

namespace wippy::lua {

// The results of a job: exactly those that one call of ok() or fail() announces.
class JobAnswer {
 public:
  // The next `count` values of writer() are the results.
  ValueWriter& ok(uint32_t count) noexcept {
    writer_.reset_body("", count);
    return writer_;
  }
  // nil and an error.
  void fail(ErrorKind kind, std::string_view message, bool may_retry = false) noexcept {
    writer_.reset_body("", 2);
    writer_.nil();
    writer_.begin_error(kind, may_retry ? Retryable::kYes : Retryable::kNo, message, {});
    writer_.nil();
    writer_.end_error();
  }
  ValueWriter& writer() noexcept { return writer_; }

 private:
  ValueWriter writer_;
};

// Made on the worker, used and deleted on a pool thread: holds no Lua value and no Context.
class BlockingJob {
 public:
  virtual ~BlockingJob() = default;
  virtual void run(JobAnswer& answer) = 0;
};

// Null: out of memory.
template <class Job, class... Arguments>
BlockingJob* new_job(Arguments&&... arguments) noexcept {
  try {
    return new Job(std::forward<Arguments>(arguments)...);
  } catch (...) {
    return nullptr;
  }
}

// Owns `job` (null: answers out of memory). Leaves the function. nil and UNAVAILABLE when the pool is full. [-0, +?, e]
// `then`, if given, goes on with the results on top of the stack that was left.
int call_blocking(lua_State* L, BlockingJob* job, lua_KFunction then = nullptr);

}  // namespace wippy::lua
