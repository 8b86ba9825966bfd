// Which tables a value contained so far: identity -> ordinal. A list up to eight, then open addressing (Knuth, TAOCP 3, §6.4
// algorithm L). One encoding, one owner.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace wippy::lua {

class TableOrdinals {
 public:
  static constexpr uint32_t kNone = ~uint32_t{0};

  TableOrdinals() noexcept = default;
  ~TableOrdinals() { std::free(slots_); }
  TableOrdinals(const TableOrdinals&) = delete;
  TableOrdinals& operator=(const TableOrdinals&) = delete;

  // Tables of the next payload are counted anew.
  void clear() noexcept {
    std::free(slots_);
    slots_ = nullptr;
    capacity_ = size_ = 0;
  }

  uint32_t find(const void* table) const noexcept {
    if (slots_ == nullptr) {
      for (uint32_t i = 0; i < size_; ++i) {
        if (few_[i].table == table) return few_[i].ordinal;
      }
      return kNone;
    }
    const Slot& s = slots_[place(table)];
    return s.table == nullptr ? kNone : s.ordinal;
  }

  // `table` is new. False: out of memory.
  [[nodiscard]] bool add(const void* table, uint32_t ordinal) noexcept {
    if (slots_ == nullptr && size_ < kFew) {
      few_[size_++] = {table, ordinal};
      return true;
    }
    if (size_ * 2 >= capacity_ && !grow()) return false;
    slots_[place(table)] = {table, ordinal};
    ++size_;
    return true;
  }

 private:
  static constexpr uint32_t kFew = 8;
  struct Slot {
    const void* table;
    uint32_t ordinal;
  };

  uint32_t place(const void* table) const noexcept {
    const uint32_t mask = capacity_ - 1;
    auto i = static_cast<uint32_t>((reinterpret_cast<uintptr_t>(table) >> 4) * 0x9e3779b97f4a7c15u >> 32) & mask;
    while (slots_[i].table != nullptr && slots_[i].table != table) i = (i + 1) & mask;
    return i;
  }

  bool grow() noexcept {
    const uint32_t capacity = capacity_ == 0 ? 64 : capacity_ * 2;
    auto* const slots = static_cast<Slot*>(std::calloc(capacity, sizeof(Slot)));
    if (slots == nullptr) return false;
    Slot* const old = slots_;
    const Slot* const from = old != nullptr ? old : few_;
    const uint32_t count = old != nullptr ? capacity_ : size_;
    slots_ = slots;
    capacity_ = capacity;
    for (uint32_t i = 0; i < count; ++i) {
      if (from[i].table != nullptr) slots_[place(from[i].table)] = from[i];
    }
    std::free(old);
    return true;
  }

  Slot few_[kFew];
  Slot* slots_ = nullptr;
  uint32_t capacity_ = 0;
  uint32_t size_ = 0;
};

}  // namespace wippy::lua
