// string.format. Two passes: the first replaces the arguments of %s that have __tostring by their text (Lua code may run and
// yield there), the second builds the result and calls nothing. The second is sliced.
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "lua/slice.hpp"
#include "lua/stdlib.hpp"
#include "lua/text_sink.hpp"

namespace wippy::lua {
namespace {

constexpr size_t kMaxSpec = 22;   // flags, width, precision and conversion
constexpr size_t kMaxItem = 512;  // longest formatted number: %.99f of the largest double has 409 characters
constexpr size_t kStepsPerPoll = 4096;

// One conversion specification, without the conversion character's length modifier that snprintf needs.
struct Spec {
  char text[kMaxSpec + 8];  // as written: "%-5d"
  size_t length;            // up to and with the conversion character
  char conversion;
  bool plain;  // nothing but '%' and the conversion
};

// Reads the specification at `p`, just behind the '%'; returns what follows. [-0, +0, v]
const char* read_spec(lua_State* L, const char* p, const char* end, Spec& spec) {
  const char* q = p;
  while (q < end && std::strchr("-+#0 123456789.", *q) != nullptr && *q != '\0') ++q;
  const auto modifiers = static_cast<size_t>(q - p);
  if (modifiers + 1 >= kMaxSpec) luaL_error(L, "invalid format (too long)");
  spec.text[0] = '%';
  std::memcpy(spec.text + 1, p, modifiers);
  spec.conversion = q < end ? *q : '\0';
  spec.text[1 + modifiers] = spec.conversion;
  spec.text[2 + modifiers] = '\0';
  spec.length = 2 + modifiers;
  spec.plain = modifiers == 0;
  return q < end ? q + 1 : q;
}

const char* skip_two_digits(const char* p) noexcept {
  for (int i = 0; i < 2 && *p >= '0' && *p <= '9'; ++i) ++p;
  return p;
}

// Raises unless the specification is: flags out of `flags`, width of two digits, precision of two digits. [-0, +0, v]
void check_spec(lua_State* L, const Spec& spec, const char* flags, bool precision) {
  const char* p = spec.text + 1;
  p += std::strspn(p, flags);
  if (*p != '0') {
    p = skip_two_digits(p);
    if (*p == '.' && precision) p = skip_two_digits(p + 1);
  }
  if (p != spec.text + spec.length - 1) luaL_error(L, "invalid conversion specification: '%s'", spec.text);
}

[[noreturn]] void bad_conversion(lua_State* L, const Spec& spec) {
  luaL_error(L, "invalid conversion '%s' to 'format'", spec.text);
  __builtin_unreachable();
}

// snprintf of one number with the given length modifier. [-0, +0, m]
template <class Number>
void append_number(TextSink& sink, const Spec& spec, const char* modifier, Number n) {
  char format[kMaxSpec + 16];
  const size_t head = spec.length - 1;
  std::memcpy(format, spec.text, head);
  const size_t modifier_length = std::strlen(modifier);
  std::memcpy(format + head, modifier, modifier_length);
  format[head + modifier_length] = spec.conversion;
  format[head + modifier_length + 1] = '\0';
  char item[kMaxItem];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  const int length = std::snprintf(item, sizeof item, format, n);
#pragma GCC diagnostic pop
  sink.append(item, static_cast<size_t>(length));
}

void append_decimal(TextSink& sink, lua_Integer n) {
  char* out = sink.room(24);
  sink.commit(static_cast<size_t>(std::snprintf(out, 24, "%lld", n)));
}

void append_integer(lua_State* L, TextSink& sink, const Spec& spec, int arg) {
  const lua_Integer n = luaL_checkinteger(L, arg);
  if (spec.plain && (spec.conversion == 'd' || spec.conversion == 'i')) return append_decimal(sink, n);
  switch (spec.conversion) {
    case 'd':
    case 'i': check_spec(L, spec, "-+0 ", true); break;
    default: check_spec(L, spec, "-#0", true); break;
  }
  append_number(sink, spec, "ll", n);
}

void append_string(lua_State* L, TextSink& sink, const Spec& spec, int arg) {
  size_t length;
  const StateRoot* root = state_root(L);
  const char* text = root->push_text != nullptr ? root->push_text(L, arg, &length) : luaL_tolstring(L, arg, &length);
  if (spec.plain) {
    sink.append(text, length);
  } else {
    luaL_argcheck(L, length == std::strlen(text), arg, "string contains zeros");
    check_spec(L, spec, "-", true);
    if (length >= 100 && std::strchr(spec.text, '.') == nullptr) {
      sink.append(text, length);
    } else {
      char item[kMaxItem];  // width and precision have two digits
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
      const int n = std::snprintf(item, sizeof item, spec.text, text);
#pragma GCC diagnostic pop
      sink.append(item, static_cast<size_t>(n));
    }
  }
  lua_pop(L, 1);
}

void append_quoted_string(TextSink& sink, const char* text, size_t length) {
  sink.append('"');
  for (size_t i = 0; i < length; ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\' || c == '\n') {
      sink.append('\\');
      sink.append(c);
    } else if (byte < 32 || byte == 127) {
      const bool digit_follows = i + 1 < length && text[i + 1] >= '0' && text[i + 1] <= '9';
      char escaped[8];
      const int n = std::snprintf(escaped, sizeof escaped, digit_follows ? "\\%03d" : "\\%d", byte);
      sink.append(escaped, static_cast<size_t>(n));
    } else {
      sink.append(c);
    }
  }
  sink.append('"');
}

// %q: a literal that Lua reads back as the same value. [-0, +0, v]
void append_quoted(lua_State* L, TextSink& sink, const Spec& spec, int arg) {
  if (!spec.plain) luaL_error(L, "specifier '%%q' cannot have modifiers");
  size_t length;
  char number[64];
  int n = 0;
  switch (lua_type(L, arg)) {
    case LUA_TSTRING: {
      const char* text = lua_tolstring(L, arg, &length);
      return append_quoted_string(sink, text, length);
    }
    case LUA_TNUMBER: {
      const lua_Number value = lua_tonumber(L, arg);
      if (lua_isinteger(L, arg)) {
        const lua_Integer integer = lua_tointeger(L, arg);
        n = std::snprintf(number, sizeof number, integer == LUA_MININTEGER ? "0x%llx" : "%lld", integer);
      } else if (std::isinf(value)) {
        n = std::snprintf(number, sizeof number, "%s", value > 0 ? "1e9999" : "-1e9999");
      } else if (std::isnan(value)) {
        n = std::snprintf(number, sizeof number, "(0/0)");
      } else {
        n = std::snprintf(number, sizeof number, "%a", value);
      }
      return sink.append(number, static_cast<size_t>(n));
    }
    case LUA_TNIL: return sink.append("nil", 3);
    case LUA_TBOOLEAN: return lua_toboolean(L, arg) ? sink.append("true", 4) : sink.append("false", 5);
    default: luaL_argerror(L, arg, "value has no literal form");
  }
}

void append_conversion(lua_State* L, TextSink& sink, const Spec& spec, int arg, int top) {
  if (arg > top) luaL_argerror(L, arg, "no value");
  switch (spec.conversion) {
    case 'c':
      check_spec(L, spec, "-", false);
      return append_number(sink, spec, "", static_cast<int>(luaL_checkinteger(L, arg)));
    case 'd':
    case 'i':
    case 'o':
    case 'x':
    case 'X': return append_integer(L, sink, spec, arg);
    case 'a':
    case 'A': check_spec(L, spec, "-+#0 ", true); return append_number(sink, spec, "", luaL_checknumber(L, arg));
    case 'f':
    case 'e':
    case 'E':
    case 'g':
    case 'G': {
      const lua_Number n = luaL_checknumber(L, arg);
      check_spec(L, spec, "-+#0 ", true);
      return append_number(sink, spec, "", n);
    }
    case 'u': {
      const lua_Integer n = luaL_checkinteger(L, arg);
      check_spec(L, spec, "-0", true);
      return append_number(sink, spec, "ll", n);
    }
    case 'q': return append_quoted(L, sink, spec, arg);
    case 's': return append_string(L, sink, spec, arg);
    default: bad_conversion(L, spec);
  }
}

// Where a pass is: in the format string and among the arguments.
struct Position {
  size_t offset;
  int arg;
};

// Second pass. Stack: 1 format, 2..top-1 arguments, top text sink. ctx: 1 when resumed.
int build(lua_State* L, int, lua_KContext resumed) {
  const int slot = lua_gettop(L);
  TextSink sink(L, slot);
  Position at = resumed != 0 ? sink.parked<Position>() : Position{0, 1};
  size_t length;
  const char* const text = lua_tolstring(L, 1, &length);
  const char* const end = text + length;
  const char* p = text + at.offset;
  for (size_t items = 1; p < end; ++items) {
    const void* percent = std::memchr(p, '%', static_cast<size_t>(end - p));
    const char* stop = percent != nullptr ? static_cast<const char*>(percent) : end;
    sink.append(p, static_cast<size_t>(stop - p));
    if (stop == end) break;
    p = stop + 1;
    if (p < end && *p == '%') {
      sink.append(*p++);
    } else {
      Spec spec;
      p = read_spec(L, p, end, spec);
      append_conversion(L, sink, spec, ++at.arg, slot - 1);
    }
    if (items % kStepsPerPoll == 0 && slice_must_yield(L)) {
      at.offset = static_cast<size_t>(p - text);
      sink.park(at);
      return slice_yield(L, 1, build);
    }
  }
  sink.push_result();
  return 1;
}

// First pass. ctx: format offset and argument to go on with, after a __tostring returned; 0 at the beginning.
constexpr int kArgumentBits = 21;  // more than LUAI_MAXSTACK

int argument_of(lua_KContext ctx) noexcept { return static_cast<int>(ctx & ((1 << kArgumentBits) - 1)); }

// The result of a __tostring, on top, becomes the argument. [-1, +0, v]
void take_text(lua_State* L, int arg) {
  if (!lua_isstring(L, -1)) luaL_error(L, "'__tostring' must return a string");
  lua_replace(L, arg);
}

int replace_objects(lua_State* L, int, lua_KContext ctx);

int replace_called(lua_State* L, int, lua_KContext ctx) {
  take_text(L, argument_of(ctx));
  return replace_objects(L, LUA_OK, ctx);
}

int replace_objects(lua_State* L, int, lua_KContext ctx) {
  const int top = lua_gettop(L);
  const size_t offset = static_cast<size_t>(ctx) >> kArgumentBits;
  int arg = argument_of(ctx);
  size_t length;
  const char* const text = lua_tolstring(L, 1, &length);
  const char* const end = text + length;
  const char* p = text + offset;
  for (size_t items = 1; p < end && arg < top; ++items) {
    const auto here = (static_cast<lua_KContext>(p - text) << kArgumentBits) | arg;
    if (items % kStepsPerPoll == 0 && slice_must_yield(L)) return slice_yield(L, here, replace_objects);
    const void* percent = std::memchr(p, '%', static_cast<size_t>(end - p));
    if (percent == nullptr) break;
    p = static_cast<const char*>(percent) + 1;
    if (p < end && *p == '%') {
      ++p;
      continue;
    }
    Spec spec;
    p = read_spec(L, p, end, spec);
    ++arg;
    const int type = lua_type(L, arg);
    const bool object = spec.conversion == 's' && type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TNIL;
    if (!object || luaL_getmetafield(L, arg, "__tostring") == LUA_TNIL) continue;
    lua_pushvalue(L, arg);
    const auto next = (static_cast<lua_KContext>(p - text) << kArgumentBits) | arg;
    lua_callk(L, 1, 1, next, replace_called);
    take_text(L, arg);
  }
  lua_pushnil(L);
  return build(L, LUA_OK, 0);
}

}  // namespace

int string_format(lua_State* L) {
  size_t length;
  check_subject(L, 1, &length);
  return replace_objects(L, LUA_OK, 1);
}

}  // namespace wippy::lua
