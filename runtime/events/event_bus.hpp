// The event bus (host.md §10.6): publishers never wait; a subscriber that is slow loses its oldest events, which are counted.
//
// Wake-up: a subscription has at most one kCompletion signal on its way to its process; rearm() allows the next one.
// Thread-safety: all calls from any thread that has a ThreadMemory (publish sends signals). One mutex, held for copies only.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mailbox/pid.hpp"
#include "memory/mutex.hpp"

namespace wippy {

class NodeCore;

struct Event {
  std::string system;
  std::string kind;
  std::string path;
  std::string data;  // one encoded value (mailbox/values.hpp); empty: none
};

// "*" alone: everything. Else * stands for characters of one dot-separated segment, ** for any, (a|b) for one of the words.
bool event_pattern_matches(std::string_view pattern, std::string_view text);

// Who is told, and how.
struct EventTarget {
  Pid pid;
  uint64_t ref = 0;       // of the kCompletion
  uint32_t upgrades = 0;  // Context::upgrades at the time
};

class EventBus {
 public:
  static constexpr std::size_t kMostEvents = 1024;  // waiting for one subscriber
  static constexpr std::size_t kMostBytes = 8u << 20;
  static constexpr std::size_t kMostEventBytes = 1u << 20;  // data of one event

  class Subscription;

  explicit EventBus(NodeCore& node) noexcept : node_(node) {}
  EventBus(const EventBus&) = delete;
  EventBus& operator=(const EventBus&) = delete;

  // Null: out of memory.
  std::shared_ptr<Subscription> subscribe(std::string_view system_pattern, std::string_view kind_pattern,
                                          EventTarget target) noexcept;
  // What waits is dropped. Again: nothing.
  void unsubscribe(Subscription& subscription) noexcept;
  // `data`: one encoded value or empty. False: out of memory, nobody gets it.
  bool publish(std::string_view system, std::string_view kind, std::string_view path, std::string_view data) noexcept;

  std::size_t waiting(const Subscription& subscription) const noexcept;
  // The oldest one; null: none.
  std::shared_ptr<const Event> take(Subscription& subscription) noexcept;
  // Events lost because the subscriber was slow.
  uint64_t dropped(const Subscription& subscription) const noexcept;
  // The signal has come. Returns how many events wait.
  std::size_t rearm(Subscription& subscription) noexcept;

 private:
  void tell(const EventTarget& target) noexcept;

  NodeCore& node_;
  mutable Mutex mutex_;                                       // guards everything below and inside the subscriptions
  std::vector<std::shared_ptr<Subscription>> subscriptions_;  // in the order of subscribing
};

}  // namespace wippy
