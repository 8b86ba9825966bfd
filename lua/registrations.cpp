#include "lua/registrations.hpp"

#include <new>
#include <utility>

namespace wippy::lua {

namespace {

constexpr uint32_t kFirstSlots = 4;

}  // namespace

void Registrations::clear(void* block, uint32_t capacity) noexcept {
  slots_ = static_cast<Registration*>(block);
  capacity_ = capacity;
  size_ = 0;
  for (uint32_t i = 0; i < capacity; ++i) new (&slots_[i]) Registration;
}

void Registrations::adopt(void* block, std::size_t bytes) noexcept {
  if (bytes < sizeof(Registration)) return;
  clear(block, 1);
  adopted_ = 1;
}

bool Registrations::grow() noexcept {
  const uint32_t capacity = capacity_ < kFirstSlots ? kFirstSlots : capacity_ * 2;
  void* block = arena_.allocate(capacity * sizeof(Registration));
  if (block == nullptr) return false;
  Registration* const old = slots_;
  const uint32_t old_capacity = capacity_;
  clear(block, capacity);
  for (uint32_t i = 0; i < old_capacity; ++i) {
    if (old[i].id != 0) static_cast<void>(add(old[i]));  // there is room
  }
  if (old != nullptr && adopted_ == 0) arena_.deallocate(old, old_capacity * sizeof(Registration));
  adopted_ = 0;
  return true;
}

bool Registrations::add(const Registration& r) noexcept {
  const bool full = capacity_ == 1 ? size_ != 0 : 4 * (size() + 1) > 3 * capacity_;  // a single slot may be filled
  if (full && !grow()) return false;
  uint32_t i = home(r.id);
  while (slots_[i].id != 0) i = (i + 1) & (capacity_ - 1);
  slots_[i] = r;
  ++size_;
  return true;
}

bool Registrations::take(SignalKind kind, uint64_t id, Registration& out) noexcept {
  if (size_ == 0 || id == 0) return false;
  const uint32_t mask = capacity_ - 1;
  uint32_t i = home(id);
  while (slots_[i].id != id) {
    if (slots_[i].id == 0 || mask == 0) return false;
    i = (i + 1) & mask;
  }
  if (slots_[i].kind != kind) return false;
  out = slots_[i];
  slots_[i] = Registration();
  // Close the gap: an entry moves back unless its home lies behind the gap.
  for (uint32_t j = (i + 1) & mask; slots_[j].id != 0; j = (j + 1) & mask) {
    if (((j - home(slots_[j].id)) & mask) < ((j - i) & mask)) continue;
    slots_[i] = std::exchange(slots_[j], Registration());
    i = j;
  }
  --size_;
  return true;
}

}  // namespace wippy::lua
