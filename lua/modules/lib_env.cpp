// The env module (host.md §2.11, §5.8): variables declared by env entries.
#include <cstring>

#include "lua/error_object.hpp"
#include "lua/held.hpp"
#include "lua/library.hpp"
#include "lua/modules/blocking_job.hpp"
#include "lua/permission.hpp"
#include "lua/process_args.hpp"
#include "lua/state.hpp"
#include "lua/task.hpp"
#include "runtime/env/store.hpp"

namespace wippy::lua {

namespace {

env::Store* store_of(lua_State* L) noexcept { return root_of(L).hooks->env; }

int no_store(lua_State* L) { return return_error(L, ErrorKind::kUnavailable, "no environment here"); }

// The namespace of the caller's entry.
std::string_view space_of(lua_State* L) noexcept {
  const std::string_view id = context_of(L).entry_id();
  const std::size_t colon = id.find(':');
  return colon == std::string_view::npos ? std::string_view() : id.substr(0, colon);
}

struct Snapshot {
  std::map<std::string, std::string> values;
};
void fill_snapshot(lua_State* L) { set_function(L, "__gc", collect_held<Snapshot>); }
const UserType kSnapshotType = {"environment snapshot", fill_snapshot};

// Its own frame: the string has a destructor. `size` may be more than `room`: nothing is copied then. [-0, +0, -]
env::Found copy_value(const env::Store& store, std::string_view name, std::string_view space, char* out,
                      std::size_t room, std::size_t& size) noexcept {
  std::string value;
  const env::Found found = store.get(name, space, value);
  size = value.size();
  if (size <= room) std::memcpy(out, value.data(), size);
  return found;
}

// env.get(name) -> string | nil, error [-1, +(1|2), e]
int env_get(lua_State* L) {
  std::string_view name;
  if (!text_argument(L, 1, name) || name.empty())
    return return_error(L, ErrorKind::kInvalid, "env.get: a variable name is required");
  const env::Store* const store = store_of(L);
  if (store == nullptr) return no_store(L);
  const std::string_view space = space_of(L);
  if (!permitted(L, "env.get", store->shown_name(name, space), "not allowed to access environment variable: "))
    return 2;
  char small[512];
  char* out = small;
  std::size_t room = sizeof small;
  std::size_t size = 0;
  env::Found found = copy_value(*store, name, space, out, room, size);
  while (size > room) {  // it may grow meanwhile
    room = size;
    out = static_cast<char*>(lua_newuserdatauv(L, room, 0));
    found = copy_value(*store, name, space, out, room, size);
  }
  if (found != env::Found::kValue)
    return return_errorf(L, ErrorKind::kNotFound, "environment variable not found: %s", lua_tostring(L, 1));
  lua_pushlstring(L, out, size);
  return 1;
}

class SetJob final : public BlockingJob {
 public:
  SetJob(env::Store& store, std::string_view name, std::string_view space, std::string_view value)
      : store_(store), name_(name), space_(space), value_(value) {}
  void run(JobAnswer& answer) override {
    const Status s = store_.set(name_, space_, value_);
    if (!s.ok()) return answer.fail(s.kind, s.message);
    answer.ok(1).boolean(true);
  }

 private:
  env::Store& store_;
  const std::string name_;
  const std::string space_;
  const std::string value_;
};

// env.set(name, value) -> true | nil, error. Waits when the storage is a file. [-2, +(1|2), e]
int env_set(lua_State* L) {
  std::string_view name;
  std::string_view value;
  if (!text_argument(L, 1, name) || name.empty())
    return return_error(L, ErrorKind::kInvalid, "env.set: a variable name is required");
  if (!text_argument(L, 2, value)) return return_error(L, ErrorKind::kInvalid, "env.set: the value must be a string");
  if (value.find('\0') != std::string_view::npos)
    return return_error(L, ErrorKind::kInvalid, "env.set: the value holds a zero byte");
  env::Store* const store = store_of(L);
  if (store == nullptr) return no_store(L);
  const std::string_view space = space_of(L);
  if (!permitted(L, "env.set", store->shown_name(name, space), "not allowed to set environment variable: ")) return 2;
  if (store->writes_file(name, space)) {
    check_may_block(L);
    return call_blocking(L, new_job<SetJob>(*store, name, space, value));
  }
  const Status s = store->set(name, space, value);
  if (!s.ok()) return return_errorf(L, s.kind, "%s: %s", s.message, lua_tostring(L, 1));
  lua_pushboolean(L, 1);
  return 1;
}

// env.get_all() -> table of those that this process may get [-0, +(1|2), e]
int env_get_all(lua_State* L) {
  const env::Store* const store = store_of(L);
  if (store == nullptr) return no_store(L);
  lua_settop(L, 0);
  lua_newtable(L);
  Snapshot& snapshot = push_held<Snapshot>(L, kSnapshotType);
  [&]() noexcept { snapshot.values = store->all(); }();
  for (const auto& [name, value] : snapshot.values) {
    if (!check_permission(context_of(L), "env.get", name)) continue;
    lua_pushlstring(L, name.data(), name.size());
    lua_pushlstring(L, value.data(), value.size());
    lua_rawset(L, 1);
  }
  lua_settop(L, 1);
  return 1;
}

}  // namespace

constexpr LibraryEntry kEnvLibrary[] = {
    {"get", env_get},
    {"set", env_set},
    {"get_all", env_get_all},
    {nullptr, nullptr},
};

}  // namespace wippy::lua
