// CallGate: how many calls of a function run at the same time. Callers beyond that stand in a queue and get a seat in the order
// in which they came; the seat is announced by a kCompletion signal with the ticket's number to their pid.
//
// A seat is given back by leave(), from whatever thread ends the call. A caller that ends while it stands or before it has sat
// down gives its ticket back by abandon().
//
// Thread-safety: any thread with a ThreadMemory. One lock a gate, taken twice a call and never while a message is on its way.
#pragma once

#include <cstdint>
#include <deque>
#include <set>

#include "mailbox/pid.hpp"
#include "memory/mutex.hpp"

namespace wippy {

class NodeCore;

class CallGate {
 public:
  // seats 0: without limit.
  CallGate(NodeCore& node, uint32_t seats, uint32_t buffer) noexcept : node_(node), seats_(seats), buffer_(buffer) {}
  CallGate(const CallGate&) = delete;
  CallGate& operator=(const CallGate&) = delete;

  enum class Entered : uint8_t {
    kSeated,
    kQueued,
    kCrowded,  // queued as well, but more than `buffer` stand before: whoever can wait should
  };
  // `ticket`: of NodeCore::new_ref.
  // `upgrades`: Context::upgrades of the caller; the signal is for that machine only.
  Entered enter(Pid caller, uint64_t ticket, uint32_t upgrades);
  // After the signal. False: the ticket was given up.
  bool sit(uint64_t ticket);
  void leave();
  void abandon(uint64_t ticket);

  uint32_t seats() const noexcept { return seats_; }
  uint32_t buffer() const noexcept { return buffer_; }
  // For observers.
  uint32_t taken() const;
  std::size_t queued() const;

 private:
  struct Ticket {
    Pid caller;
    uint64_t number;
    uint32_t upgrades;
  };
  void seat_next();

  NodeCore& node_;
  const uint32_t seats_;
  const uint32_t buffer_;
  mutable Mutex mutex_;  // guards what follows
  uint32_t taken_ = 0;   // also by those who have not sat down yet
  std::deque<Ticket> queue_;
  std::set<uint64_t> called_;  // have a seat and do not sit yet
};

}  // namespace wippy
