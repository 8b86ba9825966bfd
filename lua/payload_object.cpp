#include "lua/payload_object.hpp"

#include <cstring>

#include "lua/error_object.hpp"
#include "lua/message.hpp"
#include "lua/state.hpp"

namespace wippy::lua {

PayloadObject& check_payload(lua_State* L, int index) {
  lua_pushvalue(L, index);
  if (unwrap_field(L))
    lua_replace(L, index);
  else
    lua_pop(L, 1);
  return check_user_as<PayloadObject>(L, index, kPayloadType);
}

namespace {

// Replaces the value at `index` by its data when it is a Payload. [-0, +0, m]
void forward(lua_State* L, int index) {
  lua_pushvalue(L, index);
  while (unwrap_payload(L)) {
  }
  lua_replace(L, index);
}

int payload_data(lua_State* L) {
  check_payload(L, 1);
  lua_getiuservalue(L, 1, kPayloadDataSlot);
  return 1;
}

int payload_get_format(lua_State* L) {
  const PayloadObject& p = check_payload(L, 1);
  lua_getiuservalue(L, 1, kPayloadDataSlot);
  lua_pushstring(L, payload_format_name(L, p, -1));
  return 1;
}

constexpr luaL_Reg kMethods[] = {
    {"data", payload_data},           {"unmarshal", payload_data}, {"get_format", payload_get_format},
    {"transcode", payload_transcode}, {nullptr, nullptr},
};

// --- metamethods

int payload_tostring(lua_State* L) {
  const PayloadObject& p = check_payload(L, 1);
  lua_getiuservalue(L, 1, kPayloadDataSlot);
  const int type = lua_type(L, -1);
  const bool scalar = type == LUA_TSTRING || type == LUA_TNUMBER || type == LUA_TBOOLEAN || type == LUA_TNIL ||
                      to_user(L, -1, kErrorType) != nullptr;
  if (p.received && scalar) {
    push_text(L, lua_gettop(L), nullptr);
  } else {
    lua_pushfstring(L, "payload{format=%s}", payload_format_name(L, p, -1));
  }
  return 1;
}

int payload_index(lua_State* L) {
  if (lua_type(L, 2) == LUA_TSTRING) {
    const char* name = lua_tostring(L, 2);
    for (const luaL_Reg* m = kMethods; m->name != nullptr; ++m) {
      if (std::strcmp(m->name, name) == 0) return lua_pushcfunction(L, m->func), 1;
    }
  }
  forward(L, 1);
  const int type = lua_type(L, 1);
  if (type == LUA_TNIL || type == LUA_TBOOLEAN || type == LUA_TNUMBER)
    return 0;  // no fields: nil, as for a missing method
  lua_pushvalue(L, 2);
  lua_gettable(L, 1);
  return 1;
}

template <int op>
int payload_arith(lua_State* L) {
  forward(L, 1);
  forward(L, 2);
  if (op == LUA_OPUNM || op == LUA_OPBNOT) {
    lua_settop(L, 1);
  } else {
    lua_settop(L, 2);
  }
  lua_arith(L, op);
  return 1;
}

template <int op>
int payload_compare(lua_State* L) {
  forward(L, 1);
  forward(L, 2);
  lua_pushboolean(L, lua_compare(L, 1, 2, op));
  return 1;
}

int payload_concat(lua_State* L) {
  forward(L, 1);
  forward(L, 2);
  lua_settop(L, 2);
  lua_concat(L, 2);
  return 1;
}

int payload_len(lua_State* L) {
  forward(L, 1);
  lua_len(L, 1);
  return 1;
}

int payload_pairs(lua_State* L) {
  forward(L, 1);
  lua_settop(L, 1);
  push_global(L, "pairs");
  lua_insert(L, 1);
  lua_call(L, 1, 3);
  return 3;
}

constexpr luaL_Reg kMetamethods[] = {
    {"__index", payload_index},
    {"__tostring", payload_tostring},
    {"__concat", payload_concat},
    {"__len", payload_len},
    {"__pairs", payload_pairs},
    {"__eq", payload_compare<LUA_OPEQ>},
    {"__lt", payload_compare<LUA_OPLT>},
    {"__le", payload_compare<LUA_OPLE>},
    {"__add", payload_arith<LUA_OPADD>},
    {"__sub", payload_arith<LUA_OPSUB>},
    {"__mul", payload_arith<LUA_OPMUL>},
    {"__div", payload_arith<LUA_OPDIV>},
    {"__mod", payload_arith<LUA_OPMOD>},
    {"__pow", payload_arith<LUA_OPPOW>},
    {"__idiv", payload_arith<LUA_OPIDIV>},
    {"__band", payload_arith<LUA_OPBAND>},
    {"__bor", payload_arith<LUA_OPBOR>},
    {"__bxor", payload_arith<LUA_OPBXOR>},
    {"__shl", payload_arith<LUA_OPSHL>},
    {"__shr", payload_arith<LUA_OPSHR>},
    {"__unm", payload_arith<LUA_OPUNM>},
    {"__bnot", payload_arith<LUA_OPBNOT>},
    {nullptr, nullptr},
};

void fill_payload(lua_State* L) { luaL_setfuncs(L, kMetamethods, 0); }

// --- library

int payload_new(lua_State* L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  wrap_payload(L, false);
  return 1;
}

constexpr LibraryEntry kLibrary[] = {{"new", payload_new}, {"format", push_payload_formats, true}, {nullptr, nullptr}};

}  // namespace

const UserType kPayloadType = {"payload", fill_payload};

void wrap_payload(lua_State* L, bool received) {
  luaL_checkstack(L, 6, nullptr);
  auto* p = static_cast<PayloadObject*>(new_user(L, kPayloadType, sizeof(PayloadObject), 1));
  *p = PayloadObject{received};
  lua_insert(L, -2);
  lua_setiuservalue(L, -2, kPayloadDataSlot);
}

bool unwrap_payload(lua_State* L) noexcept {
  if (to_user(L, -1, kPayloadType) == nullptr) return false;
  lua_getiuservalue(L, -1, kPayloadDataSlot);
  lua_replace(L, -2);
  return true;
}

int open_payload(lua_State* L) {
  push_lazy_table(L, kLibrary);
  push_read_only(L);
  return 1;
}

}  // namespace wippy::lua
