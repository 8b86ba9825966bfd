// string.find, match, gmatch on the resumable Matcher.
//
// Every function first works in its C frame. When its slice ends it copies the matcher into a userdata on its own Lua stack
// and leaves by a system yield; the continuation goes on with that copy.
#include "lua/match_util.hpp"
#include "lua/pattern_class.hpp"
#include "lua/stdlib.hpp"

namespace wippy::lua {
namespace {

// Argument `init` as an offset; may be beyond the end. [-0, +0, v]
size_t init_offset(lua_State* L, int arg, size_t length) {
  const lua_Integer init = luaL_optinteger(L, arg, 1);
  if (init > 0) return static_cast<size_t>(init) - 1;
  if (init == 0 || init < -static_cast<lua_Integer>(length)) return 0;
  return length - static_cast<size_t>(-init);
}

// ---- find and match. Stack: 1 subject, 2 pattern, 3 init, 4 plain, 5 saved matcher. ctx: 1 for find.

int finish_search(lua_State* L, const Matcher& m, bool found, bool find) {
  if (!found) {
    luaL_pushfail(L);
    return 1;
  }
  const std::string_view subject = view(L, 1);
  if (!find) return push_captures(L, m, true, subject);
  lua_pushinteger(L, m.match_begin() - subject.data() + 1);
  lua_pushinteger(L, m.match_end() - subject.data());
  return 2 + push_captures(L, m, false, subject);
}

int resume_search(lua_State* L, int, lua_KContext find) {
  auto* m = static_cast<Matcher*>(lua_touserdata(L, 5));
  int64_t steps = kStepsPerPoll;
  const MatchOutcome outcome = drive(L, *m, steps);
  if (outcome == MatchOutcome::kMore) return slice_yield(L, find, resume_search);
  return finish_search(L, *m, outcome == MatchOutcome::kMatched, find != 0);
}

int search_pattern(lua_State* L, std::string_view subject, std::string_view pattern, size_t from, bool find) {
  Matcher m;
  m.start(subject, pattern, from, Matcher::Caret::kAnchors);
  int64_t steps = kStepsPerPoll;
  const MatchOutcome outcome = drive(L, m, steps);
  if (outcome == MatchOutcome::kMore) {
    lua_settop(L, 4);
    save(L, m);
    return slice_yield(L, find ? 1 : 0, resume_search);
  }
  return finish_search(L, m, outcome == MatchOutcome::kMatched, find);
}

int finish_plain(lua_State* L, size_t begin, size_t length) {
  if (begin == std::string_view::npos) {
    luaL_pushfail(L);
    return 1;
  }
  lua_pushinteger(L, static_cast<lua_Integer>(begin) + 1);
  lua_pushinteger(L, static_cast<lua_Integer>(begin + length));
  return 2;
}

// ctx: offset to search from. memmem is (nearly) linear; a window keeps each call below a few milliseconds.
int search_plain(lua_State* L, int, lua_KContext offset) {
  constexpr size_t kWindow = 1 << 18;
  constexpr size_t kShort = 512;
  const std::string_view subject = view(L, 1);
  const std::string_view text = view(L, 2);
  auto from = static_cast<size_t>(offset);
  if (subject.size() < kShort) return finish_plain(L, subject.find(text, from), text.size());
  while (subject.size() - from >= text.size()) {
    const size_t left = subject.size() - from;
    const size_t step = text.size() > kWindow ? text.size() : kWindow;
    const size_t window = left - text.size() < step ? left : step + text.size() - 1;
    const void* hit = ::memmem(subject.data() + from, window, text.data(), text.size());
    if (hit != nullptr)
      return finish_plain(L, static_cast<size_t>(static_cast<const char*>(hit) - subject.data()), text.size());
    if (window == left) break;
    from += step;
    if (slice_must_yield(L)) return slice_yield(L, static_cast<lua_KContext>(from), search_plain);
  }
  return finish_plain(L, std::string_view::npos, text.size());
}

// As in the stock library a lone ')' or ']' is plain text for find.
bool has_magic(std::string_view pattern) noexcept {
  for (const char c : pattern) {
    if (kMagic[byte_at(&c)] && c != ')' && c != ']' && c != '\0') return true;
  }
  return false;
}

int find_or_match(lua_State* L, bool find) {
  size_t length;
  const char* text = check_subject(L, 1, &length);
  size_t pattern_length;
  const char* pattern_text = luaL_checklstring(L, 2, &pattern_length);
  const std::string_view pattern{pattern_text, pattern_length};
  const size_t from = init_offset(L, 3, length);
  if (from > length) {
    luaL_pushfail(L);
    return 1;
  }
  const bool plain = find && (lua_toboolean(L, 4) || !has_magic(pattern));
  if (plain) return search_plain(L, LUA_OK, static_cast<lua_KContext>(from));
  return search_pattern(L, {text, length}, pattern, from, find);
}

// ---- gmatch. Upvalues: 1 subject, 2 pattern, 3 GmatchState. The saved matcher is the only stack slot.

struct GmatchState {
  size_t from;
  const char* last_end;  // in the subject, which upvalue 1 anchors
};

int finish_gmatch(lua_State* L, const Matcher& m, bool found) {
  if (!found) return 0;
  const std::string_view subject = view(L, lua_upvalueindex(1));
  auto* state = static_cast<GmatchState*>(lua_touserdata(L, lua_upvalueindex(3)));
  state->last_end = m.match_end();
  state->from = static_cast<size_t>(m.match_end() - subject.data());
  return push_captures(L, m, true, subject);
}

int resume_gmatch(lua_State* L, int, lua_KContext) {
  auto* m = static_cast<Matcher*>(lua_touserdata(L, 1));
  int64_t steps = kStepsPerPoll;
  const MatchOutcome outcome = drive(L, *m, steps);
  if (outcome == MatchOutcome::kMore) return slice_yield(L, 0, resume_gmatch);
  return finish_gmatch(L, *m, outcome == MatchOutcome::kMatched);
}

int next_gmatch(lua_State* L) {
  const auto* state = static_cast<const GmatchState*>(lua_touserdata(L, lua_upvalueindex(3)));
  const std::string_view subject = view(L, lua_upvalueindex(1));
  if (state->from > subject.size()) return 0;
  Matcher m;
  m.start(subject, view(L, lua_upvalueindex(2)), state->from, Matcher::Caret::kIsLiteral, state->last_end);
  int64_t steps = kStepsPerPoll;
  const MatchOutcome outcome = drive(L, m, steps);
  if (outcome == MatchOutcome::kMore) {
    lua_settop(L, 0);
    save(L, m);
    return slice_yield(L, 0, resume_gmatch);
  }
  return finish_gmatch(L, m, outcome == MatchOutcome::kMatched);
}

}  // namespace

int string_find(lua_State* L) { return find_or_match(L, true); }
int string_match(lua_State* L) { return find_or_match(L, false); }

int string_gmatch(lua_State* L) {
  size_t length;
  check_subject(L, 1, &length);
  luaL_checkstring(L, 2);
  const size_t from = init_offset(L, 3, length);
  lua_settop(L, 2);
  auto* state = static_cast<GmatchState*>(lua_newuserdatauv(L, sizeof(GmatchState), 0));
  *state = {from, nullptr};
  lua_pushcclosure(L, next_gmatch, 3);
  return 1;
}

}  // namespace wippy::lua
