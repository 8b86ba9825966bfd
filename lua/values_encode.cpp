#include <cstring>

#include "lua/error_object.hpp"
#include "lua/message.hpp"
#include "lua/payload_object.hpp"
#include "lua/state.hpp"
#include "lua/table_ordinals.hpp"
#include "lua/time_object.hpp"
#include "lua/values_lua.hpp"
#include "mailbox/scratch.hpp"

namespace wippy::lua {

namespace {

// The place in an open container. On the Lua stack it has the table or error object and, in kKeys and kValue, the last key.
enum class Phase : uint8_t { kItems, kKeys, kValue, kDetails, kErrorEnd };

struct Level {
  uint32_t done;   // array values written
  uint32_t items;  // array values
  Phase phase;
};

class Encoder {
 public:
  Encoder(lua_State* L, ValueWriter& w, Untransferable rule) noexcept
      : L_(L), w_(w), rule_(rule), levels_(heap_reallocate) {}

  bool encode(int index) noexcept {
    tables_.clear();
    if (!lua_checkstack(L_, 8)) return fail(Status::error(ErrorKind::kInvalid, "value is nested too deeply"));
    lua_pushvalue(L_, index);
    if (!take_top()) return false;
    while (!levels_.empty()) {
      if (!advance(levels_.back())) return false;
    }
    return true;
  }
  EncodeResult result() const noexcept { return result_; }

 private:
  bool fail(Status status, const char* type = nullptr) noexcept {
    result_.status = status;
    result_.refused_type = type;
    return false;
  }
  bool writer_failed() noexcept { return fail(w_.finish()); }
  // The value on top was written: [-1]
  bool written(bool ok) noexcept {
    lua_pop(L_, 1);
    return ok || writer_failed();
  }

  const char* type_name(int index) noexcept {
    switch (lua_type(L_, index)) {
      case LUA_TFUNCTION: return "function";
      case LUA_TTHREAD: return "coroutine";
      default: break;
    }
    const char* name = "userdata";
    const int top = lua_gettop(L_);
    if (!lua_getmetatable(L_, index)) return name;
    lua_pushnil(L_);
    while (lua_next(L_, -2) != 0) {  // no lookup by name: making the key could allocate
      const bool found = lua_type(L_, -2) == LUA_TSTRING && lua_type(L_, -1) == LUA_TSTRING &&
                         std::strcmp(lua_tostring(L_, -2), "__name") == 0;
      if (found) name = lua_tostring(L_, -1);
      if (found) break;
      lua_pop(L_, 1);
    }
    lua_settop(L_, top);
    return name;
  }

  bool refuse_top() noexcept {
    if (rule_ == Untransferable::kNil) return written(w_.nil());
    return fail(Status::error(ErrorKind::kInvalid, "value cannot be transferred"), type_name(-1));
  }

  // Writes the value on top of the stack and pops it; a container stays there as a new level.
  bool take_top() noexcept {
    for (;;) {
      switch (lua_type(L_, -1)) {
        case LUA_TNIL: return written(w_.nil());
        case LUA_TBOOLEAN: return written(w_.boolean(lua_toboolean(L_, -1) != 0));
        case LUA_TNUMBER:
          if (lua_isinteger(L_, -1)) return written(w_.integer(lua_tointeger(L_, -1)));
          return written(w_.number(lua_tonumber(L_, -1)));
        case LUA_TSTRING: {
          std::size_t length = 0;
          const char* text = lua_tolstring(L_, -1, &length);
          return written(w_.string(text, length));
        }
        case LUA_TTABLE: return open_table();
        case LUA_TUSERDATA:
          if (unwrap_payload(L_) || unwrap_field(L_)) continue;  // [-1, +1]
          return take_object();
        default: return refuse_top();
      }
    }
  }

  bool take_object() noexcept {
    if (const auto* e = to_user_as<ErrorObject>(L_, -1, kErrorType)) return open_error(*e);
    if (const auto* t = to_user_as<TimeObject>(L_, -1, kTimeType)) return written(w_.time(value_of_time(L_, -1, *t)));
    if (const auto* d = to_user_as<DurationObject>(L_, -1, kDurationType)) return written(w_.duration(d->ns));
    return refuse_top();
  }

  bool push_level(Level level) noexcept {
    if (levels_.size() >= kMaxLuaDepth || !lua_checkstack(L_, 8)) {
      return fail(Status::error(ErrorKind::kInvalid, "value is nested too deeply"));
    }
    if (!levels_.push(level)) return fail(Status::error(ErrorKind::kUnavailable, "out of memory", true));
    return true;
  }

  bool open_table() noexcept {
    const void* const identity = lua_topointer(L_, -1);
    const uint32_t seen = tables_.find(identity);
    if (seen != TableOrdinals::kNone) return written(w_.table_ref(seen));
    const lua_Unsigned length = lua_rawlen(L_, -1);
    if (length > kMaxEncodedBytes) return fail(Status::error(ErrorKind::kInvalid, "value is too large"));
    const auto items = static_cast<uint32_t>(length);
    const uint32_t ordinal = w_.begin_table(items);
    if (ordinal == ValueWriter::kNoOrdinal) return writer_failed();
    if (!tables_.add(identity, ordinal)) return fail(Status::error(ErrorKind::kUnavailable, "out of memory", true));
    if (items == 0) lua_pushnil(L_);  // the key before the first
    return push_level({0, items, items != 0 ? Phase::kItems : Phase::kKeys});
  }

  bool open_error(const ErrorObject& e) noexcept {
    lua_getiuservalue(L_, -1, kErrorMessageSlot);
    lua_getiuservalue(L_, -2, kErrorStackSlot);
    std::size_t message_bytes = 0;
    std::size_t stack_bytes = 0;
    const char* message = lua_tolstring(L_, -2, &message_bytes);
    const char* stack = lua_tolstring(L_, -1, &stack_bytes);
    const bool ok = w_.begin_error(e.kind, e.retryable, {message, message_bytes}, {stack, stack_bytes});
    lua_pop(L_, 2);
    if (!ok) return writer_failed();
    return push_level({0, 0, Phase::kDetails});
  }

  bool advance(Level& level) noexcept {
    switch (level.phase) {
      case Phase::kItems:
        if (level.done < level.items) {
          lua_rawgeti(L_, -1, ++level.done);
          return take_top();
        }
        lua_pushnil(L_);
        level.phase = Phase::kKeys;
        return true;
      case Phase::kKeys: return next_pair(level);
      case Phase::kValue: level.phase = Phase::kKeys; return take_top();
      case Phase::kDetails:
        level.phase = Phase::kErrorEnd;
        lua_getiuservalue(L_, -1, kErrorDetailsSlot);
        return take_top();
      case Phase::kErrorEnd: levels_.pop(); return written(w_.end_error());
    }
    return false;
  }

  // table, key -> table, next key, value, or the end of the table
  bool next_pair(Level& level) noexcept {
    if (lua_next(L_, -2) == 0) {
      levels_.pop();
      return written(w_.end_table());
    }
    if (lua_isinteger(L_, -2)) {
      const lua_Integer key = lua_tointeger(L_, -2);
      if (key >= 1 && key <= static_cast<lua_Integer>(level.items)) {  // written with the array
        lua_pop(L_, 1);
        return true;
      }
    }
    if (rule_ == Untransferable::kNil && !key_transfers()) {
      lua_pop(L_, 1);
      return true;
    }
    level.phase = Phase::kValue;
    lua_pushvalue(L_, -2);
    return take_top();
  }

  bool key_transfers() noexcept {
    switch (lua_type(L_, -2)) {
      case LUA_TFUNCTION:
      case LUA_TTHREAD:
      case LUA_TLIGHTUSERDATA: return false;
      case LUA_TUSERDATA: return false;  // objects as keys are known by identity, which does not travel
      default: return true;
    }
  }

  lua_State* L_;
  ValueWriter& w_;
  Untransferable rule_;
  EncodeResult result_;
  ScratchArray<Level, 24> levels_;
  TableOrdinals tables_;
};

}  // namespace

EncodeResult encode_values(lua_State* L, ValueWriter& w, int first, int count, Untransferable rule) noexcept {
  const int base = lua_gettop(L);
  Encoder encoder(L, w, rule);
  for (int i = 0; i < count; ++i) {
    if (!encoder.encode(first + i)) {
      lua_settop(L, base);
      return encoder.result();
    }
  }
  EncodeResult result;
  result.status = w.finish();
  return result;
}

namespace {

// light userdata: a string_view [-1, +1, m]
int push_bytes(lua_State* L) {
  const auto& bytes = *static_cast<const std::string_view*>(lua_touserdata(L, 1));
  lua_pushlstring(L, bytes.data(), bytes.size());
  return 1;
}

// Its own frame, with the writer, which nothing may jump over. Pushes the string or the error; a Lua status. Refused: LUA_OK,
// and nothing is pushed. [-0, +(0|1), -]
int encode_protected(lua_State* L, const std::string_view* topic, int first, int count, EncodeResult& result) noexcept {
  ValueWriter w;
  if (topic != nullptr) w.reset_body(*topic, static_cast<uint32_t>(count));
  result = encode_values(L, w, first, count, Untransferable::kRefuse);
  if (!result.ok()) return LUA_OK;
  std::string_view bytes = w.view();
  lua_pushcfunction(L, push_bytes);
  lua_pushlightuserdata(L, &bytes);
  return lua_pcall(L, 1, 1, 0);
}

}  // namespace

bool push_encoding(lua_State* L, const std::string_view* topic, int first, int count, EncodeResult& result) {
  luaL_checkstack(L, 8, nullptr);
  rethrow(L, encode_protected(L, topic, first, count, result));
  return result.ok();
}

int return_encode_error(lua_State* L, const EncodeResult& result, const char* verb) {
  if (result.refused_type == nullptr) return return_status(L, result.status);
  return return_errorf(L, ErrorKind::kInvalid, "cannot %s a %s to another process", verb, result.refused_type);
}

}  // namespace wippy::lua
