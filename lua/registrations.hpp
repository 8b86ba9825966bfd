// Who waits for which signal: id -> handler or task. Open addressing with backward-shift deletion (Knuth, TAOCP 3, §6.4
// algorithm R), blocks from the machine's arena. Ids are unique in the node over all kinds.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lua/task.hpp"
#include "mailbox/signal.hpp"
#include "memory/arena.hpp"

namespace wippy::lua {

struct Registration {
  uint64_t id = 0;                  // 0: empty
  SignalHandler handler = nullptr;  // null: wakes `task`
  union {
    void* arg;
    Task* task;
  };
  uint64_t ticket = 0;
  SignalKind kind = SignalKind::kTimer;

  Registration() noexcept : arg(nullptr) {}
};

// One owner; memory dies with the arena.
class Registrations {
 public:
  explicit Registrations(Arena& arena) noexcept : arena_(arena) {}

  // The first slot, in memory that has no other use; before the first add(). Too little of it is ignored.
  void adopt(void* block, std::size_t bytes) noexcept;
  // False: out of memory. r.id is not 0 and not registered.
  bool add(const Registration& r) noexcept;
  // Removes it; false: there was none of that kind.
  bool take(SignalKind kind, uint64_t id, Registration& out) noexcept;

  template <class F>
  void for_each(F&& f) const noexcept {
    for (uint32_t i = 0; i < capacity_; ++i) {
      if (slots_[i].id != 0) f(slots_[i]);
    }
  }
  uint32_t size() const noexcept { return size_; }

 private:
  uint32_t home(uint64_t id) const noexcept {
    return static_cast<uint32_t>((id * 0x9e3779b97f4a7c15u) >> 32) & (capacity_ - 1);
  }
  bool grow() noexcept;
  void clear(void* block, uint32_t capacity) noexcept;

  Arena& arena_;
  Registration* slots_ = nullptr;
  uint32_t capacity_ = 0;
  uint32_t size_ : 31 = 0;
  uint32_t adopted_ : 1 = 0;
};

}  // namespace wippy::lua
