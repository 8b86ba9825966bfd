#include "lua/rapidjson_assert.hpp"

#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "lua/duration.hpp"
#include "lua/error_object.hpp"
#include "lua/json_parts.hpp"
#include "lua/message.hpp"
#include "lua/payload_object.hpp"
#include "lua/protected.hpp"
#include "lua/time_object.hpp"

namespace wippy::lua {

bool JsonFault::set(ErrorKind k, const char* format, ...) noexcept {
  if (!ok()) return false;
  kind = k;
  va_list list;
  va_start(list, format);
  std::vsnprintf(message, sizeof message, format, list);
  va_end(list);
  return false;
}

namespace {

using Writer = rapidjson::Writer<JsonSink, rapidjson::UTF8<>, rapidjson::UTF8<>, ThrowingAllocator,
                                 rapidjson::kWriteValidateEncodingFlag>;

constexpr const char* kTooLong = "text of more than 16 MiB";
constexpr const char* kTooDeep = "nested more than 128 deep";
static_assert(kMaxJsonBytes == 16u << 20 && kMaxJsonDepth == 128);

rapidjson::SizeType as_size(std::size_t n) noexcept { return static_cast<rapidjson::SizeType>(n); }

// Walks a Lua value by raw access; recursion is bounded by kMaxJsonDepth. Takes values from the top of the stack.
class Encoder {
 public:
  Encoder(lua_State* L, JsonSink& out, JsonFault& fault) : L_(L), out_(out), writer_(out), fault_(fault) {}

  // Writes the value on top and pops it.
  bool take(int depth) {
    if (out_.full()) return refuse(kTooLong);
    bool ok = true;
    switch (lua_type(L_, -1)) {
      case LUA_TNIL: writer_.Null(); break;
      case LUA_TBOOLEAN: writer_.Bool(lua_toboolean(L_, -1) != 0); break;
      case LUA_TNUMBER: number(); break;
      case LUA_TSTRING: ok = text(-1); break;
      case LUA_TTABLE: ok = table(depth + 1); break;
      case LUA_TUSERDATA: ok = object(depth); break;
      default: ok = refuse("cannot encode a ", lua_typename(L_, lua_type(L_, -1))); break;
    }
    lua_pop(L_, 1);
    return ok;
  }

 private:
  struct Member {
    const char* key;
    std::size_t length;
    std::size_t begin, end;  // its text, with a comma before it unless it is the first
    bool operator<(const Member& other) const noexcept {
      const int order = std::memcmp(key, other.key, std::min(length, other.length));
      return order != 0 ? order < 0 : length < other.length;
    }
  };

  bool refuse(const char* why, const char* type = "") noexcept {
    return fault_.set(ErrorKind::kInternal, "%s%s", why, type);
  }

  void number() {
    if (lua_isinteger(L_, -1)) {
      writer_.Int64(lua_tointeger(L_, -1));
      return;
    }
    const double d = lua_tonumber(L_, -1);
    if (!std::isfinite(d)) {
      writer_.Null();
      return;
    }
    char digits[32];  // the shortest that reads back the same; never ends in ".0"
    const auto end = std::to_chars(digits, digits + sizeof digits, d).ptr;
    writer_.RawValue(digits, static_cast<std::size_t>(end - digits), rapidjson::kNumberType);
  }

  bool text(int index, bool is_key = false) {
    std::size_t length = 0;
    const char* bytes = lua_tolstring(L_, index, &length);
    if (length > kMaxJsonBytes) return refuse(kTooLong);
    const bool ok = is_key ? writer_.Key(bytes, as_size(length)) : writer_.String(bytes, as_size(length));
    return ok || refuse("a string is not UTF-8");
  }

  bool object(int depth) {
    bool wrapped = false;
    while (unwrap_payload(L_) || unwrap_field(L_)) wrapped = true;  // [-1, +1]
    if (wrapped) {
      lua_pushvalue(L_, -1);
      return take(depth);
    }
    char shown[kTimeTextBytes];
    if (const auto* t = to_user_as<TimeObject>(L_, -1, kTimeType)) return time(*t);
    if (const auto* d = to_user_as<DurationObject>(L_, -1, kDurationType))
      return writer_.String(shown, as_size(format_duration(d->ns, shown)));
    if (const auto* e = to_user_as<ErrorObject>(L_, -1, kErrorType)) return error(*e, depth + 1);
    return refuse("cannot encode a userdata");
  }

  // As RFC 3339 text in the time's own zone, on top of the stack.
  bool time(const TimeObject& t) {
    const ShownTime when = show_time(t.instant.unix_s, t.instant.nanos, zone_of_time(L_, lua_gettop(L_), t));
    char shown[kTimeTextBytes];
    return writer_.String(shown, as_size(format_time("2006-01-02T15:04:05.999999999Z07:00", when, shown)));
  }

  bool error(const ErrorObject& e, int depth) {
    if (depth > kMaxJsonDepth) return refuse(kTooDeep);
    path_[depth - 1] = nullptr;
    writer_.StartObject();
    bool ok = true;
    if (lua_getiuservalue(L_, -1, kErrorDetailsSlot) != LUA_TNIL) {
      writer_.Key("details");
      ok = take(depth);
    } else {
      lua_pop(L_, 1);
    }
    writer_.Key("kind");
    writer_.String(kind_name(e.kind));
    writer_.Key("message");
    lua_getiuservalue(L_, -1, kErrorMessageSlot);
    ok = ok && text(-1);
    lua_pop(L_, 1);
    if (e.retryable != Retryable::kUnset) {
      writer_.Key("retryable");
      writer_.Bool(e.retryable == Retryable::kYes);
    }
    writer_.EndObject();
    return ok;
  }

  bool table(int depth) {
    const void* const identity = lua_topointer(L_, -1);
    for (int i = 0; i < depth - 1; ++i) {
      if (path_[i] == identity) return refuse("a table contains itself");
    }
    if (depth > kMaxJsonDepth || !lua_checkstack(L_, 8)) return refuse(kTooDeep);
    path_[depth - 1] = identity;
    std::size_t texts = 0;
    std::size_t places = 0;
    lua_Integer last = 0;
    for (lua_pushnil(L_); lua_next(L_, -2) != 0; lua_pop(L_, 1)) {
      if (lua_type(L_, -2) == LUA_TSTRING) {
        ++texts;
      } else if (lua_isinteger(L_, -2) && lua_tointeger(L_, -2) >= 1) {
        ++places;
        last = std::max(last, lua_tointeger(L_, -2));
      } else {
        lua_pop(L_, 2);
        return refuse("a table has a key that is neither a string nor a place in an array");
      }
    }
    if (texts != 0 && places != 0) return refuse("a table mixes string keys and array places");
    if (texts != 0) return members(depth);
    if (static_cast<lua_Unsigned>(last) != places) return refuse("an array has gaps");
    writer_.StartArray();
    for (lua_Integer i = 1; i <= last; ++i) {
      lua_rawgeti(L_, -1, i);
      if (!take(depth)) return false;
    }
    return writer_.EndArray();
  }

  bool members(int depth) {
    const std::size_t base = members_.size();
    writer_.StartObject();
    const std::size_t begin = out_.size();
    bool sorted = true;
    lua_pushnil(L_);
    while (lua_next(L_, -2) != 0) {
      Member m{};
      m.key = lua_tolstring(L_, -2, &m.length);
      m.begin = out_.size();
      if (!text(-2, true) || !take(depth)) return false;
      m.end = out_.size();
      sorted = sorted && (members_.size() == base || members_.back() < m);
      if (!members_.push(m)) throw std::bad_alloc();
    }
    if (!sorted && !out_.full()) sort(base, begin);
    members_.set_size(base);
    return writer_.EndObject();
  }

  // The same members in another order take the same place.
  void sort(std::size_t base, std::size_t begin) {
    Member* const first = members_.data() + base;
    Member* const last = members_.data() + members_.size();
    std::sort(first, last);
    moved_.clear();
    if (!moved_.reserve(out_.size() - begin)) throw std::bad_alloc();
    char* to = moved_.data();
    for (const Member* m = first; m != last; ++m) {
      if (m != first) *to++ = ',';
      const std::size_t from = m->begin + (m->begin == begin ? 0 : 1);
      std::memcpy(to, out_.data() + from, m->end - from);
      to += m->end - from;
    }
    std::memcpy(out_.data() + begin, moved_.data(), out_.size() - begin);
  }

  lua_State* L_;
  JsonSink& out_;
  Writer writer_;
  JsonFault& fault_;
  ScratchArray<Member, 16> members_{heap_reallocate};  // of all open objects
  ScratchArray<char, 256> moved_{heap_reallocate};
  const void* path_[kMaxJsonDepth] = {};  // the open tables
};

int push_text_of(lua_State* L) {
  const auto& out = *static_cast<const JsonSink*>(lua_touserdata(L, 1));
  lua_pushlstring(L, out.view().data(), out.view().size());
  return 1;
}

// Its own frame: nothing raises while the text is alive. A Lua status; LUA_OK without a push: refused.
int encode_protected(lua_State* L, int index, JsonFault& fault) noexcept {
  JsonSink out;
  if (!write_json(L, index, out, fault)) return LUA_OK;
  return call_protected(L, push_text_of, &out);
}

}  // namespace

bool write_json(lua_State* L, int index, JsonSink& out, JsonFault& fault) noexcept {
  const int top = lua_gettop(L);
  if (!lua_checkstack(L, 8)) return fault.set(ErrorKind::kUnavailable, "out of memory");
  try {
    Encoder encoder(L, out, fault);
    lua_pushvalue(L, index);
    encoder.take(0);
    if (out.full()) fault.set(ErrorKind::kInternal, "%s", kTooLong);
  } catch (const std::bad_alloc&) {
    fault.set(ErrorKind::kUnavailable, "out of memory");
  } catch (const RapidJsonRefused&) {
    fault.set(ErrorKind::kInternal, "not possible");
  }
  lua_settop(L, top);
  return fault.ok();
}

bool push_json(lua_State* L, int index, JsonFault& fault) {
  luaL_checkstack(L, 8, nullptr);
  rethrow(L, encode_protected(L, index, fault));
  return fault.ok();
}

int return_json_fault(lua_State* L, const char* function, const JsonFault& fault) {
  return return_errorf(L, fault.kind, "%s: %s", function, fault.message);
}

}  // namespace wippy::lua
