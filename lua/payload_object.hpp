// Payload objects (spec/process.md §1.12, §6.5): a value in an envelope that behaves as much like the value as Lua allows.
//
// The data is always a Lua value. A transcoded Payload also knows its format and, as JSON, its text.
#pragma once

#include <cstdint>

#include <lua5.4/lua.hpp>

#include "lua/user_type.hpp"

namespace wippy::lua {

enum class PayloadFormat : uint8_t {
  kOfData,  // lua/any, or golang/error for an error object
  kLua,
  kJson,
  kString,
  kBytes,
};
struct PayloadObject {
  bool received;  // came in a message: shown as its data; otherwise as payload{format=…}
  PayloadFormat format = PayloadFormat::kOfData;
};
inline constexpr int kPayloadDataSlot = 1;
inline constexpr int kPayloadTextSlot = 2;  // of kJson only
extern const UserType kPayloadType;

// Wraps the value on top. [-1, +1, m]
void wrap_payload(lua_State* L, bool received);
// The Payload on top is replaced by its data; false: it is none. [-1, +1, -]
bool unwrap_payload(lua_State* L) noexcept;

// p:transcode(format) -> Payload | nil, INVALID or INTERNAL (lua/payload_transcode.cpp). [-2, +(1|2), m]
int payload_transcode(lua_State* L);
// The Payload at `index`, also when a script goes through the field of a message (msg.payload:data()). [-0, +0, v]
PayloadObject& check_payload(lua_State* L, int index);
// The texts of payload.format, as a table. [-0, +1, m]
int push_payload_formats(lua_State* L);
const char* payload_format_name(lua_State* L, const PayloadObject& p, int data_index);

// The library. [-0, +1, e]
int open_payload(lua_State* L);

}  // namespace wippy::lua
