// Typed configurations of the entry kinds this build knows (host.md §2, §4.2, §8.4). Immutable once loaded.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/app/entry.hpp"
#include "runtime/app/security_config.hpp"

namespace wippy::app {

inline constexpr std::int64_t kSecondNs = 1'000'000'000;
inline constexpr std::int64_t kDefaultMemoryLimitBytes = 256LL << 20;

struct RestartConfig {
  std::int64_t initial_delay_ns = 1 * kSecondNs;  // `delay` in the seeds
  std::int64_t max_delay_ns = 90 * kSecondNs;
  double backoff_factor = 2.0;
  double jitter = 0.1;            // ± fraction; a written 0 means none
  std::int64_t max_attempts = 0;  // restarts after the first start; 0 = without limit
};

struct LifecycleConfig {
  bool auto_start = false;
  std::int64_t start_timeout_ns = 10 * kSecondNs;
  std::int64_t stop_timeout_ns = 10 * kSecondNs;
  std::int64_t stable_threshold_ns = 5 * kSecondNs;
  bool startup_required = true;       // `startup: required`; false for `optional`
  std::vector<EntryId> requires_ids;  // `requires` and `depends_on`, sorted, without duplicates
  RestartConfig restart;
  std::optional<SecurityConfig> security;
  Position auto_start_position;
};

// Anything the supervisor can start.
struct ServiceConfig : EntryConfig {
  LifecycleConfig lifecycle;
};

enum class UseCase : std::uint8_t { kRun, kTest };

struct CommandConfig {
  std::string name;
  std::string summary;  // `short`
  UseCase use_case = UseCase::kRun;
};

// `mailbox` of an entry or a host (docs/internals/mailbox-limits.md). Both limits 0: unbounded.
enum class MailboxPolicy : std::uint8_t { kFailSender, kBlock, kDropNewest, kDropOldest, kExitReceiver };
struct MailboxConfig {
  std::int64_t max_messages = 0;
  std::int64_t max_bytes = 0;
  MailboxPolicy policy = MailboxPolicy::kFailSender;
  std::int64_t deadline_ns = 0;  // kBlock
};

// Common to all process.* kinds.
struct ProcessConfig : ServiceConfig {
  std::optional<EntryId> host;          // for an auto-started process
  std::optional<EntryId> default_host;  // meta.options.default_host, else meta.default_host
  std::optional<CommandConfig> command;
  std::int64_t max_memory_bytes = kDefaultMemoryLimitBytes;
  std::optional<MailboxConfig> mailbox;  // not given: the host's
};

// What the kinds with Lua text have in common.
struct LuaCode {
  std::string source;       // Lua text
  std::string source_path;  // file of the text, relative to the project root
  int source_line = 1;      // line of that file on which the text begins
  std::vector<std::string> modules;
  std::map<std::string, EntryId> imports;  // alias -> entry whose text is the library
};

struct ProcessLuaConfig final : ProcessConfig, LuaCode {
  std::string method = "main";
};

struct LibraryLuaConfig final : EntryConfig, LuaCode {};

enum class PoolType : std::uint8_t { kInline, kLazy, kStatic, kAdaptive };
struct PoolConfig {
  PoolType type = PoolType::kLazy;
  std::int64_t workers = 100;  // calls that run at the same time; 0: no limit (inline)
  std::int64_t buffer = 6400;  // calls that wait for a worker; more of them wait in their callers
  bool warm_start = false;
};

struct FunctionLuaConfig final : EntryConfig, LuaCode {
  std::string method = "main";
  PoolConfig pool;
  std::int64_t max_memory_bytes = kDefaultMemoryLimitBytes;
};

// registry.entry: nothing is made of it.
struct PlainConfig final : EntryConfig {};

struct ProcessNativeConfig final : ProcessConfig {
  std::string factory;  // a name of runtime/native/registry.hpp
};

// `capabilities` of a host (host.md §3.5). What is not given is not restricted.
struct CapabilitiesConfig {
  std::optional<std::vector<std::string>> modules;
  std::vector<std::string> deny_modules;
  std::optional<std::vector<std::string>> kinds;
  std::optional<std::vector<std::string>> entries;  // patterns of entry IDs
  std::optional<bool> io;                           // the terminal; a terminal.host may take it away
  bool spawn = true;
  bool restricts_entries() const { return modules || !deny_modules.empty() || kinds || entries; }
};

// Common to process.host and terminal.host.
struct HostConfig : ServiceConfig {
  std::optional<MailboxConfig> mailbox;  // of processes whose entry has none
  CapabilitiesConfig capabilities;
  std::optional<std::int64_t> memory_limit_bytes;  // per process; the smaller of this and the entry's own limit holds
  std::optional<SecurityConfig> security;          // the boundary of its processes
};

struct ProcessHostConfig final : HostConfig {
  std::optional<std::int64_t> workers;  // not given: number of CPUs
  std::int64_t queue_size = 1024;       // initial capacity, grows
  std::int64_t local_queue_size = 256;  // initial capacity, grows
  std::int64_t max_processes = 0;       // 0 = without limit
};

struct TerminalHostConfig final : HostConfig {
  bool hide_logs = false;
};

// service.group (docs/services.md): services that are restarted together.
enum class GroupStrategyName : std::uint8_t { kOneForOne, kOneForAll, kRestForOne };
struct ServiceGroupConfig final : EntryConfig {
  GroupStrategyName strategy = GroupStrategyName::kOneForOne;
  std::vector<EntryId> members;  // in the order of starts
  std::int64_t max_restarts = 3;
  std::int64_t window_ns = 5 * kSecondNs;
};

struct ProcessServiceConfig final : ServiceConfig {
  EntryId process;
  EntryId host;
  std::vector<Node> input;  // arguments of every start
};

}  // namespace wippy::app
