// spawn and its variants, exec (spec/process.md §1.4, §1.13).
#include <new>
#include <string>

#include "lua/error_object.hpp"
#include "lua/events.hpp"
#include "lua/lib_process.hpp"
#include "lua/library.hpp"
#include "lua/machine.hpp"
#include "lua/permission.hpp"
#include "lua/process_args.hpp"
#include "lua/spawn_call.hpp"
#include "lua/values_lua.hpp"

namespace wippy::lua {

namespace {

// Plain data: it lives in frames that may be left by an error.
struct SpawnOutcome {
  static constexpr std::size_t kTextBytes = 2'000;
  EncodeResult encoding;
  Status status;
  Pid pid;
  uint64_t watch_ref = 0;
  bool no_host = false;
  std::size_t text_bytes = 0;  // 0: status.message says it
  char text[kTextBytes];       // cut when longer
};

// Its own frame: strings, parts and the writer have destructors and nothing in here raises. builder: as in spawn_call.
// [-0, +0, -]
void spawn_entry(lua_State* L, const SpawnRequest& request, int builder, std::string_view entry, std::string_view host,
                 SpawnOutcome& out) noexcept {
  ProcessDirectory& directory = directory_of(L);
  SpawnOptions options;
  options.host = directory.find_host(host);
  if (options.host == nullptr) {
    std::string text;
    out.no_host = true;
    out.status = directory.no_host(host, text);
    out.text_bytes = text.copy(out.text, SpawnOutcome::kTextBytes);
    return;
  }
  const int first = builder + 3;
  const int count = lua_gettop(L) - first + 1;
  ValueWriter w;
  w.reset_body({}, static_cast<uint32_t>(count));
  out.encoding = encode_values(L, w, first, count, Untransferable::kRefuse);
  if (!out.encoding.ok()) return;
  options.monitor = request.monitor;
  options.link = request.link;
  options.private_watch = request.private_watch;
  BuilderParts parts;
  if (builder != 0) {
    out.status = read_builder(L, builder, parts);
    if (!out.status.ok()) return;
    options.frame = parts.frame;
    if (!parts.extras.name.empty() || !parts.extras.messages.empty()) options.extras = &parts.extras;
  }
  const SpawnResult r = directory.spawn(context_of(L), entry, w.view(), options);
  out.status = r.status;
  out.pid = r.pid;
  out.watch_ref = r.watch_ref;
  out.text_bytes = r.error_text.copy(out.text, SpawnOutcome::kTextBytes);
}

// The error on top gets the details {host_id, pid}, as far as they are known. [-0, +0, m]
void add_details(lua_State* L, const SpawnOutcome& out, std::string_view host) {
  lua_createtable(L, 0, 2);
  lua_pushlstring(L, host.data(), host.size());
  lua_setfield(L, -2, "host_id");
  if (out.pid) {
    push_pid(L, out.pid);
    lua_setfield(L, -2, "pid");
  }
  lua_setiuservalue(L, -2, kErrorDetailsSlot);
}

// Pushes nil and the error of a spawn that failed; false: it did not. [-0, +(0|2), m]
bool push_spawn_error(lua_State* L, const SpawnOutcome& out, std::string_view host) {
  if (!out.encoding.ok()) {
    return_encode_error(L, out.encoding, "send");
    return true;
  }
  if (out.status.ok()) return false;
  if (out.text_bytes == 0) {
    return_status(L, out.status);
  } else {
    return_error(L, out.status.kind, {out.text, out.text_bytes}, out.status.retryable);
  }
  const ErrorKind k = out.status.kind;
  const bool about_host = out.no_host || k == ErrorKind::kUnavailable || k == ErrorKind::kConflict;
  if (about_host) add_details(L, out, host);
  return true;
}

// In this order; all before anything is looked for (spec/host.md §5.8). [-0, +(0|2), m]
bool spawn_permitted(lua_State* L, const SpawnRequest& request, std::string_view entry, std::string_view host) {
  return permitted(L, "process.spawn", entry, "not allowed to spawn process: ") &&
         (!request.monitor ||
          permitted(L, "process.spawn.monitored", entry, "not allowed to spawn monitored process: ")) &&
         (!request.link || permitted(L, "process.spawn.linked", entry, "not allowed to spawn linked process: ")) &&
         permitted(L, "process.host", host, "not allowed to spawn on host: ");
}

}  // namespace

int spawn_call(lua_State* L, const SpawnRequest& request, int builder) {
  std::string_view entry;
  std::string_view host;
  if (lua_gettop(L) < builder + 2 || !text_argument(L, builder + 1, entry) || !text_argument(L, builder + 2, host)) {
    return return_errorf(L, ErrorKind::kInvalid, "%s requires at least id and host arguments", request.function);
  }
  if (!check_published(L, request.function)) return 2;
  luaL_checkstack(L, LUA_MINSTACK, nullptr);
  if (context_of(L).node().guarded() && !spawn_permitted(L, request, entry, host)) return 2;
  SpawnOutcome out;
  spawn_entry(L, request, builder, entry, host, out);
  if (push_spawn_error(L, out, host)) return 2;
  push_pid(L, out.pid);
  return 1;
}

int process_spawn(lua_State* L) { return spawn_call(L, {"spawn"}, 0); }
int process_spawn_monitored(lua_State* L) { return spawn_call(L, {"spawn_monitored", true, false}, 0); }
int process_spawn_linked(lua_State* L) { return spawn_call(L, {"spawn_linked", false, true}, 0); }
int process_spawn_linked_monitored(lua_State* L) { return spawn_call(L, {"spawn_linked_monitored", true, true}, 0); }

// --- exec

namespace {

// In a userdata on the stack of the call. The caller's end ends the child: the resource is released with the machine.
struct ExecChild : Resource {
  Pid pid;
  uint64_t watch_ref;
};

void end_child(Resource* self, Context& context) noexcept {
  static_cast<void>(context.terminate(static_cast<ExecChild*>(self)->pid));  // gone already: fine
}

// The stack: the arguments, then the userdata.
int exec_done(lua_State* L, int, lua_KContext) {
  auto* child = static_cast<ExecChild*>(lua_touserdata(L, -1));
  machine_of(L).remove_resource(child);
  const Signal* const s = answer(L);
  push_exit_result(L, *s);
  return 2;
}

// False: nil and the error are pushed.
bool exec_arguments(lua_State* L, std::string_view& entry, std::string_view& host) {
  const char* problem = nullptr;
  if (lua_gettop(L) < 2 || !text_argument(L, 1, entry) || !text_argument(L, 2, host)) {
    problem = "exec requires id and host arguments";
  } else if (entry.empty()) {
    problem = "process ID required";
  } else if (const std::size_t colon = entry.find(':');
             colon == std::string_view::npos || colon == 0 || colon + 1 == entry.size()) {
    problem = "invalid process ID format (namespace:name required)";
  } else if (host.empty()) {
    problem = "host ID required";
  }
  if (problem == nullptr) return true;
  return_error(L, ErrorKind::kInvalid, problem);
  return false;
}

}  // namespace

// process.exec(entry, host, ...) -> value | nil, error
int process_exec(lua_State* L) {
  std::string_view entry;
  std::string_view host;
  if (!exec_arguments(L, entry, host)) return 2;
  if (!permitted(L, "process.exec", entry, "not allowed to exec process: ") ||
      !permitted(L, "process.host", host, "not allowed to exec on host: "))
    return 2;
  check_may_block(L);
  {
    SpawnOutcome out;
    SpawnRequest request{"exec"};
    request.private_watch = true;
    spawn_entry(L, request, 0, entry, host, out);
    if (push_spawn_error(L, out, host)) return 2;
    auto* child = new (lua_newuserdatauv(L, sizeof(ExecChild), 0)) ExecChild;
    child->release = end_child;
    child->pid = out.pid;
    child->watch_ref = out.watch_ref;
    machine_of(L).add_resource(child);
  }
  auto* child = static_cast<ExecChild*>(lua_touserdata(L, -1));
  const WakeRef me = prepare_block(L);
  if (!expect(L, SignalKind::kExit, child->watch_ref, me)) return luaL_error(L, "not enough memory");
  tell_waits_for(L, {child->pid, child->watch_ref});
  return block(L, WaitReason::kExec, 0, exec_done);
}

}  // namespace wippy::lua
