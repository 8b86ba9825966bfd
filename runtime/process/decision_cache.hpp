// What a worker remembers of permission checks: the boundary of its host, and decisions that depend on nothing but actor,
// scope, boundary, action and resource. Each of the five has a version or is compared in full; nothing is ever stale, because
// a changed scope is another scope with another version.
//
// Thread-safety: owner-only, the worker.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "mailbox/pid.hpp"
#include "runtime/process/host_core.hpp"
#include "runtime/process/security.hpp"

namespace wippy {

struct DecisionKey {
  static constexpr std::size_t kTextBytes = 88;
  uint64_t actor = 0;  // versions; 0: none
  uint64_t scope = 0;
  uint64_t boundary = 0;
  uint64_t target = 0;  // pid; 0: the resource is in the text
  uint64_t hash = 0;
  uint16_t action_bytes = 0;
  uint16_t text_bytes = 0;  // action and resource; 0: an empty place
  char text[kTextBytes];

  // False: too long to be remembered.
  bool make(const Actor* a, const Scope* s, uint64_t boundary_version, std::string_view action,
            std::string_view resource, Pid to) noexcept {
    if (action.empty() || action.size() + resource.size() > kTextBytes) return false;
    actor = a == nullptr ? 0 : a->version();
    scope = s == nullptr ? 0 : s->version();
    boundary = boundary_version;
    target = to.value;
    action_bytes = static_cast<uint16_t>(action.size());
    text_bytes = static_cast<uint16_t>(action.size() + resource.size());
    std::memcpy(text, action.data(), action.size());
    if (!resource.empty()) std::memcpy(text + action.size(), resource.data(), resource.size());
    const std::size_t text_hash = std::hash<std::string_view>()({text, text_bytes});
    hash = (text_hash ^ (target * 0x9E3779B97F4A7C15ULL) ^ (actor << 1) ^ (scope << 7)) * 0xBF58476D1CE4E5B9ULL;
    return true;
  }
  bool same(const DecisionKey& o) const noexcept {
    return hash == o.hash && actor == o.actor && scope == o.scope && boundary == o.boundary && target == o.target &&
           action_bytes == o.action_bytes && text_bytes == o.text_bytes && std::memcmp(text, o.text, text_bytes) == 0;
  }
};

class DecisionCache {
 public:
  bool find(const DecisionKey& key, bool& allowed) const noexcept {
    if (places_ == nullptr) return false;
    const Place& p = (*places_)[index(key)];
    if (!p.key.same(key)) return false;
    allowed = p.allowed;
    return true;
  }
  void put(const DecisionKey& key, bool allowed) noexcept {
    if (places_ == nullptr) places_.reset(new (std::nothrow) Places());
    if (places_ != nullptr) (*places_)[index(key)] = {key, allowed};
  }

 private:
  static constexpr std::size_t kPlaces = 256;
  struct Place {
    DecisionKey key;
    bool allowed = false;
  };
  using Places = std::array<Place, kPlaces>;
  static std::size_t index(const DecisionKey& key) noexcept { return (key.hash >> 32) % kPlaces; }
  std::unique_ptr<Places> places_;  // made by the first decision
};

class GuardState {
 public:
  // The boundary in force on the worker's host; null: none. Valid until the next call.
  const Boundary* boundary(HostCore& host) noexcept {
    const uint64_t version = host.boundary_version();
    if (version != boundary_version_) {
      boundary_ = host.boundary();
      boundary_version_ = version;
    }
    return boundary_.get();
  }
  uint64_t boundary_version() const noexcept { return boundary_version_; }
  DecisionCache& cache() noexcept { return cache_; }

 private:
  std::shared_ptr<const Boundary> boundary_;
  uint64_t boundary_version_ = 0;
  DecisionCache cache_;
};

}  // namespace wippy
