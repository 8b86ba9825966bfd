// What the supervisor is told about services and what it tells about them (spec/host.md §4).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/app/config.hpp"
#include "runtime/process/coroutine.hpp"

namespace wippy {

enum class ServiceState : uint8_t { kUnknown, kStopped, kStarting, kRunning, kStopping, kExited, kFailed };
const char* service_state_name(ServiceState s) noexcept;

struct ServiceSpec {
  std::string id;
  // A process. Spawns it, watched by the supervisor (SpawnOptions::private_watch). Called on a worker, at every start.
  std::function<SpawnResult(Context& supervisor)> start;
  // Anything else, when `start` is empty (a host). Each asks the blocking pool (Context::call) and gives the ref, 0 when the
  // pool refuses; the answer is an empty body, or one text: why it did not work. A start that comes too late for its timeout
  // is asked for again and must find that good.
  std::function<uint64_t(Context& supervisor)> begin_start;
  std::function<uint64_t(Context& supervisor, uint64_t timeout_ns)> begin_stop;

  app::LifecycleConfig lifecycle;
  std::vector<std::string> needs;  // other services that must run first; unknown ones count as running
  // True: not before every other service has had its first start, successful or not.
  bool last = false;
  // The service has ended for good (no restart follows). value: encoded value or error. May be empty.
  std::function<void(bool abnormal, std::string_view value)> ended;
  bool restart = true;
};

// Services that are restarted together (docs/services.md).
enum class GroupStrategy : uint8_t { kOneForOne, kOneForAll, kRestForOne };
struct ServiceGroup {
  std::string id;
  GroupStrategy strategy = GroupStrategy::kOneForOne;
  std::vector<std::string> members;  // in the order of starts; a service is in one group at most
  uint32_t max_restarts = 3;  // failures of members that are answered within `window_ns`; one more ends the group
  uint64_t window_ns = 5'000'000'000;
};

// A snapshot.
struct ServiceStatus {
  std::string id;
  ServiceState state = ServiceState::kStopped;
  bool desired_running = true;
  uint32_t retry_count = 0;
  uint64_t restarts = 0;  // since the start of the runtime
  uint64_t last_update_wall_ns = 0;
  uint64_t started_at_wall_ns = 0;  // 0: has not run
  std::string details;
  bool gave_up = false;  // failed, and no retry follows
  bool required = true;  // lifecycle.startup
  Pid pid;               // of a running process service
};

}  // namespace wippy
