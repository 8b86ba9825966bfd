#include "lua/time_object.hpp"

#include <new>

#include "lua/error_object.hpp"
#include "lua/layout.hpp"
#include "scheduler/clock.hpp"

namespace wippy::lua {

namespace {

constexpr int kLocationSlot = 1;

Instant instant_of(const TimeValue& v) noexcept { return {v.unix_s, v.nanos, 0}; }

bool has_location(Zone::Kind kind) noexcept { return kind == Zone::Kind::kFixed || kind == Zone::Kind::kNamed; }

int time_before(lua_State* L) {
  lua_pushboolean(L, order(check_time(L, 1).instant, check_time(L, 2).instant) < 0);
  return 1;
}

int time_not_after(lua_State* L) {
  lua_pushboolean(L, order(check_time(L, 1).instant, check_time(L, 2).instant) <= 0);
  return 1;
}

int time_same(lua_State* L) {
  const auto* a = to_user_as<TimeObject>(L, 1, kTimeType);
  const auto* b = to_user_as<TimeObject>(L, 2, kTimeType);
  lua_pushboolean(L, a != nullptr && b != nullptr && order(a->instant, b->instant) == 0);
  return 1;
}

int time_tostring(lua_State* L) {
  char text[kTimeTextBytes];
  const TimeObject& t = check_time(L, 1);
  const std::size_t length = format_rfc3339_nano(value_of_time(L, 1, t), text);
  lua_pushlstring(L, text, length);
  return 1;
}

void fill_time(lua_State* L) {
  set_methods(L, kTimeMethods);
  set_function(L, "__tostring", time_tostring);
  set_function(L, "__concat", concat_texts);
  set_function(L, "__eq", time_same);
  set_function(L, "__lt", time_before);
  set_function(L, "__le", time_not_after);
}

// [-0, +1, m]
void push_object(lua_State* L, const Instant& instant, Zone::Kind zone) {
  void* const block = new_user(L, kTimeType, sizeof(TimeObject), has_location(zone) ? 1 : 0);
  new (block) TimeObject{instant, zone};
}

}  // namespace

const UserType kTimeType = {"time", fill_time};

Instant instant_now() noexcept {
  const uint64_t ns = wall_ns();
  return {static_cast<int64_t>(ns / kNanosPerSecond), static_cast<uint32_t>(ns % kNanosPerSecond), monotonic_ns()};
}

int order(const Instant& a, const Instant& b) noexcept {
  if (a.monotonic_ns != 0 && b.monotonic_ns != 0) {
    return a.monotonic_ns == b.monotonic_ns ? 0 : (a.monotonic_ns < b.monotonic_ns ? -1 : 1);
  }
  if (a.unix_s != b.unix_s) return a.unix_s < b.unix_s ? -1 : 1;
  return a.nanos == b.nanos ? 0 : (a.nanos < b.nanos ? -1 : 1);
}

void push_time(lua_State* L, const Instant& instant, Zone::Kind utc_or_local) { push_object(L, instant, utc_or_local); }

void push_time_at(lua_State* L, const Instant& instant, int location) {
  location = lua_absindex(L, location);
  const Zone::Kind kind = check_user_as<LocationObject>(L, location, kLocationType).zone.kind();
  push_object(L, instant, kind);
  if (!has_location(kind)) return;
  lua_pushvalue(L, location);
  lua_setiuservalue(L, -2, kLocationSlot);
}

void push_time_like(lua_State* L, const Instant& instant, int like) {
  like = lua_absindex(L, like);
  const Zone::Kind kind = check_time(L, like).zone;
  push_object(L, instant, kind);
  if (!has_location(kind)) return;
  lua_getiuservalue(L, like, kLocationSlot);
  lua_setiuservalue(L, -2, kLocationSlot);
}

void push_time_in(lua_State* L, const Instant& instant, const Zone& zone) {
  if (!has_location(zone.kind())) return push_object(L, instant, zone.kind());
  push_location(L, zone);
  push_time_at(L, instant, -1);
  lua_remove(L, -2);
}

const TimeObject& check_time(lua_State* L, int index) { return check_user_as<TimeObject>(L, index, kTimeType); }

Zone zone_of_time(lua_State* L, int index, const TimeObject& time) noexcept {
  if (!has_location(time.zone)) return time.zone == Zone::Kind::kUtc ? Zone::utc() : Zone::local();
  lua_getiuservalue(L, index, kLocationSlot);
  const Zone zone = static_cast<LocationObject*>(lua_touserdata(L, -1))->zone;
  lua_pop(L, 1);  // the time object keeps it
  return zone;
}

TimeValue value_of_time(lua_State* L, int index, const TimeObject& t) noexcept {
  const Instant& i = t.instant;
  return {i.unix_s, i.nanos, zone_of_time(L, index, t).at(i.unix_s).offset_s};
}

void push_time_value(lua_State* L, const TimeValue& v) {
  if (v.zone_offset_s == 0) return push_time(L, instant_of(v), Zone::Kind::kUtc);
  const Zone local = Zone::local();
  const bool is_local = local.at(v.unix_s).offset_s == v.zone_offset_s;
  push_time_in(L, instant_of(v), is_local ? local : Zone::fixed({}, v.zone_offset_s));
}

std::size_t format_time(std::string_view layout, const ShownTime& shown, char* out) noexcept {
  std::size_t length = 0;
  format_layout(layout, shown,
                [&](std::string_view piece) { length += piece.copy(out + length, kTimeTextBytes - length); });
  return length;
}

std::size_t format_rfc3339_nano(const TimeValue& t, char* out) noexcept {
  const Zone zone = Zone::fixed({}, t.zone_offset_s);
  return format_time("2006-01-02T15:04:05.000000000Z07:00", show_time(t.unix_s, t.nanos, zone), out);
}

}  // namespace wippy::lua
