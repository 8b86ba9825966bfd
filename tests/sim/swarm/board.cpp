#include "board.hpp"

#include "runtime/process/process_ext.hpp"
#include "scheduler/clock.hpp"

namespace wippy::swarm {

std::string name_at(uint32_t i) { return "name-" + std::to_string(i); }

Actor& Board::create() {
  auto a = std::make_unique<Actor>();
  a->number = size();
  // A stream of its own: leaving an actor out does not change what the others do.
  a->random = Random(plan_.seed * 1'000'003 + a->number);
  const auto chance = [&a](uint32_t per_mille) { return a->random.below(1000) < per_mille; };
  a->ops = plan_.ops;
  a->children_left = plan_.children;
  a->slow = chance(plan_.slow_pm);
  a->stubborn = chance(plan_.stubborn_pm);
  actors_.push_back(std::move(a));
  return *actors_.back();
}

Actor* Board::find(Pid pid) {
  for (const auto& a : actors_) {
    if (a->pid == pid && pid.value != 0) return a.get();
  }
  return nullptr;
}

namespace {

std::string between(const char* promise, const Actor& a, const Actor& b) {
  return std::string(promise) + " (actors " + std::to_string(a.number) + " and " + std::to_string(b.number) + ")";
}

// Nobody is runnable: every worker sleeps, every queue is empty, every process is idle and not to be killed.
void check_idle(Board& b, NodeCore& node) {
  for (ProcessHost* h : b.hosts) {
    if (h->core().state() != HostState::kRunning) continue;
    b.that(h->scheduler().idle().counts().awake == 0, "all workers sleep when nothing is on its way");
    b.that(h->scheduler().overflow().size_estimate() == 0, "an idle host has an empty overflow queue");
    for (uint32_t i = 0; i < h->scheduler().worker_count(); ++i) {
      b.that(h->scheduler().worker(i).queued_estimate() == 0, "an idle worker has nothing queued");
    }
  }
  for (uint32_t i = 0; i < b.size(); ++i) {
    Process* p = node.find(b.at(i).pid);
    if (p == nullptr) continue;
    b.that(p->quiet(), "no process is runnable while all workers sleep");
    b.that(!p->killed(), "a kill is obeyed");
  }
}

void check_links(Board& b, NodeCore& node, Actor& a, ProcessExt& x) {
  for (uint32_t i = 0; i < x.links.capacity(); ++i) {
    uint64_t peer = 0;
    LinkEntry e;
    if (!x.links.slot(i, peer, e)) continue;
    Process* q = node.find(Pid{peer});
    if (q == nullptr) {
      b.broken("a link to a dead process is forgotten");
      continue;
    }
    ProcessExt* y = q->ext_or_null();
    const LinkEntry* back = y == nullptr ? nullptr : y->links.find(a.pid.value);
    b.that(back != nullptr && back->mine == e.theirs && back->theirs == e.mine, "both sides of a link agree");
  }
}

void check_watches(Board& b, NodeCore& node, Actor& a, ProcessExt& x) {
  uint64_t ref = 0;
  uint64_t pid = 0;
  for (uint32_t i = 0; i < x.watches.capacity(); ++i) {
    if (!x.watches.slot(i, ref, pid)) continue;
    Process* t = node.find(Pid{pid});
    ProcessExt* y = t == nullptr ? nullptr : t->ext_or_null();
    const uint64_t* back = y == nullptr ? nullptr : y->watchers.find(ref);
    b.that(back != nullptr && *back == a.pid.value, "the watched process knows its watcher");
  }
  for (uint32_t i = 0; i < x.watchers.capacity(); ++i) {
    if (!x.watchers.slot(i, ref, pid)) continue;
    Process* w = node.find(Pid{pid});
    ProcessExt* y = w == nullptr ? nullptr : w->ext_or_null();
    b.that(y != nullptr && y->watches.find(ref) != nullptr, "who is told of an end wants to know it");
  }
  for (uint32_t i = 0; i < x.monitors.capacity(); ++i) {
    if (!x.monitors.slot(i, pid, ref)) continue;
    const uint64_t* watched = x.watches.find(ref);
    b.that(watched != nullptr && *watched == pid, "a monitor is a watch");
  }
}

// What an actor that waits for anything must have got by now.
void check_owed(Board& b, NodeCore& node, Actor& a) {
  for (uint32_t i = 0; i < b.size(); ++i) {
    Actor& o = b.at(i);
    const Actor::Other mine = a.with(i);
    const Actor::Other theirs = o.with(a.number);
    const bool lives = node.find(o.pid) != nullptr;
    if (mine.got != theirs.sent) b.broken(between("what was sent has arrived", a, o));
    if (mine.watched && !lives) b.broken(between("an accepted monitor yields an EXIT", a, o));
    const bool firm = (mine.linked || theirs.linked) && !mine.cut && !theirs.cut;
    if (!firm) continue;
    if (!lives && !o.claims_normal_end && mine.downs == 0) {
      b.broken(between("who survives a linked failure has been told", a, o));
    }
    Process* p = node.find(a.pid);
    if (lives && (p->ext_or_null() == nullptr || p->ext_or_null()->links.find(o.pid.value) == nullptr)) {
      b.broken(between("an accepted link is there", a, o));
    }
  }
}

void check_names(Board& b, NodeCore& node) {
  uint32_t found = 0;
  for (uint32_t i = 0; i < kNames; ++i) {
    if (node.names().lookup(node, name_at(i)).value != 0) ++found;
  }
  b.that(found == node.names().size(), "every name has a live owner");
}

}  // namespace

bool check_standstill(Board& b, NodeCore& node) {
  ++b.standstills;
  check_idle(b, node);
  for (uint32_t i = 0; i < b.size(); ++i) {
    Actor& a = b.at(i);
    Process* p = node.find(a.pid);
    if (p == nullptr) continue;
    if (ProcessExt* x = p->ext_or_null()) {
      check_links(b, node, a, *x);
      check_watches(b, node, a, *x);
    }
    if (a.serving && !a.slow) check_owed(b, node, a);
  }
  check_names(b, node);
  return b.problems().empty();
}

}  // namespace wippy::swarm
