// Snapshots and versions of the registry (host.md §9.4).
#include "lua/modules/registry_object.hpp"

#include <algorithm>
#include <new>

#include "lua/error_object.hpp"
#include "lua/hooks.hpp"
#include "lua/permission.hpp"
#include "lua/process_args.hpp"
#include "lua/values_lua.hpp"
#include "runtime/process/node_core.hpp"

namespace wippy::lua {

namespace {

struct Version {
  uint64_t number;
  uint64_t previous;
};

// Its own frame, as all of the following: nothing in here raises. [-0, +0, -]
void open_view(RegistryService& service, int64_t number, Snapshot& out) noexcept {
  out.view = number < 0 ? service.current() : service.version(static_cast<uint64_t>(number));
}

void find_ids(lua_State* L, std::string_view criteria, Snapshot& s) noexcept {
  s.ids.clear();
  s.warnings.clear();
  s.error_text.clear();
  s.status = s.view->find(criteria, s.ids, s.warnings, s.error_text);
  Context& self = context_of(L);
  std::erase_if(s.ids, [&](const std::string& id) { return !check_permission(self, "registry.get", id); });
}

void warn(lua_State* L, const Snapshot& s) noexcept {
  Context& self = context_of(L);
  for (const std::string& key : s.warnings) {
    const std::string text =
        "registry.find ignores the key \"" + key + "\": write \"." + key + "\" or \"meta." + key + "\"";
    const std::string pid = self.node().format(self.pid());
    const log::Field field{"pid", pid};
    const LogRecord record{log::Level::kWarn, self.entry_id(), text, &field, 1};
    if (root_of(L).hooks->log != nullptr) {
      root_of(L).hooks->log(self, record);
    } else {
      log::write(record.level, record.name, record.message, {{"pid", pid}});
    }
  }
}

void read_entry(Snapshot& s, std::string_view id) noexcept { s.text = s.view->entry(id); }

bool next_version(RegistryService& service, uint64_t after, Version& out) noexcept {
  for (const RegistryViewPtr& v : service.versions()) {
    if (v->version() <= after) continue;
    out = {v->version(), v->previous()};
    return true;
  }
  return false;
}

bool known_version(RegistryService& service, uint64_t number, Version& out) noexcept {
  const RegistryViewPtr v = service.version(number);
  if (v != nullptr) out = {v->version(), v->previous()};
  return v != nullptr;
}

// --- Snapshot

Snapshot& snapshot_of(lua_State* L) { return check_held<Snapshot>(L, 1, kSnapshotType); }

int snapshot_get(lua_State* L) {
  snapshot_of(L);
  return snapshot_entry(L, 1, 2);
}

int snapshot_entries(lua_State* L) {
  snapshot_of(L);
  return snapshot_find(L, 1, 0);
}

int snapshot_find_method(lua_State* L) {
  snapshot_of(L);
  return snapshot_find(L, 1, 2);
}

int snapshot_namespace(lua_State* L) {
  snapshot_of(L);
  std::string_view space;
  if (!text_argument(L, 2, space)) return return_error(L, ErrorKind::kInvalid, "namespace: a text is required");
  lua_settop(L, 2);
  lua_createtable(L, 0, 1);
  lua_pushvalue(L, 2);
  lua_setfield(L, -2, ".ns");
  return snapshot_find(L, 1, 3);
}

int snapshot_version(lua_State* L) {
  const Snapshot& s = snapshot_of(L);
  push_version(L, s.view->version(), s.view->previous());
  return 1;
}

int snapshot_changes(lua_State* L) {
  snapshot_of(L);
  new_user(L, kChangesType, 0, 1);
  lua_newtable(L);
  lua_setiuservalue(L, -2, 1);
  return 1;
}

constexpr LibraryEntry kSnapshotMethods[] = {
    {"entries", snapshot_entries},
    {"get", snapshot_get},
    {"find", snapshot_find_method},
    {"namespace", snapshot_namespace},
    {"version", snapshot_version},
    {"changes", snapshot_changes},
    {nullptr, nullptr},
};

void fill_snapshot(lua_State* L) {
  set_methods(L, kSnapshotMethods);
  set_function(L, "__gc", collect_held<Snapshot>);
}

// --- Version

const Version& version_of(lua_State* L) { return check_user_as<Version>(L, 1, kVersionType); }

int version_id(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(version_of(L).number));
  return 1;
}

int version_string(lua_State* L) {
  lua_pushfstring(L, "v%I", static_cast<LUAI_UACINT>(version_of(L).number));
  return 1;
}

// -> Version | nil: version 0 has none
int version_previous(lua_State* L) {
  const Version v = version_of(L);
  RegistryService* const service = registry_service(L);
  if (service == nullptr) return 2;
  Version found{};
  if (v.number == 0 || !known_version(*service, v.previous, found)) return lua_pushnil(L), 1;
  push_version(L, found.number, found.previous);
  return 1;
}

// -> Version | nil
int version_next(lua_State* L) {
  const Version v = version_of(L);
  RegistryService* const service = registry_service(L);
  if (service == nullptr) return 2;
  Version found{};
  if (!next_version(*service, v.number, found)) return lua_pushnil(L), 1;
  push_version(L, found.number, found.previous);
  return 1;
}

constexpr LibraryEntry kVersionMethods[] = {
    {"id", version_id},     {"string", version_string}, {"previous", version_previous},
    {"next", version_next}, {nullptr, nullptr},
};

void fill_version(lua_State* L) {
  set_methods(L, kVersionMethods);
  set_function(L, "__tostring", version_string);
  set_function(L, "__concat", concat_texts);
}

}  // namespace

const UserType kSnapshotType = {"Snapshot", fill_snapshot};
const UserType kVersionType = {"Version", fill_version};

RegistryService* registry_service(lua_State* L) {
  RegistryService* const service = root_of(L).hooks->registry;
  if (service == nullptr) return_error(L, ErrorKind::kUnavailable, "the registry is not available here");
  return service;
}

bool push_snapshot(lua_State* L, int64_t number) {
  RegistryService* const service = registry_service(L);
  if (service == nullptr) return false;
  Snapshot& s = push_held<Snapshot>(L, kSnapshotType);
  open_view(*service, number, s);
  if (s.view == nullptr) {
    lua_pop(L, 1);
    return_errorf(L, ErrorKind::kNotFound, "version not found: %I", static_cast<LUAI_UACINT>(number));
    return false;
  }
  return true;
}

void push_version(lua_State* L, uint64_t number, uint64_t previous) {
  auto* v = static_cast<Version*>(new_user(L, kVersionType, sizeof(Version), 0));
  *v = {number, previous};
}

int snapshot_entry(lua_State* L, int snapshot, int id) {
  auto& s = held_at<Snapshot>(L, snapshot);
  std::string_view text;
  if (!text_argument(L, id, text) || text.empty())
    return return_error(L, ErrorKind::kInvalid, "registry: an entry ID is required");
  if (!permitted(L, "registry.get", text, "not allowed to access entry: ")) return 2;
  read_entry(s, text);
  if (s.text.empty()) return return_errorf(L, ErrorKind::kNotFound, "entry not found: %s", lua_tostring(L, id));
  push_value(L, s.text);
  return 1;
}

int snapshot_find(lua_State* L, int snapshot, int criteria) {
  auto& s = held_at<Snapshot>(L, snapshot);
  if (criteria == 0 || lua_isnoneornil(L, criteria)) {
    lua_newtable(L);
    criteria = lua_gettop(L);
  }
  if (!lua_istable(L, criteria)) return return_error(L, ErrorKind::kInvalid, "find: a table of criteria is required");
  EncodeResult result;
  if (!push_encoding(L, nullptr, criteria, 1, result)) return return_encode_error(L, result, "search for");
  std::size_t bytes = 0;
  const char* const encoded = lua_tolstring(L, -1, &bytes);
  find_ids(L, {encoded, bytes}, s);
  if (!s.status.ok()) return return_error(L, s.status.kind, s.error_text);
  warn(L, s);
  lua_newtable(L);
  for (std::size_t i = 0; i < s.ids.size(); ++i) {
    read_entry(s, s.ids[i]);
    push_value(L, s.text);
    lua_rawseti(L, -2, static_cast<lua_Integer>(i) + 1);
  }
  return 1;
}

}  // namespace wippy::lua
