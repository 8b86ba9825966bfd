// Channels between the tasks of one process (spec/process.md §3.1-3.3).
//
// A channel is a full userdata; its user values hold the buffer (a table) and the cached receive case. A blocked sender's
// value stays on the sender's stack until somebody takes it. Waiters are linked into the channel while their task is
// blocked; that task's stack holds the channel, so a channel with waiters is never collected.
//
// Sources: a channel may have its items made by C++ instead of by senders: the inbox, events and listen views of the mailbox,
// timers, tickers. Items are made on the receiver's stack when they are taken. Sending on such a channel raises.
//
// One process, one worker at a time: no synchronisation.
#pragma once

#include <cstdint>

#include <lua5.4/lua.hpp>

#include "lua/task.hpp"

namespace wippy::lua {

// Where the items of a channel come from. Must outlive the channel's open life: abandon_channel() before it goes.
class ChannelSource {
 public:
  // The channel while a task waits on it, else null. A channel nobody waits for may be collected without notice: whoever is not
  // called by way of the channel reaches it only so.
  Channel* waited_for = nullptr;
  // Is an item there? For mailbox views `arrival` receives the number of the oldest item (smaller is older), by which select
  // chooses among mailbox channels; others leave it alone.
  virtual bool ready(uint64_t& arrival) noexcept = 0;
  // Pushes the oldest item and forgets it, after making sure of the stack; only when ready(). May raise (then the item stays or is lost, as the source
  // decides) and may close the channel. [-0, +1, e]
  virtual void take(lua_State* L) = 0;
  // Takes part in select's oldest-first rule.
  virtual bool is_mailbox() const noexcept { return false; }

 protected:
  ChannelSource() = default;
  ~ChannelSource() = default;
};

struct WaiterList {
  Waiter* first = nullptr;
  Waiter* last = nullptr;
  bool empty() const noexcept { return first == nullptr; }
  void push_back(Waiter* w) noexcept;
  void remove(Waiter* w) noexcept;
};

struct Channel {
  ChannelSource* source = nullptr;
  uint32_t capacity = 0;
  uint32_t count = 0;  // buffered
  uint32_t head = 0;   // position of the oldest, 0 … capacity - 1
  bool closed = false;
  WaiterList receivers;
  WaiterList senders;
};

// Takes a waiter out of its channel's queue; not linked: nothing.
void unlink_waiter(Waiter& waiter) noexcept;

// Pushes a new channel. `source` null: an ordinary one. [-0, +1, m]
Channel* new_channel(lua_State* L, uint32_t capacity, ChannelSource* source);
// The channel at `index`, or null when it is something else. [-0, +0, m]
Channel* to_channel(lua_State* L, int index);
// Raises "channel expected". [-0, +0, v]
Channel* check_channel(lua_State* L, int index);

// The source goes: closes `channel`, which never asks it again; scripts may find it after its owner's finalizer, as a key of a weak
// table. Null: nothing. [-0, +0, -]
void abandon_channel(Channel* channel) noexcept;

// Wakes all blocked users; buffered values stay receivable, a source is not asked any more (its items stay with it).
// Closing again does nothing. May be called between tasks. [-0, +0, -]
void close_channel(Channel* channel) noexcept;

// The source of `channel` got an item (one call per item, or when it became ready for another reason): lets the oldest
// blocked receiver try again. May be called between tasks.
void notify(Channel* channel) noexcept;

// The library: channel.new and channel.select. [-0, +1, m]
int open_channel(lua_State* L);

// --- for host functions that wait on several channels and a timer (process.receive)

// Blocks until one of the channels may have something, or `ref` is woken otherwise. `channels` live on the caller's stack;
// reserve_waiters(L, n) comes first. The continuation looks at wake_outcome(L): i >= 0 means channels[i] may be ready or was
// closed (try again, then pass_on(channels[i])). Only for channels with a source: a sender's value would be lost. [-0, +0, -]
int block_on_channels(lua_State* L, WakeRef ref, Channel* const* channels, uint32_t n, WaitReason reason,
                      lua_KContext ctx, lua_KFunction k);
// After a wake-up by notify(), when done: if there is still an item, the next receiver may try. [-0, +0, -]
void pass_on(Channel* channel) noexcept;

}  // namespace wippy::lua
