// The actors of a swarm run. Each follows its script, checks what it gets against the board, and then serves or ends.
#include <stdexcept>

#include "board.hpp"
#include "mailbox/values.hpp"
#include "runtime/process/upgrade.hpp"

namespace wippy::swarm {

namespace {

constexpr uint32_t kNumberShift = 32;
constexpr std::size_t kBigBytes[] = {100, 3000, 5000};  // a larger slab class, the largest, a shared buffer

// Only these may come from a request that was refused, or whose other side is gone.
bool fair(const Status& s) { return s.ok() || s.kind == ErrorKind::kNotFound || s.kind == ErrorKind::kUnavailable; }

std::size_t body_bytes(Board& b, Actor& me) {
  return me.random.below(1000) < b.plan().big_pm ? kBigBytes[me.random.below(3)] : 0;
}

// A message with sender and position; the ledger counts it before the receiver can.
Status send_one(Board& b, Context& self, Actor& me, Actor& to) {
  const std::size_t pad = body_bytes(b, me);
  const auto stamp = static_cast<int64_t>(uint64_t{me.number} << kNumberShift | me.with(to.number).sent);
  ++me.with(to.number).sent;
  ++b.attempted;
  Status s;
  if (pad == 0) {
    s = send(self, to.pid, "m", stamp);
  } else {
    const std::string filler(pad, 'x');
    ValueWriter w;
    w.reset_body("m", 2);
    w.integer(stamp);
    w.string(filler.data(), filler.size());
    s = w.finish();
    if (s.ok()) s = self.send(to.pid, w.view().data(), w.view().size());
  }
  if (s.ok()) return s;
  --me.with(to.number).sent;
  if (s.kind != ErrorKind::kNotFound) --b.attempted;
  return s;
}

void take_message(Board& b, Actor& me, const Message& m) {
  ++b.received;
  const auto stamp = static_cast<uint64_t>(m.integer());
  const auto number = static_cast<uint32_t>(stamp >> kNumberShift);
  b.that(m.topic() == "m" && number < b.size(), "a message is whole");
  if (number >= b.size()) return;
  b.that(b.at(number).pid == m.from(), "a message names its sender");
  b.that(me.with(number).got == static_cast<uint32_t>(stamp), "messages of one sender come in order, each once");
  ++me.with(number).got;
}

std::string text_of_reason(const Message& m) {
  ValueReader r;
  r.open_value(m.body());
  const ValueItem& item = r.next();
  return item.token == Token::kError ? std::string(item.text) : std::string("?");
}

// What a reason says, and that everybody hears the same: there is one exit.
void check_reason(Board& b, Actor& from, const Message& m) {
  const std::string text = m.abnormal() ? text_of_reason(m) : "-";
  if (from.end_reason.empty()) from.end_reason = text;
  b.that(from.end_reason == text, "all who are told of an end hear the same reason");
  b.that(text != "linked process failed" || !from.traps, "no link kills who traps");
  b.that(text != "cancel deadline exceeded" || from.given_deadline || b.stopping,
         "a deadline kills whom it was given to");
}

void take_exit(Board& b, Actor& me, const Message& m) {
  Actor* from = b.find(m.from());
  b.that(from != nullptr, "an EXIT names a process");
  if (from == nullptr) return;
  Actor::Other& o = me.with(from->number);
  b.that(from->gone, "an EXIT comes after the end");
  b.that(++o.exits == 1, "one EXIT for a process");
  b.that(o.monitored, "an EXIT comes to who monitors");
  b.that(o.got == from->with(me.number).sent, "an EXIT comes after everything that was sent before");
  b.that(m.abnormal() || from->claims_normal_end, "an EXIT says how it ended");
  b.that(!o.unwatched, "no EXIT comes after unmonitor");
  check_reason(b, *from, m);
  o.watched = false;
}

void take_link_down(Board& b, Actor& me, const Message& m) {
  Actor* from = b.find(m.from());
  b.that(from != nullptr, "a LINK_DOWN names a process");
  if (from == nullptr) return;
  Actor::Other& o = me.with(from->number);
  b.that(from->gone && m.abnormal(), "a LINK_DOWN comes after a failure");
  b.that(++o.downs == 1, "one LINK_DOWN for a process");
  b.that(!o.watched, "a process's EXIT comes before its LINK_DOWN");
  b.that(o.got == from->with(me.number).sent, "a LINK_DOWN comes after everything that was sent before");
  check_reason(b, *from, m);
}

void take(Board& b, Actor& me, const Message& m) {
  switch (m.kind()) {
    case SignalKind::kMessage: return take_message(b, me, m);
    case SignalKind::kExit: return take_exit(b, me, m);
    case SignalKind::kLinkDown: return take_link_down(b, me, m);
    case SignalKind::kCancel: me.cancelled = true; return;
    default: b.broken("no signal comes that nobody waits for");
  }
}

// --- operations that need no waiting

void do_spawn(Board& b, Context& self, Actor& me) {
  if (me.children_left == 0) return;
  --me.children_left;
  Actor& child = b.create();
  child.children_left = 0;
  child.ops = 1 + me.random.below(me.ops);
  SpawnOptions o;
  o.host = &b.hosts[me.random.below(static_cast<uint32_t>(b.hosts.size()))]->core();
  o.monitor = me.random.below(2) == 0;
  o.link = me.random.below(2) == 0;
  if (me.random.below(4) == 0) o.entry_id = "swarm:child";
  me.with(child.number);
  const SpawnResult r = spawn_native(self, o, actor, &b, child.number, Ticket(b, child));
  b.that(fair(r.status), "a spawn says why it is refused");
  if (!r.status.ok()) return b.that(r.pid.value == 0 && r.watch_ref == 0, "a refused spawn has no pid");
  child.pid = r.pid;
  if (o.monitor) me.with(child.number).watched = me.with(child.number).monitored = true;
  if (o.link) me.with(child.number).linked = true;
}

void do_unmonitor(Board& b, Context& self, Actor& me, Actor& to) {
  const Status s = self.unmonitor(to.pid);
  b.that(fair(s), "an unmonitor says why it is refused");
  if (!s.ok()) return;
  Actor::Other& o = me.with(to.number);
  if (o.watched && !to.gone) o.unwatched = true;
  o.watched = false;
}

void do_monitor(Board& b, Context& self, Actor& me, Actor& to) {
  if (to.number == me.number) return;
  while (me.random.below(2) == 0 && !me.with(to.number).watched) {  // whoever is about to end meets more of them
    if (!self.monitor(to.pid).ok()) break;
    me.with(to.number).watched = me.with(to.number).monitored = true;
    me.with(to.number).unwatched = false;
    do_unmonitor(b, self, me, to);
  }
  const Status s = self.monitor(to.pid);
  Actor::Other& o = me.with(to.number);
  if (s.kind == ErrorKind::kAlreadyExists) return b.that(o.watched, "only a second monitor is refused as one");
  b.that(fair(s), "a monitor says why it is refused");
  if (!s.ok()) return;
  b.that(!o.watched, "no second monitor on the same process");
  o.watched = o.monitored = true;
  o.unwatched = false;
}

void do_link(Board& b, Context& self, Actor& me, Actor& to, bool on) {
  if (to.number == me.number) return;
  const Status s = on ? self.link(to.pid) : self.unlink(to.pid);
  b.that(fair(s), "a link says why it is refused");
  if (!s.ok()) return;
  me.with(to.number).linked = on;
  if (!on) me.with(to.number).cut = true;
}

void do_name(Board& b, Context& self, Actor& me, Actor& to) {
  const std::string name = name_at(me.random.below(kNames));
  for (uint32_t i = me.random.below(3); i < 3;
       ++i) {  // the more names, the more of them are given to somebody who ends
    const Status s = self.register_name(i == 2 ? name : name_at(me.random.below(kNames)), to.pid);
    b.that(fair(s) || s.kind == ErrorKind::kAlreadyExists, "a registration says why it is refused");
  }
  const Pid owner = self.lookup_name(name);
  b.that(owner.value == 0 || b.find(owner) != nullptr, "a name leads to a process");
}

void do_storm(Board& b, Context& self, Actor& me, Actor& to) {
  for (uint32_t i = 0; i < b.plan().storm; ++i) static_cast<void>(send_one(b, self, me, to));
}

void do_now(Op op, Board& b, Context& self, Actor& me) {
  // Half of the time one of the youngest: they end soonest.
  const uint32_t young = me.random.below(2) == 0 && b.size() > 3 ? b.size() - 3 : 0;
  Actor& to = b.at(young + me.random.below(b.size() - young));
  if (to.pid.value == 0) return;
  switch (op) {
    case Op::kSend: return b.that(fair(send_one(b, self, me, to)), "a send says why it is refused");
    case Op::kSpawn: return do_spawn(b, self, me);
    case Op::kLink: return do_link(b, self, me, to, true);
    case Op::kUnlink: return do_link(b, self, me, to, false);
    case Op::kMonitor: return do_monitor(b, self, me, to);
    case Op::kUnmonitor: return do_unmonitor(b, self, me, to);
    case Op::kTrap: me.traps = me.random.below(2) == 0; return self.set_trap_links(me.traps);
    case Op::kName: return do_name(b, self, me, to);
    case Op::kUnname: return static_cast<void>(self.unregister_name(name_at(me.random.below(kNames))));
    case Op::kCancel: {
      const uint64_t deadline_ns = me.random.below(2) == 0 ? 0 : 20'000 + me.random.below(500'000);
      to.given_deadline |= deadline_ns != 0;
      return b.that(fair(self.cancel(to.pid, deadline_ns)), "a cancel says why it is refused");
    }
    case Op::kTerminate: return b.that(fair(self.terminate(to.pid)), "a terminate says why it is refused");
    case Op::kStorm: return do_storm(b, self, me, to);
    default: return;
  }
}

Op draw(Board& b, Actor& me) {
  for (;;) {
    const auto op = static_cast<Op>(me.random.below(kOps));
    if ((b.plan().mix & bit(op)) != 0) return op;
  }
}

std::string answer(void* number) {
  for (int i = 0; i < 20; ++i) cpu_relax();
  return "answer " + std::to_string(reinterpret_cast<uintptr_t>(number));
}

void end_by_failure(Context& self, Actor& me) {
  if (me.random.below(2) == 0) throw std::runtime_error("meant to fail");
  self.finish(ExitReason::failure(ErrorKind::kInternal, "meant to fail"));
}

// What the next machine must not hear of: a timer, a call, a private watch; and a drain, so that some of it may be kept.
void leave_requests(Board& b, Context& self, Actor& me) {
  if (me.random.below(2) == 0) static_cast<void>(self.start_timer(1 + me.random.below(50'000)));
  if (me.random.below(2) == 0) static_cast<void>(self.call(answer, nullptr, nullptr));
  Actor& to = b.at(me.random.below(b.size()));
  if (to.pid.value == 0 || to.number == me.number) return;
  uint64_t ref = 0;
  // Without memory for the UNWATCH the target keeps its entry, which the checkers would see.
  if (b.plan().famine == 0 && me.random.below(2) == 0) static_cast<void>(self.watch(to.pid, ref));
  if (me.random.below(2) == 0) do_link(b, self, me, to, false);
}

bool upgrades_now(Board& b, Actor& me) {
  return b.plan().upgrade_pm != 0 && me.random.below(1000) < b.plan().upgrade_pm;
}

}  // namespace

Behavior actor(Context& self, Board* board, uint32_t number, Ticket ticket) {
  Board& b = *board;
  Actor& me = b.at(number);
  me.pid = self.pid();
  me.serving = false;
  while (me.done < me.ops && !me.cancelled) {
    ++me.done;
    const Op op = draw(b, me);
    if (op == Op::kReceive) {
      if (Message m = co_await receive_for(self, 1 + me.random.below(200'000))) take(b, me, m);
    } else if (op == Op::kYield) {
      co_await yield(self);
    } else if (op == Op::kSleep) {
      co_await sleep_for(self, 1 + me.random.below(100'000));
    } else if (op == Op::kCall) {
      const uintptr_t question = me.random.below(1'000'000);
      Message m = co_await call(self, answer, reinterpret_cast<void*>(question), nullptr);
      b.that(!m || m.body() == "answer " + std::to_string(question), "a call gets its own answer");
    } else {
      do_now(op, b, self, me);
    }
    if (upgrades_now(b, me)) {
      leave_requests(b, self, me);
      co_await become(self, actor, board, number, std::move(ticket));
    }
  }
  ticket.script_over();
  const uint32_t end = me.random.below(1000);
  if (end < b.plan().fail_pm) {
    end_by_failure(self, me);
    co_return;
  }
  me.claims_normal_end = end < b.plan().fail_pm + b.plan().leave_pm;
  if (me.claims_normal_end) co_return;
  for (;; ++me.served) {
    me.serving = true;
    Message m = co_await receive(self);
    take(b, me, m);
    if (me.cancelled && !me.stubborn) break;
    me.serving = !me.slow || me.served >= 20;
    if (!me.serving) co_await sleep_for(self, 200'000);
    if (upgrades_now(b, me)) {
      ++me.served;
      co_await become(self, actor, board, number, std::move(ticket));
    }
  }
  me.claims_normal_end = true;
}

}  // namespace wippy::swarm
