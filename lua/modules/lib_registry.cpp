// The registry module: the entries of the application, read and changed (host.md §9.4, docs/registry.md).
#include <string_view>
#include <utility>
#include <vector>

#include "lua/error_object.hpp"
#include "lua/library.hpp"
#include "lua/modules/registry_object.hpp"
#include "lua/process_args.hpp"
#include "lua/task.hpp"

namespace wippy::lua {

namespace {

// registry.get(id) -> entry | nil, error
int registry_get(lua_State* L) {
  lua_settop(L, 1);
  return push_snapshot(L, -1) ? snapshot_entry(L, 2, 1) : 2;
}

// registry.find(criteria) -> list | nil, error
int registry_find(lua_State* L) {
  lua_settop(L, 1);
  return push_snapshot(L, -1) ? snapshot_find(L, 2, 1) : 2;
}

// registry.parse_id(text) -> {ns, name} | nil, error
int registry_parse_id(lua_State* L) {
  std::string_view text;
  if (!text_argument(L, 1, text)) return return_error(L, ErrorKind::kInvalid, "registry.parse_id: a text is required");
  const std::size_t colon = text.find(':');
  const std::size_t name = colon == std::string_view::npos ? 0 : colon + 1;
  lua_createtable(L, 0, 2);
  lua_pushlstring(L, text.data(), name == 0 ? 0 : colon);
  lua_setfield(L, -2, "ns");
  lua_pushlstring(L, text.data() + name, text.size() - name);
  lua_setfield(L, -2, "name");
  return 1;
}

int registry_snapshot(lua_State* L) { return push_snapshot(L, -1) ? 1 : 2; }

int registry_current_version(lua_State* L) {
  if (!push_snapshot(L, -1)) return 2;
  const auto& s = held_at<Snapshot>(L, -1);
  push_version(L, s.view->version(), s.view->previous());
  return 1;
}

// Into a buffer in a userdata, for pushing may raise. [-0, +0, -]
std::size_t count_versions(RegistryService& service) noexcept { return service.versions().size(); }
std::size_t read_versions(RegistryService& service, std::pair<uint64_t, uint64_t>* out, std::size_t room) noexcept {
  std::size_t n = 0;
  for (const RegistryViewPtr& v : service.versions()) {
    if (n < room) out[n++] = {v->version(), v->previous()};
  }
  return n;
}

// registry.versions() -> list of Version, oldest first
int registry_versions(lua_State* L) {
  RegistryService* const service = registry_service(L);
  if (service == nullptr) return 2;
  const std::size_t room = count_versions(*service);
  auto* versions = static_cast<std::pair<uint64_t, uint64_t>*>(
      lua_newuserdatauv(L, room * sizeof(std::pair<uint64_t, uint64_t>), 0));
  const std::size_t n = read_versions(*service, versions, room);
  lua_createtable(L, static_cast<int>(n), 0);
  for (std::size_t i = 0; i < n; ++i) {
    push_version(L, versions[i].first, versions[i].second);
    lua_rawseti(L, -2, static_cast<lua_Integer>(i) + 1);
  }
  return 1;
}

}  // namespace

constexpr LibraryEntry kRegistryLibrary[] = {
    {"get", registry_get},
    {"find", registry_find},
    {"parse_id", registry_parse_id},
    {"snapshot", registry_snapshot},
    {"current_version", registry_current_version},
    {"versions", registry_versions},
    {"history", registry_versions},
    {"apply_version", registry_apply_version},
    {nullptr, nullptr},
};

}  // namespace wippy::lua
