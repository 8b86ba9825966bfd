#include "lua/timers.hpp"

#include <new>

#include "lua/channel.hpp"
#include "lua/machine.hpp"
#include "lua/resource_user.hpp"
#include "lua/time_object.hpp"
#include "scheduler/clock.hpp"

namespace wippy::lua {

namespace {

constexpr int kChannelSlot = 1;  // user value of the timer: its channel
constexpr int kOwnerSlot = 1;    // user value of the channel: its timer (a channel with a source has no buffer there)
constexpr uint32_t kMaxUnread = 16;

// Lies in the machine's arena (lua/resource_user.hpp), followed by `capacity` instants. The registration with the machine points to
// it until the signal comes, stop() or __gc.
class TimerObject final : public ChannelSource {
 public:
  TimerObject(int64_t period_ns, uint32_t capacity) noexcept : period_ns_(period_ns), capacity_(capacity) {}

  // False: out of memory.
  bool start(LuaMachine& machine, int64_t ns) noexcept {
    due_ns_ = deadline_after(monotonic_ns(), static_cast<uint64_t>(ns));
    return arm(machine, static_cast<uint64_t>(ns));
  }
  bool pending() const noexcept { return id_ != 0; }
  bool is_ticker() const noexcept { return period_ns_ != 0; }
  void stop(lua_State* L) noexcept {
    if (id_ != 0) stop_timer(L, id_);
    id_ = 0;
  }
  static std::size_t bytes(uint32_t capacity) noexcept { return sizeof(TimerObject) + capacity * sizeof(Instant); }
  std::size_t bytes() const noexcept { return bytes(capacity_); }
  Channel* channel = nullptr;  // only for calls by way of it or of the userdata, which hold each other

  bool ready(uint64_t&) noexcept override { return unread_ != 0; }
  void take(lua_State* L) override {
    luaL_checkstack(L, 4, nullptr);
    push_time(L, ticks()[first_], Zone::Kind::kLocal);
    first_ = (first_ + 1) % capacity_;
    --unread_;
    if (period_ns_ == 0) close_channel(channel);
  }

 private:
  bool arm(LuaMachine& machine, uint64_t delay_ns) noexcept {
    const uint64_t id = machine.context().start_timer(delay_ns);
    if (id == 0) return false;
    if (!expect(machine.main_state(), SignalKind::kTimer, id, fired, this)) {
      machine.context().stop_timer(id);
      return false;
    }
    id_ = id;
    return true;
  }

  static void fired(LuaMachine& machine, Signal* s, void* self) noexcept {
    machine.context().release(s);
    static_cast<TimerObject*>(self)->tick(machine);
  }

  void tick(LuaMachine& machine) noexcept {
    id_ = 0;
    const Instant here = instant_now();
    const uint64_t now = here.monotonic_ns;
    if (unread_ < capacity_) {
      ticks()[(first_ + unread_) % capacity_] = here;
      ++unread_;
    }
    if (period_ns_ != 0) {
      const auto period = static_cast<uint64_t>(period_ns_);
      due_ns_ = deadline_after(due_ns_, period);
      if (due_ns_ <= now) due_ns_ += (now - due_ns_) / period * period + period;  // ticks that were missed are dropped
      static_cast<void>(arm(machine, due_ns_ - now));                             // out of memory: the ticker ends
    }
    if (waited_for != nullptr) notify(waited_for);
  }

  Instant* ticks() noexcept { return reinterpret_cast<Instant*>(this + 1); }

  int64_t period_ns_;  // 0: one shot
  uint64_t due_ns_ = 0;
  uint64_t id_ = 0;  // 0: not pending
  uint32_t unread_ = 0;
  uint32_t first_ = 0;
  uint32_t capacity_;
};

// Null: neither timer nor ticker.
TimerObject* to_timer(lua_State* L) {
  auto* t = to_resource<TimerObject>(L, 1, kTimerType);
  return t != nullptr ? t : to_resource<TimerObject>(L, 1, kTickerType);
}

TimerObject& self_of(lua_State* L) {
  TimerObject* const t = to_timer(L);
  return t != nullptr ? *t : check_resource<TimerObject>(L, 1, kTimerType);  // which raises
}

int timer_gc(lua_State* L) {
  TimerObject* const t = resource_at<TimerObject>(L, 1);
  if (t == nullptr) return 0;
  t->stop(L);
  abandon_channel(t->channel);
  machine_of(L).deallocate(t, t->bytes());
  resource_slot<TimerObject>(L, 1) = nullptr;
  return 0;
}

int timer_channel(lua_State* L) {
  self_of(L);
  lua_getiuservalue(L, 1, kChannelSlot);
  return 1;
}

// True when it had not fired (one shot) or at all (ticker). The channel is closed either way. [-1, +1, v]
int timer_stop(lua_State* L) {
  TimerObject& t = self_of(L);
  lua_pushboolean(L, t.pending() || t.is_ticker());
  t.stop(L);
  close_channel(t.channel);
  return 1;
}

int timer_reset(lua_State* L) {
  auto& t = check_resource<TimerObject>(L, 1, kTimerType);
  int64_t ns = 0;
  if (to_duration(L, 2, 1, ns) != DurationArgument::kOk || ns <= 0) return luaL_argerror(L, 2, "duration must be > 0");
  const bool pending = t.pending();
  if (pending) {
    t.stop(L);
    if (!t.start(machine_of(L), ns)) return luaL_error(L, "not enough memory for a timer");
  }
  lua_pushboolean(L, pending);
  return 1;
}

constexpr LibraryEntry kTimerMethods[] = {
    {"response", timer_channel}, {"channel", timer_channel}, {"stop", timer_stop},
    {"reset", timer_reset},      {nullptr, nullptr},
};
constexpr LibraryEntry kTickerMethods[] = {
    {"response", timer_channel},
    {"channel", timer_channel},
    {"stop", timer_stop},
    {nullptr, nullptr},
};

template <const LibraryEntry* methods>
void fill(lua_State* L) {
  set_methods(L, methods);
  set_function(L, "__gc", timer_gc);
}

}  // namespace

const UserType kTimerType = {"timer", fill<kTimerMethods>};
const UserType kTickerType = {"ticker", fill<kTickerMethods>};

void push_timer(lua_State* L, int64_t ns, bool periodic) {
  const uint32_t capacity = periodic ? kMaxUnread : 1;
  void* const place = new_resource_place(L, periodic ? kTickerType : kTimerType, TimerObject::bytes(capacity), 1);
  auto* const t = ::new (place) TimerObject(periodic ? ns : 0, capacity);
  resource_slot<TimerObject>(L, -1) = t;
  t->channel = new_channel(L, 0, t);
  lua_pushvalue(L, -2);
  lua_setiuservalue(L, -2, kOwnerSlot);
  lua_setiuservalue(L, -2, kChannelSlot);
  if (!t->start(machine_of(L), ns)) luaL_error(L, "not enough memory for a timer");
}

void push_after(lua_State* L, int64_t ns) {
  push_timer(L, ns, false);
  lua_getiuservalue(L, -1, kChannelSlot);
  lua_remove(L, -2);
}

}  // namespace wippy::lua
