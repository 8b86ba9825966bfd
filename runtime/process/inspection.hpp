// What a process tells of itself between two steps when an observer asks (NodeCore::ask). Nothing is moved for it, and nobody
// waits for anybody: an asked process answers when it runs next, and the question makes it run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mailbox/pid.hpp"
#include "runtime/process/machine.hpp"

namespace wippy {

struct Signal;

struct Inspection {
  static constexpr uint32_t kMostCounted = 10'000;  // messages looked at in one answer: a bound on its cost

  Pid pid;
  uint16_t host_index = 0;
  std::string_view entry;  // valid during the call of the sink
  WaitReason wait = WaitReason::kNone;
  WaitTarget waits_for;
  uint32_t messages = 0;       // unread; kMostCounted: that many or more
  bool oldest_is_old = false;  // the oldest unread message was the oldest at the last look, too
  std::size_t memory_bytes = 0;
  uint32_t links = 0, monitors = 0, watchers = 0;
  bool named = false;

  // One unread message, oldest first.
  void add(Signal& s) noexcept;
  bool full() const noexcept { return messages >= kMostCounted; }
};

// Each question is answered once, unless the process is asked again before it has answered. Called by whoever runs the process,
// on any worker; must not block or call the process.
class InspectSink {
 public:
  virtual void answer(const Inspection& inspection) noexcept = 0;
  // It ended instead.
  virtual void ended() noexcept = 0;

 protected:
  ~InspectSink() = default;
};

}  // namespace wippy
