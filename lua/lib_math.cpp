// The math library. Randomness comes from StateRoot::random_seed only: the same process seed gives the same numbers.
#include <cfloat>
#include <climits>
#include <cmath>

#include "lua/slice.hpp"
#include "lua/stdlib.hpp"

namespace wippy::lua {
namespace {

constexpr lua_Number kPi = 3.141592653589793238462643383279502884;

// Pushes a float that has been rounded to a whole number, as an integer if it fits. [-0, +1, -]
void push_whole(lua_State* L, lua_Number n) {
  lua_Integer integer;
  if (lua_numbertointeger(n, &integer)) {
    lua_pushinteger(L, integer);
  } else {
    lua_pushnumber(L, n);
  }
}

template <lua_Number (*Function)(lua_Number)>
int unary(lua_State* L) {
  lua_pushnumber(L, Function(luaL_checknumber(L, 1)));
  return 1;
}

template <lua_Number (*Function)(lua_Number)>
int rounded(lua_State* L) {
  if (lua_isinteger(L, 1)) {
    lua_settop(L, 1);
  } else {
    push_whole(L, Function(luaL_checknumber(L, 1)));
  }
  return 1;
}

int math_abs(lua_State* L) {
  if (lua_isinteger(L, 1)) {
    const lua_Integer n = lua_tointeger(L, 1);
    lua_pushinteger(L, n < 0 ? static_cast<lua_Integer>(0u - static_cast<lua_Unsigned>(n)) : n);
  } else {
    lua_pushnumber(L, std::fabs(luaL_checknumber(L, 1)));
  }
  return 1;
}

int math_fmod(lua_State* L) {
  if (!lua_isinteger(L, 1) || !lua_isinteger(L, 2)) {
    lua_pushnumber(L, std::fmod(luaL_checknumber(L, 1), luaL_checknumber(L, 2)));
    return 1;
  }
  const lua_Integer divisor = lua_tointeger(L, 2);
  luaL_argcheck(L, divisor != 0, 2, "zero");
  lua_pushinteger(L, divisor == -1 ? 0 : lua_tointeger(L, 1) % divisor);  // minint % -1 would trap
  return 1;
}

int math_modf(lua_State* L) {
  if (lua_isinteger(L, 1)) {
    lua_settop(L, 1);
    lua_pushnumber(L, 0);
    return 2;
  }
  const lua_Number n = luaL_checknumber(L, 1);
  const lua_Number whole = std::trunc(n);
  push_whole(L, whole);
  lua_pushnumber(L, n == whole ? 0.0 : n - whole);
  return 2;
}

int math_log(lua_State* L) {
  const lua_Number n = luaL_checknumber(L, 1);
  lua_Number result;
  if (lua_isnoneornil(L, 2)) {
    result = std::log(n);
  } else {
    const lua_Number base = luaL_checknumber(L, 2);
    result = base == 2.0 ? std::log2(n) : base == 10.0 ? std::log10(n) : std::log(n) / std::log(base);
  }
  lua_pushnumber(L, result);
  return 1;
}

int math_atan(lua_State* L) {
  const lua_Number y = luaL_checknumber(L, 1);
  lua_pushnumber(L, std::atan2(y, luaL_optnumber(L, 2, 1)));
  return 1;
}

int math_pow(lua_State* L) {
  const lua_Number base = luaL_checknumber(L, 1);
  lua_pushnumber(L, std::pow(base, luaL_checknumber(L, 2)));
  return 1;
}

int math_frexp(lua_State* L) {
  int exponent;
  lua_pushnumber(L, std::frexp(luaL_checknumber(L, 1), &exponent));
  lua_pushinteger(L, exponent);
  return 2;
}

int math_ldexp(lua_State* L) {
  const lua_Number n = luaL_checknumber(L, 1);
  const lua_Integer exponent = luaL_checkinteger(L, 2);
  lua_pushnumber(L, std::ldexp(n, exponent > INT_MAX   ? INT_MAX
                                  : exponent < INT_MIN ? INT_MIN
                                                       : static_cast<int>(exponent)));
  return 1;
}

int math_deg(lua_State* L) {
  lua_pushnumber(L, luaL_checknumber(L, 1) * (180.0 / kPi));
  return 1;
}

int math_rad(lua_State* L) {
  lua_pushnumber(L, luaL_checknumber(L, 1) * (kPi / 180.0));
  return 1;
}

int math_tointeger(lua_State* L) {
  int ok;
  const lua_Integer n = lua_tointegerx(L, 1, &ok);
  if (ok) {
    lua_pushinteger(L, n);
  } else {
    luaL_checkany(L, 1);
    luaL_pushfail(L);
  }
  return 1;
}

int math_type(lua_State* L) {
  if (lua_type(L, 1) == LUA_TNUMBER) {
    lua_pushstring(L, lua_isinteger(L, 1) ? "integer" : "float");
  } else {
    luaL_checkany(L, 1);
    luaL_pushfail(L);
  }
  return 1;
}

int math_ult(lua_State* L) {
  const auto a = static_cast<lua_Unsigned>(luaL_checkinteger(L, 1));
  lua_pushboolean(L, a < static_cast<lua_Unsigned>(luaL_checkinteger(L, 2)));
  return 1;
}

// The argument for which no other is larger (or smaller), by the operator <. [-0, +1, v]
int extreme(lua_State* L, bool largest) {
  const int count = lua_gettop(L);
  luaL_argcheck(L, count >= 1, 1, "value expected");
  int best = 1;
  for (int i = 2; i <= count; ++i) {
    if (largest ? lua_compare(L, best, i, LUA_OPLT) : lua_compare(L, i, best, LUA_OPLT)) best = i;
  }
  lua_pushvalue(L, best);
  return 1;
}

int math_max(lua_State* L) { return extreme(L, true); }
int math_min(lua_State* L) { return extreme(L, false); }

// ---- Random numbers: xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018), seeded
// through SplitMix64 (Steele, Lea, Flood 2014) where a single number is given.

struct Xoshiro {
  uint64_t s[4];
  uint64_t reseeds;  // how often randomseed() was called without arguments
};

uint64_t rotate_left(uint64_t x, int n) noexcept { return (x << n) | (x >> (64 - n)); }

uint64_t split_mix(uint64_t& state) noexcept {
  state += 0x9e3779b97f4a7c15u;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint64_t next_random(Xoshiro& x) noexcept {
  const uint64_t result = rotate_left(x.s[1] * 5, 7) * 9;
  const uint64_t t = x.s[1] << 17;
  x.s[2] ^= x.s[0];
  x.s[3] ^= x.s[1];
  x.s[1] ^= x.s[2];
  x.s[0] ^= x.s[3];
  x.s[2] ^= t;
  x.s[3] = rotate_left(x.s[3], 45);
  return result;
}

// Seeds as the manual asks of math.randomseed(x, y): 128 bits. The first numbers are thrown away to mix them.
void seed(Xoshiro& x, uint64_t a, uint64_t b) noexcept {
  x.s[0] = a;
  x.s[1] = 0xff;
  x.s[2] = b;
  x.s[3] = 0;
  for (int i = 0; i < 16; ++i) static_cast<void>(next_random(x));
}

// Seeds from the process and pushes the two parts. [-0, +2, -]
void seed_from_process(lua_State* L, Xoshiro& x) {
  uint64_t state = state_root(L)->random_seed + x.reseeds++;
  const uint64_t a = split_mix(state);
  const uint64_t b = split_mix(state);
  seed(x, a, b);
  lua_pushinteger(L, static_cast<lua_Integer>(a));
  lua_pushinteger(L, static_cast<lua_Integer>(b));
}

// Uniform in [0, limit]: draws of as many bits as needed, until one fits.
uint64_t below_or_equal(Xoshiro& x, uint64_t limit) noexcept {
  uint64_t mask = limit;
  for (int shift = 1; shift < 64; shift *= 2) mask |= mask >> shift;
  for (;;) {
    const uint64_t n = next_random(x) & mask;
    if (n <= limit) return n;
  }
}

Xoshiro& generator(lua_State* L) noexcept { return *static_cast<Xoshiro*>(lua_touserdata(L, lua_upvalueindex(1))); }

int math_random(lua_State* L) {
  Xoshiro& x = generator(L);
  lua_Integer low = 1;
  lua_Integer high;
  switch (lua_gettop(L)) {
    case 0: lua_pushnumber(L, static_cast<lua_Number>(next_random(x) >> 11) * (0.5 / (uint64_t{1} << 52))); return 1;
    case 1:
      high = luaL_checkinteger(L, 1);
      if (high == 0) {
        lua_pushinteger(L, static_cast<lua_Integer>(next_random(x)));
        return 1;
      }
      break;
    case 2:
      low = luaL_checkinteger(L, 1);
      high = luaL_checkinteger(L, 2);
      break;
    default: return luaL_error(L, "wrong number of arguments");
  }
  luaL_argcheck(L, low <= high, 1, "interval is empty");
  const uint64_t span = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  lua_pushinteger(L, static_cast<lua_Integer>(below_or_equal(x, span) + static_cast<uint64_t>(low)));
  return 1;
}

int math_randomseed(lua_State* L) {
  Xoshiro& x = generator(L);
  if (lua_isnone(L, 1)) {
    seed_from_process(L, x);
    return 2;
  }
  const lua_Integer a = luaL_checkinteger(L, 1);
  const lua_Integer b = luaL_optinteger(L, 2, 0);
  seed(x, static_cast<uint64_t>(a), static_cast<uint64_t>(b));
  lua_pushinteger(L, a);
  lua_pushinteger(L, b);
  return 2;
}

const luaL_Reg kMath[] = {
    {"abs", math_abs},
    {"ceil", rounded<std::ceil>},
    {"floor", rounded<std::floor>},
    {"max", math_max},
    {"min", math_min},
    {"fmod", math_fmod},
    {"modf", math_modf},
    {"log", math_log},
    {"exp", unary<std::exp>},
    {"sqrt", unary<std::sqrt>},
    {"sin", unary<std::sin>},
    {"cos", unary<std::cos>},
    {"tan", unary<std::tan>},
    {"asin", unary<std::asin>},
    {"acos", unary<std::acos>},
    {"atan", math_atan},
    {"deg", math_deg},
    {"rad", math_rad},
    {"tointeger", math_tointeger},
    {"type", math_type},
    {"ult", math_ult},
    {"pow", math_pow},
    {"log10", unary<std::log10>},
    {"atan2", math_atan},
    {"sinh", unary<std::sinh>},
    {"cosh", unary<std::cosh>},
    {"tanh", unary<std::tanh>},
    {"frexp", math_frexp},
    {"ldexp", math_ldexp},
    {"random", nullptr},
    {"randomseed", nullptr},
    {"pi", nullptr},
    {"huge", nullptr},
    {"maxinteger", nullptr},
    {"mininteger", nullptr},
    {nullptr, nullptr},
};

const luaL_Reg kRandom[] = {{"random", math_random}, {"randomseed", math_randomseed}, {nullptr, nullptr}};

}  // namespace

int open_math(lua_State* L) {
  luaL_newlib(L, kMath);
  lua_pushnumber(L, kPi);
  lua_setfield(L, -2, "pi");
  lua_pushnumber(L, HUGE_VAL);
  lua_setfield(L, -2, "huge");
  lua_pushinteger(L, LUA_MAXINTEGER);
  lua_setfield(L, -2, "maxinteger");
  lua_pushinteger(L, LUA_MININTEGER);
  lua_setfield(L, -2, "mininteger");
  auto* x = static_cast<Xoshiro*>(lua_newuserdatauv(L, sizeof(Xoshiro), 0));
  x->reseeds = 0;
  seed_from_process(L, *x);
  lua_pop(L, 2);
  luaL_setfuncs(L, kRandom, 1);
  return 1;
}

}  // namespace wippy::lua
