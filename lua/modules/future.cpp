// Future: the object that funcs.async gives (host.md §7.2). While the call is under way the machine keeps it alive.
#include "lua/error_object.hpp"
#include "lua/events.hpp"
#include "lua/modules/function_call.hpp"
#include "lua/payload_object.hpp"
#include "lua/state.hpp"

namespace wippy::lua {

namespace {

FunctionCall& self_of(lua_State* L) { return check_resource<FunctionCall>(L, 1, kFutureType); }

bool under_way(const FunctionCall& call) noexcept {
  return call.state == CallState::kStanding || call.state == CallState::kRunning;
}

// Between tasks, or from the future's own methods. Takes two slots of a state that does not run.
void let_go(LuaMachine& machine, FunctionCall& call) noexcept {
  if (call.anchor != 0 && lua_checkstack(machine.main_state(), 4)) unanchor(machine.main_state(), call.anchor);
  call.anchor = 0;
}

void ended(LuaMachine& machine, Signal* s, void* arg) noexcept {
  auto& call = *static_cast<FunctionCall*>(arg);
  call.result = s;  // the resource releases it if nobody looks at it
  call.state = CallState::kComplete;
  call.target = {};
  call.frame.reset();
  let_go(machine, call);
  notify(call.channel);
}

bool watch(LuaMachine& machine, FunctionCall& call) noexcept {
  return expect(machine.main_state(), SignalKind::kExit, call.watch_ref, ended, &call);
}

void seated(LuaMachine& machine, Signal* s, void* arg) noexcept {
  machine.context().release(s);
  auto& call = *static_cast<FunctionCall*>(arg);
  if (!call.target.gate->sit(call.ticket)) return;
  start_call(machine, call);
  if (call.state == CallState::kRunning && watch(machine, call)) return;
  if (call.state == CallState::kRunning) {
    cancel_call(machine.context(), call);
    call.state = CallState::kFailed;
    call.status = Status::error(ErrorKind::kUnavailable, "out of memory", true);
  }
  let_go(machine, call);
  notify(call.channel);
}

// Value and error of a call that is not under way; one of them is nil, or both. [-0, +2, e]
void push_outcome(lua_State* L, const FunctionCall& call) {
  luaL_checkstack(L, 16, nullptr);
  if (call.state == CallState::kComplete) {
    push_exit_result(L, *call.result);
  } else if (call.state == CallState::kFailed) {
    return_call_error(L, call);
  } else {
    return_error(L, ErrorKind::kCanceled, "the call was canceled");
  }
}

int future_channel(lua_State* L) {
  self_of(L);
  lua_getiuservalue(L, 1, kCallChannelSlot);
  return 1;
}

int future_is_complete(lua_State* L) {
  lua_pushboolean(L, !under_way(self_of(L)));
  return 1;
}

int future_is_canceled(lua_State* L) {
  lua_pushboolean(L, self_of(L).state == CallState::kCanceled);
  return 1;
}

// -> Payload | nil, error; nil, nil while it is under way [-1, +2, e]
int future_result(lua_State* L) {
  const FunctionCall& call = self_of(L);
  lua_settop(L, 1);
  if (under_way(call)) return lua_pushnil(L), lua_pushnil(L), 2;
  push_outcome(L, call);
  if (!lua_isnil(L, -1)) return 2;
  lua_pop(L, 1);
  wrap_payload(L, true);
  lua_pushnil(L);
  return 2;
}

// -> error | nil, whether there is one [-1, +2, e]
int future_error(lua_State* L) {
  const FunctionCall& call = self_of(L);
  lua_settop(L, 1);
  if (under_way(call)) {
    lua_pushnil(L);
  } else {
    push_outcome(L, call);
  }
  lua_pushboolean(L, !lua_isnil(L, -1));
  return 2;
}

// -> whether it was under way. Its result is dropped.
int future_cancel(lua_State* L) {
  FunctionCall& call = self_of(L);
  const bool was = under_way(call);
  if (was) {
    LuaMachine& machine = machine_of(L);
    const bool stands = call.state == CallState::kStanding;
    static_cast<void>(
        forget(L, stands ? SignalKind::kCompletion : SignalKind::kExit, stands ? call.ticket : call.watch_ref));
    cancel_call(machine.context(), call);
    call.state = CallState::kCanceled;
    end_call(machine, call);
    unanchor(L, call.anchor);
    call.anchor = 0;
    close_channel(call.channel);
  }
  lua_pushboolean(L, was);
  return 1;
}

// One that is under way is only collected with the coroutine that waits for it.
int future_gc(lua_State* L) {
  FunctionCall* const call = resource_at<FunctionCall>(L, 1);
  if (call == nullptr || under_way(*call)) return 0;  // stays a resource: what wakes it may point to it
  end_call(machine_of(L), *call);
  abandon_channel(call->channel);
  free_resource<FunctionCall>(L, 1);
  return 0;
}

constexpr LibraryEntry kMethods[] = {
    {"response", future_channel},        {"channel", future_channel}, {"is_complete", future_is_complete},
    {"is_canceled", future_is_canceled}, {"result", future_result},   {"error", future_error},
    {"cancel", future_cancel},           {nullptr, nullptr},
};

void fill(lua_State* L) {
  set_methods(L, kMethods);
  set_function(L, "__gc", future_gc);
}

}  // namespace

const UserType kFutureType = {"Future", fill};

bool FunctionCall::ready(uint64_t&) noexcept { return !delivered && !under_way(*this); }

// A Payload, or the error object; then the channel is closed.
void FunctionCall::take(lua_State* L) {
  push_outcome(L, *this);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    wrap_payload(L, true);
  } else {
    lua_remove(L, -2);
  }
  delivered = true;
  close_channel(channel);
}

void make_future(lua_State* L) {
  auto& call = *resource_at<FunctionCall>(L, -1);
  call.channel = new_channel(L, 0, &call);
  lua_pushvalue(L, -2);
  lua_setiuservalue(L, -2, 1);  // a channel with a source has no buffer there: it keeps the future alive
  lua_setiuservalue(L, -2, kCallChannelSlot);
  if (!under_way(call)) return;
  lua_pushvalue(L, -1);
  call.anchor = anchor(L);
  LuaMachine& machine = machine_of(L);
  const bool expected = call.state == CallState::kRunning
                            ? watch(machine, call)
                            : expect(L, SignalKind::kCompletion, call.ticket, seated, &call);
  if (expected) return;
  cancel_call(machine.context(), call);
  call.state = CallState::kFailed;
  call.status = Status::error(ErrorKind::kUnavailable, "out of memory", true);
  call.text_bytes = 0;
  unanchor(L, call.anchor);
  call.anchor = 0;
}

}  // namespace wippy::lua
