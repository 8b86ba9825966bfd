// Changes of the registry: operations that are applied as a whole, on the blocking pool, for they compile (host.md §9.4).
#include <new>
#include <string>

#include "lua/error_object.hpp"
#include "lua/modules/registry_object.hpp"
#include "lua/permission.hpp"
#include "lua/process_args.hpp"
#include "lua/values_lua.hpp"

namespace wippy::lua {

namespace {

// Belongs to the command.
struct Job {
  RegistryService* service;
  std::string operations;
  bool to_version;
  uint64_t number;
};

void write_error(ValueWriter& w, ErrorKind kind, std::string_view text) {
  w.reset_body({}, 2);
  w.nil();
  w.begin_error(kind, Retryable::kNo, text, {});
  w.nil();
  w.end_error();
}

// On a pool thread. A message body: version, previous | nil, error.
std::string run_job(void* arg) {
  Job& job = *static_cast<Job*>(arg);
  uint64_t version = 0;
  std::string text;
  const Status s = job.to_version ? job.service->apply_version(job.number, version, text)
                                  : job.service->apply(job.operations, version, text);
  ValueWriter w;
  if (s.ok()) {
    const RegistryViewPtr view = job.service->version(version);
    w.reset_body({}, 2);
    w.integer(static_cast<int64_t>(version));
    w.integer(view == nullptr ? 0 : static_cast<int64_t>(view->previous()));
  } else {
    write_error(w, s.kind, text.empty() ? std::string_view(s.message) : std::string_view(text));
  }
  return w.finish().ok() ? std::string(w.view()) : std::string();
}

void dispose_job(void* arg) { delete static_cast<Job*>(arg); }

// 0: the pool's queue is full. [-0, +0, -]
uint64_t submit(lua_State* L, RegistryService& service, std::string_view operations, bool to_version,
                uint64_t number) noexcept {
  Job* const job = new Job{&service, std::string(operations), to_version, number};
  const uint64_t ref = context_of(L).call(run_job, job, dispose_job);
  if (ref == 0) delete job;
  return ref;
}

int job_done(lua_State* L, int, lua_KContext) {
  const Signal* const s = answer(L);
  Body body;
  if (!open_body({s->body(), s->body_bytes}, body) || body.count != 2)
    return return_error(L, ErrorKind::kInternal, "the registry's answer cannot be read");
  push_values(L, body);
  if (lua_isnil(L, -2)) return 2;
  push_version(L, static_cast<uint64_t>(lua_tointeger(L, -2)), static_cast<uint64_t>(lua_tointeger(L, -1)));
  return 1;
}

int run(lua_State* L, RegistryService& service, std::string_view operations, bool to_version, uint64_t number) {
  const uint64_t ref = submit(L, service, operations, to_version, number);
  if (ref == 0) return return_error(L, ErrorKind::kUnavailable, "too much blocking work is waiting", true);
  const WakeRef me = prepare_block(L);
  if (!expect(L, SignalKind::kCompletion, ref, me)) return luaL_error(L, "not enough memory");
  return block(L, WaitReason::kCall, 0, job_done);
}

// Adds {op, entry}, the entry being a copy of the value at 2; gives the changes back for the next call.
int add_operation(lua_State* L, const char* op) {
  lua_settop(L, 2);
  lua_getiuservalue(L, 1, 1);
  lua_createtable(L, 0, 2);
  lua_pushstring(L, op);
  lua_setfield(L, -2, "op");
  push_copy(L, 2);
  lua_setfield(L, -2, "entry");
  lua_rawseti(L, 3, static_cast<lua_Integer>(lua_rawlen(L, 3)) + 1);
  lua_settop(L, 1);
  return 1;
}

// changes:create(entry), changes:update(entry) -> changes | nil, error
template <bool create>
int changes_put(lua_State* L) {
  check_user(L, 1, kChangesType);
  if (!lua_istable(L, 2)) {
    return return_error(L, ErrorKind::kInvalid,
                        create ? "create: an entry {id, kind, meta, data} is required"
                               : "update: an entry {id, kind, meta, data} is required");
  }
  return add_operation(L, create ? "create" : "update");
}

int changes_delete(lua_State* L) {
  check_user(L, 1, kChangesType);
  if (lua_type(L, 2) != LUA_TSTRING && !lua_istable(L, 2))
    return return_error(L, ErrorKind::kInvalid, "delete: an entry ID is required");
  return add_operation(L, "delete");
}

// A copy.
int changes_ops(lua_State* L) {
  check_user(L, 1, kChangesType);
  lua_settop(L, 1);
  lua_getiuservalue(L, 1, 1);
  push_copy(L, 2);
  return 1;
}

// changes:apply() -> Version | nil, error
int changes_apply(lua_State* L) {
  check_user(L, 1, kChangesType);
  check_may_block(L);
  lua_settop(L, 1);
  RegistryService* const service = registry_service(L);
  if (service == nullptr) return 2;
  if (!permitted(L, "registry.apply", "", "not allowed to apply registry changes")) return 2;
  lua_getiuservalue(L, 1, 1);
  EncodeResult result;
  if (!push_encoding(L, nullptr, 2, 1, result)) return return_encode_error(L, result, "store");
  std::size_t bytes = 0;
  const char* const encoded = lua_tolstring(L, -1, &bytes);
  return run(L, *service, {encoded, bytes}, false, 0);
}

constexpr LibraryEntry kMethods[] = {
    {"create", changes_put<true>}, {"update", changes_put<false>}, {"delete", changes_delete},
    {"ops", changes_ops},          {"apply", changes_apply},       {nullptr, nullptr},
};

void fill(lua_State* L) { set_methods(L, kMethods); }

}  // namespace

const UserType kChangesType = {"Changes", fill};

int registry_apply_version(lua_State* L) {
  check_may_block(L);
  RegistryService* const service = registry_service(L);
  if (service == nullptr) return 2;
  lua_settop(L, 1);
  lua_Integer number = -1;
  if (const auto* version = to_user_as<uint64_t>(L, 1, kVersionType)) {
    number = static_cast<lua_Integer>(*version);  // its first field
  } else if (lua_isinteger(L, 1) != 0) {
    number = lua_tointeger(L, 1);
  }
  if (number < 0) return return_error(L, ErrorKind::kInvalid, "registry.apply_version: a version is required");
  if (!permitted(L, "registry.apply_version", "", "not allowed to apply registry versions")) return 2;
  return run(L, *service, {}, true, static_cast<uint64_t>(number));
}

}  // namespace wippy::lua
