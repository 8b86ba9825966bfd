// Groups of services: who else is restarted when one fails, and how often (docs/services.md).
//
// A member fails -> its siblings, as far as the strategy names them, are stopped (`recycled`) while its restart delay runs.
// Delay over and all of them down -> the member and its siblings start, in the order of the group.
#include <algorithm>

#include "runtime/observe/log.hpp"
#include "runtime/service/supervisor.hpp"
#include "scheduler/clock.hpp"

namespace wippy {

Supervisor::Group* Supervisor::group_of(const Service& s) {
  for (Group& g : groups_) {
    if (std::find(g.spec.members.begin(), g.spec.members.end(), s.spec.id) != g.spec.members.end()) return &g;
  }
  return nullptr;
}

// Counts a failure. False: there were too many; the group is given up, its members stop.
bool Supervisor::group_allows(Group& g, const Service& s, std::string_view text) {
  const uint64_t now_ns = monotonic_ns();
  g.failures_ns.push_back(now_ns);
  while (now_ns - g.failures_ns.front() > g.spec.window_ns) g.failures_ns.pop_front();
  if (g.failures_ns.size() <= g.spec.max_restarts) return true;
  g.gave_up = true;
  log::write(log::Level::kError, "supervisor", "service group gave up",
             {{"group", g.spec.id},
              {"failures", std::to_string(g.failures_ns.size())},
              {"service", s.spec.id},
              {"error", text}});
  for (const std::string& id : g.spec.members) {
    Service* const member = find(id);
    if (member == nullptr || member == &s) continue;
    member->wanted = false;
    member->recycled = false;
    unwant_dependents(id);
  }
  return false;
}

void Supervisor::recycle_siblings(Context& self, Group& g, const Service& failed) {
  if (g.spec.strategy == GroupStrategy::kOneForOne) return;
  bool later = g.spec.strategy == GroupStrategy::kOneForAll;
  std::vector<Service*> siblings;
  for (const std::string& id : g.spec.members) {
    Service* const member = find(id);
    if (member == &failed) {
      later = true;
    } else if (later && member != nullptr && member->wanted && !member->final_state) {
      siblings.push_back(member);
    }
  }
  for (auto it = siblings.rbegin(); it != siblings.rend(); ++it) {
    if ((*it)->state == ServiceState::kStopped) continue;  // has not started yet
    (*it)->recycled = true;
    stop_now(self, **it);
  }
}

// A recycled member may have been needed by another one when it was asked to stop: it is asked again.
bool Supervisor::group_is_down(const Group& g) {
  return std::all_of(g.spec.members.begin(), g.spec.members.end(), [&](const std::string& id) {
    const Service* const member = find(id);
    return member == nullptr || !member->recycled || member->state == ServiceState::kStopped;
  });
}

// In the strategies with an order, the next member waits for the one before it.
bool Supervisor::earlier_member_pending(const Service& s) {
  Group* const g = group_of(s);
  if (g == nullptr || g->spec.strategy == GroupStrategy::kOneForOne) return false;
  for (const std::string& id : g->spec.members) {
    if (id == s.spec.id) return false;
    const Service* const member = find(id);
    if (member != nullptr && member->wanted && !member->final_state && member->state != ServiceState::kRunning)
      return true;
  }
  return false;
}

// Starts the members whose delay is over, also those in no group. True: something changed.
bool Supervisor::restart_groups(Context& self) {
  bool any = false;
  for (Service& s : services_) {
    if (s.recycled && (s.state == ServiceState::kRunning || s.state == ServiceState::kFailed)) stop_now(self, s);
  }
  for (Service& s : services_) {
    if (!s.due || !s.wanted || s.state != ServiceState::kFailed) continue;
    Group* const g = group_of(s);
    if (g != nullptr && !group_is_down(*g)) continue;
    if (g != nullptr) {
      for (const std::string& id : g->spec.members) {
        if (Service* const member = find(id)) member->recycled = false;
      }
    }
    if (!needs_running(s) || earlier_member_pending(s)) {
      s.due = false;
      enter(s, ServiceState::kStopped, "waiting for what it needs");  // start_ready() goes on
    } else {
      start_one(self, s);
    }
    any = true;
  }
  return any;
}

}  // namespace wippy
