// What a process shows of itself, as text. Reads atomics of type-stable blocks only; never waits for anybody.
#include <cstdio>

#include "runtime/process/node_core.hpp"
#include "runtime/process/process.hpp"

namespace wippy {

namespace {
constexpr uint32_t kStates = 5;
constexpr uint32_t kReasons = 8;

bool is_blocked(WaitReason w) noexcept {
  return w == WaitReason::kSleep || w == WaitReason::kCall || w == WaitReason::kExec || w == WaitReason::kRoom;
}
}  // namespace

const char* process_state_name(ProcessState s) noexcept {
  constexpr const char* kNames[kStates] = {"Ready", "Running", "Blocked", "Idle", "Complete"};
  return kNames[static_cast<uint8_t>(s)];
}

const char* wait_reason_name(WaitReason w) noexcept {
  constexpr const char* kNames[kReasons] = {"none", "message", "sleep", "call", "exec", "channel", "start", "room"};
  return kNames[static_cast<uint8_t>(w)];
}

Process::Shown Process::shown() const noexcept {
  const uint8_t s = shown_.load_relaxed();
  const auto wait = static_cast<WaitReason>(s & 0x7f);
  if (published_id(reinterpret_cast<const char*>(this)) == 0) return {ProcessState::kComplete, WaitReason::kNone};
  if ((s & kShownRunning) != 0) return {ProcessState::kRunning, WaitReason::kNone};
  if (!head_.idle_estimate()) return {ProcessState::kReady, wait};
  return {is_blocked(wait) ? ProcessState::kBlocked : ProcessState::kIdle, wait};
}

std::string NodeCore::describe(Pid pid) {
  Process::Shown s{ProcessState::kComplete, WaitReason::kNone};
  {
    ReaderSection section(this_memory().reader());
    if (const Process* p = find(pid)) s = p->shown();
  }
  std::string line = format(pid) + " " + process_state_name(s.state);
  if (s.wait != WaitReason::kNone) line += std::string("(") + wait_reason_name(s.wait) + ")";
  return line;
}

std::string NodeCore::dump_line(uint16_t host_index) {
  uint32_t count[kStates] = {};
  uint32_t why[kStates][kReasons] = {};
  for (const Pid pid : pids_of(host_index)) {
    ReaderSection section(this_memory().reader());
    const Process* p = find(pid);
    if (p == nullptr) continue;
    const Process::Shown s = p->shown();
    ++count[static_cast<uint8_t>(s.state)];
    ++why[static_cast<uint8_t>(s.state)][static_cast<uint8_t>(s.wait)];
  }
  std::string line = host_at(host_index)->id();
  for (uint32_t s = 0; s < kStates; ++s) {
    line += std::string(" ") + process_state_name(static_cast<ProcessState>(s)) + "=" + std::to_string(count[s]);
    std::string reasons;
    for (uint32_t w = 1; w < kReasons; ++w) {
      if (why[s][w] == 0) continue;
      reasons += (reasons.empty() ? "" : " ") + std::string(wait_reason_name(static_cast<WaitReason>(w))) + ":" +
                 std::to_string(why[s][w]);
    }
    if (!reasons.empty()) line += "(" + reasons + ")";
  }
  return line;
}

}  // namespace wippy
