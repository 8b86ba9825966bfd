#include "lua/channel.hpp"

#include "lua/channel_ops.hpp"
#include "lua/machine.hpp"
#include "lua/state.hpp"

namespace wippy::lua {

namespace {

constexpr char kChannelMetaKey = 0;  // addresses are registry keys
constexpr char kCaseMetaKey = 0;

constexpr int kBufferSlot = 1;  // user values of a channel
constexpr int kReceiveCaseSlot = 2;

void wake_waiter(Waiter& w, WokenBy by) noexcept {
  Task& task = *w.task;
  task.woken_by = by;
  wake({&task, task.ticket}, w.outcome);
}

// Copies the value of a blocked sender onto L. [-0, +1, m]
void push_sender_value(lua_State* L, const Waiter& w) {
  lua_State* const from = w.task->blocked;
  if (!lua_checkstack(from, 1)) luaL_error(L, "stack overflow");
  lua_pushvalue(from, w.value_index);
  lua_xmove(from, L, 1);
}

// [-1, +0, m]: the value on top becomes the newest of the buffer
void buffer_push(lua_State* L, Channel* ch, int channel_index) {
  if (lua_getiuservalue(L, channel_index, kBufferSlot) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_createtable(L, ch->capacity <= 64 ? static_cast<int>(ch->capacity) : 0, 0);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, channel_index, kBufferSlot);
  }
  lua_insert(L, -2);
  lua_rawseti(L, -2, 1 + (ch->head + ch->count) % ch->capacity);
  lua_pop(L, 1);
  ++ch->count;
}

// [-0, +1, m]
void buffer_pop(lua_State* L, Channel* ch, int channel_index) {
  lua_getiuservalue(L, channel_index, kBufferSlot);
  const lua_Integer slot = 1 + static_cast<lua_Integer>(ch->head);
  lua_rawgeti(L, -1, slot);
  lua_pushnil(L);
  lua_rawseti(L, -3, slot);
  lua_remove(L, -2);
  ch->head = (ch->head + 1) % ch->capacity;
  --ch->count;
}

int raise_closed(lua_State* L) { return luaL_error(L, "send on closed channel"); }

// --- methods

int receive_on(lua_State* L);

int receive_done(lua_State* L, int, lua_KContext) {
  const Task& task = *current_task(L);
  if (task.woken_by == WokenBy::kPartner) {
    lua_pushboolean(L, 1);
    return 2;
  }
  lua_settop(L, 1);
  return receive_on(L);
}

int receive_on(lua_State* L) {
  Channel* const ch = static_cast<Channel*>(lua_touserdata(L, 1));
  switch (try_receive(L, ch, 1)) {
    case Received::kValue: lua_pushboolean(L, 1); return 2;
    case Received::kClosed:
      lua_pushnil(L);
      lua_pushboolean(L, 0);
      return 2;
    case Received::kNothing: break;
  }
  check_may_block(L);
  const WakeRef me = prepare_block(L);
  add_waiter(*me.task, ch, 0, 0);
  return block(L, ch->source != nullptr ? WaitReason::kMessage : WaitReason::kChannel, 0, receive_done);
}

// ch:receive() -> value, true | nil, false [-1, +2, e]
int channel_receive(lua_State* L) {
  check_channel(L, 1);
  lua_settop(L, 1);
  return receive_on(L);
}

int send_done(lua_State* L, int, lua_KContext) {
  if (current_task(L)->woken_by == WokenBy::kClose) return raise_closed(L);
  lua_pushboolean(L, 1);
  return 1;
}

// ch:send(v) -> true [-2, +1, e]
int channel_send(lua_State* L) {
  Channel* const ch = check_channel(L, 1);
  lua_settop(L, 2);
  if (try_send(L, ch, 1, 2)) {
    lua_pushboolean(L, 1);
    return 1;
  }
  check_may_block(L);
  const WakeRef me = prepare_block(L);
  add_waiter(*me.task, ch, 0, 2);
  return block(L, WaitReason::kChannel, 0, send_done);
}

int channel_close(lua_State* L) {
  close_channel(check_channel(L, 1));
  return 0;
}

// Pushes a new case object with `values` user values. [-0, +1, m]
SelectCase* new_case(lua_State* L, Channel* ch, bool is_send, int values) {
  auto* c = static_cast<SelectCase*>(lua_newuserdatauv(L, sizeof(SelectCase), values));
  *c = SelectCase{ch, is_send};
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kCaseMetaKey) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_createtable(L, 0, 2);
    lua_pushliteral(L, "channel case");
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    root_of(L).case_metatable = lua_topointer(L, -1);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &kCaseMetaKey);
  }
  lua_setmetatable(L, -2);
  return c;
}

// The same object each time: it has no state. [-1, +1, e]
int channel_case_receive(lua_State* L) {
  Channel* const ch = check_channel(L, 1);
  if (lua_getiuservalue(L, 1, kReceiveCaseSlot) == LUA_TUSERDATA) return 1;
  new_case(L, ch, false, 1);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, kCaseChannelSlot);
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, 1, kReceiveCaseSlot);
  return 1;
}

int channel_case_send(lua_State* L) {
  Channel* const ch = check_channel(L, 1);
  lua_settop(L, 2);
  new_case(L, ch, true, 2);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, kCaseChannelSlot);
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, -2, kCaseValueSlot);
  return 1;
}

int channel_new(lua_State* L) {
  lua_Integer size = luaL_optinteger(L, 1, 0);
  luaL_argcheck(L, size <= INT32_MAX, 1, "too large");
  if (size < 0) size = 0;
  new_channel(L, static_cast<uint32_t>(size), nullptr);
  return 1;
}

constexpr LibraryEntry kMethods[] = {
    {"send", channel_send},           {"receive", channel_receive},
    {"close", channel_close},         {"case_receive", channel_case_receive},
    {"case_send", channel_case_send}, {nullptr, nullptr},
};

constexpr LibraryEntry kLibrary[] = {
    {"new", channel_new},
    {"select", channel_select},
    {nullptr, nullptr},
};

}  // namespace

// --- lists

void WaiterList::push_back(Waiter* w) noexcept {
  w->next = nullptr;
  w->previous = last;
  (last != nullptr ? last->next : first) = w;
  last = w;
}

void WaiterList::remove(Waiter* w) noexcept {
  (w->previous != nullptr ? w->previous->next : first) = w->next;
  (w->next != nullptr ? w->next->previous : last) = w->previous;
  w->next = w->previous = nullptr;
}

void unlink_waiter(Waiter& w) noexcept {
  if (w.channel == nullptr) return;
  Channel& channel = *w.channel;
  (w.is_send() ? channel.senders : channel.receivers).remove(&w);
  if (channel.source != nullptr && channel.receivers.empty()) channel.source->waited_for = nullptr;
  w.channel = nullptr;
}

void add_waiter(Task& task, Channel* channel, int outcome, int value_index) noexcept {
  Waiter& w = task.waiters[task.waiter_count++];
  w.channel = channel;
  w.task = &task;
  w.outcome = outcome;
  w.value_index = value_index;
  (w.is_send() ? channel->senders : channel->receivers).push_back(&w);
  if (channel->source != nullptr) channel->source->waited_for = channel;
}

// --- operations that do not block

Received try_receive(lua_State* L, Channel* ch, int channel_index) {
  if (ch->source != nullptr) {
    uint64_t arrival = 0;
    if (ch->closed) return Received::kClosed;
    if (!ch->source->ready(arrival)) return ch->closed ? Received::kClosed : Received::kNothing;
    ch->source->take(L);
    return Received::kValue;
  }
  luaL_checkstack(L, 6, nullptr);
  if (ch->count != 0) {
    buffer_pop(L, ch, channel_index);
    if (Waiter* w = ch->senders.first) {  // a slot is free: the oldest blocked sender's value
      push_sender_value(L, *w);
      buffer_push(L, ch, channel_index);
      wake_waiter(*w, WokenBy::kPartner);
    }
    return Received::kValue;
  }
  if (Waiter* w = ch->senders.first) {
    push_sender_value(L, *w);
    wake_waiter(*w, WokenBy::kPartner);
    return Received::kValue;
  }
  return ch->closed ? Received::kClosed : Received::kNothing;
}

bool try_send(lua_State* L, Channel* ch, int channel_index, int value_index) {
  luaL_checkstack(L, 6, nullptr);
  if (ch->closed) return raise_closed(L) != 0;
  if (ch->source != nullptr) return luaL_error(L, "cannot send on this channel") != 0;
  if (Waiter* w = ch->receivers.first) {
    lua_State* const to = w->task->blocked;
    if (!lua_checkstack(to, 4)) luaL_error(L, "stack overflow");
    lua_pushvalue(L, value_index);
    lua_xmove(L, to, 1);
    wake_waiter(*w, WokenBy::kPartner);
    return true;
  }
  if (ch->count == ch->capacity) return false;
  lua_pushvalue(L, value_index);
  buffer_push(L, ch, channel_index);
  return true;
}

bool ready_to_receive(Channel* ch, uint64_t& arrival) noexcept {
  if (ch->closed) return true;
  if (ch->source != nullptr) return ch->source->ready(arrival) || ch->closed;
  return ch->count != 0 || !ch->senders.empty();
}

bool ready_to_send(const Channel* ch) noexcept {
  // Closed channels and sources are "ready" to raise.
  return ch->closed || ch->source != nullptr || !ch->receivers.empty() || ch->count < ch->capacity;
}

// --- interface

Channel* new_channel(lua_State* L, uint32_t capacity, ChannelSource* source) {
  auto* ch = static_cast<Channel*>(lua_newuserdatauv(L, sizeof(Channel), 2));
  *ch = Channel{};
  ch->capacity = capacity;
  ch->source = source;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kChannelMetaKey) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_createtable(L, 0, 3);
    push_lazy_table(L, kMethods);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "channel");
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    root_of(L).channel_metatable = lua_topointer(L, -1);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &kChannelMetaKey);
  }
  lua_setmetatable(L, -2);
  return ch;
}

bool has_metatable(lua_State* L, int index, const void* metatable) {
  if (metatable == nullptr || !lua_getmetatable(L, index)) return false;  // scripts cannot give it to anything else
  const bool same = lua_topointer(L, -1) == metatable;
  lua_pop(L, 1);
  return same;
}

Channel* to_channel(lua_State* L, int index) {
  if (!has_metatable(L, index, root_of(L).channel_metatable)) return nullptr;
  return static_cast<Channel*>(lua_touserdata(L, index));
}

Channel* check_channel(lua_State* L, int index) {
  Channel* const ch = to_channel(L, index);
  luaL_argexpected(L, ch != nullptr, index, "channel");
  return ch;
}

void close_channel(Channel* ch) noexcept {
  if (ch->closed) return;
  ch->closed = true;
  while (Waiter* w = ch->receivers.first) wake_waiter(*w, WokenBy::kClose);
  while (Waiter* w = ch->senders.first) wake_waiter(*w, WokenBy::kClose);
}

void abandon_channel(Channel* ch) noexcept {
  if (ch == nullptr) return;
  close_channel(ch);  // wakes whoever waits: afterwards nothing is linked
  ch->source = nullptr;
}

void notify(Channel* ch) noexcept {
  if (Waiter* w = ch->receivers.first) wake_waiter(*w, WokenBy::kSource);
}

void pass_on(Channel* ch) noexcept {
  uint64_t arrival = 0;
  if (ch->source != nullptr && !ch->closed && !ch->receivers.empty() && ch->source->ready(arrival)) notify(ch);
}

int block_on_channels(lua_State* L, WakeRef ref, Channel* const* channels, uint32_t n, WaitReason reason,
                      lua_KContext ctx, lua_KFunction k) {
  for (uint32_t i = 0; i < n; ++i) add_waiter(*ref.task, channels[i], static_cast<int>(i), 0);
  return block(L, reason, ctx, k);
}

int open_channel(lua_State* L) {
  push_lazy_table(L, kLibrary);
  return 1;
}

}  // namespace wippy::lua
