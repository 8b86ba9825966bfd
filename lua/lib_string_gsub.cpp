// string.gsub: stretches of work in C frames that are gone before a replacement function runs or the slice ends.
#include <cstdio>

#include "lua/match_util.hpp"
#include "lua/stdlib.hpp"
#include "lua/text_sink.hpp"

namespace wippy::lua {
namespace {

// Stack: 1 subject, 2 pattern, 3 replacement, 4 limit, 5 text sink, 6 saved matcher or nil, 7... scratch.

constexpr int kSinkSlot = 5;
constexpr int kMatcherSlot = 6;

struct GsubState {
  size_t from = 0;    // where the next search begins
  size_t copied = 0;  // subject up to here is in the result
  size_t match_end = 0;
  const char* last_end = nullptr;
  lua_Integer count = 0;
  lua_Integer limit = 0;
  int64_t steps = kStepsPerPoll;
  int64_t allowance = 0;  // of the whole call
  bool changed = false;
};

enum class GsubStep : uint8_t { kAppended, kCall, kYield, kDone };

// Text of capture i for a replacement string. [-0, +0, v]
void append_capture(lua_State* L, const Matcher& m, int i, std::string_view subject, TextSink& sink) {
  if (i < m.capture_count() && m.capture(i).length >= 0) {
    sink.append(m.capture(i).begin, static_cast<size_t>(m.capture(i).length));
  } else if (i < m.capture_count() && m.capture(i).length == Matcher::Capture::kPosition) {
    char digits[24];
    const int n = std::snprintf(digits, sizeof digits, "%td", m.capture(i).begin - subject.data() + 1);
    sink.append(digits, static_cast<size_t>(n));
  } else if (i == 0 && m.capture_count() == 0) {
    sink.append(m.match_begin(), static_cast<size_t>(m.match_end() - m.match_begin()));
  } else {
    push_capture(L, m, i, subject);  // raises
  }
}

// Appends the replacement string with its %0..%9 filled in. [-0, +0, v]
void append_replacement(lua_State* L, const Matcher& m, std::string_view subject, TextSink& sink, int64_t& steps) {
  const std::string_view text = view(L, 3);
  const char* p = text.data();
  const char* const end = p + text.size();
  steps -= static_cast<int64_t>(text.size() >> 4);
  while (const void* hit = std::memchr(p, '%', static_cast<size_t>(end - p))) {
    const char* percent = static_cast<const char*>(hit);
    sink.append(p, static_cast<size_t>(percent - p));
    const char code = percent + 1 < end ? percent[1] : '\0';
    if (code == '%') {
      sink.append('%');
    } else if (code == '0') {
      sink.append(m.match_begin(), static_cast<size_t>(m.match_end() - m.match_begin()));
    } else if (code >= '1' && code <= '9') {
      append_capture(L, m, code - '1', subject, sink);
    } else {
      luaL_error(L, "invalid use of '%c' in replacement string", '%');
    }
    p = percent + 2;
  }
  sink.append(p, static_cast<size_t>(end - p));
}

// Appends what a function or table gave, on top of the stack, and drops all scratch: false keeps the match. [-n, +0, v]
void append_value(lua_State* L, GsubState& state, std::string_view subject, TextSink& sink) {
  if (lua_toboolean(L, -1)) {
    if (!lua_isstring(L, -1)) luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    const std::string_view text = view(L, -1);
    sink.append(text.data(), text.size());
    state.steps -= static_cast<int64_t>(text.size() >> 6);
    state.changed = true;
  } else {
    sink.append(subject.data() + state.copied, state.match_end - state.copied);
  }
  state.copied = state.match_end;
  lua_settop(L, kMatcherSlot);
}

// Leaves on the stack (on top of scratch) what must be called for this match, or its value. Returns the number of arguments, -1 for a value.
// [-0, +n, v]
int push_replacement_value(lua_State* L, const Matcher& m, std::string_view subject) {
  if (lua_type(L, 3) == LUA_TFUNCTION) {
    lua_pushvalue(L, 3);
    return push_captures(L, m, true, subject);
  }
  push_capture(L, m, 0, subject);
  if (!lua_getmetatable(L, 3)) {
    lua_rawget(L, 3);
    return -1;
  }
  lua_pop(L, 1);
  const int key = lua_gettop(L);
  lua_pushvalue(L, key);
  if (lua_rawget(L, 3) == LUA_TNIL && luaL_getmetafield(L, 3, "__index") == LUA_TFUNCTION) {
    lua_pushvalue(L, 3);  // called from here, so that it can be preempted
    lua_pushvalue(L, key);
    return 2;
  }
  lua_settop(L, key);
  lua_gettable(L, 3);
  return -1;
}

// The next match and, if nothing must be called, its replacement. The matcher is gone from the C stack when it returns.
[[gnu::noinline]] GsubStep gsub_step(lua_State* L, GsubState& state, TextSink& sink, int* call_arguments) {
  const std::string_view subject = view(L, 1);
  Matcher local;
  auto* m = static_cast<Matcher*>(lua_touserdata(L, kMatcherSlot));
  if (m == nullptr) {
    if (state.count >= state.limit || state.from > subject.size()) return GsubStep::kDone;
    m = &local;
    local.start(subject, view(L, 2), state.from, Matcher::Caret::kAnchors, state.last_end);
    local.set_allowance(state.allowance);
  }
  const MatchOutcome outcome = drive(L, *m, state.steps);
  state.allowance = m->allowance();
  if (outcome == MatchOutcome::kMore) {
    if (m == &local) {
      save(L, local);
      lua_replace(L, kMatcherSlot);
    }
    return GsubStep::kYield;
  }
  if (outcome == MatchOutcome::kFailed) return GsubStep::kDone;
  const auto begin = static_cast<size_t>(m->match_begin() - subject.data());
  sink.append(subject.data() + state.copied, begin - state.copied);
  ++state.count;
  state.copied = begin;
  state.match_end = static_cast<size_t>(m->match_end() - subject.data());
  state.from = m->anchored() ? subject.size() + 1 : state.match_end;
  state.last_end = m->match_end();
  if (lua_isstring(L, 3)) {
    append_replacement(L, *m, subject, sink, state.steps);
    state.copied = state.match_end;
    state.changed = true;
  } else {
    *call_arguments = push_replacement_value(L, *m, subject);
  }
  if (m != &local) {
    lua_pushnil(L);
    lua_replace(L, kMatcherSlot);
  }
  return lua_isstring(L, 3) ? GsubStep::kAppended : GsubStep::kCall;
}

int finish_gsub(lua_State* L, const GsubState& state, TextSink& sink) {
  if (!state.changed) {
    lua_pushvalue(L, 1);
  } else {
    const std::string_view subject = view(L, 1);
    sink.append(subject.data() + state.copied, subject.size() - state.copied);
    sink.push_result();
  }
  lua_pushinteger(L, state.count);
  return 2;
}

int resume_gsub(lua_State* L, int status, lua_KContext called);

// Replaces until something must be called or the slice ends; returns the number of results or of call arguments.
[[gnu::noinline]] GsubStep gsub_run(lua_State* L, GsubState& state, TextSink& sink, int* arguments) {
  for (;;) {
    const GsubStep step = gsub_step(L, state, sink, arguments);
    if (step == GsubStep::kCall && *arguments < 0) {
      append_value(L, state, view(L, 1), sink);
    } else if (step != GsubStep::kAppended) {
      return step;
    }
  }
}

// One stretch of work from and to the parked state: its C frame is empty while replacement functions run.
[[gnu::noinline]] GsubStep gsub_stretch(lua_State* L, const GsubState* first, bool called, int* count) {
  TextSink sink(L, kSinkSlot);
  GsubState state = first != nullptr ? *first : sink.parked<GsubState>();
  if (called) append_value(L, state, view(L, 1), sink);
  const GsubStep step = gsub_run(L, state, sink, count);
  if (step == GsubStep::kDone) {
    *count = finish_gsub(L, state, sink);
  } else {
    sink.park(state);
  }
  return step;
}

int gsub_loop(lua_State* L, const GsubState* first, bool called) {
  for (;;) {
    int count = 0;
    switch (gsub_stretch(L, first, called, &count)) {
      case GsubStep::kDone: return count;
      case GsubStep::kYield: return slice_yield(L, 0, resume_gsub);
      default: break;
    }
    lua_callk(L, count, 1, 1, resume_gsub);
    first = nullptr;
    called = true;
  }
}

int resume_gsub(lua_State* L, int, lua_KContext called) { return gsub_loop(L, nullptr, called != 0); }

}  // namespace

int string_gsub(lua_State* L) {
  size_t length;
  check_subject(L, 1, &length);
  luaL_checkstring(L, 2);
  const int type = lua_type(L, 3);
  if (type != LUA_TNUMBER && type != LUA_TSTRING && type != LUA_TFUNCTION && type != LUA_TTABLE) {
    return luaL_typeerror(L, 3, "string/function/table");
  }
  GsubState state;
  state.allowance = Matcher::allowance_for(length);
  state.limit = luaL_optinteger(L, 4, static_cast<lua_Integer>(length) + 1);
  lua_settop(L, 4);
  lua_pushnil(L);
  lua_pushnil(L);
  return gsub_loop(L, &state, false);
}

}  // namespace wippy::lua
