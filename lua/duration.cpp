#include "lua/duration.hpp"

#include <cmath>
#include <cstdio>
#include <cstring>

#include "lua/state.hpp"

namespace wippy::lua {

namespace {

constexpr std::size_t kMaxTextBytes = 4096;     // reading one cannot be interrupted
constexpr uint64_t kLimit = uint64_t{1} << 63;  // of the magnitude; only negative durations reach it

struct Unit {
  std::string_view name;
  uint64_t ns;
};
constexpr Unit kUnits[] = {
    {"ns", 1},         {"us", 1'000},        {"\xC2\xB5s", 1'000},  {"\xCE\xBCs", 1'000},
    {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000},
};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Digits of the fraction as a multiple of 1/scale; beyond 18 digits they no longer matter.
void read_fraction(std::string_view& in, uint64_t& value, uint64_t& scale, bool& any) noexcept {
  while (!in.empty() && is_digit(in.front())) {
    any = true;
    if (scale < 1'000'000'000'000'000'000u) {
      value = value * 10 + static_cast<uint64_t>(in.front() - '0');
      scale *= 10;
    }
    in.remove_prefix(1);
  }
}

// One "<decimal><unit>".
bool read_term(std::string_view& in, uint64_t& total) noexcept {
  uint64_t whole = 0;
  bool any = false;
  while (!in.empty() && is_digit(in.front())) {
    any = true;
    if (whole > kLimit / 10) return false;
    whole = whole * 10 + static_cast<uint64_t>(in.front() - '0');
    in.remove_prefix(1);
  }
  uint64_t fraction = 0;
  uint64_t scale = 1;
  if (!in.empty() && in.front() == '.') {
    in.remove_prefix(1);
    read_fraction(in, fraction, scale, any);
  }
  if (!any) return false;
  std::size_t length = 0;
  while (length < in.size() && in[length] != '.' && !is_digit(in[length])) ++length;
  const std::string_view name = in.substr(0, length);
  in.remove_prefix(length);
  for (const Unit& u : kUnits) {
    if (u.name != name) continue;
    if (whole > kLimit / u.ns) return false;
    const auto part = static_cast<uint64_t>(static_cast<__uint128_t>(fraction) * u.ns / scale);
    total += whole * u.ns + part;  // each summand is at most 2^63 + 3.6e12
    return total <= kLimit;
  }
  return false;
}

}  // namespace

bool parse_duration(std::string_view text, int64_t& ns) noexcept {
  if (text.size() > kMaxTextBytes) return false;
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  ns = 0;
  if (text == "0") return true;
  if (text.empty()) return false;
  uint64_t total = 0;
  while (!text.empty()) {
    if (!read_term(text, total)) return false;
  }
  if (total == kLimit && !negative) return false;
  ns = static_cast<int64_t>(negative ? 0 - total : total);
  return true;
}

namespace {

// `value` in units of 10^digits, without trailing zeros of the fraction.
std::size_t put_decimal(char* out, uint64_t value, int digits, const char* unit) noexcept {
  uint64_t scale = 1;
  for (int i = 0; i < digits; ++i) scale *= 10;
  int n = std::snprintf(out, kDurationTextBytes, "%llu", static_cast<unsigned long long>(value / scale));
  uint64_t rest = value % scale;
  if (rest != 0) {
    n += std::snprintf(out + n, kDurationTextBytes - static_cast<std::size_t>(n), ".%0*llu", digits,
                       static_cast<unsigned long long>(rest));
    while (out[n - 1] == '0') --n;
  }
  const std::size_t length = std::strlen(unit);
  std::memcpy(out + n, unit, length);
  return static_cast<std::size_t>(n) + length;
}

}  // namespace

std::size_t format_duration(int64_t ns, char* out) noexcept {
  std::size_t n = 0;
  uint64_t value = static_cast<uint64_t>(ns);
  if (ns < 0) {
    value = 0 - value;
    out[n++] = '-';
  }
  if (value == 0) return static_cast<std::size_t>(std::snprintf(out, kDurationTextBytes, "0s"));
  if (value < 1'000) return n + put_decimal(out + n, value, 0, "ns");
  if (value < 1'000'000) return n + put_decimal(out + n, value, 3, "\xC2\xB5s");
  if (value < 1'000'000'000) return n + put_decimal(out + n, value, 6, "ms");
  const uint64_t hours = value / 3'600'000'000'000u;
  const uint64_t minutes = value / 60'000'000'000u % 60;
  if (hours != 0) n += put_decimal(out + n, hours, 0, "h");
  if (hours != 0 || minutes != 0) n += put_decimal(out + n, minutes, 0, "m");
  return n + put_decimal(out + n, value % 60'000'000'000u, 9, "s");
}

// --- objects

namespace {

int64_t self_ns(lua_State* L) { return check_user_as<DurationObject>(L, 1, kDurationType).ns; }

template <int64_t unit>
int duration_whole(lua_State* L) {
  lua_pushinteger(L, self_ns(L) / unit);
  return 1;
}

template <int64_t unit>
int duration_float(lua_State* L) {
  const int64_t ns = self_ns(L);
  lua_pushnumber(
      L, static_cast<lua_Number>(ns / unit) + static_cast<lua_Number>(ns % unit) / static_cast<lua_Number>(unit));
  return 1;
}

int duration_tostring(lua_State* L) {
  char text[kDurationTextBytes];
  const std::size_t length = format_duration(self_ns(L), text);
  lua_pushlstring(L, text, length);
  return 1;
}

// Both operands are durations: the metamethod is called for nothing else but mixed comparisons.
template <int op>
int duration_compare(lua_State* L) {
  const int64_t a = self_ns(L);
  const int64_t b = check_user_as<DurationObject>(L, 2, kDurationType).ns;
  lua_pushboolean(L, op == LUA_OPEQ ? a == b : (op == LUA_OPLT ? a < b : a <= b));
  return 1;
}

constexpr LibraryEntry kMethods[] = {
    {"nanoseconds", duration_whole<1>},
    {"microseconds", duration_whole<1'000>},
    {"milliseconds", duration_whole<1'000'000>},
    {"seconds", duration_float<kSecondNs>},
    {"minutes", duration_float<60 * kSecondNs>},
    {"hours", duration_float<3600 * kSecondNs>},
    {nullptr, nullptr},
};

void fill_duration(lua_State* L) {
  set_methods(L, kMethods);
  set_function(L, "__tostring", duration_tostring);
  set_function(L, "__concat", concat_texts);
  set_function(L, "__eq", duration_compare<LUA_OPEQ>);
  set_function(L, "__lt", duration_compare<LUA_OPLT>);
  set_function(L, "__le", duration_compare<LUA_OPLE>);
}

}  // namespace

const UserType kDurationType = {"duration", fill_duration};

void push_duration(lua_State* L, int64_t ns) {
  static_cast<DurationObject*>(new_user(L, kDurationType, sizeof(DurationObject), 0))->ns = ns;
}

DurationArgument to_duration(lua_State* L, int index, int64_t unit_ns, int64_t& ns) noexcept {
  switch (lua_type(L, index)) {
    case LUA_TNUMBER: {
      if (lua_isinteger(L, index)) {
        const bool overflow = __builtin_mul_overflow(static_cast<int64_t>(lua_tointeger(L, index)), unit_ns, &ns);
        return overflow ? DurationArgument::kBadNumber : DurationArgument::kOk;
      }
      const double value = lua_tonumber(L, index) * static_cast<double>(unit_ns);
      if (!(value > -9.2e18 && value < 9.2e18)) return DurationArgument::kBadNumber;
      ns = static_cast<int64_t>(value);
      return DurationArgument::kOk;
    }
    case LUA_TSTRING: {
      std::size_t length = 0;
      const char* text = lua_tolstring(L, index, &length);
      return parse_duration({text, length}, ns) ? DurationArgument::kOk : DurationArgument::kBadText;
    }
    case LUA_TUSERDATA:
      if (const auto* d = to_user_as<DurationObject>(L, index, kDurationType)) {
        ns = d->ns;
        return DurationArgument::kOk;
      }
      return DurationArgument::kBadType;
    default: return DurationArgument::kBadType;
  }
}

}  // namespace wippy::lua
