// The os library of processes (spec/process.md §6.3): time, date, clock, difftime, platform. Nothing that reaches files,
// the environment or other programs. Deviations from stock Lua, wanted: missing fields of os.time's table are today's, the
// time of day defaults to 0:00:00, and unknown conversions of os.date stay as they are.
#include <cstring>
#include <ctime>

#include "lua/base.hpp"
#include "lua/hooks.hpp"
#include "lua/state.hpp"
#include "scheduler/clock.hpp"

namespace wippy::lua {

namespace {

std::time_t now_s() noexcept { return static_cast<std::time_t>(wall_ns() / 1'000'000'000u); }

// [-0, +0, v]
int field_or(lua_State* L, const char* name, int otherwise, int offset) {
  const int type = lua_getfield(L, 1, name);
  int exact = 0;
  const lua_Integer value = lua_tointegerx(L, -1, &exact);
  if (type != LUA_TNIL && exact == 0) return luaL_error(L, "field '%s' is not an integer", name);
  if (exact != 0 && (value < -0x70000000 || value > 0x70000000)) {
    return luaL_error(L, "field '%s' is out-of-bound", name);
  }
  lua_pop(L, 1);
  return exact != 0 ? static_cast<int>(value) - offset : otherwise;
}

void set_field(lua_State* L, const char* name, int value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, name);
}

// [-1, +0, m]: the table on top
void set_fields(lua_State* L, const std::tm& t) {
  set_field(L, "year", t.tm_year + 1900);
  set_field(L, "month", t.tm_mon + 1);
  set_field(L, "day", t.tm_mday);
  set_field(L, "hour", t.tm_hour);
  set_field(L, "min", t.tm_min);
  set_field(L, "sec", t.tm_sec);
  set_field(L, "wday", t.tm_wday + 1);
  set_field(L, "yday", t.tm_yday + 1);
  if (t.tm_isdst >= 0) {
    lua_pushboolean(L, t.tm_isdst);
    lua_setfield(L, -2, "isdst");
  }
}

// os.time([table]) -> integer
int os_time(lua_State* L) {
  if (lua_isnoneornil(L, 1)) {
    lua_pushinteger(L, static_cast<lua_Integer>(now_s()));
    return 1;
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  const std::time_t now = now_s();
  std::tm t{};
  localtime_r(&now, &t);
  t.tm_year = field_or(L, "year", t.tm_year, 1900);
  t.tm_mon = field_or(L, "month", t.tm_mon, 1);
  t.tm_mday = field_or(L, "day", t.tm_mday, 0);
  t.tm_hour = field_or(L, "hour", 0, 0);
  t.tm_min = field_or(L, "min", 0, 0);
  t.tm_sec = field_or(L, "sec", 0, 0);
  t.tm_isdst = lua_getfield(L, 1, "isdst") == LUA_TNIL ? -1 : lua_toboolean(L, -1);
  const std::time_t result = std::mktime(&t);
  lua_settop(L, 1);
  set_fields(L, t);  // normalised, as the manual says
  lua_pushinteger(L, static_cast<lua_Integer>(result));
  return 1;
}

constexpr const char* kConversions = "aAbBcdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%";

// os.date([format [, time]])
int os_date(lua_State* L) {
  std::size_t length = 0;
  const char* format = luaL_optlstring(L, 1, "%c", &length);
  const char* const end = format + length;
  const std::time_t when = lua_isnoneornil(L, 2) ? now_s() : static_cast<std::time_t>(luaL_checkinteger(L, 2));
  const bool utc = format < end && *format == '!';
  if (utc) ++format;
  std::tm t{};
  if ((utc ? gmtime_r(&when, &t) : localtime_r(&when, &t)) == nullptr) {
    return luaL_error(L, "date result cannot be represented in this installation");
  }
  if (std::strncmp(format, "*t", 2) == 0) {
    lua_createtable(L, 0, 9);
    set_fields(L, t);
    return 1;
  }
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  for (; format < end; ++format) {
    if (*format != '%' || format + 1 == end || std::strchr(kConversions, format[1]) == nullptr || format[1] == '\0') {
      luaL_addchar(&out, *format);
      continue;
    }
    const char conversion[3] = {'%', *++format, '\0'};
    char text[128];
    luaL_addlstring(&out, text, std::strftime(text, sizeof text, conversion, &t));
  }
  luaL_pushresult(&out);
  return 1;
}

// Seconds since the runtime started.
int os_clock(lua_State* L) {
  const ProcessRoot& root = root_of(L);
  const uint64_t start = root.hooks != nullptr ? root.hooks->start_ns : 0;
  lua_pushnumber(L, static_cast<lua_Number>(monotonic_ns() - start) / 1e9);
  return 1;
}

int os_difftime(lua_State* L) {
  lua_pushnumber(L, static_cast<lua_Number>(luaL_checkinteger(L, 1) - luaL_checkinteger(L, 2)));
  return 1;
}

constexpr LibraryEntry kFunctions[] = {
    {"time", os_time}, {"date", os_date}, {"clock", os_clock}, {"difftime", os_difftime}, {nullptr, nullptr},
};

}  // namespace

int open_os(lua_State* L) {
  push_lazy_table(L, kFunctions);
  lua_pushliteral(L, "wippy");
  lua_setfield(L, -2, "platform");
  return 1;
}

}  // namespace wippy::lua
