// A small map from non-zero 64-bit ids to V, owner-only: links, monitors and timers of one process.
//
// Open addressing, linear probing, deletion by backward shift (Knuth, TAOCP 6.4, algorithm R): no tombstones. 16 bytes
// while empty. Iteration goes by slot, which depends on the ids and their history only, never on addresses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>

namespace wippy {

template <class V>
class IdTable {
  static_assert(std::is_trivially_copyable_v<V>);

 public:
  IdTable() = default;
  ~IdTable() { std::free(slots_); }
  IdTable(const IdTable&) = delete;
  IdTable& operator=(const IdTable&) = delete;

  uint32_t size() const noexcept { return size_; }
  uint32_t capacity() const noexcept { return capacity_; }

  V* find(uint64_t id) noexcept {
    if (size_ == 0) return nullptr;
    for (uint32_t i = home(id);; i = (i + 1) & (capacity_ - 1)) {
      if (slots_[i].id == id) return &slots_[i].value;
      if (slots_[i].id == 0) return nullptr;
    }
  }
  // The entry for id, value-initialised when new. Null when out of memory.
  V* insert(uint64_t id) noexcept {
    if (V* v = find(id)) return v;
    if ((size_ + 1) * 4 > capacity_ * 3 && !grow()) return nullptr;
    return put(id, V{});
  }
  bool erase(uint64_t id) noexcept {
    V* v = find(id);
    if (v == nullptr) return false;
    auto hole =
        static_cast<uint32_t>(reinterpret_cast<Slot*>(reinterpret_cast<char*>(v) - offsetof(Slot, value)) - slots_);
    for (uint32_t i = (hole + 1) & (capacity_ - 1); slots_[i].id != 0; i = (i + 1) & (capacity_ - 1)) {
      // an entry may fill the hole unless its home lies cyclically in (hole, i]
      const uint32_t h = home(slots_[i].id);
      const bool stays = hole <= i ? (h > hole && h <= i) : (h > hole || h <= i);
      if (stays) continue;
      slots_[hole] = slots_[i];
      hole = i;
    }
    slots_[hole].id = 0;
    --size_;
    return true;
  }
  void clear() noexcept {
    for (uint32_t i = 0; i < capacity_; ++i) slots_[i].id = 0;
    size_ = 0;
  }
  // Slot-wise iteration, for walks that may be interrupted: 0 <= i < capacity(). False: empty slot.
  bool slot(uint32_t i, uint64_t& id, V& value) const noexcept {
    if (slots_[i].id == 0) return false;
    id = slots_[i].id;
    value = slots_[i].value;
    return true;
  }

 private:
  struct Slot {
    uint64_t id;
    V value;
  };
  // Fibonacci hashing of everything above the low three bits: ids come in runs (timers, watches, links), and eight neighbours
  // share their cache lines. Not more of them: an erase walks to the end of its cluster.
  uint32_t home(uint64_t id) const noexcept {
    const uint64_t spread = (id >> 3) * 0x9e3779b97f4a7c15u;
    return ((static_cast<uint32_t>(spread >> 40) << 3) | static_cast<uint32_t>(id & 7)) & (capacity_ - 1);
  }
  V* put(uint64_t id, const V& value) noexcept {
    uint32_t i = home(id);
    while (slots_[i].id != 0) i = (i + 1) & (capacity_ - 1);
    slots_[i].id = id;
    slots_[i].value = value;
    ++size_;
    return &slots_[i].value;
  }
  bool grow() noexcept {
    const uint32_t wanted = capacity_ == 0 ? 4 : capacity_ * 2;
    auto* fresh = static_cast<Slot*>(std::calloc(wanted, sizeof(Slot)));
    if (fresh == nullptr) return false;
    Slot* old = slots_;
    const uint32_t old_capacity = capacity_;
    slots_ = fresh;
    capacity_ = wanted;
    size_ = 0;
    for (uint32_t i = 0; i < old_capacity; ++i) {
      if (old[i].id != 0) put(old[i].id, old[i].value);
    }
    std::free(old);
    return true;
  }

  Slot* slots_ = nullptr;
  uint32_t capacity_ = 0;  // power of two, at most 2^24
  uint32_t size_ = 0;
};

}  // namespace wippy
