#include "lua/modules/function_call.hpp"

#include <new>
#include <string>

#include "lua/error_object.hpp"
#include "lua/permission.hpp"
#include "lua/process_args.hpp"
#include "lua/spawn_call.hpp"
#include "lua/values_lua.hpp"
#include "runtime/process/node_core.hpp"

namespace wippy::lua {

namespace {

void release_call(Resource* self, Context& context) noexcept {
  auto& call = *static_cast<FunctionCall*>(self);
  cancel_call(context, call);
  if (call.result != nullptr) context.release(call.result);
  call.result = nullptr;
  call.target = {};
  call.frame.reset();
  call.held = false;
}

void fail(FunctionCall& call, Status status, std::string_view text) noexcept {
  call.state = CallState::kFailed;
  call.status = status;
  call.text_bytes = static_cast<uint32_t>(text.copy(call.text, FunctionCall::kTextBytes));
}

// Its own frame: nothing in here raises. [-0, +0, -]
void look_up(lua_State* L, int base, std::string_view id, FunctionCall& call) noexcept {
  if (base != 0) {
    if (const Status s = read_builder_frame(L, 1, call.frame); !s.ok()) return fail(call, s, {});
  }
  std::string text;
  FunctionDirectory* const functions = root_of(L).hooks->functions;
  if (functions == nullptr)
    return fail(call, Status::error(ErrorKind::kUnavailable, "functions are not available here"), {});
  if (const Status s = functions->find_function(id, call.target, text); !s.ok()) return fail(call, s, text);
  LuaMachine& machine = machine_of(L);
  if (call.target.gate == nullptr) return start_call(machine, call);
  Context& self = machine.context();
  const uint64_t ticket = self.node().new_ref();
  const CallGate::Entered entered = call.target.gate->enter(self.pid(), ticket, self.upgrades());
  if (entered == CallGate::Entered::kSeated) return start_call(machine, call);
  call.state = CallState::kStanding;
  call.ticket = ticket;
  call.crowded = entered == CallGate::Entered::kCrowded;
}

// False: nil and the error are pushed. [-0, +(0|2), m]
bool function_id(lua_State* L, int index, const char* function, std::string_view& id) {
  if (!text_argument(L, index, id) || id.empty()) {
    return_errorf(L, ErrorKind::kInvalid, "%s: a function ID is required", function);
    return false;
  }
  const std::size_t colon = id.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == id.size()) {
    return_errorf(L, ErrorKind::kInvalid, "%s: invalid function ID format (namespace:name required)", function);
    return false;
  }
  return permitted(L, "funcs.call", id, "not allowed to call function: ");
}

}  // namespace

void start_call(LuaMachine& machine, FunctionCall& call) noexcept {
  SpawnOptions options;
  options.private_watch = true;
  options.frame = call.frame;
  const SpawnResult r =
      machine.root().hooks->functions->start_call(machine.context(), call.target, call.arguments, options);
  call.ticket = 0;
  if (!r.status.ok()) return fail(call, r.status, r.error_text);
  call.state = CallState::kRunning;
  call.pid = r.pid;
  call.watch_ref = r.watch_ref;
}

void cancel_call(Context& self, FunctionCall& call) noexcept {
  if (call.state == CallState::kStanding) call.target.gate->abandon(call.ticket);
  if (call.state == CallState::kRunning) static_cast<void>(self.cancel(call.pid, 0));  // gone already: fine
}

void end_call(LuaMachine& machine, FunctionCall& call) noexcept {
  if (call.held) machine.remove_resource(&call);
  call.held = false;
  if (call.result != nullptr) machine.context().release(call.result);
  call.result = nullptr;
  call.target = {};
  call.frame.reset();
}

int return_call_error(lua_State* L, const FunctionCall& call) {
  if (call.text_bytes == 0) return return_status(L, call.status);
  return return_error(L, call.status.kind, {call.text, call.text_bytes}, call.status.retryable);
}

bool begin_call(lua_State* L, int base, const char* function) {
  std::string_view id;
  if (!function_id(L, base + 1, function, id)) return false;
  if (!check_published(L, function)) return false;
  luaL_checkstack(L, LUA_MINSTACK, nullptr);
  const int first = base + 2;
  const int count = lua_gettop(L) >= first ? lua_gettop(L) - first + 1 : 0;
  const std::string_view no_topic;
  EncodeResult result;
  if (!push_encoding(L, &no_topic, first, count, result)) {
    return_encode_error(L, result, "send");
    return false;
  }
  auto* call = new_resource<FunctionCall>(L, kFutureType, kCallSlots);
  std::size_t bytes = 0;
  lua_insert(L, -2);
  const char* const text = lua_tolstring(L, -1, &bytes);
  call->arguments = {text, bytes};
  lua_setiuservalue(L, -2, kCallArgumentsSlot);
  call->release = release_call;
  machine_of(L).add_resource(call);
  call->held = true;
  look_up(L, base, id, *call);
  return true;
}

}  // namespace wippy::lua
