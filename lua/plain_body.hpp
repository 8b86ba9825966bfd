// The body of a message whose payloads are a few short scalars, as most are, made without a ValueWriter: byte for byte what
// one would write (test PlainBody.*). One owner, on the C stack; raises nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <lua5.4/lua.hpp>

#include "mailbox/values.hpp"
#include "runtime/sim/counted.hpp"

namespace wippy::lua {

class PlainBody {
 public:
  static constexpr int kMostValues = 3;

  // The `count` values from stack index `first` on. False: they, or the topic, are nothing for this way; then view() is void.
  // [-0, +0, -]
  bool make(lua_State* L, std::string_view topic, int first, int count) noexcept {
    if (topic.size() >= kShortStringBytes || count > kMostValues) return false;
    put_byte(topic.size());
    put(topic.data(), topic.size());
    put_byte(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      if (!put_value(L, first + i)) return false;
    }
    wippy::count(Counted::kCopy, view().size());
    return true;
  }
  std::string_view view() const noexcept { return {bytes_, static_cast<std::size_t>(end_ - bytes_)}; }

 private:
  void put_byte(std::size_t byte) noexcept { *end_++ = static_cast<char>(byte); }
  void put(const void* from, std::size_t bytes) noexcept {
    if (bytes != 0) std::memcpy(end_, from, bytes);
    end_ += bytes;
  }
  template <class T>
  bool tagged(Token tag, T value) noexcept {
    put_byte(static_cast<std::size_t>(tag));
    put(&value, sizeof value);
    return true;
  }
  bool put_value(lua_State* L, int index) noexcept {
    switch (lua_type(L, index)) {
      case LUA_TNIL: put_byte(static_cast<std::size_t>(Token::kNil)); return true;
      case LUA_TBOOLEAN:
        put_byte(static_cast<std::size_t>(lua_toboolean(L, index) != 0 ? Token::kTrue : Token::kFalse));
        return true;
      case LUA_TNUMBER:
        return lua_isinteger(L, index) ? integer(lua_tointeger(L, index))
                                       : tagged(Token::kNumber, lua_tonumber(L, index));
      case LUA_TSTRING: {
        std::size_t length = 0;
        const char* text = lua_tolstring(L, index, &length);
        if (length >= kShortStringBytes) return false;
        put_byte(kTagShortString | length);
        put(text, length);
        return true;
      }
      default: return false;
    }
  }
  bool integer(lua_Integer value) noexcept {
    if (is_narrow(value) && !is_small(value)) return tagged(Token::kInteger, static_cast<int32_t>(value));
    if (!is_small(value)) return tagged(Token::kWideInteger, value);
    put_byte(kTagSmallInteger | static_cast<std::size_t>(value));
    return true;
  }

  // Topic and count, then the values: a tag each, and a short string or eight bytes.
  char bytes_[1 + kShortStringBytes + 1 + kMostValues * (1 + kShortStringBytes)];
  char* end_ = bytes_;
};

}  // namespace wippy::lua
