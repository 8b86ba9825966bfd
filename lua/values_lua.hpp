// Lua values <-> mailbox/values.hpp (spec/process.md §7).
//
// Encoding never raises, never runs Lua code and allocates nothing in the Lua heap beyond stack slots, so the writer may live
// on the C stack. Decoding may raise only when memory ends; its reader lives outside the protected call that does it.
// Neither recurses: encoding keeps open containers in an array and on the Lua stack (two slots a level), at most
// kMaxLuaDepth deep; sharing and cycles are found by the identity of tables, per payload.
//
// Metatables are dropped. A Payload or a field of a Message stands for its data. PIDs are strings in Lua; an encoded pid
// (native senders) becomes its text.
#pragma once

#include <cstdint>
#include <string_view>

#include <lua5.4/lua.hpp>

#include "mailbox/values.hpp"
#include "memory/status.hpp"

namespace wippy {
class NodeCore;
}

namespace wippy::lua {

inline constexpr std::size_t kMaxLuaDepth = 200'000;

// What becomes of functions, coroutines, channels and foreign userdata.
enum class Untransferable : uint8_t {
  kRefuse,  // the whole value: INVALID
  kNil,     // only the part; as a key: the pair is left out
};

struct EncodeResult {
  Status status;
  const char* refused_type = nullptr;  // kRefuse: "function", "coroutine", "channel", …; belongs to the state
  bool ok() const noexcept { return status.ok(); }
};

// Writes the `count` values from stack index `first` on into `w`, which was reset for them, and finishes it.
// [-0, +0, -]
EncodeResult encode_values(lua_State* L, ValueWriter& w, int first, int count, Untransferable rule) noexcept;

// Pushes the same encoding as a string: a message body with that topic, or without one (null) a bare value, `count` being 1.
// False: refused, `result` says why. [-0, +(0|1), e]
bool push_encoding(lua_State* L, const std::string_view* topic, int first, int count, EncodeResult& result);

// Pushes nil and the error that a failed encoding stands for ("cannot send a function"); `verb`: "send", …. [-0, +2, m]
int return_encode_error(lua_State* L, const EncodeResult& result, const char* verb);

// --- the other direction

struct Body {
  std::string_view topic;
  uint32_t count = 0;
  std::string_view values;  // `count` encoded values
  std::string_view whole;
};
// False: not a message body.
bool open_body(std::string_view bytes, Body& out) noexcept;

// Pushes the `body.count` values, having made sure of the stack. [-0, +count, e]
void push_values(lua_State* L, const Body& body);
// Pushes one encoded value. [-0, +1, e]
void push_value(lua_State* L, std::string_view encoded);
// Pushes a deep copy of the value at the absolute `index`, as if it had been sent to oneself. [-0, +1, e]
void push_copy(lua_State* L, int index);

// The text of a pid. [-0, +1, m]
void push_pid(lua_State* L, Pid pid);
inline constexpr std::size_t kPidTextBytes = 512;
// Returns the length; longer texts are cut.
std::size_t pid_text(NodeCore& node, Pid pid, char* out) noexcept;

}  // namespace wippy::lua
