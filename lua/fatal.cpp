#include "lua/fatal.hpp"

#include <cstring>
#include <string_view>

#include "lua/preempt.hpp"
#include "lua/state.hpp"

namespace wippy::lua {

namespace {

// ldo.c and lstate.h of Lua 5.4: slots for handling the overflow, and EXTRA_STACK; a slot is a TValue. That these still hold is
// what the tests of u_overflow.lua show.
constexpr std::size_t kErrorSlots = LUAI_MAXSTACK + 200 + 5;
constexpr std::size_t kSlotBytes = 16;
// Frames of a full stack reach at least this far: what the last call needs beyond it are its own arguments, copied.
constexpr std::size_t kFullSlots = LUAI_MAXSTACK / 5 * 2;
// ldo.c: calls nest to 200, and to 220 while the error is handled.
constexpr int kMaxCalls = 200;
constexpr int kCallsForErrors = 20;
constexpr int kStackSlack = 300;  // slots: fewer left is a full stack

std::string_view text_at(lua_State* L, int index) noexcept {
  if (lua_type(L, index) != LUA_TSTRING) return {};
  std::size_t length = 0;
  const char* text = lua_tolstring(L, index, &length);
  return {text, length};
}

bool speaks_of(std::string_view text, std::string_view what) noexcept {
  constexpr std::size_t kFar = 200;  // luaL_checkstack adds a few words
  return text.substr(text.size() > kFar ? text.size() - kFar : 0).find(what) != std::string_view::npos;
}

// The first fields of liblua's CallInfo. lua_getstack finds a frame by counting from the top: reading the chain instead makes
// a walk over hundreds of thousands of frames linear.
struct Frame {
  const char* function;  // its place in the stack
  const char* top;
  struct CallInfo* previous;
};
Frame frame_of(const lua_Debug& ar) noexcept {
  Frame f{};
  std::memcpy(&f, static_cast<const void*>(ar.i_ci), sizeof f);
  return f;
}
// From a frame to the one that called it; false: there `ar` is below the first, where the stack begins.
bool to_caller(lua_Debug& ar) noexcept {
  ar.i_ci = frame_of(ar).previous;
  return frame_of(ar).previous != nullptr;
}

struct Probe {
  int left;
  int reached = 0;
  int status = LUA_OK;  // of the innermost call that failed
};

// Calls itself, protected, as deep as it gets. [-1, +0, -]
int probe(lua_State* L) {
  auto& p = *static_cast<Probe*>(lua_touserdata(L, 1));
  ++p.reached;
  if (--p.left == 0) return 0;
  lua_pushcfunction(L, probe);
  lua_pushlightuserdata(L, &p);
  const int status = lua_pcall(L, 1, 0, 0);
  if (status != LUA_OK && p.status == LUA_OK) p.status = status;
  return 0;
}

Probe probe_calls(lua_State* L, int depth) noexcept {
  Probe p{depth};
  if (!lua_checkstack(L, 4)) return p;
  lua_pushcfunction(L, probe);
  lua_pushlightuserdata(L, &p);
  const int status = lua_pcall(L, 1, 0, 0);
  if (status == LUA_OK) return p;
  if (p.status == LUA_OK) p.status = status;
  lua_pop(L, 1);
  return p;
}

// Is a message handler of xpcall already at work? It may be called again for its own errors until calls nest too deep.
bool inside_handler(lua_State* L) noexcept {
  lua_Debug ar;
  if (lua_getstack(L, 0, &ar) == 0) return false;
  while (to_caller(ar)) {
    lua_getinfo(L, "f", &ar);
    const bool same = lua_tocfunction(L, -1) == guard_handler;
    lua_pop(L, 1);
    if (same) return true;
  }
  return false;
}

// How many nested C calls the frames of a failed coroutine stand for, at least: a C function that called, and what the
// interpreter itself calls.
int calls_in(lua_State* co) noexcept {
  int calls = 0;
  lua_Debug ar;
  bool more = lua_getstack(co, 0, &ar) != 0;
  for (bool first = true; more; first = false, more = to_caller(ar)) {
    lua_getinfo(co, "nS", &ar);
    if (*ar.what == 'C' && !first) ++calls;
    if (std::strcmp(ar.namewhat, "metamethod") == 0 || std::strcmp(ar.namewhat, "for iterator") == 0) ++calls;
  }
  return calls;
}

bool stack_is_full(lua_State* L) noexcept { return lua_checkstack(L, kStackSlack) == 0; }

// Keeps where L failed, for push_fatal_text. [-0, +0, v]
void overflow_at(lua_State* L, lua_State* where, int level) {
  mark_fatal(root_of(L), Fatal::kStack);
  note_fatal_place(L, where, level);
}

}  // namespace

bool is_stack_overflow(const ProcessRoot& root, const void* block, std::size_t bytes) noexcept {
  if (bytes != kErrorSlots * kSlotBytes || block != nullptr || root.running == nullptr) return false;
  // The array of a new table may have that size: what tells is how much of the stack lies between the frames.
  lua_State* const L = root.running;
  lua_Debug ar;
  if (lua_getstack(L, 0, &ar) == 0) return false;
  const char* const last = frame_of(ar).function;
  while (to_caller(ar)) {
  }
  return last - frame_of(ar).function > static_cast<std::ptrdiff_t>(kFullSlots * kSlotBytes);
}

void mark_fatal(ProcessRoot& root, Fatal cause) noexcept {
  if (root.slice.fatal == Fatal::kNone && !root.slice.killed) root.slice.fatal = cause;
  root.slice.killed = true;
  if (root.running != nullptr) lua_sethook(root.running, kill_hook, LUA_MASKCOUNT, 1);
}

void judge_error(lua_State* L) {
  const SliceState& slice = root_of(L).slice;
  if (slice.killed && slice.fatal != Fatal::kStack) return;
  const std::string_view text = text_at(L, 1);
  if (!speaks_of(text, "stack overflow")) return;
  if (slice.fatal == Fatal::kStack || stack_is_full(L)) return overflow_at(L, L, 1);
  if (!speaks_of(text, "C stack overflow")) return;
  // Only above the limit do this many more calls end in LUA_ERRERR instead of an ordinary error.
  if (probe_calls(L, kCallsForErrors - 1).status == LUA_ERRERR && !inside_handler(L)) overflow_at(L, L, 1);
}

void judge_coroutine(lua_State* L, lua_State* co) {
  const SliceState& slice = root_of(L).slice;
  if (slice.killed && slice.fatal != Fatal::kStack) return;
  const int status = lua_status(co);
  if (status == LUA_OK || status == LUA_YIELD) return overflow_at(L, L, 1);  // refused to start: calls nest too deep
  const std::string_view text = text_at(co, -1);
  if (!speaks_of(text, "stack overflow")) return;
  if (slice.fatal == Fatal::kStack || stack_is_full(co)) return overflow_at(L, co, 0);
  if (!speaks_of(text, "C stack overflow")) return;
  const int below = kMaxCalls - probe_calls(L, kMaxCalls).reached;
  if (below + calls_in(co) + 4 >= kMaxCalls) overflow_at(L, co, 0);
}

void judge_closing(lua_State* L, lua_State* co, const char* before) {
  constexpr std::string_view kOverflow = "C stack overflow";
  const std::string_view text = text_at(co, -1);
  if (text.data() == before || text.size() < kOverflow.size()) return;
  if (text.substr(text.size() - kOverflow.size()) == kOverflow) overflow_at(L, L, 1);
}

int pcall_handler(lua_State* L) {
  judge_error(L);
  return 1;
}

int guard_handler(lua_State* L) {
  judge_error(L);
  if (is_fatal(L, LUA_OK)) return 1;
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

const char* fatal_text(Fatal cause) noexcept {
  switch (cause) {
    case Fatal::kMemory: return "memory limit exceeded";
    case Fatal::kStack: return "stack overflow";
    case Fatal::kPattern: return "pattern matching takes too long";
    case Fatal::kNone: break;
  }
  return "killed";
}

}  // namespace wippy::lua
