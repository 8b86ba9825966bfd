#include "lua/modules/blocking_job.hpp"

#include <memory>
#include <string>

#include "lua/error_object.hpp"
#include "lua/task.hpp"
#include "lua/values_lua.hpp"
#include "runtime/process/context.hpp"

namespace wippy::lua {

namespace {

std::string run_job(void* arg) {
  JobAnswer answer;
  static_cast<BlockingJob*>(arg)->run(answer);
  if (!answer.writer().finish().ok()) {
    answer.fail(ErrorKind::kUnavailable, "not enough memory for the answer", true);
    if (!answer.writer().finish().ok()) return {};
  }
  return std::string(answer.writer().view());
}

void dispose_job(void* arg) { delete static_cast<BlockingJob*>(arg); }

int job_done(lua_State* L, int status, lua_KContext then) {
  const Signal* const s = answer(L);
  Body body;
  if (!open_body({s->body(), s->body_bytes}, body))
    return return_error(L, ErrorKind::kUnavailable, "not enough memory for the answer", true);
  push_values(L, body);
  if (then != 0) return reinterpret_cast<lua_KFunction>(then)(L, status, 0);
  return static_cast<int>(body.count);
}

}  // namespace

int call_blocking(lua_State* L, BlockingJob* job, lua_KFunction then) {
  if (job == nullptr) return return_error(L, ErrorKind::kUnavailable, "not enough memory", true);
  const uint64_t id = context_of(L).call(run_job, job, dispose_job);
  if (id == 0) {
    delete job;
    return return_error(L, ErrorKind::kUnavailable, "too much blocking work is waiting", true);
  }
  const WakeRef me = prepare_block(L);
  if (!expect(L, SignalKind::kCompletion, id, me)) return luaL_error(L, "not enough memory to wait for an answer");
  return block(L, WaitReason::kCall, reinterpret_cast<lua_KContext>(then), job_done);
}

}  // namespace wippy::lua
