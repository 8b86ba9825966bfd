// process.registry (spec/process.md §1.16).
#include "lua/error_object.hpp"
#include "lua/lib_process.hpp"
#include "lua/permission.hpp"
#include "lua/process_args.hpp"
#include "lua/state.hpp"
#include "lua/task.hpp"
#include "lua/values_lua.hpp"
#include "runtime/process/node_core.hpp"

namespace wippy::lua {

namespace {

// Frames of their own: the name table makes strings, and nothing in here raises.
Status add_name(Context& self, std::string_view name, Pid owner) noexcept { return self.register_name(name, owner); }
Pid find_name(Context& self, std::string_view name) noexcept { return self.lookup_name(name); }
bool remove_name(Context& self, std::string_view name) noexcept { return self.unregister_name(name); }

// The owner at 2, by default the caller. False: nil and the error are pushed.
bool owner_argument(lua_State* L, Pid& owner) {
  owner = context_of(L).pid();
  if (lua_isnoneornil(L, 2)) return true;
  std::string_view text;
  if (!text_argument(L, 2, text) || !NodeCore::looks_like_pid(text) || !context_of(L).node().parse(text, owner).ok()) {
    return_error(L, ErrorKind::kInvalid, "process.registry.register: not a PID");
    return false;
  }
  if (owner) return true;
  return_error(L, ErrorKind::kNotFound, "process not found");
  return false;
}

int registry_register(lua_State* L) {
  std::string_view name;
  if (!check_published(L, "registry.register")) return 2;
  if (!text_argument(L, 1, name))
    return return_error(L, ErrorKind::kInvalid, "process.registry.register: a name is required");
  if (name.empty()) return return_error(L, ErrorKind::kInvalid, "process.registry.register: the name is empty");
  if (NodeCore::looks_like_pid(name)) {
    return return_error(L, ErrorKind::kInvalid, "process.registry.register: a name must not look like a PID");
  }
  Pid owner;
  if (!owner_argument(L, owner)) return 2;
  if (!permitted(L, "process.registry.register", name, "not allowed to register name: ")) return 2;
  if (owner != context_of(L).pid() &&
      !permitted_target(L, "process.registry.foreign", owner, "not allowed to register a name for: "))
    return 2;
  return return_done(L, add_name(context_of(L), name, owner));
}

int registry_lookup(lua_State* L) {
  std::string_view name;
  if (!text_argument(L, 1, name))
    return return_error(L, ErrorKind::kInvalid, "process.registry.lookup: a name is required");
  const Pid owner = find_name(context_of(L), name);
  if (!owner) return return_errorf(L, ErrorKind::kNotFound, "name not registered: %s", lua_tostring(L, 1));
  push_pid(L, owner);
  return 1;
}

int registry_unregister(lua_State* L) {
  std::string_view name;
  if (!text_argument(L, 1, name))
    return return_error(L, ErrorKind::kInvalid, "process.registry.unregister: a name is required");
  if (!permitted(L, "process.registry.unregister", name, "not allowed to unregister name: ")) return 2;
  lua_pushboolean(L, remove_name(context_of(L), name));
  return 1;
}

constexpr LibraryEntry kRegistry[] = {
    {"register", registry_register},
    {"lookup", registry_lookup},
    {"unregister", registry_unregister},
    {nullptr, nullptr},
};

}  // namespace

int open_process_registry(lua_State* L) {
  push_lazy_table(L, kRegistry);
  push_read_only(L);
  return 1;
}

}  // namespace wippy::lua
