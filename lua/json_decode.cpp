// Two passes, so that no frame of the reader is jumped over: the reader's events become a flat list of values, and from that
// the values are made in the Lua heap.
#include "lua/rapidjson_assert.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <climits>
#include <cstdint>
#include <cstring>

#include "lua/json_parts.hpp"
#include "lua/protected.hpp"

namespace wippy::lua {

namespace {

// A byte, then what it says of itself.
enum class Op : char {
  kNull,
  kFalse,
  kTrue,
  kSmall,    // int8
  kInteger,  // int64
  kNumber,   // double
  kString,   // uint32 length, bytes; in an object keys and values in turn
  kArray,    // uint32 number of values, the values, kEnd
  kObject,   // uint32 number of members, keys and values, kEnd
  kEnd,
};

// The reader's handler.
class Tape {
 public:
  explicit Tape(JsonFault& fault) noexcept : fault_(fault) {}

  bool Null() noexcept { return op(Op::kNull); }
  bool Bool(bool b) noexcept { return op(b ? Op::kTrue : Op::kFalse); }
  bool Int64(int64_t i) noexcept {
    return i == static_cast<int8_t>(i) ? with(Op::kSmall, static_cast<int8_t>(i)) : with(Op::kInteger, i);
  }
  bool Int(int i) noexcept { return Int64(i); }
  bool Uint(unsigned i) noexcept { return Int64(i); }
  // Integers beyond 64 signed bits become floats, as Lua's own numerals do.
  bool Uint64(uint64_t i) noexcept {
    return i <= INT64_MAX ? Int64(static_cast<int64_t>(i)) : Double(static_cast<double>(i));
  }
  bool Double(double d) noexcept { return with(Op::kNumber, d); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) noexcept { return false; }  // not asked for
  bool String(const char* text, rapidjson::SizeType length, bool) noexcept {
    if (!with(Op::kString, static_cast<uint32_t>(length)) || !bytes_.reserve(length)) return no_memory();
    std::memcpy(bytes_.data() + bytes_.size(), text, length);
    bytes_.set_size(bytes_.size() + length);
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType length, bool copy) noexcept { return String(text, length, copy); }
  bool StartObject() noexcept { return open(Op::kObject); }
  bool StartArray() noexcept { return open(Op::kArray); }
  bool EndObject(rapidjson::SizeType count) noexcept { return close(count); }
  bool EndArray(rapidjson::SizeType count) noexcept { return close(count); }

  std::string_view view() const noexcept { return {bytes_.data(), bytes_.size()}; }

 private:
  bool no_memory() noexcept { return fault_.set(ErrorKind::kUnavailable, "out of memory"); }
  bool op(Op o) noexcept { return bytes_.push(static_cast<char>(o)) || no_memory(); }
  template <class T>
  bool with(Op o, T value) noexcept {
    if (!bytes_.reserve(1 + sizeof value)) return no_memory();
    char* const at = bytes_.data() + bytes_.size();
    *at = static_cast<char>(o);
    std::memcpy(at + 1, &value, sizeof value);
    bytes_.set_size(bytes_.size() + 1 + sizeof value);
    return true;
  }
  bool open(Op o) noexcept {
    if (open_.size() == kMaxJsonTextDepth)
      return fault_.set(ErrorKind::kInternal, "nested more than %zu deep", kMaxJsonTextDepth);
    if (!open_.push(static_cast<uint32_t>(bytes_.size()))) return no_memory();
    return with(o, uint32_t{0});
  }
  bool close(uint32_t count) noexcept {
    std::memcpy(bytes_.data() + open_.pop() + 1, &count, sizeof count);
    return op(Op::kEnd);
  }

  ScratchArray<char, 1024> bytes_{heap_reallocate};
  ScratchArray<uint32_t, 32> open_{heap_reallocate};  // where the containers begin
  JsonFault& fault_;
};

bool read(std::string_view text, Tape& tape, JsonFault& fault) noexcept {
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag;
  if (text.size() > kMaxJsonBytes)
    return fault.set(ErrorKind::kInvalid, "text of more than %zu MiB", kMaxJsonBytes >> 20);
  try {
    ThrowingAllocator allocator;
    rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, ThrowingAllocator> reader(&allocator);
    rapidjson::MemoryStream in(text.data(), text.size());
    const rapidjson::ParseResult result = reader.Parse<kFlags>(in, tape);
    if (result.IsError()) {
      const std::string_view why(rapidjson::GetParseError_En(result.Code()));  // ends with a full stop
      return fault.set(ErrorKind::kInternal, "%.*s, at byte %zu", static_cast<int>(why.size() - 1), why.data(),
                       result.Offset() + 1);
    }
    // To the reader a NUL byte is the end.
    if (in.Tell() != text.size())
      return fault.set(ErrorKind::kInternal, "The document is followed by a NUL byte, at byte %zu", in.Tell() + 1);
  } catch (const std::bad_alloc&) {
    fault.set(ErrorKind::kUnavailable, "out of memory");
  } catch (const RapidJsonRefused&) {
    fault.set(ErrorKind::kInternal, "not possible");
  }
  return fault.ok();
}

// --- the second pass: destructor-free

template <class T>
T take(const char*& at) noexcept {
  T value;
  std::memcpy(&value, at, sizeof value);
  at += sizeof value;
  return value;
}

// The value on top goes into the container below it: table, place of the last value (a number) or key, value.
void place(lua_State* L) {
  if (lua_type(L, -2) != LUA_TNUMBER) return lua_rawset(L, -3);
  const lua_Integer i = lua_tointeger(L, -2) + 1;
  lua_rawseti(L, -3, i);
  lua_pop(L, 1);
  lua_pushinteger(L, i);
}

// Opens a table [-0, +1] or a table and the place before its first value [-0, +2]
void open_container(lua_State* L, bool array, uint32_t count) {
  luaL_checkstack(L, 8, "nested too deeply");
  const int room = count > INT_MAX / 64 ? INT_MAX / 64 : static_cast<int>(count);
  lua_createtable(L, array ? room : 0, array ? 0 : room);
  if (array) lua_pushinteger(L, 0);
}

constexpr uint32_t kValuesPerPoll = 4096;

// A light pointer to the Tape -> the value. [-1, +1, e]
int push_tape(lua_State* L) {
  const std::string_view bytes = static_cast<const Tape*>(lua_touserdata(L, 1))->view();
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  std::size_t depth = 0;
  uint32_t polls = 0;
  bool key = false;  // the next string is one
  while (at < end) {
    if (++polls % kValuesPerPoll == 0 && slice_expired(L)) slice_check_killed(L);
    const Op op = static_cast<Op>(*at++);
    switch (op) {
      case Op::kNull: lua_pushnil(L); break;
      case Op::kFalse: lua_pushboolean(L, 0); break;
      case Op::kTrue: lua_pushboolean(L, 1); break;
      case Op::kSmall: lua_pushinteger(L, take<int8_t>(at)); break;
      case Op::kInteger: lua_pushinteger(L, take<int64_t>(at)); break;
      case Op::kNumber: lua_pushnumber(L, take<double>(at)); break;
      case Op::kString: {
        const auto length = take<uint32_t>(at);
        lua_pushlstring(L, at, length);
        at += length;
        break;
      }
      case Op::kArray:
      case Op::kObject:
        open_container(L, op == Op::kArray, take<uint32_t>(at));
        ++depth;
        key = op == Op::kObject;
        continue;
      case Op::kEnd:
        if (lua_type(L, -1) == LUA_TNUMBER) lua_pop(L, 1);  // an array's place
        --depth;
        key = false;
        break;
    }
    if (key) {
      key = false;
      continue;
    }
    if (depth == 0) break;
    place(L);
    key = lua_type(L, -1) == LUA_TTABLE;
  }
  return 1;
}

// Its own frame: nothing raises while the list is alive. A Lua status; LUA_OK without a push: refused.
int decode_protected(lua_State* L, std::string_view text, JsonFault& fault) noexcept {
  Tape tape(fault);
  if (!read(text, tape, fault)) return LUA_OK;
  return call_protected(L, push_tape, &tape);
}

}  // namespace

bool push_json_value(lua_State* L, std::string_view text, JsonFault& fault) {
  luaL_checkstack(L, 8, nullptr);
  rethrow(L, decode_protected(L, text, fault));
  return fault.ok();
}

}  // namespace wippy::lua
