// Which cases are counted, and how much of each.
#include "bench/gate/counts.hpp"

namespace wippy::bench {

namespace {
constexpr const char* kOneNode = "pack:1 numa:1 l3:2 core:4 pu:1";
constexpr const char* kFourNodes = "pack:2 numa:2 l3:1 core:2 pu:1";
constexpr uint32_t kOftenSwitched = 8;
}  // namespace

const std::vector<CountRun>& count_runs() {
  static const std::vector<CountRun> all{
      // one worker
      {"spawn_exit_64", "scenario/spawn_exit_64", 2000},
      {"spawn_storm", "scenario/spawn_exit_million", 2000},
      {"ping_pong", "scenario/ping_pong_w1", 500},
      {"ring", "scenario/ring_503_w1", 2012},
      {"fan_in_1", "scenario/fan_in_w1_1", 1920},
      {"fan_in_8", "scenario/fan_in_w1_8", 1920},
      {"fan_in_64", "scenario/fan_in_w1_64", 1920},
      {"tree", "scenario/tree_w1", 1111},
      {"timer_set_cancel", "scenario/timer_set_cancel", 1000},
      {"timers_alive", "scenario/timer_set_cancel_million", 1000},
      {"timers_fire", "scenario/timer_set_fire_million", 1000},
      {"idle_processes", "scenario/memory_idle_process", 1000, true},
      {"links", "gate/links", 512},
      {"link_failure", "gate/link_failure", 256},
      {"exit_chain", "gate/exit_chain", 128},
      {"monitors", "gate/monitors", 256},
      {"names", "gate/names", 256},
      {"cancel_deadline", "gate/cancel_deadline", 128},
      {"supervisor_restarts", "gate/supervisor_restarts", 32},
      {"big_payload", "gate/big_payload", 64},
      // two hosts
      {"cross_host_ping_pong", "scenario/ping_pong_w2_cross", 200},
      {"cross_host_fan_in_8", "scenario/fan_in_w2_cross_8", 2048},
      {"park_and_wake", "gate/park_and_wake", 200},
      // stealing
      {"steal_2", "gate/steal_2", 128, false, sim::kOnlyAtWaits, kOneNode},
      {"steal_4", "gate/steal_4", 128, false, sim::kOnlyAtWaits, kOneNode},
      {"steal_8", "gate/steal_8", 128, false, sim::kOnlyAtWaits, kOneNode},
      {"steal_4_numa_4", "gate/steal_4", 128, false, sim::kOnlyAtWaits, kFourNodes},
      {"steal_8_numa_4", "gate/steal_8", 128, false, sim::kOnlyAtWaits, kFourNodes},
      // Lua
      {"lua_spawn", "lua/spawn_run_exit", 50},
      {"lua_tasks_wait", "lua/spawn_wait_exit", 50},
      {"lua_round_trip", "lua/round_trip", 200},
      {"lua_one_way", "lua/one_way", 400},
      {"lua_table_send", "lua/table_round_trip", 100},
      {"lua_idle_processes", "lua/memory_task_worker", 100, true},
      // switched anywhere: means over many seeds
      {"raced_tree", "scenario/tree_w2", 1111, false, kOftenSwitched, kOneNode},
      {"raced_fan_in_8", "scenario/fan_in_w2_team_8", 1024, false, kOftenSwitched, kOneNode},
      {"raced_steal_8", "gate/steal_8", 128, false, kOftenSwitched, kFourNodes},
  };
  return all;
}

}  // namespace wippy::bench
