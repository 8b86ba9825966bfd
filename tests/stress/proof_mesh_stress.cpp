// libs: wippy_runtime
// The proof of the mesh: 10^4 processes, each sending to 32 fixed peers, on one host. make proof-stress sends 10^8 messages.
//
// 13 of 16 live to the end; of the others one returns, one fails and one is killed, all in the middle of their sending.
// Every channel numbers its messages, counting only those that send() accepted, so the receiver sees 0, 1, 2 … whatever
// happens. At the end, for each channel: received == accepted, or less if the receiver has died. What send() refused is
// counted apart. A member watches one sender and must have all of its mail when its EXIT comes.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "memory/atomic.hpp"
#include "runtime/observe/scheduler_text.hpp"
#include "scheduler/random.hpp"
#include "stress/plant.hpp"
#include "stress/scale.hpp"
#include "unit/runtime/fixture.hpp"

namespace wippy {
namespace {

using namespace stress;

constexpr uint32_t kPeers = 32;
constexpr uint32_t kLinked = 0;   // a member links to the receiver of this channel of its own
constexpr uint32_t kWatched = 1;  // … and monitors the sender of this channel to it

enum class Fate : uint8_t { kLives, kReturns, kFails, kKilled };

Fate fate_of(uint32_t member) {
  switch (member % 16) {
    case 5: return Fate::kReturns;
    case 9: return Fate::kFails;
    case 13: return Fate::kKilled;
    default: return Fate::kLives;
  }
}
bool ends_badly(uint32_t member) { return fate_of(member) >= Fate::kFails; }

// Written by its member; read once no worker runs.
struct alignas(kCacheLine) Tally {
  uint64_t sent = 0;      // accepted
  uint64_t refused = 0;   // NOT_FOUND
  uint64_t received = 0;  // from members
  uint64_t helpers = 0;
  uint64_t helper_mail = 0;
  uint64_t exits = 0;
  uint64_t downs = 0;
};

class ProofMesh {
 public:
  ProofMesh(uint32_t members, uint32_t each)
      : count(members),
        quota(each),
        pids(members),
        next(std::size_t{members} * kPeers),
        seen(std::size_t{members} * kPeers),
        tallies(members) {
    // Links and monitors lead from the dying to the living: 1 more than a multiple of 16. All below the half, so that no
    // two members are peers in both directions.
    Random random(7);
    while (offsets.size() < kPeers) {
      uint32_t o = 1 + random.below(members / 2 - 17);
      if (offsets.size() < 2) o = o / 16 * 16 + 1;
      if (std::find(offsets.begin(), offsets.end(), o) == offsets.end()) offsets.push_back(o);
    }
  }
  uint32_t receiver(uint32_t member, uint32_t channel) const { return (member + offsets[channel]) % count; }
  uint32_t sender(uint32_t member, uint32_t channel) const { return (member + count - offsets[channel]) % count; }
  void wrong() { errors.fetch_add_relaxed(1); }  // read at the end

  const uint32_t count;
  const uint32_t quota;
  std::vector<uint32_t> offsets;
  std::vector<Pid> pids;
  std::vector<uint32_t> next;  // accepted, by sender and channel
  std::vector<uint32_t> seen;  // received, by receiver and channel
  std::vector<Tally> tallies;
  Atomic<uint64_t> errors{0};
  Atomic<uint32_t> linked{0};
  Atomic<uint32_t> done{0};
  Atomic<uint32_t> buried{0};
  Atomic<uint32_t> stopping{0};
};

// Sends `mail` messages to its parent and ends as told: 0 returns, 1 fails, 2 waits for a kill.
Behavior proof_helper(Context& self, Pid parent, int mail, int how) {
  for (int i = 0; i < mail; ++i) static_cast<void>(send(self, parent, "h", i));
  if (how == 1) self.finish(ExitReason::failure(ErrorKind::kInternal, "helper"));
  while (how == 2) Message m = co_await receive(self);
}

Behavior assassin(Context& self, Pid victim) {
  static_cast<void>(self.terminate(victim));
  co_return;
}

// What one member knows; lives in its frame.
class Member {
 public:
  Member(Context& self, ProofMesh& mesh, uint32_t me)
      : self_(self), mesh_(mesh), me_(me), tally_(mesh.tallies[me]), random_(me + 1) {
    exits_due_ = fate_of(mesh.sender(me, kWatched)) != Fate::kLives ? 1 : 0;
    downs_due_ = (ends_badly(mesh.sender(me, kLinked)) ? 1 : 0) + (ends_badly(mesh.receiver(me, kLinked)) ? 1 : 0);
  }
  void tie() {
    if (!self_.link(mesh_.pids[mesh_.receiver(me_, kLinked)]).ok()) mesh_.wrong();
    if (!self_.monitor(mesh_.pids[mesh_.sender(me_, kWatched)]).ok()) mesh_.wrong();
  }
  void send_burst() {
    for (uint32_t left = 1 + random_.below(16); left > 0; --left) {
      const uint32_t channel = random_.below(kPeers);
      uint32_t& number = mesh_.next[std::size_t{me_} * kPeers + channel];
      const Status s = send(self_, mesh_.pids[mesh_.receiver(me_, channel)], "m", int64_t{channel} << 32 | number);
      if (s.ok()) {
        ++number;
        ++tally_.sent;
      } else {
        ++tally_.refused;
        if (s.kind != ErrorKind::kNotFound || fate_of(mesh_.receiver(me_, channel)) == Fate::kLives) mesh_.wrong();
      }
    }
  }
  void now_and_then() {
    if (random_.below(16) == 0) start_helper();
    if (random_.below(64) != 0) return;
    const std::string name = "n" + std::to_string(random_.below(1000));
    static_cast<void>(self_.register_name(name, self_.pid()));
    if (random_.below(2) == 0) static_cast<void>(self_.unregister_name(name));
  }
  void take(const Message& m) {
    if (m.kind() == SignalKind::kMessage && m.topic() == "m") {
      take_mail(m);
    } else if (m.kind() == SignalKind::kMessage && m.topic() == "stop") {
      stopped_ = true;
    } else if (const auto it = helpers_.find(m.from().value); it != helpers_.end()) {
      take_helper(it, m);
    } else if (m.kind() == SignalKind::kExit) {
      take_exit(m);
    } else if (m.kind() == SignalKind::kLinkDown) {
      const uint64_t from = m.from().value;
      if (from != peer(mesh_.receiver(me_, kLinked)) && from != peer(mesh_.sender(me_, kLinked))) mesh_.wrong();
      if (downs_due_-- == 0) mesh_.wrong();
      ++tally_.downs;
    } else {
      mesh_.wrong();
    }
  }
  bool over() const { return stopped_ && helpers_.empty() && exits_due_ == 0 && downs_due_ == 0; }
  uint64_t sent() const { return tally_.sent; }
  uint64_t last_message() {  // of one that dies
    return fate_of(me_) == Fate::kLives ? ~uint64_t{0} : mesh_.quota / 4 + random_.below(mesh_.quota / 2 + 1);
  }

 private:
  struct Helper {
    int mail = 0;  // still to come; below 0: unknown
    int exits = 0;
    int downs = 0;
  };
  using Helpers = std::unordered_map<uint64_t, Helper>;

  uint64_t peer(uint32_t member) const { return mesh_.pids[member].value; }

  void take_mail(const Message& m) {
    const auto channel = static_cast<uint32_t>(m.integer() >> 32);
    if (channel >= kPeers || m.from().value != peer(mesh_.sender(me_, channel))) {
      mesh_.wrong();
      return;
    }
    uint32_t& expected = mesh_.seen[std::size_t{me_} * kPeers + channel];
    if (expected != static_cast<uint32_t>(m.integer())) mesh_.wrong();
    ++expected;
    ++tally_.received;
    if (channel == kWatched && exits_due_ == 0 && fate_of(mesh_.sender(me_, kWatched)) != Fate::kLives) mesh_.wrong();
  }
  void take_exit(const Message& m) {
    const uint32_t from = mesh_.sender(me_, kWatched);
    if (m.from().value != peer(from) || m.abnormal() != ends_badly(from)) mesh_.wrong();
    if (fate_of(from) == Fate::kLives) {  // it has been told to stop before its watcher
      if (mesh_.stopping.load_acquire() == 0 || late_exit_) mesh_.wrong();  // partner: drive
      late_exit_ = true;
      return;
    }
    if (exits_due_-- != 1) mesh_.wrong();
    // The sender is dead: its row stands still, and all of it has arrived before the EXIT.
    if (mesh_.seen[std::size_t{me_} * kPeers + kWatched] != mesh_.next[std::size_t{from} * kPeers + kWatched]) {
      mesh_.wrong();
    }
    ++tally_.exits;
    mesh_.buried.fetch_add_acq_rel(1);  // -> the driver's load
  }
  void take_helper(Helpers::iterator it, const Message& m) {
    Helper& h = it->second;
    bool good = true;
    if (m.kind() == SignalKind::kMessage) {
      good = h.exits == 1 && h.mail != 0;
      if (h.mail > 0) --h.mail;
      ++tally_.helper_mail;
    } else if (m.kind() == SignalKind::kExit) {
      good = h.exits-- == 1 && h.mail <= 0;
      ++tally_.exits;
    } else {
      good = m.kind() == SignalKind::kLinkDown && h.downs-- == 1 && h.exits == 0;  // EXIT comes first
      ++tally_.downs;
    }
    if (!good) mesh_.wrong();
    if (h.exits == 0 && h.downs == 0) helpers_.erase(it);
  }
  void start_helper() {
    const int how = static_cast<int>(random_.below(3));
    Helper h;
    h.mail = static_cast<int>(random_.below(4));
    SpawnOptions o;
    o.monitor = true;
    o.link = random_.below(2) == 0;
    h.exits = 1;
    h.downs = o.link && how != 0 ? 1 : 0;
    const SpawnResult r = spawn_native(self_, o, proof_helper, self_.pid(), h.mail, how);
    if (!r.status.ok()) {
      mesh_.wrong();
      return;
    }
    ++tally_.helpers;
    if (how == 2) {
      h.mail = -1;  // killed on the way
      static_cast<void>(self_.terminate(r.pid));
    }
    helpers_[r.pid.value] = h;
  }

  Context& self_;
  ProofMesh& mesh_;
  const uint32_t me_;
  Tally& tally_;
  Random random_;
  Helpers helpers_;
  int exits_due_ = 0;
  int downs_due_ = 0;
  bool late_exit_ = false;
  bool stopped_ = false;
};

Behavior proof_member(Context& self, ProofMesh* mesh, uint32_t me) {
  self.set_trap_links(true);
  Member member(self, *mesh, me);
  const Fate fate = fate_of(me);
  for (;;) {
    Message m = co_await receive(self);
    if (m.kind() == SignalKind::kMessage && m.topic() == "go") break;  // others may have been told before
    if (m.kind() == SignalKind::kMessage && m.topic() == "tie") {
      member.tie();
      mesh->linked.fetch_add_acq_rel(1);  // -> the driver's load
    } else {
      member.take(m);
    }
  }
  uint64_t last = member.last_message();
  while (member.sent() < mesh->quota) {
    member.send_burst();
    member.now_and_then();
    if (member.sent() >= last) {
      if (fate == Fate::kFails) self.finish(ExitReason::failure(ErrorKind::kInternal, "member"));
      if (fate != Fate::kKilled) co_return;
      if (!spawn_native(self, {}, assassin, self.pid()).status.ok()) mesh->wrong();
      last = ~uint64_t{0};
    }
    co_await yield(self);
    for (int i = 0; i < 64; ++i) {
      Signal* s = self.next_signal();
      if (s == nullptr) break;
      Message m(self, s);
      member.take(m);
    }
  }
  if (fate == Fate::kLives) mesh->done.fetch_add_acq_rel(1);  // -> the driver's load
  while (fate != Fate::kLives || !member.over()) {
    Message m = co_await receive(self);
    member.take(m);
  }
}

void tell_all(test::Node& node, ProofMesh& mesh, std::string_view topic) {
  std::string body(1, static_cast<char>(topic.size()));
  body += topic;
  body += '\0';
  for (uint32_t i = 0; i < mesh.count; ++i) {
    const bool there = node.runtime().node().deliver(
        mesh.pids[i], make_signal(SignalKind::kMessage, Pid{}, 0, body.data(), body.size()));
    EXPECT_TRUE(there || fate_of(i) != Fate::kLives) << "member " << i << " is gone";
  }
}

template <class Condition>
bool comes_true(Condition&& c, uint64_t seconds) {
  const uint64_t until = monotonic_ns() + seconds * 1000 * kMs;
  while (!c() && monotonic_ns() < until) nap(kMs);
  return c();
}

// True when the mesh has come to its end.
bool drive(test::Node& node, ProofMesh& mesh, uint32_t living) {
  for (uint32_t i = 0; i < mesh.count; ++i) {
    SpawnOptions o;
    o.host = &node.host().core();
    const SpawnResult r = spawn_native(node.runtime().node(), o, proof_member, &mesh, i);
    EXPECT_TRUE(r.status.ok());
    mesh.pids[i] = r.pid;
  }
  tell_all(node, mesh, "tie");
  if (!comes_true([&] { return mesh.linked.load_acquire() == mesh.count; }, 60)) return false;
  tell_all(node, mesh, "go");
  const auto finished = [&] {
    return mesh.done.load_acquire() == living && mesh.buried.load_acquire() == mesh.count - living;
  };
  if (!comes_true(finished, 2400)) return false;
  nap(50 * kMs);                   // for what should not come
  mesh.stopping.store_release(1);  // -> take_exit
  tell_all(node, mesh, "stop");
  return comes_true([&] { return node.runtime().node().live_processes() == 0; }, 60);
}

// Channel by channel. Returns what was accepted by members that died before they took it.
uint64_t check_channels(ProofMesh& mesh) {
  uint64_t unread = 0;
  for (uint32_t r = 0; r < mesh.count; ++r) {
    for (uint32_t c = 0; c < kPeers; ++c) {
      const uint32_t accepted = mesh.next[std::size_t{mesh.sender(r, c)} * kPeers + c];
      const uint32_t received = mesh.seen[std::size_t{r} * kPeers + c];
      if (fate_of(r) == Fate::kLives) {
        EXPECT_EQ(accepted, received) << "member " << r << " channel " << c;
      } else {
        EXPECT_GE(accepted, received) << "member " << r << " channel " << c;
        unread += accepted - received;
      }
    }
  }
  return unread;
}

void prove_mesh(uint32_t workers) {
  const uint32_t messages = stress_scale(1'000'000);
  const uint32_t members = std::clamp(messages / 100 / 16, 8u, 625u) * 16;
  const uint32_t living = members / 16 * 13;
  ProofMesh mesh(members, messages / living + 1);
  test::Node node(workers, workers);
  const uint64_t begin_ns = monotonic_ns();
  ASSERT_TRUE(drive(node, mesh, living)) << scheduler_line(node.host().scheduler());
  const double seconds = static_cast<double>(monotonic_ns() - begin_ns) / 1e9;
  EXPECT_EQ(node.runtime().node().names().size(), 0u);
  EXPECT_EQ(node.runtime().stop(1000 * kMs), 0u);  // no worker runs any more
  const CounterTotals counters = node.host().scheduler().totals();
  Tally all;
  for (const Tally& t : mesh.tallies) {
    all.sent += t.sent;
    all.refused += t.refused;
    all.received += t.received;
    all.helpers += t.helpers;
    all.helper_mail += t.helper_mail;
    all.exits += t.exits;
    all.downs += t.downs;
  }
  const uint64_t unread = check_channels(mesh);
  std::printf(
      "mesh: %u workers, %u members (%u died), %.1f s: sent %lu = received %lu + to a dead member %lu; refused %lu; "
      "helpers %lu with %lu messages; EXIT %lu, LINK_DOWN %lu; steals %lu of %lu; steps %lu\n",
      workers, members, members - living, seconds, static_cast<unsigned long>(all.sent),
      static_cast<unsigned long>(all.received), static_cast<unsigned long>(unread),
      static_cast<unsigned long>(all.refused), static_cast<unsigned long>(all.helpers),
      static_cast<unsigned long>(all.helper_mail), static_cast<unsigned long>(all.exits),
      static_cast<unsigned long>(all.downs), static_cast<unsigned long>(counters.steals),
      static_cast<unsigned long>(counters.stolen), static_cast<unsigned long>(counters.steps));
  EXPECT_EQ(mesh.errors.load_relaxed(), 0u);
  EXPECT_GE(all.sent, messages);
  EXPECT_EQ(all.sent, all.received + unread);
  EXPECT_GT(all.refused, 0u);
  EXPECT_GT(counters.steals, 0u);
}

TEST(StressProof, MeshOnTwoWorkers) { prove_mesh(2); }
TEST(StressProof, MeshOnFourWorkers) { prove_mesh(4); }

}  // namespace
}  // namespace wippy
