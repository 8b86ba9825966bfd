// What one short run does and which faults it meets: drawn from the seed, written as text, read back, shrunk.
//
// Swarm style (Groce et al., "Swarm testing", ISSTA 2012): a run does not use everything there is. Each seed draws which
// operations and faults are on at all, and how strong; a run that only links and dies goes deeper there than one that does
// everything.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace wippy::swarm {

enum class Op : uint8_t {
  kSend,
  kReceive,
  kYield,
  kSleep,
  kSpawn,
  kLink,
  kUnlink,
  kMonitor,
  kUnmonitor,
  kTrap,
  kName,
  kUnname,
  kCall,
  kCancel,
  kTerminate,
  kStorm,
};
inline constexpr uint32_t kOps = 16;
constexpr uint32_t bit(Op op) noexcept { return uint32_t{1} << static_cast<uint32_t>(op); }

// All are counts or sizes whose smallest value is the simplest run, so that shrinking is making them smaller.
struct Plan {
  uint64_t seed = 0;  // of the schedule and of every script
  uint32_t nodes = 1;
  uint32_t hosts = 1;
  uint32_t workers = 1;
  uint32_t actors = 2;       // at the start
  uint32_t ops = 1;          // in each script
  uint32_t mix = 0;          // bit(Op): which operations scripts draw from
  uint32_t children = 0;     // an actor spawns at most
  uint32_t fail_pm = 0;      // of the scripts end with a failure
  uint32_t leave_pm = 0;     // of the scripts end normally; the others go on receiving
  uint32_t stubborn_pm = 0;  // of the actors do not obey CANCEL
  uint32_t slow_pm = 0;      // of the actors are slow consumers
  uint32_t big_pm = 0;       // of the messages have large bodies
  uint32_t storm = 0;        // messages in one burst
  uint32_t kills = 0;        // from outside, at random times
  uint32_t stop_us = 0;      // the last host is stopped after this; 0: not
  uint32_t famine = 0;       // 1: slabs, 2: the heap, 3: both
  uint32_t famine_from = 0;  // the first request that may be refused
  uint32_t famine_calls = 0;
  uint32_t famine_pm = 0;
  uint32_t upgrade_pm = 0;  // of the operations and messages are followed by a change of machines
};

struct PlanField {
  const char* name;
  uint32_t Plan::*value;
  uint32_t least;
};
extern const std::array<PlanField, 20> kPlanFields;

Plan draw_plan(uint64_t seed);
// "seed=7 nodes=2 …": everything that is not least. parse_plan reads it back; false: not of that form.
std::string plan_text(const Plan& plan);
bool parse_plan(std::string_view text, Plan& plan);

}  // namespace wippy::swarm
