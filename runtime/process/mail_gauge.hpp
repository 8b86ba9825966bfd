// The shared words of a bounded mailbox: how much is in it, and who waits for room. A mailbox without limits has none.
//
//   used     messages << 40 | bytes of what was admitted and not yet released
//     sender   used += one message, if it still fits (CAS)         owner   used -= one message, when it lets go of it
//   waiters  null | stack of RoomWaiters | closed
//     sender   pushes its waiter (CAS)      anybody   takes the whole stack (exchange)      owner   closes, once, at its exit
//
// A full mailbox stays full for waiting senders until half of it is free (low water): all of them are then told at once, so
// that a slow receiver is not interrupted by a herd for each message that it takes.
//
// INVARIANT. A waiter in the stack is taken by somebody once the mailbox is at low water, or closed.
// PROOF. The owner lowers `used` (1), SC fence (2), looks at the stack (3). A sender pushes (4), SC fence (5), looks at `used`
// (6). If (2) comes first, (6) sees the level of (1); otherwise (3) sees the push of (4). The level falls to low water by some
// (1), since what keeps it above are messages that the owner has yet to release; the last of (3) and (6) finds both.
//
// Pairs:  (4) push release -> (7) take acquire: the waiter's fields.
//         (8) close release -> (9) refused push acquire: the pid is erased; a send that is tried again finds nobody.
// The order of `used` against the queue does not matter: it is a gauge, raised before the push and lowered after the release.
#pragma once

#include <cstdint>

#include "memory/atomic.hpp"

namespace wippy {

// A sender that waits, one slab block of its own; whoever takes it from the stack tells the sender and frees it.
struct RoomWaiter {
  RoomWaiter* next = nullptr;
  uint64_t pid = 0;
  uint64_t timer = 0;  // told by an early kTimer with this id
};

class MailGauge {
 public:
  static constexpr uint32_t kByteBits = 40;
  static constexpr uint64_t kOneMessage = uint64_t{1} << kByteBits;
  static constexpr uint64_t kByteMask = kOneMessage - 1;
  static constexpr uint64_t kMostMessages = (uint64_t{1} << (64 - kByteBits)) / 4;  // twice the limit still fits

  // 0: that side has no limit.
  MailGauge(uint64_t max_messages, uint64_t max_bytes) noexcept
      : max_messages_(max_messages == 0 || max_messages > kMostMessages ? kMostMessages : max_messages),
        max_bytes_(max_bytes == 0 || max_bytes > kByteMask / 4 ? kByteMask / 4 : max_bytes) {}

  static uint64_t messages_of(uint64_t used) noexcept { return used >> kByteBits; }
  static uint64_t bytes_of(uint64_t used) noexcept { return used & kByteMask; }
  uint64_t used() const noexcept { return used_.load_relaxed(); }  // observers
  // A message larger than the byte limit fits an empty mailbox: it would never go through otherwise.
  bool within(uint64_t used, uint64_t times = 1) const noexcept {
    return messages_of(used) <= max_messages_ * times &&
           (bytes_of(used) <= max_bytes_ * times || messages_of(used) <= 1);
  }
  bool low(uint64_t used) const noexcept {
    return messages_of(used) <= max_messages_ / 2 && bytes_of(used) <= max_bytes_ / 2;
  }

  // Any sender. False: it does not fit within `times` the limit. `after`: the level with the message.
  [[nodiscard]] bool admit(uint64_t bytes, uint64_t times, uint64_t& after) noexcept {
    uint64_t now = used_.load_relaxed();  // validated by the CAS
    do {
      after = now + kOneMessage + bytes;
      if (!within(after, times)) return false;
    } while (!used_.cas_strong_relaxed(now, after));  // a gauge: no partner
    return true;
  }
  // Owner. Returns the level without the message.
  uint64_t release(uint64_t bytes) noexcept {
    return used_.fetch_sub_relaxed(kOneMessage + bytes) - kOneMessage - bytes;  // (1)
  }
  // Owner, after each release() where senders may wait. True: take_waiters() is due.
  [[nodiscard]] bool room_due(uint64_t after) noexcept {
    if (!low(after)) return false;
    fence_seq_cst();                                    // (2) with (5)
    const RoomWaiter* first = waiters_.load_relaxed();  // (3), ordered by (2)
    return first != nullptr && first != closed();
  }

  enum class Wait : uint8_t { kWaits, kRoom, kClosed };
  // Any sender. kRoom: it waits, and take_waiters() is due by the caller. kClosed: the waiter is still the caller's.
  [[nodiscard]] Wait wait(RoomWaiter* w) noexcept {
    RoomWaiter* first = waiters_.load_acquire();  // (9)
    do {
      if (first == closed()) return Wait::kClosed;
      w->next = first;
    } while (!waiters_.cas_weak_acq_rel(first, w));                 // (4); failure is (9)
    fence_seq_cst();                                                // (5) with (2)
    return low(used_.load_relaxed()) ? Wait::kRoom : Wait::kWaits;  // (6)
  }
  // Anybody; all of them, the newest first. Null: none, or closed.
  RoomWaiter* take_waiters() noexcept {
    RoomWaiter* first = waiters_.load_relaxed();  // validated by the CAS
    while (first != nullptr && first != closed()) {
      if (waiters_.cas_strong_acquire(first, nullptr)) return first;  // (7)
    }
    return nullptr;
  }
  // Owner, after its pid is erased.
  RoomWaiter* close() noexcept {
    RoomWaiter* const first = waiters_.exchange_acq_rel(closed());  // (7), (8)
    return first == closed() ? nullptr : first;
  }

 private:
  static RoomWaiter* closed() noexcept { return reinterpret_cast<RoomWaiter*>(uintptr_t{1}); }

  const uint64_t max_messages_;
  const uint64_t max_bytes_;
  Atomic<uint64_t> used_{0};
  Atomic<RoomWaiter*> waiters_{nullptr};
};

}  // namespace wippy
