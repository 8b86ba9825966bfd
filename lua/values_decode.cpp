#include <climits>
#include <cstring>
#include <string>

#include "lua/error_object.hpp"
#include "lua/protected.hpp"
#include "lua/state.hpp"
#include "lua/time_object.hpp"
#include "lua/values_lua.hpp"
#include "mailbox/values.hpp"
#include "runtime/process/node_core.hpp"

namespace wippy::lua {

namespace {

// --- without a reader: what most messages are

[[gnu::noinline]] bool read_long_varint(std::string_view& in, uint64_t& value) noexcept {
  value = 0;
  for (uint32_t i = 0; i < kMaxVarintBytes && i < in.size(); ++i) {
    const auto byte = static_cast<uint8_t>(in[i]);
    value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      in.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

// Most are one byte.
inline bool read_varint(std::string_view& in, uint64_t& value) noexcept {
  if (in.empty() || (in.front() & 0x80) != 0) return read_long_varint(in, value);
  value = static_cast<uint8_t>(in.front());
  in.remove_prefix(1);
  return true;
}

template <class T>
bool copy_all(std::string_view in, T& value) noexcept {
  return in.size() == sizeof value && std::memcpy(&value, in.data(), sizeof value) != nullptr;
}

// Pushes the value if the encoding is one scalar and nothing more. [-0, +(0|1), m]
bool push_scalar(lua_State* L, std::string_view in) {
  if (in.empty()) return false;
  const auto tag = static_cast<uint8_t>(in.front());
  in.remove_prefix(1);
  if (tag >= kTagSmallInteger && in.empty()) return lua_pushinteger(L, tag & 0x7f), true;
  uint64_t word = 0;
  if (tag >= kTagShortString && tag < kTagSmallInteger && in.size() == (tag & 0x3fu)) {
    return lua_pushlstring(L, in.data(), in.size()), true;
  }
  switch (static_cast<Token>(tag)) {
    case Token::kNil: return in.empty() && (lua_pushnil(L), true);
    case Token::kFalse: return in.empty() && (lua_pushboolean(L, 0), true);
    case Token::kTrue: return in.empty() && (lua_pushboolean(L, 1), true);
    case Token::kInteger: {
      int32_t integer = 0;
      return copy_all(in, integer) && (lua_pushinteger(L, integer), true);
    }
    case Token::kWideInteger: {
      lua_Integer integer = 0;
      return copy_all(in, integer) && (lua_pushinteger(L, integer), true);
    }
    case Token::kNumber: {
      lua_Number number = 0;
      return copy_all(in, number) && (lua_pushnumber(L, number), true);
    }
    case Token::kString:
      return read_varint(in, word) && in.size() == word && (lua_pushlstring(L, in.data(), in.size()), true);
    default: return false;
  }
}

// --- with a reader

struct Decoding {
  ValueReader reader;
  bool tracking = false;  // tables by ordinal are kept in a table at stack index 2
  bool needs_tracking = false;
};

int as_size(uint32_t n) noexcept { return n > INT_MAX ? INT_MAX : static_cast<int>(n); }

// [-0, +1, e]
void push_item(lua_State* L, const ValueItem& item, const Decoding& d) {
  switch (item.token) {
    case Token::kFalse:
    case Token::kTrue: lua_pushboolean(L, item.token == Token::kTrue); break;
    case Token::kInteger: lua_pushinteger(L, item.integer); break;
    case Token::kNumber: lua_pushnumber(L, item.number); break;
    case Token::kString: lua_pushlstring(L, item.text.data(), item.text.size()); break;
    case Token::kPid: push_pid(L, item.pid); break;
    case Token::kTime: push_time_value(L, item.time); break;
    case Token::kDuration: push_duration(L, item.integer); break;
    case Token::kTable:
      lua_createtable(L, as_size(item.array_count), as_size(item.pair_count));
      if (d.tracking) {
        lua_pushvalue(L, -1);
        lua_rawseti(L, 2, static_cast<lua_Integer>(item.ordinal) + 1);
      }
      break;
    case Token::kTableRef: lua_rawgeti(L, 2, static_cast<lua_Integer>(item.ordinal) + 1); break;
    case Token::kError: push_error(L, item.error_kind, item.retryable, item.text, item.stack); break;
    default: lua_pushnil(L); break;
  }
}

// The value on top goes where it belongs.
void place(lua_State* L, const ValueItem& item) {
  switch (item.role) {
    case Role::kArrayItem: lua_rawseti(L, -2, item.index); break;
    case Role::kValue: lua_rawset(L, -3); break;
    case Role::kDetails: lua_setiuservalue(L, -2, kErrorDetailsSlot); break;
    case Role::kRoot:
    case Role::kKey: break;
  }
}

// A light pointer to the Decoding -> the values. [-1, +n, e]
int decode(lua_State* L) {
  auto& d = *static_cast<Decoding*>(lua_touserdata(L, 1));
  const int base = d.tracking ? 2 : 1;
  if (d.tracking) lua_newtable(L);
  for (;;) {
    const ValueItem& item = d.reader.next();
    if (item.token == Token::kEnd) return lua_gettop(L) - base;
    if (item.token == Token::kInvalid) return luaL_error(L, "message cannot be read: %s", d.reader.status().message);
    if (item.token == Token::kTableRef && !d.tracking) {
      d.needs_tracking = true;
      return 0;
    }
    luaL_checkstack(L, 12, "value is nested too deeply");
    if (item.token != Token::kTableEnd && item.token != Token::kErrorEnd) push_item(L, item, d);
    if (item.token != Token::kTable && item.token != Token::kError) place(L, item);
  }
}

int run_decode(lua_State* L, Decoding& d) noexcept { return call_protected(L, decode, &d); }

// Pushes the values or the error; the frame with the reader, which nothing may jump over. A Lua status. [-0, +n, -]
template <class Open>
int decode_protected(lua_State* L, Open open) noexcept {
  Decoding d;
  open(d.reader);
  int status = run_decode(L, d);
  if (status != LUA_OK || !d.needs_tracking) return status;
  open(d.reader);
  d.tracking = true;
  d.needs_tracking = false;
  return run_decode(L, d);
}

// Its own frame: nothing raises while the writer is alive. A Lua status, kRefused or LUA_OK; pushes the copy or the error.
constexpr int kRefused = -1;
int copy_protected(lua_State* L, int index) noexcept {
  ValueWriter w;
  w.reset();
  if (!encode_values(L, w, index, 1, Untransferable::kNil).ok()) return kRefused;
  const std::string_view bytes = w.view();
  return decode_protected(L, [bytes](ValueReader& r) noexcept { r.open_value(bytes); });
}

}  // namespace

bool open_body(std::string_view bytes, Body& out) noexcept {
  uint64_t length = 0;
  uint64_t count = 0;
  out.whole = bytes;
  if (!read_varint(bytes, length) || length > bytes.size()) return false;
  out.topic = bytes.substr(0, length);
  bytes.remove_prefix(length);
  if (!read_varint(bytes, count) || count > bytes.size()) return false;
  out.count = static_cast<uint32_t>(count);
  out.values = bytes;
  return true;
}

void push_value(lua_State* L, std::string_view encoded) {
  luaL_checkstack(L, 8, nullptr);
  if (push_scalar(L, encoded)) return;
  rethrow(L, decode_protected(L, [encoded](ValueReader& r) noexcept { r.open_value(encoded); }));
}

void push_values(lua_State* L, const Body& body) {
  if (body.count == 0) return;
  if (body.count == 1) return push_value(L, body.values);
  if (body.count > 200'000) luaL_error(L, "message has too many payloads");
  luaL_checkstack(L, static_cast<int>(body.count) + 8, "too many payloads");
  const std::string_view whole = body.whole;
  rethrow(L, decode_protected(L, [whole](ValueReader& r) noexcept { static_cast<void>(r.open_body(whole)); }));
}

void push_copy(lua_State* L, int index) {
  luaL_checkstack(L, 8, nullptr);
  const int status = copy_protected(L, index);
  if (status == kRefused) {
    luaL_error(L, "value cannot be copied");
  } else {
    rethrow(L, status);
  }
}

std::size_t pid_text(NodeCore& node, Pid pid, char* out) noexcept {
  const std::string text = node.format(pid);
  return text.copy(out, kPidTextBytes);
}

void push_pid(lua_State* L, Pid pid) {
  Context* const context = root_of(L).context;
  char text[kPidTextBytes];
  if (context == nullptr) {
    lua_pushfstring(L, "{|%I}", static_cast<LUAI_UACINT>(pid.value));
  } else {
    const std::size_t length = pid_text(context->node(), pid, text);
    lua_pushlstring(L, text, length);
  }
}

}  // namespace wippy::lua
