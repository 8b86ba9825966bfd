#include "runtime/inspect/deadlocks.hpp"

#include <algorithm>
#include <unordered_map>

#include "runtime/sim/hooks.hpp"

namespace wippy {

std::vector<Deadlock> DeadlockWatch::look(const Snapshot& round) {
  std::unordered_map<uint64_t, const ProcessRow*> waits;
  for (const ProcessRow& row : round.rows) {
    if (row.waits_for.pid && row.state != ProcessState::kRunning) waits.emplace(row.pid.value, &row);
  }
  std::vector<Circle> circles;
  std::vector<Deadlock> found;
  std::unordered_map<uint64_t, uint64_t> seen;  // pid -> the walk that came by
  for (const ProcessRow& start : round.rows) {  // in the rows' order, so that results are, too
    const uint64_t walk = start.pid.value;
    uint64_t at = walk;
    while (waits.contains(at) && seen.emplace(at, walk).second) at = waits.at(at)->waits_for.pid.value;
    const auto last = seen.find(at);
    if (!waits.contains(at) || last == seen.end() || last->second != walk) continue;
    Circle circle;
    Deadlock deadlock;
    const uint64_t first = at;
    do {
      const ProcessRow& row = *waits.at(at);
      circle.push_back({at, row.waits_for.pid.value, row.waits_for.ref});
      deadlock.members.push_back(row);
      at = row.waits_for.pid.value;
    } while (at != first);
    const auto least =
        std::min_element(circle.begin(), circle.end(), [](const Wait& a, const Wait& b) { return a.pid < b.pid; });
    const auto shift = least - circle.begin();
    std::rotate(circle.begin(), least, circle.end());
    std::rotate(deadlock.members.begin(), deadlock.members.begin() + shift, deadlock.members.end());
    bool again = std::find(before_.begin(), before_.end(), circle) != before_.end();
#if defined(WIPPY_SIM)
    again = again || sim::planted(sim::Bug::kOneRoundDeadlock);
#endif
    if (again) found.push_back(std::move(deadlock));
    circles.push_back(std::move(circle));
  }
  before_ = std::move(circles);
  return found;
}

}  // namespace wippy
