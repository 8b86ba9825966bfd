// The events module (host.md §10.6): the event bus of the runtime.
//
// Who keeps whom: the subscription and its channel refer to each other, the machine's registration refers to neither; a
// subscription that no script can reach any more ends with its collection.
#include "lua/channel.hpp"
#include "lua/error_object.hpp"
#include "lua/held.hpp"
#include "lua/library.hpp"
#include "lua/machine.hpp"
#include "lua/permission.hpp"
#include "lua/process_args.hpp"
#include "lua/state.hpp"
#include "lua/task.hpp"
#include "lua/values_lua.hpp"
#include "runtime/events/event_bus.hpp"
#include "runtime/process/worker_procs.hpp"

namespace wippy::lua {

namespace {

constexpr int kChannelSlot = 1;  // user value of the subscription
constexpr int kOwnerSlot = 1;    // user value of the channel

class EventSource final : public ChannelSource {
 public:
  EventSource() noexcept = default;
  ~EventSource() { end(); }

  // False: out of memory.
  bool start(lua_State* L, EventBus& bus, std::string_view system, std::string_view kind) noexcept {
    Context& self = context_of(L);
    ref_ = WorkerProcs::current().new_ref();
    if (!expect(L, SignalKind::kCompletion, ref_, told, this)) return false;
    bus_ = &bus;
    subscription_ = bus.subscribe(system, kind, {self.pid(), ref_, self.upgrades()});
    if (subscription_ == nullptr) static_cast<void>(forget(L, SignalKind::kCompletion, ref_));
    return subscription_ != nullptr;
  }
  // Asked by way of the channel.
  bool ready(uint64_t&) noexcept override {
    if (lost_) close_channel(channel);
    return subscription_ != nullptr && bus_->waiting(*subscription_) != 0;
  }
  void take(lua_State* L) override {
    luaL_checkstack(L, 8, nullptr);
    current_ = bus_->take(*subscription_);
    if (current_ == nullptr) return lua_pushnil(L);
    lua_createtable(L, 0, 4);
    set(L, "system", current_->system);
    set(L, "kind", current_->kind);
    set(L, "path", current_->path);
    if (!current_->data.empty()) {
      push_value(L, current_->data);
      lua_setfield(L, -2, "data");
    }
    current_.reset();
  }
  uint64_t dropped() const noexcept { return subscription_ == nullptr ? 0 : bus_->dropped(*subscription_); }
  void stop(lua_State* L) noexcept {
    if (subscription_ != nullptr) static_cast<void>(forget(L, SignalKind::kCompletion, ref_));
    end();
  }
  Channel* channel = nullptr;  // only for calls by way of it or of the userdata, which hold each other

 private:
  static void set(lua_State* L, const char* field, const std::string& text) {
    lua_pushlstring(L, text.data(), text.size());
    lua_setfield(L, -2, field);
  }
  static void told(LuaMachine& machine, Signal* s, void* self) noexcept {
    machine.context().release(s);
    auto& me = *static_cast<EventSource*>(self);
    if (!expect(machine.main_state(), SignalKind::kCompletion, me.ref_, told, self)) {
      me.end();
      me.lost_ = true;
      if (me.waited_for != nullptr) close_channel(me.waited_for);
      return;
    }
    // A task that is woken waits no more.
    for (std::size_t n = me.bus_->rearm(*me.subscription_); n > 0 && me.waited_for != nullptr; --n)
      notify(me.waited_for);
  }
  void end() noexcept {
    if (subscription_ != nullptr) bus_->unsubscribe(*subscription_);
    subscription_.reset();
  }

  EventBus* bus_ = nullptr;
  std::shared_ptr<EventBus::Subscription> subscription_;
  std::shared_ptr<const Event> current_;  // being pushed: a Lua error may leave take()
  uint64_t ref_ = 0;
  bool lost_ = false;  // no memory for the next signal: over, as the next one to ask learns
};

int subscription_gc(lua_State* L);
extern const LibraryEntry kSubscriptionMethods[];
void fill_subscription(lua_State* L) {
  set_methods(L, kSubscriptionMethods);
  set_function(L, "__gc", subscription_gc);
}
const UserType kSubscriptionType = {"event subscription", fill_subscription};

int subscription_gc(lua_State* L) {
  auto* const held = resource_at<Held<EventSource>>(L, 1);
  if (held != nullptr) {
    held->value.stop(L);
    abandon_channel(held->value.channel);
  }
  return collect_held<EventSource>(L);
}

// subscription:channel() [-1, +1, v]
int subscription_channel(lua_State* L) {
  check_user(L, 1, kSubscriptionType);
  lua_getiuservalue(L, 1, kChannelSlot);
  return 1;
}

// subscription:close() -> true. What waits is dropped. [-1, +1, v]
int subscription_close(lua_State* L) {
  EventSource& source = check_held<EventSource>(L, 1, kSubscriptionType);
  source.stop(L);
  close_channel(source.channel);
  lua_pushboolean(L, 1);
  return 1;
}

// subscription:dropped() -> number of events lost because nobody took them [-1, +1, v]
int subscription_dropped(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(check_held<EventSource>(L, 1, kSubscriptionType).dropped()));
  return 1;
}

constexpr LibraryEntry kSubscriptionMethods[] = {
    {"channel", subscription_channel},
    {"close", subscription_close},
    {"dropped", subscription_dropped},
    {nullptr, nullptr},
};

int no_bus(lua_State* L) { return return_error(L, ErrorKind::kUnavailable, "no event bus here"); }

// events.subscribe(system[, kind]) -> subscription | nil, error [-n, +(1|2), e]
int events_subscribe(lua_State* L) {
  std::string_view system;
  std::string_view kind = "*";
  if (!text_argument(L, 1, system) || system.empty())
    return return_error(L, ErrorKind::kInvalid, "events.subscribe: a system is required");
  if (!lua_isnoneornil(L, 2) && (!text_argument(L, 2, kind) || kind.empty()))
    return return_error(L, ErrorKind::kInvalid, "events.subscribe: the kind must be a non-empty string");
  EventBus* const bus = root_of(L).hooks->events;
  if (bus == nullptr) return no_bus(L);
  if (!check_published(L, "events.subscribe")) return 2;
  if (!permitted(L, "events.subscribe", system, "not allowed to subscribe to events from system: ")) return 2;
  EventSource& source = push_held<EventSource>(L, kSubscriptionType, 1);
  source.channel = new_channel(L, 0, &source);
  lua_pushvalue(L, -2);
  lua_setiuservalue(L, -2, kOwnerSlot);
  lua_setiuservalue(L, -2, kChannelSlot);
  if (!source.start(L, *bus, system, kind))
    return return_error(L, ErrorKind::kUnavailable, "not enough memory for a subscription", true);
  return 1;
}

// events.send(system, kind, path[, data]) -> true | nil, error [-n, +(1|2), e]
int events_send(lua_State* L) {
  std::string_view system;
  std::string_view kind;
  std::string_view path;
  lua_settop(L, 4);
  if (!text_argument(L, 1, system) || system.empty())
    return return_error(L, ErrorKind::kInvalid, "events.send: a system is required");
  if (!text_argument(L, 2, kind) || kind.empty())
    return return_error(L, ErrorKind::kInvalid, "events.send: a kind is required");
  if (!text_argument(L, 3, path)) return return_error(L, ErrorKind::kInvalid, "events.send: a path is required");
  EventBus* const bus = root_of(L).hooks->events;
  if (bus == nullptr) return no_bus(L);
  if (!permitted(L, "events.send", system, "not allowed to send events to system: ")) return 2;
  std::string_view data;
  if (!lua_isnil(L, 4)) {
    EncodeResult result;
    if (!push_encoding(L, nullptr, 4, 1, result)) return return_encode_error(L, result, "send");
    std::size_t size = 0;
    const char* const bytes = lua_tolstring(L, -1, &size);
    data = {bytes, size};
    if (size > EventBus::kMostEventBytes)
      return return_errorf(L, ErrorKind::kInvalid, "events.send: more than %d bytes of data",
                           static_cast<int>(EventBus::kMostEventBytes));
  }
  if (!bus->publish(system, kind, path, data))
    return return_error(L, ErrorKind::kUnavailable, "not enough memory for an event", true);
  lua_pushboolean(L, 1);
  return 1;
}

}  // namespace

constexpr LibraryEntry kEventsLibrary[] = {
    {"send", events_send},
    {"subscribe", events_subscribe},
    {nullptr, nullptr},
};

}  // namespace wippy::lua
