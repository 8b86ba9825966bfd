// send, inbox, events, listen, unlisten, receive (spec/process.md §1.3, §1.10).
#include <new>

#include "lua/duration.hpp"
#include "lua/error_object.hpp"
#include "lua/lib_process.hpp"
#include "lua/machine.hpp"
#include "lua/mail_router.hpp"
#include "lua/permission.hpp"
#include "lua/plain_body.hpp"
#include "lua/process_args.hpp"
#include "lua/values_lua.hpp"

namespace wippy::lua {

namespace {

MailRouter& router_of(lua_State* L) {
  MailRouter* const router = MailRouter::of(machine_of(L));
  if (router == nullptr) luaL_error(L, "not enough memory");
  return *router;
}

// wait: null where the script cannot block; a wait that is on leaves wait->timer set.
Status send_body(lua_State* L, Pid target, std::string_view body, SendWait* wait) noexcept {
  Context& context = context_of(L);
  return wait == nullptr ? context.send(target, body.data(), body.size())
                         : context.send_or_wait(target, body.data(), body.size(), *wait);
}

// Its own frame: the writer has a destructor and nothing in here raises. [-0, +0, -]
[[gnu::noinline]] EncodeResult encode_and_send(lua_State* L, Pid target, std::string_view topic, int count,
                                               SendWait* wait) noexcept {
  ValueWriter w;
  w.reset_body(topic, static_cast<uint32_t>(count));
  EncodeResult r = encode_values(L, w, 3, count, Untransferable::kRefuse);
  if (r.ok()) r.status = send_body(L, target, w.view(), wait);
  return r;
}

// The values from 3 on. [-0, +0, -]
EncodeResult send_values(lua_State* L, Pid target, std::string_view topic, SendWait* wait) noexcept {
  const int count = lua_gettop(L) - 2;
  PlainBody plain;
  if (!plain.make(L, topic, 3, count)) return encode_and_send(L, target, topic, count, wait);
  EncodeResult r;
  r.status = send_body(L, target, plain.view(), wait);
  return r;
}

// A send that waits for room in a bounded mailbox. From the machine's memory; a process that is killed meanwhile lets go of
// the message through its resource list.
struct PendingSend : Resource {
  Pid target;
  SendWait wait;
};

void release_pending(Resource* r, Context& context) noexcept {
  context.abandon_send(static_cast<PendingSend*>(r)->wait);
}

int send_woken(lua_State* L, int, lua_KContext key);

// [-0, +?, v]
int wait_for_room(lua_State* L, PendingSend* pending) {
  const WakeRef me = prepare_block(L);
  if (!expect(L, SignalKind::kTimer, pending->wait.timer, me)) return luaL_error(L, "not enough memory for a timer");
  tell_waits_for(L, {pending->target, pending->wait.timer});
  return block(L, WaitReason::kRoom, reinterpret_cast<lua_KContext>(pending), send_woken);
}

int send_woken(lua_State* L, int, lua_KContext key) {
  auto* const pending = reinterpret_cast<PendingSend*>(key);
  const Status status = context_of(L).send_again(pending->target, pending->wait);
  if (pending->wait.timer != 0) return wait_for_room(L, pending);
  LuaMachine& machine = machine_of(L);
  machine.remove_resource(pending);
  machine.deallocate(pending, sizeof(PendingSend));
  return return_done(L, status);
}

// [-0, +?, v]
int send_later(lua_State* L, Pid target, SendWait& wait) {
  LuaMachine& machine = machine_of(L);
  void* const block = machine.allocate(sizeof(PendingSend));
  if (block == nullptr) {
    context_of(L).abandon_send(wait);
    return luaL_error(L, "not enough memory");
  }
  auto* const pending = new (block) PendingSend;
  pending->release = release_pending;
  pending->target = target;
  pending->wait = wait;
  machine.add_resource(pending);
  return wait_for_room(L, pending);
}

}  // namespace

// process.send(destination, topic, ...)
int process_send(lua_State* L) {
  std::string_view topic;
  if (lua_gettop(L) < 2)
    return return_error(L, ErrorKind::kInvalid, "process.send: a destination and a topic are required");
  if (!text_argument(L, 2, topic))
    return return_error(L, ErrorKind::kInvalid, "process.send: the topic must be a string");
  if (!topic.empty() && topic.front() == '@') return return_error(L, ErrorKind::kInvalid, "cannot send to @ topics");
  Pid target;
  if (!destination_argument(L, "send", target)) return 2;
  if (!permitted_target(L, "process.send", target, "not allowed to send: ", topic)) return 2;
  SendWait wait;
  const EncodeResult r = send_values(L, target, topic, may_block(L) ? &wait : nullptr);
  if (wait.timer != 0) return send_later(L, target, wait);
  if (!r.ok()) return return_encode_error(L, r, "send");
  lua_pushboolean(L, 1);
  return 1;
}

int process_inbox(lua_State* L) {
  router_of(L).inbox().push_channel(L);
  return 1;
}

int process_events(lua_State* L) {
  router_of(L).events().push_channel(L);
  return 1;
}

// process.listen(topic[, {message = true}])
int process_listen(lua_State* L) {
  std::string_view topic;
  if (!text_argument(L, 1, topic))
    return return_error(L, ErrorKind::kInvalid, "process.listen: the topic must be a string");
  if (topic.empty()) return return_error(L, ErrorKind::kInvalid, "topic cannot be empty");
  if (topic.front() == '@') return return_error(L, ErrorKind::kInvalid, "cannot listen to @ topics");
  bool message_mode = false;
  if (lua_type(L, 2) == LUA_TTABLE) {
    message_mode = lua_getfield(L, 2, "message") == LUA_TBOOLEAN && lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
  } else if (!lua_isnoneornil(L, 2)) {
    return return_error(L, ErrorKind::kInvalid, "process.listen: options must be a table");
  }
  router_of(L).push_listener(L, topic, message_mode);
  return 1;
}

int process_unlisten(lua_State* L) {
  Channel* const channel = to_channel(L, 1);
  if (channel == nullptr) return return_false_error(L, ErrorKind::kInvalid, "process.unlisten: a channel is required");
  if (!router_of(L).unlisten(L, channel)) {
    return return_false_error(L, ErrorKind::kNotFound, "process.unlisten: channel is not subscribed");
  }
  lua_pushboolean(L, 1);
  return 1;
}

// --- receive

namespace {

// The stack of a process.receive: 1 the argument, 2 the events channel, 3 the inbox channel. The context of its continuation
// is the id of its timer, 0 for none.
int receive_step(lua_State* L, uint64_t timer);

int return_timeout(lua_State* L) {
  return return_status(L, Status::error(ErrorKind::kTimeout, "process.receive: timeout", true));
}

int receive_woken(lua_State* L, int, lua_KContext context) {
  const auto timer = static_cast<uint64_t>(context);
  if (wake_outcome(L) != Task::kAnswered) return receive_step(L, timer);
  return return_timeout(L);
}

// Pushes the older of the two oldest items; false: there is none. [-0, +(0|1), e]
bool take_oldest(lua_State* L, MailRouter& router) {
  uint64_t event_arrival = 0;
  uint64_t mail_arrival = 0;
  const bool event = router.events().ready(event_arrival);
  const bool mail = router.inbox().ready(mail_arrival);
  if (!event && !mail) return false;
  if (event && (!mail || event_arrival < mail_arrival)) {
    router.events().take(L);
  } else {
    router.inbox().take(L);
  }
  return true;
}

int receive_step(lua_State* L, uint64_t timer) {
  MailRouter& router = router_of(L);
  lua_settop(L, 1);
  router.events().push_channel(L);
  router.inbox().push_channel(L);
  if (take_oldest(L, router)) {
    if (timer != 0) stop_timer(L, timer);
    pass_on(router.events().channel());
    pass_on(router.inbox().channel());
    return 1;
  }
  // The timer was set for an earlier wait of this task: it is set for the new one. Not there any more: it has fired between
  // a wake-up by a channel and now.
  if (timer != 0 && !forget(L, SignalKind::kTimer, timer)) return return_timeout(L);
  const WakeRef me = prepare_block(L);
  if (timer != 0) static_cast<void>(expect(L, SignalKind::kTimer, timer, me));  // its place was just freed
  Channel* const channels[] = {router.events().channel(), router.inbox().channel()};
  return block_on_channels(L, me, channels, 2, WaitReason::kMessage, static_cast<lua_KContext>(timer), receive_woken);
}

}  // namespace

// process.receive([timeout]): numbers are milliseconds
int process_receive(lua_State* L) {
  lua_settop(L, 1);
  int64_t ns = -1;
  if (!lua_isnil(L, 1)) {
    if (to_duration(L, 1, 1'000'000, ns) != DurationArgument::kOk || ns < 0) {
      return return_error(L, ErrorKind::kInvalid, "process.receive: invalid timeout");
    }
  }
  MailRouter& router = router_of(L);
  router.events().push_channel(L);
  router.inbox().push_channel(L);
  if (take_oldest(L, router)) return 1;
  if (ns == 0) return return_timeout(L);
  check_may_block(L);
  reserve_waiters(L, 2);
  if (ns < 0) return receive_step(L, 0);
  const uint64_t timer = context_of(L).start_timer(static_cast<uint64_t>(ns));
  const WakeRef nobody{};
  if (timer == 0 || !expect(L, SignalKind::kTimer, timer, nobody))
    return luaL_error(L, "not enough memory for a timer");
  return receive_step(L, timer);
}

}  // namespace wippy::lua
