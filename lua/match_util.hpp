// What find, match, gmatch and gsub share.
#pragma once

#include <cstring>
#include <string_view>

#include "lua/pattern.hpp"
#include "lua/slice.hpp"

namespace wippy::lua {

inline constexpr int64_t kStepsPerPoll = 4096;

// The string at `index`, which must be one. [-0, +0, -]
inline std::string_view view(lua_State* L, int index) noexcept {
  size_t length;
  const char* text = lua_tolstring(L, index, &length);
  return {text, length};
}

// Runs until there is an answer, or kMore: yield now. Too many steps are fatal. [-0, +0, v]
inline MatchOutcome drive(lua_State* L, Matcher& matcher, int64_t& steps) {
  for (;;) {
    const MatchOutcome outcome = matcher.run(steps);
    if (outcome == MatchOutcome::kError) luaL_error(L, matcher.error_format(), matcher.error_argument());
    if (outcome != MatchOutcome::kMore) return outcome;
    if (matcher.allowance() < 0) [[unlikely]]
      slice_fail(L, Fatal::kPattern);
    steps = kStepsPerPoll;
    if (slice_must_yield(L)) return outcome;
  }
}

// [-0, +1, m]
inline Matcher* save(lua_State* L, const Matcher& matcher) {
  void* memory = lua_newuserdatauv(L, sizeof matcher, 0);
  std::memcpy(memory, &matcher, sizeof matcher);
  return static_cast<Matcher*>(memory);
}

// Pushes capture i; the whole match when the pattern has none. [-0, +1, v]
inline void push_capture(lua_State* L, const Matcher& m, int i, std::string_view subject) {
  if (i >= m.capture_count()) {
    if (i != 0) luaL_error(L, "invalid capture index %%%d", i + 1);
    lua_pushlstring(L, m.match_begin(), static_cast<size_t>(m.match_end() - m.match_begin()));
    return;
  }
  const Matcher::Capture& capture = m.capture(i);
  if (capture.length == Matcher::Capture::kPosition) {
    lua_pushinteger(L, capture.begin - subject.data() + 1);
    return;
  }
  if (capture.length == Matcher::Capture::kUnfinished) luaL_error(L, "unfinished capture");
  lua_pushlstring(L, capture.begin, static_cast<size_t>(capture.length));
}

// Pushes all captures, `whole` for a pattern without any, and says how many. [-0, +n, v]
inline int push_captures(lua_State* L, const Matcher& m, bool whole, std::string_view subject) {
  const int count = m.capture_count() == 0 && whole ? 1 : m.capture_count();
  luaL_checkstack(L, count, "too many captures");
  for (int i = 0; i < count; ++i) push_capture(L, m, i, subject);
  return count;
}

}  // namespace wippy::lua
