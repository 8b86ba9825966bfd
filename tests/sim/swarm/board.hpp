// What the actors of a run and its checkers know: who was promised what. One OS thread carries the run, and code without an
// atomic verb is not interrupted, so plain data does.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "plan.hpp"
#include "runtime/process/coroutine.hpp"
#include "runtime/runtime.hpp"
#include "scheduler/parker.hpp"
#include "scheduler/random.hpp"

namespace wippy::swarm {

inline constexpr uint32_t kNames = 6;
std::string name_at(uint32_t i);

// One process's view. Indices are numbers of other actors; pids never return, so each pair meets once.
struct Actor {
  uint32_t number = 0;
  Pid pid;
  Random random;
  uint32_t ops = 0;
  uint32_t done = 0;  // of them, by all its machines
  uint32_t children_left = 0;
  uint32_t served = 0;  // messages after the script, by all its machines
  bool slow = false;
  bool stubborn = false;
  bool cancelled = false;
  bool serving = false;  // its script is over, it waits for any signal
  bool claims_normal_end = false;
  bool traps = false;
  bool given_deadline = false;  // somebody has cancelled it with one
  bool gone = false;            // its frame is destroyed
  std::string end_reason;       // what the first who was told of its end has heard; "-": a normal end

  struct Other {
    uint32_t sent = 0;       // to that one, accepted
    uint32_t got = 0;        // from that one
    uint32_t exits = 0;      // EXIT events
    uint32_t downs = 0;      // LINK_DOWN events
    bool monitored = false;  // ever
    bool watched = false;    // an accepted monitor that was not undone and not answered
    bool unwatched = false;  // undone while the other lived: no EXIT was on its way, none may come
    bool linked = false;     // link() accepted here and not undone here
    bool cut = false;        // unlink() here, ever
  };
  std::vector<Other> others;
  Other& with(uint32_t other) {
    if (other >= others.size()) others.resize(other + 1);
    return others[other];
  }
};

class Board {
 public:
  explicit Board(const Plan& plan) : plan_(plan) {}

  const Plan& plan() const { return plan_; }
  // --- actors
  Actor& create();  // the number is known before the process
  Actor& at(uint32_t number) { return *actors_[number]; }
  uint32_t size() const { return static_cast<uint32_t>(actors_.size()); }
  Actor* find(Pid pid);

  // --- promises
  void broken(const std::string& promise) {
    if (problems_.size() < 20) problems_.push_back(promise);
  }
  void that(bool holds, const char* promise) {
    if (__builtin_expect(!holds, 0)) broken(promise);
  }
  const std::vector<std::string>& problems() const { return problems_; }

  // --- messages: attempted = received + dropped + left
  uint64_t attempted = 0;
  uint64_t received = 0;

  // --- scripts
  void script_begins() { ++scripts_; }
  void script_ends() {
    if (--scripts_ == 0) parker_.unpark();
  }
  bool scripts_over() const { return scripts_ == 0; }
  void wait_for_scripts(uint64_t until_ns) {
    while (scripts_ != 0 && monotonic_ns() < until_ns) static_cast<void>(parker_.park(until_ns));
  }

  bool stopping = false;  // a host or the runtime is: all its processes have a deadline
  uint32_t standstills = 0;
  std::vector<ProcessHost*> hosts;

 private:
  const Plan plan_;
  std::vector<std::unique_ptr<Actor>> actors_;
  std::vector<std::string> problems_;
  uint32_t scripts_ = 0;
  Parker parker_;
};

// Travels in the actor's frame: whatever ends the process ends this, before its EXIT is sent.
class Ticket {
 public:
  Ticket(Board& board, Actor& actor) : board_(&board), actor_(&actor) { board.script_begins(); }
  Ticket(Ticket&& o) noexcept : board_(o.board_), actor_(o.actor_), over_(o.over_) { o.board_ = nullptr; }
  Ticket& operator=(Ticket&&) = delete;
  ~Ticket() {
    if (board_ == nullptr) return;
    actor_->gone = true;
    script_over();
  }
  void script_over() {
    if (!over_) board_->script_ends();
    over_ = true;
  }

 private:
  Board* board_;
  Actor* actor_;
  bool over_ = false;
};

Behavior actor(Context& self, Board* board, uint32_t number, Ticket ticket);

// All processes wait and no signal is on its way: both sides of everything must agree. False: something is broken.
bool check_standstill(Board& board, NodeCore& node);

}  // namespace wippy::swarm
