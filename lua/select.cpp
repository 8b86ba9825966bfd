// channel.select (spec/process.md §3.3).
//
// The stack of a select, also while it is blocked: 1 the table, 2 whether there is a default, 3 … n+2 the cases (copied: the
// script may change its table meanwhile), then the values of blocked send cases.
#include "lua/channel_ops.hpp"
#include "lua/machine.hpp"
#include "lua/state.hpp"

namespace wippy::lua {

namespace {

constexpr int kFirstCase = 3;

SelectCase& case_at(lua_State* L, int i) { return *static_cast<SelectCase*>(lua_touserdata(L, kFirstCase + i)); }

// The case that fires now, or -1: the first ready one; if it is a mailbox view, then the view with the oldest item.
int choose(lua_State* L, int n) {
  int oldest = -1;
  uint64_t oldest_arrival = 0;
  for (int i = 0; i < n; ++i) {
    const SelectCase& c = case_at(L, i);
    uint64_t arrival = 0;
    const bool ready = c.is_send ? ready_to_send(c.channel) : ready_to_receive(c.channel, arrival);
    if (!ready) continue;
    const bool view =
        !c.is_send && !c.channel->closed && c.channel->source != nullptr && c.channel->source->is_mailbox();
    if (oldest < 0 && !view) return i;
    if (!view) continue;
    if (oldest < 0 || arrival < oldest_arrival) {
      oldest = i;
      oldest_arrival = arrival;
    }
  }
  return oldest;
}

// The value is on top. [-1, +1, m]
int push_result(lua_State* L, int i, bool ok) {
  lua_createtable(L, 0, 3);
  lua_insert(L, -2);
  lua_setfield(L, -2, "value");
  lua_getiuservalue(L, kFirstCase + i, kCaseChannelSlot);
  lua_setfield(L, -2, "channel");
  lua_pushboolean(L, ok);
  lua_setfield(L, -2, "ok");
  return 1;
}

// Does what case i is ready for. [-0, +1, e]
int fire(lua_State* L, int i) {
  const SelectCase& c = case_at(L, i);
  lua_getiuservalue(L, kFirstCase + i, kCaseChannelSlot);
  const int channel_index = lua_gettop(L);
  if (c.is_send) {
    lua_getiuservalue(L, kFirstCase + i, kCaseValueSlot);
    if (!try_send(L, c.channel, channel_index, lua_gettop(L))) return luaL_error(L, "select: case was not ready");
    return push_result(L, i, true);
  }
  const bool ok = try_receive(L, c.channel, channel_index) == Received::kValue;
  if (!ok) lua_pushnil(L);
  return push_result(L, i, ok);
}

int select_done(lua_State* L, int status, lua_KContext n);

int block_select(lua_State* L, int n) {
  check_may_block(L);
  lua_settop(L, kFirstCase + n - 1);
  luaL_checkstack(L, n + 6, "too many cases");
  for (int i = 0; i < n; ++i) {
    if (case_at(L, i).is_send) lua_getiuservalue(L, kFirstCase + i, kCaseValueSlot);
  }
  reserve_waiters(L, static_cast<uint32_t>(n));
  const WakeRef me = prepare_block(L);
  int value_index = kFirstCase + n;
  bool only_channels = true;
  for (int i = 0; i < n; ++i) {
    const SelectCase& c = case_at(L, i);
    if (c.channel->source != nullptr) only_channels = false;
    add_waiter(*me.task, c.channel, i, c.is_send ? value_index++ : 0);
  }
  return block(L, only_channels ? WaitReason::kChannel : WaitReason::kMessage, n, select_done);
}

int select_done(lua_State* L, int, lua_KContext context) {
  const int n = static_cast<int>(context);
  const int i = wake_outcome(L);
  const SelectCase& c = case_at(L, i);
  switch (current_task(L)->woken_by) {
    case WokenBy::kPartner:
      if (c.is_send) lua_getiuservalue(L, kFirstCase + i, kCaseValueSlot);
      return push_result(L, i, true);
    case WokenBy::kClose:
      if (c.is_send) return luaL_error(L, "send on closed channel");
      lua_pushnil(L);
      return push_result(L, i, false);
    default: break;
  }
  lua_settop(L, kFirstCase + n - 1);
  const int chosen = choose(L, n);
  if (chosen < 0) return block_select(L, n);
  fire(L, chosen);
  pass_on(c.channel);
  return 1;
}

bool has_default(lua_State* L) {
  if (lua_toboolean(L, 2)) return true;
  lua_getfield(L, 1, "default");
  const bool on = lua_toboolean(L, -1) != 0;
  lua_pop(L, 1);
  return on;
}

}  // namespace

// channel.select{case, …, default = true} [-2, +1, e]
int channel_select(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  const bool otherwise = has_default(L);
  const lua_Integer length = luaL_len(L, 1);
  luaL_argcheck(L, length <= 10'000, 1, "too many cases");
  const int n = static_cast<int>(length);
  if (n == 0 && !otherwise) return luaL_error(L, "select without cases and without default would never return");
  luaL_checkstack(L, n + 8, "too many cases");
  const void* const metatable = root_of(L).case_metatable;
  for (int i = 0; i < n; ++i) {
    lua_geti(L, 1, i + 1);
    if (!has_metatable(L, -1, metatable)) return luaL_error(L, "select: element %d is not a channel case", i + 1);
  }
  const int chosen = choose(L, n);
  if (chosen >= 0) return fire(L, chosen);
  if (!otherwise) return block_select(L, n);
  lua_createtable(L, 0, 2);
  lua_pushboolean(L, 1);
  lua_setfield(L, -2, "default");
  lua_pushboolean(L, 1);
  lua_setfield(L, -2, "ok");
  return 1;
}

}  // namespace wippy::lua
