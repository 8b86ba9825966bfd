// The funcs module: calls of functions and of processes that have a default host (host.md §7, docs/functions.md).
#include "lua/error_object.hpp"
#include "lua/events.hpp"
#include "lua/library.hpp"
#include "lua/modules/function_call.hpp"
#include "lua/permission.hpp"
#include "lua/security_object.hpp"
#include "lua/spawn_call.hpp"
#include "lua/task.hpp"

namespace wippy::lua {

namespace {

constexpr int kExecutorSlots = 5;  // those of spawn_call.hpp

extern const UserType kExecutorType;

FunctionCall& top_call(lua_State* L) { return *resource_at<FunctionCall>(L, -1); }

// [-0, +2, e]
int call_done(lua_State* L, int, lua_KContext) {
  FunctionCall& call = top_call(L);
  const Signal* const s = answer(L);
  call.state = CallState::kComplete;
  end_call(machine_of(L), call);
  push_exit_result(L, *s);
  return 2;
}

int seat_came(lua_State* L, int, lua_KContext);

// The call is on top: waits for what comes next. [-0, +2, e]
int wait_for_call(lua_State* L) {
  FunctionCall& call = top_call(L);
  if (call.state == CallState::kFailed) {
    end_call(machine_of(L), call);
    return return_call_error(L, call);
  }
  const bool stands = call.state == CallState::kStanding;
  const WakeRef me = prepare_block(L);
  if (!expect(L, stands ? SignalKind::kCompletion : SignalKind::kExit, stands ? call.ticket : call.watch_ref, me)) {
    cancel_call(context_of(L), call);
    call.state = CallState::kFailed;
    end_call(machine_of(L), call);
    return luaL_error(L, "not enough memory");
  }
  return block(L, WaitReason::kExec, 0, stands ? seat_came : call_done);
}

int seat_came(lua_State* L, int, lua_KContext) {
  FunctionCall& call = top_call(L);
  if (call.target.gate->sit(call.ticket)) start_call(machine_of(L), call);
  return wait_for_call(L);
}

// The id is at base + 1. -> value | nil, error
template <int base>
int funcs_call(lua_State* L) {
  if (base != 0) check_user(L, 1, kExecutorType);
  check_may_block(L);
  return begin_call(L, base, "funcs.call") ? wait_for_call(L) : 2;
}

// A future of a call that runs, stands within the buffer, or has failed.
int async_seated(lua_State* L, int, lua_KContext) {
  FunctionCall& call = top_call(L);
  if (call.target.gate->sit(call.ticket)) start_call(machine_of(L), call);
  if (call.state == CallState::kFailed) {
    end_call(machine_of(L), call);
    return return_call_error(L, call);
  }
  make_future(L);
  return 1;
}

// -> Future | nil, error. A full buffer holds the caller until its call has begun.
template <int base>
int funcs_async(lua_State* L) {
  if (base != 0) check_user(L, 1, kExecutorType);
  if (!begin_call(L, base, "funcs.async")) return 2;
  FunctionCall& call = top_call(L);
  if (call.state == CallState::kFailed) {
    end_call(machine_of(L), call);
    return return_call_error(L, call);
  }
  if (call.state == CallState::kStanding && call.crowded && may_block(L)) {
    const WakeRef me = prepare_block(L);
    if (expect(L, SignalKind::kCompletion, call.ticket, me)) return block(L, WaitReason::kExec, 0, async_seated);
  }
  make_future(L);
  return 1;
}

// --- executors

void replace_top(lua_State* L, int slot) { copy_with_top(L, kExecutorType, kExecutorSlots, slot); }

int funcs_new(lua_State* L) {
  new_user(L, kExecutorType, 0, kExecutorSlots);
  return 1;
}

// executor:with_context(values) -> executor | nil, error
int executor_with_context(lua_State* L) {
  check_user(L, 1, kExecutorType);
  if (!lua_istable(L, 2)) return return_error(L, ErrorKind::kInvalid, "with_context: a table of values is required");
  if (!permitted(L, "funcs.context", "context", "not allowed to call functions with custom context")) return 2;
  lua_settop(L, 2);
  if (!merge_context_values(L)) return 2;
  replace_top(L, kFrameValuesSlot);
  return 1;
}

// executor:with_actor(actor), executor:with_scope(scope) -> executor | nil, error
template <auto to_object, int slot>
int executor_with_object(lua_State* L) {
  check_user(L, 1, kExecutorType);
  if (to_object(L, 2) == nullptr) {
    return return_error(L, ErrorKind::kInvalid,
                        slot == kFrameActorSlot ? "with_actor: a security actor is required"
                                                : "with_scope: a security scope is required");
  }
  if (!permitted(L, "funcs.security", "security", "not allowed to call functions with custom security context"))
    return 2;
  lua_settop(L, 2);
  replace_top(L, slot);
  return 1;
}

// There are no options yet: a table without fields. -> executor | nil, error
int executor_with_options(lua_State* L) {
  check_user(L, 1, kExecutorType);
  if (!lua_istable(L, 2)) return return_error(L, ErrorKind::kInvalid, "with_options: a table is required");
  lua_pushnil(L);
  if (lua_next(L, 2) != 0) {
    lua_pop(L, 1);
    lua_tolstring(L, -1, nullptr);
    return return_errorf(L, ErrorKind::kInvalid, "with_options: unknown option %s", lua_tostring(L, -1));
  }
  lua_settop(L, 1);
  return 1;
}

constexpr LibraryEntry kMethods[] = {
    {"with_context", executor_with_context},
    {"with_actor", executor_with_object<to_actor, kFrameActorSlot>},
    {"with_scope", executor_with_object<to_scope, kFrameScopeSlot>},
    {"with_options", executor_with_options},
    {"call", funcs_call<1>},
    {"async", funcs_async<1>},
    {nullptr, nullptr},
};

void fill_executor(lua_State* L) { set_methods(L, kMethods); }

const UserType kExecutorType = {"Executor", fill_executor};

}  // namespace

constexpr LibraryEntry kFuncsLibrary[] = {
    {"call", funcs_call<0>},
    {"async", funcs_async<0>},
    {"new", funcs_new},
    {nullptr, nullptr},
};

}  // namespace wippy::lua
