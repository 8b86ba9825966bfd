#include "lua/message.hpp"

#include <cstring>

#include "lua/payload_object.hpp"
#include "lua/state.hpp"

namespace wippy::lua {

namespace {

struct MessageObject {
  Pid from;
  uint32_t count;  // payloads
};
constexpr int kTopicSlot = 1;
constexpr int kValueSlot = 2;    // as a raw listener would get it
constexpr int kPayloadSlot = 3;  // Payload or array of them, made when asked for
constexpr int kFromSlot = 4;     // text, made when asked for
constexpr int kContentSlot = 1;  // of a field

// Pushes what msg:payload() gives. [-0, +1, m]
void push_payload(lua_State* L, int message, uint32_t count) {
  if (lua_getiuservalue(L, message, kPayloadSlot) != LUA_TNIL || count == 0) return;
  lua_pop(L, 1);
  lua_getiuservalue(L, message, kValueSlot);
  if (count == 1) {
    wrap_payload(L, true);
  } else {
    lua_createtable(L, static_cast<int>(count), 0);
    for (lua_Integer i = 1; i <= static_cast<lua_Integer>(count); ++i) {
      lua_rawgeti(L, -2, i);
      wrap_payload(L, true);
      lua_rawseti(L, -2, i);
    }
    lua_remove(L, -2);
  }
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, message, kPayloadSlot);
}

// [-0, +1, m]
void push_from(lua_State* L, int message, Pid from) {
  if (lua_getiuservalue(L, message, kFromSlot) != LUA_TNIL || !from) return;
  lua_pop(L, 1);
  push_pid(L, from);
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, message, kFromSlot);
}

int message_index(lua_State* L) {
  const MessageObject& m = check_user_as<MessageObject>(L, 1, kMessageType);
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  const char* name = lua_tostring(L, 2);
  new_user(L, kFieldType, 0, 1);
  if (std::strcmp(name, "payload") == 0) {
    push_payload(L, 1, m.count);
  } else if (std::strcmp(name, "topic") == 0) {
    lua_getiuservalue(L, 1, kTopicSlot);
  } else if (std::strcmp(name, "from") == 0) {
    push_from(L, 1, m.from);
  } else {
    return 0;
  }
  lua_setiuservalue(L, -2, kContentSlot);
  return 1;
}

int message_tostring(lua_State* L) {
  check_user(L, 1, kMessageType);
  lua_getiuservalue(L, 1, kTopicSlot);
  lua_pushfstring(L, "message{topic=%s}", lua_tostring(L, -1));
  return 1;
}

void fill_message(lua_State* L) {
  set_function(L, "__index", message_index);
  set_function(L, "__tostring", message_tostring);
}

// --- fields

int field_call(lua_State* L) {
  check_user(L, 1, kFieldType);
  lua_getiuservalue(L, 1, kContentSlot);
  return 1;
}

int field_tostring(lua_State* L) {
  field_call(L);
  push_text(L, lua_gettop(L), nullptr);
  return 1;
}

// What the content has: methods of the Payload, methods of strings. [-2, +1, e]
int field_index(lua_State* L) {
  field_call(L);
  if (lua_isnil(L, -1)) return 0;
  lua_pushvalue(L, 2);
  lua_gettable(L, -2);
  return 1;
}

void fill_field(lua_State* L) {
  set_function(L, "__call", field_call);
  set_function(L, "__tostring", field_tostring);
  set_function(L, "__concat", concat_texts);
  set_function(L, "__index", field_index);
}

}  // namespace

const UserType kMessageType = {"message", fill_message};
const UserType kFieldType = {"message field", fill_field};

void push_raw_payload(lua_State* L, const Body& body) {
  if (body.count == 0) {
    lua_pushnil(L);
    return;
  }
  if (body.count > 1) {
    lua_createtable(L, static_cast<int>(body.count), 0);
    push_values(L, body);
    for (lua_Integer i = static_cast<lua_Integer>(body.count); i > 0; --i) {
      lua_rawseti(L, -1 - static_cast<int>(i), i);
    }
    return;
  }
  push_values(L, body);
}

void push_message(lua_State* L, Pid from, const Body& body) {
  luaL_checkstack(L, 8, nullptr);
  auto* m = static_cast<MessageObject*>(new_user(L, kMessageType, sizeof(MessageObject), 4));
  m->from = from;
  m->count = body.count;
  lua_pushlstring(L, body.topic.data(), body.topic.size());
  lua_setiuservalue(L, -2, kTopicSlot);
  push_raw_payload(L, body);
  lua_setiuservalue(L, -2, kValueSlot);
}

bool unwrap_field(lua_State* L) noexcept {
  if (to_user(L, -1, kFieldType) == nullptr) return false;
  lua_getiuservalue(L, -1, kContentSlot);
  lua_replace(L, -2);
  return true;
}

}  // namespace wippy::lua
