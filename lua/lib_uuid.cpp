// The uuid module: RFC 9562 identifiers as texts. Names are hashed, texts read and written by libuuid; time comes from the
// clock seam and random bits from LuaHooks::entropy, in simulation from the process's seed: libuuid's own generators would
// read the host's.
#include <sys/time.h>
#include <uuid/uuid.h>

#include <cstring>
#include <new>
#include <string_view>

#include "lua/error_object.hpp"
#include "lua/hooks.hpp"
#include "lua/library.hpp"
#include "lua/state.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/random.hpp"

namespace wippy::lua {

namespace {

constexpr std::size_t kTextBytes = 36;
constexpr uint64_t kTicksToUnixEpoch = 0x01b2'1dd2'1381'4000u;  // 100 ns from 15 October 1582 to 1970

// One per process, made on first use; a userdata in the registry.
struct Generator {
  explicit Generator(uint64_t seed) noexcept : random(seed) {}
  Random random;
  bool has_node = false;
  uint8_t node[8] = {};     // of v1: clock sequence, node
  uint64_t last_ticks = 0;  // of v1
  uint64_t last_ms = 0;     // of v7
  uint32_t counter = 0;     // of v7, 12 bits: keeps those of one millisecond in order
};

// [-0, +0, m]
Generator& generator(lua_State* L) {
  static constexpr char kKey = 0;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kKey) == LUA_TUSERDATA) {
    auto& g = *static_cast<Generator*>(lua_touserdata(L, -1));
    lua_pop(L, 1);
    return g;
  }
  lua_pop(L, 1);
  constexpr uint64_t kApartFromMathRandom = 0x7575'6964'5365'6564u;
  auto* g = new (lua_newuserdatauv(L, sizeof(Generator), 0)) Generator(root_of(L).random_seed ^ kApartFromMathRandom);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &kKey);
  return *g;
}

void fill(lua_State* L, Generator& g, uint8_t* out, std::size_t bytes) noexcept {
  const LuaHooks* hooks = root_of(L).hooks;
  if (hooks != nullptr && hooks->entropy != nullptr) return hooks->entropy(out, bytes);
  for (std::size_t i = 0; i < bytes; i += 8) {
    const uint64_t word = g.random.next();
    std::memcpy(out + i, &word, bytes - i < 8 ? bytes - i : 8);
  }
}

void put_big_endian(uint8_t* out, uint64_t value, std::size_t bytes) noexcept {
  for (std::size_t i = bytes; i-- > 0; value >>= 8) out[i] = static_cast<uint8_t>(value);
}
uint64_t get_big_endian(const uint8_t* in, std::size_t bytes) noexcept {
  uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | in[i];
  return value;
}

void mark(uint8_t* u, unsigned version) noexcept {
  u[6] = static_cast<uint8_t>((u[6] & 0x0f) | version << 4);
  u[8] = static_cast<uint8_t>((u[8] & 0x3f) | 0x80);
}

// [-0, +1, m]
int push_uuid(lua_State* L, const uint8_t* u) {
  char text[UUID_STR_LEN];
  uuid_unparse_lower(u, text);
  lua_pushlstring(L, text, kTextBytes);
  return 1;
}

// Standard, simple, urn:uuid:… or {…}; any case.
bool read_uuid(std::string_view text, uuid_t out) noexcept {
  constexpr std::string_view kUrn = "urn:uuid:";
  char standard[kTextBytes + 1] = "";
  if (text.size() == kUrn.size() + kTextBytes) {
    char prefix[kUrn.size()];
    for (std::size_t i = 0; i < sizeof prefix; ++i) prefix[i] = static_cast<char>(text[i] | 0x20);
    if (std::string_view(prefix, sizeof prefix) != kUrn) return false;
    text.remove_prefix(kUrn.size());
  } else if (text.size() == kTextBytes + 2 && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, kTextBytes);
  }
  if (text.size() == kTextBytes) {
    text.copy(standard, kTextBytes);
  } else if (text.size() == 32) {
    char* to = standard;
    for (std::size_t i = 0; i < 32; ++i) {
      if (i == 8 || i == 12 || i == 16 || i == 20) *to++ = '-';
      *to++ = text[i];
    }
  } else {
    return false;
  }
  return std::memchr(standard, '\0', kTextBytes) == nullptr && uuid_parse(standard, out) == 0;
}

// The UUID at `index`; false: nil and the error are pushed. [-0, +(0|2), m]
bool check_uuid(lua_State* L, int index, const char* function, uuid_t out) {
  if (lua_type(L, index) != LUA_TSTRING) {
    return_errorf(L, ErrorKind::kInvalid, "%s: a UUID is a string, got %s", function, luaL_typename(L, index));
    return false;
  }
  std::size_t length = 0;
  const char* text = lua_tolstring(L, index, &length);
  if (read_uuid({text, length}, out)) return true;
  return_errorf(L, ErrorKind::kInvalid, "%s: not a UUID: %s", function, text);
  return false;
}

// By UUID_VARIANT_….
constexpr const char* kVariants[] = {"NCS", "RFC4122", "Microsoft", "Future"};

lua_Integer version_of(const uint8_t* u) noexcept { return u[6] >> 4; }

// Seconds since 1970 of v1 and v7.
bool time_of(const uint8_t* u, lua_Integer& seconds) noexcept {
  if (uuid_variant(u) != UUID_VARIANT_DCE) return false;
  if (version_of(u) == 7) {
    seconds = static_cast<lua_Integer>(get_big_endian(u, 6) / 1000);
    return true;
  }
  if (version_of(u) != 1) return false;
  timeval t{};
  seconds = uuid_time(u, &t);
  return true;
}

// --- functions; each [-n, +(1|2), m]

int uuid_v1(lua_State* L) {
  Generator& g = generator(L);
  if (!g.has_node) {
    fill(L, g, g.node, sizeof g.node);
    g.node[2] |= 0x01;  // a multicast address: nobody's network card
    g.has_node = true;
  }
  uint64_t ticks = wall_ns() / 100 + kTicksToUnixEpoch;
  if (ticks <= g.last_ticks) ticks = g.last_ticks + 1;
  g.last_ticks = ticks;
  uuid_t u;
  put_big_endian(u, ticks & 0xffff'ffffu, 4);
  put_big_endian(u + 4, ticks >> 32 & 0xffff, 2);
  put_big_endian(u + 6, ticks >> 48 & 0x0fff, 2);
  std::memcpy(u + 8, g.node, sizeof g.node);
  mark(u, 1);
  return push_uuid(L, u);
}

int uuid_v4(lua_State* L) {
  uuid_t u;
  fill(L, generator(L), u, sizeof u);
  mark(u, 4);
  return push_uuid(L, u);
}

int uuid_v7(lua_State* L) {
  Generator& g = generator(L);
  uuid_t u;
  fill(L, g, u, sizeof u);
  const uint64_t ms = wall_ns() / 1'000'000;
  if (ms > g.last_ms) {
    g.last_ms = ms;
    g.counter = static_cast<uint32_t>(get_big_endian(u + 6, 2) & 0x7ff);  // room to count in the upper half
  } else if (++g.counter > 0xfff) {
    ++g.last_ms;
    g.counter = 0;
  }
  put_big_endian(u, g.last_ms, 6);
  put_big_endian(u + 6, g.counter, 2);
  mark(u, 7);
  return push_uuid(L, u);
}

// uuid.v3(namespace, name), uuid.v5(namespace, name)
int named(lua_State* L, const char* function, void (*hash)(uuid_t, const uuid_t, const char*, std::size_t)) {
  uuid_t space;
  if (!check_uuid(L, 1, function, space)) return 2;
  if (lua_type(L, 2) != LUA_TSTRING)
    return return_errorf(L, ErrorKind::kInvalid, "%s: a name is a string, got %s", function, luaL_typename(L, 2));
  std::size_t length = 0;
  const char* name = lua_tolstring(L, 2, &length);
  uuid_t u;
  hash(u, space, name, length);
  return push_uuid(L, u);
}
int uuid_v3(lua_State* L) { return named(L, "uuid.v3", uuid_generate_md5); }
int uuid_v5(lua_State* L) { return named(L, "uuid.v5", uuid_generate_sha1); }

int uuid_validate(lua_State* L) {
  uuid_t u;
  std::size_t length = 0;
  const char* text = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &length) : nullptr;
  lua_pushboolean(L, text != nullptr && read_uuid({text, length}, u));
  return 1;
}

int uuid_version(lua_State* L) {
  uuid_t u;
  if (!check_uuid(L, 1, "uuid.version", u)) return 2;
  lua_pushinteger(L, version_of(u));
  return 1;
}

int uuid_variant_name(lua_State* L) {
  uuid_t u;
  if (!check_uuid(L, 1, "uuid.variant", u)) return 2;
  lua_pushstring(L, kVariants[uuid_variant(u)]);
  return 1;
}

// uuid.parse(u) -> {version, variant, timestamp of v1 and v7, node of v1}
int uuid_parse_fields(lua_State* L) {
  uuid_t u;
  if (!check_uuid(L, 1, "uuid.parse", u)) return 2;
  lua_createtable(L, 0, 4);
  lua_pushinteger(L, version_of(u));
  lua_setfield(L, -2, "version");
  lua_pushstring(L, kVariants[uuid_variant(u)]);
  lua_setfield(L, -2, "variant");
  lua_Integer seconds = 0;
  if (!time_of(u, seconds)) return 1;
  lua_pushinteger(L, seconds);
  lua_setfield(L, -2, "timestamp");
  if (version_of(u) != 1) return 1;
  char text[UUID_STR_LEN];
  uuid_unparse_lower(u, text);
  lua_pushlstring(L, text + kTextBytes - 12, 12);
  lua_setfield(L, -2, "node");
  return 1;
}

// uuid.format(u[, "standard" | "simple" | "urn"])
int uuid_format(lua_State* L) {
  uuid_t u;
  if (!check_uuid(L, 1, "uuid.format", u)) return 2;
  if (!lua_isnoneornil(L, 2) && lua_type(L, 2) != LUA_TSTRING)
    return return_errorf(L, ErrorKind::kInvalid, "uuid.format: a format is a string, got %s", luaL_typename(L, 2));
  const std::string_view format = lua_isnoneornil(L, 2) ? "standard" : lua_tostring(L, 2);
  if (format == "standard") return push_uuid(L, u);
  if (format == "urn") {
    lua_pushliteral(L, "urn:uuid:");
    push_uuid(L, u);
    lua_concat(L, 2);
    return 1;
  }
  if (format != "simple")
    return return_errorf(L, ErrorKind::kInvalid, "uuid.format: no such format: %s", format.data());
  char text[UUID_STR_LEN];
  uuid_unparse_lower(u, text);
  char simple[32];
  std::size_t n = 0;
  for (const char c : std::string_view(text, kTextBytes)) {
    if (c != '-') simple[n++] = c;
  }
  lua_pushlstring(L, simple, n);
  return 1;
}

}  // namespace

constexpr LibraryEntry kUuidLibrary[] = {
    {"v1", uuid_v1},
    {"v3", uuid_v3},
    {"v4", uuid_v4},
    {"v5", uuid_v5},
    {"v7", uuid_v7},
    {"validate", uuid_validate},
    {"version", uuid_version},
    {"variant", uuid_variant_name},
    {"parse", uuid_parse_fields},
    {"format", uuid_format},
    {nullptr, nullptr},
};

}  // namespace wippy::lua
