// Formats of payloads (spec/process.md §6.5). Known as targets: Lua values, JSON, texts and bytes; YAML, MessagePack and Go's
// own values are not.
#include <cstring>
#include <iterator>
#include <string_view>

#include "lua/error_object.hpp"
#include "lua/json_text.hpp"
#include "lua/payload_object.hpp"
#include "lua/state.hpp"

namespace wippy::lua {

namespace {

constexpr LibraryEntry kFormats[] = {
    {"JSON", nullptr, false, 0, "json/plain"},
    {"YAML", nullptr, false, 0, "yaml/plain"},
    {"STRING", nullptr, false, 0, "text/plain"},
    {"BYTES", nullptr, false, 0, "application/octet-stream"},
    {"MSGPACK", nullptr, false, 0, "application/msgpack"},
    {"LUA", nullptr, false, 0, "lua/any"},
    {"GOLANG", nullptr, false, 0, "golang/any"},
    {"ERROR", nullptr, false, 0, "golang/error"},
    {nullptr, nullptr},
};

// By PayloadFormat.
constexpr const char* kNames[] = {"lua/any", "lua/any", "json/plain", "text/plain", "application/octet-stream"};
static_assert(std::size(kNames) == static_cast<std::size_t>(PayloadFormat::kBytes) + 1);

bool target_of(const char* name, PayloadFormat& out) noexcept {
  for (const PayloadFormat f :
       {PayloadFormat::kLua, PayloadFormat::kJson, PayloadFormat::kString, PayloadFormat::kBytes}) {
    if (std::strcmp(name, kNames[static_cast<std::size_t>(f)]) == 0) return out = f, true;
  }
  return false;
}

// A new Payload around the value on top; with a text below it when `text`. [-(1|2), +1, m]
void wrap(lua_State* L, PayloadFormat format, bool text) {
  auto* p = static_cast<PayloadObject*>(new_user(L, kPayloadType, sizeof(PayloadObject), text ? 2 : 1));
  *p = PayloadObject{false, format};
  lua_insert(L, -2);
  lua_setiuservalue(L, -2, kPayloadDataSlot);
  if (!text) return;
  lua_insert(L, -2);
  lua_setiuservalue(L, -2, kPayloadTextSlot);
}

// Pushes the data at `data` as text: strings as they are, an error's message, JSON of everything else; false: it has none.
// [-0, +(0|1), m]
bool push_as_text(lua_State* L, int data, JsonFault& fault) {
  if (lua_type(L, data) == LUA_TSTRING) return lua_pushvalue(L, data), true;
  if (to_user(L, data, kErrorType) == nullptr) return push_json(L, data, fault);
  lua_getiuservalue(L, data, kErrorMessageSlot);
  return true;
}

}  // namespace

int push_payload_formats(lua_State* L) {
  push_lazy_table(L, kFormats);
  push_read_only(L);
  return 1;
}

const char* payload_format_name(lua_State* L, const PayloadObject& p, int data_index) {
  const bool is_error = p.format == PayloadFormat::kOfData && to_user(L, data_index, kErrorType) != nullptr;
  return is_error ? "golang/error" : kNames[static_cast<std::size_t>(p.format)];
}

int payload_transcode(lua_State* L) {
  constexpr const char* kFunction = "payload:transcode";
  lua_settop(L, 2);
  const PayloadObject from = check_payload(L, 1);
  if (lua_type(L, 2) != LUA_TSTRING)
    return return_errorf(L, ErrorKind::kInvalid, "%s: a format is needed, got %s", kFunction, luaL_typename(L, 2));
  const char* const name = lua_tostring(L, 2);
  lua_getiuservalue(L, 1, kPayloadDataSlot);  // 3: the data
  if (std::strcmp(name, payload_format_name(L, from, 3)) == 0) return lua_settop(L, 1), 1;
  PayloadFormat to{};
  if (!target_of(name, to))
    return return_errorf(L, ErrorKind::kInternal, "%s: no way from %s to %s", kFunction,
                         payload_format_name(L, from, 3), name);
  JsonFault fault;
  if (to == PayloadFormat::kLua) {
    wrap(L, to, false);
  } else if (to == PayloadFormat::kJson) {
    std::size_t length = 0;
    if (!push_json(L, 3, fault)) return return_json_fault(L, kFunction, fault);
    const char* const text = lua_tolstring(L, 4, &length);
    if (!push_json_value(L, {text, length}, fault)) return return_json_fault(L, kFunction, fault);
    wrap(L, to, true);
  } else {
    if (from.format == PayloadFormat::kJson) {
      lua_getiuservalue(L, 1, kPayloadTextSlot);
    } else if (!push_as_text(L, 3, fault)) {
      return return_json_fault(L, kFunction, fault);
    }
    wrap(L, to, false);
  }
  return 1;
}

}  // namespace wippy::lua
