#include "lua/lib_time.hpp"

#include <algorithm>

#include "lua/civil.hpp"
#include "lua/error_object.hpp"
#include "lua/layout.hpp"
#include "lua/time_object.hpp"

namespace wippy::lua {

namespace {

constexpr std::size_t kQuotedBytes = 64;  // of a text that an error shows

std::string_view check_text(lua_State* L, int index) {
  std::size_t length = 0;
  const char* text = luaL_checklstring(L, index, &length);
  return {text, length};
}

// [-0, +1, m]
void push_quoted(lua_State* L, std::string_view text) {
  lua_pushliteral(L, "\"");
  lua_pushlstring(L, text.data(), std::min(text.size(), kQuotedBytes));
  lua_pushstring(L, text.size() > kQuotedBytes ? "...\"" : "\"");
  lua_concat(L, 3);
}

// [-0, +2, m]
int return_parse_problem(lua_State* L, std::string_view layout, std::string_view text, const ParseProblem& p) {
  push_quoted(L, text);
  push_quoted(L, layout);
  push_quoted(L, p.rest);
  push_quoted(L, p.wanted);
  const char* const whole =
      lua_pushfstring(L, "time.parse: parsing time %s as %s: ", lua_tostring(L, -4), lua_tostring(L, -3));
  const char* const rest = lua_tostring(L, -3);
  if (p.out_of_range != nullptr)
    return return_errorf(L, ErrorKind::kInvalid, "%s%s out of range", whole, p.out_of_range);
  if (p.wanted.empty()) return return_errorf(L, ErrorKind::kInvalid, "%sextra text: %s", whole, rest);
  return return_errorf(L, ErrorKind::kInvalid, "%scannot parse %s as %s", whole, rest, lua_tostring(L, -2));
}

// A time in the location at `location`; none or nil: Local. [-0, +1, m]
void push_in_optional(lua_State* L, const Instant& t, int location) {
  if (lua_isnoneornil(L, location)) {
    push_time(L, t, Zone::Kind::kLocal);
  } else {
    push_time_at(L, t, location);
  }
}

}  // namespace

int time_date(lua_State* L) {
  const DateParts parts = {luaL_checkinteger(L, 1), luaL_checkinteger(L, 2), luaL_checkinteger(L, 3),
                           luaL_checkinteger(L, 4), luaL_checkinteger(L, 5), luaL_checkinteger(L, 6),
                           luaL_checkinteger(L, 7)};
  const Zone zone = opt_location(L, 8);
  Instant t;
  int64_t wall = 0;
  if (!wall_seconds_of(parts, wall, t.nanos)) return luaL_error(L, "time out of range");
  t.unix_s = zone.unix_s(wall);
  push_in_optional(L, t, 8);
  return 1;
}

int time_unix(lua_State* L) {
  Instant t;
  t.unix_s = luaL_checkinteger(L, 1);
  const int64_t nanos = luaL_optinteger(L, 2, 0);
  luaL_argcheck(L, !__builtin_add_overflow(t.unix_s, floor_div(nanos, kSecondNs), &t.unix_s), 2, "time out of range");
  t.nanos = static_cast<uint32_t>(floor_mod(nanos, kSecondNs));
  push_time(L, t, Zone::Kind::kLocal);
  return 1;
}

int time_parse(lua_State* L) {
  const std::string_view layout = check_text(L, 1);
  const std::string_view text = check_text(L, 2);
  const Zone zone = opt_location(L, 3);
  if (layout.size() > kMaxLayoutBytes || text.size() > kMaxLayoutBytes) {
    return return_errorf(L, ErrorKind::kInvalid, "time.parse: layout or text too long");
  }
  ParsedTime parsed;
  ParseProblem problem;
  if (!parse_layout(layout, text, parsed, problem)) return return_parse_problem(L, layout, text, problem);
  const ParsedInstant t = instant_of(parsed, zone);
  const Instant instant{t.unix_s, t.nanos, 0};
  if (t.zone.same_rules(zone)) {
    push_in_optional(L, instant, 3);
  } else {
    push_time_in(L, instant, t.zone);
  }
  return 1;
}

int time_load_location(lua_State* L) {
  const std::string_view name = check_text(L, 1);
  if (name.empty()) return return_errorf(L, ErrorKind::kInvalid, "time.load_location: empty location name");
  Zone zone = Zone::utc();
  if (name == Zone::local().name()) {
    push_standard_location(L, Zone::local());
  } else if (name == zone.name()) {
    push_standard_location(L, zone);
  } else if (Zone::load(name, zone)) {
    push_location(L, zone);
  } else {
    push_quoted(L, name);
    return return_errorf(L, ErrorKind::kNotFound, "time.load_location: unknown time zone %s", lua_tostring(L, -1));
  }
  return 1;
}

int time_fixed_zone(lua_State* L) {
  const std::string_view name = check_text(L, 1);
  luaL_argcheck(L, name.size() <= kMaxZoneNameBytes, 1, "zone name too long");
  const lua_Integer offset_s = luaL_checkinteger(L, 2);
  luaL_argcheck(L, offset_s == static_cast<int32_t>(offset_s), 2, "offset out of range");
  push_location(L, Zone::fixed(name, static_cast<int32_t>(offset_s)));
  return 1;
}

int time_utc(lua_State* L) {
  push_standard_location(L, Zone::utc());
  return 1;
}

int time_localtz(lua_State* L) {
  push_standard_location(L, Zone::local());
  return 1;
}

}  // namespace wippy::lua
