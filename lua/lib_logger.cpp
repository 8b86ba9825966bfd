// The logger module (spec/process.md §6.7, host.md §10.1): records through LuaHooks::log. Each has the entry id as name, then
// what named() added, the fields pid and location (entry id:line), and the script's, which with() and the call gave, by key.
//
// A field's value is taken when it is given: strings as they are, everything else as JSON, what has none as tostring shows it.
// Loggers never change; the module itself is the one without names and fields.
#include <algorithm>
#include <new>
#include <string_view>

#include "lua/error_object.hpp"
#include "lua/hooks.hpp"
#include "lua/json_text.hpp"
#include "lua/library.hpp"
#include "lua/message.hpp"
#include "lua/payload_object.hpp"
#include "lua/state.hpp"
#include "lua/stdlib.hpp"
#include "lua/values_lua.hpp"
#include "runtime/process/context.hpp"

namespace wippy::lua {

namespace {

constexpr int kSuffixSlot = 1;  // "" or ".name.name"
constexpr int kFieldsSlot = 2;  // table: key -> mark and text; or nil
constexpr char kText = 's';     // the marks
constexpr char kJson = 'j';

struct LoggerObject {};
void fill_logger(lua_State* L);
const UserType kLoggerType = {"logger", fill_logger};

// Pushes the suffix and the fields of the logger at 1: an object or the module. [-0, +2, v]
void push_logger(lua_State* L) {
  if (to_user(L, 1, kLoggerType) != nullptr) {
    lua_getiuservalue(L, 1, kSuffixSlot);
    lua_getiuservalue(L, 1, kFieldsSlot);
    return;
  }
  if (lua_type(L, 1) != LUA_TTABLE || !is_locked(L, 1)) luaL_error(L, "a logger's functions are called with a colon");
  lua_pushliteral(L, "");
  lua_pushnil(L);
}

// Pushes what a record shows for the value on top. [-1, +1, e]
void push_marked(lua_State* L) {
  while (unwrap_payload(L) || unwrap_field(L)) {
  }
  const int value = lua_gettop(L);
  char mark = kText;
  if (lua_type(L, value) == LUA_TSTRING) {
    lua_pushvalue(L, value);
  } else {
    JsonFault fault;
    mark = push_json(L, value, fault) ? kJson : kText;
    if (mark == kJson && *lua_tostring(L, -1) == '"') {  // times and durations
      mark = kText;
      lua_pop(L, 1);
    }
    if (mark == kText) push_text(L, value, nullptr);
  }
  lua_pushlstring(L, &mark, 1);
  lua_insert(L, -2);
  lua_concat(L, 2);
  lua_replace(L, value);
}

// Adds the script's fields at `from` to the table at `to`. [-0, +0, e]
void add_fields(lua_State* L, int from, int to) {
  luaL_checkstack(L, 12, nullptr);
  for (lua_pushnil(L); lua_next(L, from) != 0;) {
    push_text(L, lua_gettop(L) - 1, nullptr);
    lua_insert(L, -2);  // key, its text, value
    push_marked(L);
    lua_rawset(L, to);
  }
}

// Pushes a table with the fields at `old` (a table or nil) and the script's at `from`. [-0, +1, e]
void push_merged(lua_State* L, int old, int from) {
  lua_newtable(L);
  const int to = lua_gettop(L);
  if (lua_type(L, old) == LUA_TTABLE) {
    for (lua_pushnil(L); lua_next(L, old) != 0;) {
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, to);
    }
  }
  add_fields(L, from, to);
}

// Pushes a new logger with the suffix and the fields on top. [-2, +1, m]
int wrap_logger(lua_State* L) {
  new_user(L, kLoggerType, sizeof(LoggerObject), 2);
  lua_insert(L, -3);
  lua_setiuservalue(L, -3, kFieldsSlot);
  lua_setiuservalue(L, -2, kSuffixSlot);
  return 1;
}

// logger:with(fields)
int logger_with(lua_State* L) {
  lua_settop(L, 2);
  push_logger(L);  // 3 suffix, 4 fields
  luaL_checktype(L, 2, LUA_TTABLE);
  push_merged(L, 4, 2);
  lua_replace(L, 4);
  return wrap_logger(L);
}

// logger:named(name)
int logger_named(lua_State* L) {
  lua_settop(L, 2);
  push_logger(L);
  std::size_t length = 0;
  luaL_checklstring(L, 2, &length);
  luaL_argcheck(L, length != 0, 2, "a logger's name must not be empty");
  lua_pushvalue(L, 3);
  lua_pushliteral(L, ".");
  lua_pushvalue(L, 2);
  lua_concat(L, 3);
  lua_replace(L, 3);
  return wrap_logger(L);
}

std::string_view text_at(lua_State* L, int index) {
  std::size_t length = 0;
  const char* text = lua_tolstring(L, index, &length);
  return {text, length};
}

// The fields of the table at `table`, sorted, behind `pid` and `location`; lies in a userdata, which is pushed. [-0, +1, m]
log::Field* push_fields(lua_State* L, int table, int pid, int location, std::size_t& count) {
  count = 2;
  if (lua_type(L, table) == LUA_TTABLE) {
    for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) ++count;
  }
  auto* const fields = static_cast<log::Field*>(lua_newuserdatauv(L, count * sizeof(log::Field), 0));
  new (fields) log::Field{"pid", text_at(L, pid)};
  new (fields + 1) log::Field{"location", text_at(L, location)};
  if (count == 2) return fields;
  log::Field* next = fields + 2;
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    const std::string_view marked = text_at(L, -1);
    new (next++) log::Field{text_at(L, -2), marked.substr(1), marked.front() == kJson};
  }
  std::sort(fields + 2, next, [](const log::Field& a, const log::Field& b) { return a.key < b.key; });
  return fields;
}

// "entry id:line" of the script's call. [-0, +1, m]
void push_location(lua_State* L) {
  luaL_where(L, 1);
  const std::string_view where = text_at(L, -1);  // "id:line: ", or "" without a script
  lua_pushlstring(L, where.data(), where.size() < 2 ? 0 : where.size() - 2);
  lua_remove(L, -2);
}

// logger:info(message[, fields]) and its like [-3, +0, v]
template <log::Level level>
int logger_write(lua_State* L) {
  lua_settop(L, 3);
  push_logger(L);  // 4 suffix, 5 fields
  std::size_t length = 0;
  check_subject(L, 2, &length);
  if (!lua_isnil(L, 3)) luaL_checktype(L, 3, LUA_TTABLE);
  const ProcessRoot& root = root_of(L);
  if (root.hooks == nullptr || root.context == nullptr) return 0;
  if (root.hooks->log == nullptr && !log::enabled(level)) return 0;
  if (!lua_isnil(L, 3)) {
    push_merged(L, 5, 3);
    lua_replace(L, 5);
  }
  const std::string_view id = root.context->entry_id();
  lua_pushlstring(L, id.data(), id.size());
  lua_pushvalue(L, 4);
  lua_concat(L, 2);  // 6 the name
  push_pid(L, root.context->pid());
  push_location(L);
  LogRecord record{};
  record.level = level;
  record.name = text_at(L, 6);
  record.message = text_at(L, 2);
  record.fields = push_fields(L, 5, 7, 8, record.field_count);
  if (root.hooks->log != nullptr) {
    root.hooks->log(*root.context, record);
  } else {
    log::write(level, record.name, record.message, record.fields, record.field_count);
  }
  return 0;
}

void fill_logger(lua_State* L) { set_methods(L, kLoggerLibrary); }

}  // namespace

constexpr LibraryEntry kLoggerLibrary[] = {
    {"debug", logger_write<log::Level::kDebug>},
    {"info", logger_write<log::Level::kInfo>},
    {"warn", logger_write<log::Level::kWarn>},
    {"error", logger_write<log::Level::kError>},
    {"with", logger_with},
    {"named", logger_named},
    {nullptr, nullptr},
};

}  // namespace wippy::lua
