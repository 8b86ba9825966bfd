// The mailbox as a script sees it: one ordered mailbox, shown through the channels of inbox(), events() and listen()
// (spec/process.md §1.10).
//
// Every item waits in one queue: events in one, messages in the queue of their topic. Messages of topics that nobody listens
// to are also in the list of unclaimed mail, in order of arrival, which is what the inbox shows. Whose item it is, is decided
// when it is taken: listen() takes the topic's messages off the unclaimed list, unlisten() merges them back.
// Arrival, taking and claiming cost the same however much other mail there is; unlisten() with mail left passes what has come
// since the oldest of it.
//
// Memory: the machine's arena. Owner: the worker that runs the process. Signals are the router's from on_signal on.
#pragma once

#include <cstdint>
#include <string_view>

#include <lua5.4/lua.hpp>

#include "lua/channel.hpp"
#include "lua/hooks.hpp"

namespace wippy::lua {

class LuaMachine;
class MailRouter;
struct Topic;

struct MailItem {
  Signal* signal = nullptr;
  uint64_t arrival = 0;
  int64_t at_unix_s = 0;     // events only
  MailItem* next = nullptr;  // in its queue
  MailItem* unclaimed_next = nullptr;
  MailItem* unclaimed_previous = nullptr;
  Topic* topic = nullptr;  // null: an event
};

struct MailQueue {
  MailItem* first = nullptr;
  MailItem* last = nullptr;
  void push(MailItem* item) noexcept {
    item->next = nullptr;
    (last != nullptr ? last->next : first) = item;
    last = item;
  }
  void pop() noexcept {
    first = first->next;
    if (first == nullptr) last = nullptr;
  }
};

// One channel onto the mailbox. The channel object is made when it is asked for and stays the same until it is closed.
class MailView : public ChannelSource {
 public:
  bool is_mailbox() const noexcept final { return true; }
  bool open() const noexcept { return channel_ != nullptr && !channel_->closed; }
  Channel* channel() const noexcept { return channel_; }
  // Pushes the channel, a new one if none is open; true: it is new. [-0, +1, m]
  bool push_channel(lua_State* L);
  // Closes the channel and forgets it. [-0, +0, -]
  void close(lua_State* L) noexcept;

 protected:
  explicit MailView(MailRouter& router) noexcept : router_(router) {}
  ~MailView() = default;
  MailRouter& router_;

 private:
  Channel* channel_ = nullptr;
  int anchor_ = 0;
};

class EventsView final : public MailView {
 public:
  explicit EventsView(MailRouter& r) noexcept : MailView(r) {}
  bool ready(uint64_t& arrival) noexcept override;
  void take(lua_State* L) override;
};

class InboxView final : public MailView {
 public:
  explicit InboxView(MailRouter& r) noexcept : MailView(r) {}
  bool ready(uint64_t& arrival) noexcept override;
  void take(lua_State* L) override;
};

// A topic that somebody listens to or that has mail.
struct Topic final : MailView {
  Topic(MailRouter& r, std::string_view name_in, std::size_t hash_in) noexcept
      : MailView(r), name(name_in), hash(hash_in) {}
  bool ready(uint64_t& arrival) noexcept override;
  void take(lua_State* L) override;

  std::string_view name;
  std::size_t hash;
  Topic* next = nullptr;  // in its bucket
  MailQueue queue;
  bool claimed = false;  // listened to: its items are not in the unclaimed list
  bool message_mode = false;
};

class MailRouter final : public SignalSink {
 public:
  // LuaHooks::make_sink of the standard hooks.
  static SignalSink* make(LuaMachine& machine) noexcept;
  // The router of a process with these hooks, made on first use; null: out of memory.
  static MailRouter* of(LuaMachine& machine) noexcept;

  void on_signal(LuaMachine& machine, Signal* s) noexcept override;
  void close(LuaMachine& machine, bool killed) noexcept override;
  bool drop_oldest_message() noexcept override;
  void each_message(void (*show)(void* arg, const Signal&), void* arg) noexcept override;
  void inspect(Inspection& out) noexcept override;

  EventsView& events() noexcept { return events_; }
  InboxView& inbox() noexcept { return inbox_; }

  // Pushes the channel of `topic`. [-0, +1, e]
  void push_listener(lua_State* L, std::string_view topic, bool message_mode);
  // False: `channel` is no open view of this mailbox. [-0, +0, -]
  bool unlisten(lua_State* L, Channel* channel) noexcept;

 private:
  friend class EventsView;
  friend class InboxView;
  friend struct Topic;
  static constexpr uint32_t kFirstBuckets = 8;
  static constexpr uint32_t kIdleTopics = 8;

  explicit MailRouter(LuaMachine& machine) noexcept : machine_(machine), events_(*this), inbox_(*this) {}
  ~MailRouter() = default;

  void add_event(Signal* s) noexcept;
  void add_message(Signal* s) noexcept;
  MailItem* new_item(Signal* s) noexcept;
  void drop_item(MailItem* item) noexcept;

  // Null: out of memory. A topic that is the last one again is not looked for.
  Topic* topic_of(std::string_view name) noexcept;
  Topic* find_topic(std::string_view name, std::size_t hash) noexcept;
  Topic* make_topic(std::string_view name, std::size_t hash) noexcept;
  bool grow_buckets() noexcept;
  void release_if_idle(Topic* topic) noexcept;
  void claim(Topic& topic) noexcept;
  void unclaim(Topic& topic) noexcept;
  void unclaimed_insert(MailItem* item, MailItem* before) noexcept;
  void unclaimed_remove(MailItem* item) noexcept;
  // A message was taken from the head of its topic's queue.
  void message_taken(MailItem* item) noexcept;
  MailItem* oldest_message() noexcept;
  MailItem* all_items() noexcept;

  LuaMachine& machine_;
  EventsView events_;
  InboxView inbox_;
  MailQueue event_queue_;
  MailItem* unclaimed_first_ = nullptr;
  MailItem* unclaimed_last_ = nullptr;
  Topic* last_topic_ = nullptr;
  Topic** buckets_ = nullptr;
  uint32_t bucket_count_ = 0;
  uint32_t topic_count_ = 0;
  uint64_t next_arrival_ = 1;
};

}  // namespace wippy::lua
