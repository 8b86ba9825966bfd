// Processes of one host that have come and gone. Counted where a process is born and where it ends, by the worker that does it; a
// reader adds up. spawned - exited is the number alive, exactly while nobody spawns or ends.
#pragma once

#include <array>
#include <cstdint>

namespace wippy {

// How a process ended that did not end normally.
enum class AbnormalExit : uint8_t { kError, kTerminated, kCanceled, kLink };
inline constexpr std::size_t kAbnormalExits = 4;

struct HostTally {
  uint64_t spawned = 0;
  uint64_t exited = 0;                              // however
  std::array<uint64_t, kAbnormalExits> abnormal{};  // of those, by AbnormalExit

  HostTally& operator+=(const HostTally& o) noexcept {
    spawned += o.spawned;
    exited += o.exited;
    for (std::size_t i = 0; i < kAbnormalExits; ++i) abnormal[i] += o.abnormal[i];
    return *this;
  }
};

}  // namespace wippy
