// A small map from non-zero 64-bit ids to V, owner-only: links, monitors and timers of one process.
//
// Open addressing, linear probing, deletion by backward shift (Knuth, TAOCP 6.4, algorithm R): no tombstones. 8 bytes
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
  ~IdTable() { std::free(table_); }
  IdTable(const IdTable&) = delete;
  IdTable& operator=(const IdTable&) = delete;

  uint32_t size() const noexcept { return table_ == nullptr ? 0 : table_->size; }
  uint32_t capacity() const noexcept { return table_ == nullptr ? 0 : table_->capacity; }

  V* find(uint64_t id) noexcept {
    if (size() == 0) return nullptr;
    Slot* const slots = table_->slots();
    const uint32_t mask = table_->capacity - 1;
    for (uint32_t i = home(id, mask);; i = (i + 1) & mask) {
      if (slots[i].id == id) return &slots[i].value;
      if (slots[i].id == 0) return nullptr;
    }
  }
  // The entry for id, value-initialised when new. Null when out of memory.
  V* insert(uint64_t id) noexcept {
    if (V* v = find(id)) return v;
    if ((size() + 1) * 4 > capacity() * 3 && !grow()) return nullptr;
    return put(id, V{});
  }
  bool erase(uint64_t id) noexcept {
    V* v = find(id);
    if (v == nullptr) return false;
    Slot* const slots = table_->slots();
    const uint32_t mask = table_->capacity - 1;
    auto hole =
        static_cast<uint32_t>(reinterpret_cast<Slot*>(reinterpret_cast<char*>(v) - offsetof(Slot, value)) - slots);
    for (uint32_t i = (hole + 1) & mask; slots[i].id != 0; i = (i + 1) & mask) {
      // an entry may fill the hole unless its home lies cyclically in (hole, i]
      const uint32_t h = home(slots[i].id, mask);
      const bool stays = hole <= i ? (h > hole && h <= i) : (h > hole || h <= i);
      if (stays) continue;
      slots[hole] = slots[i];
      hole = i;
    }
    slots[hole].id = 0;
    --table_->size;
    return true;
  }
  void clear() noexcept {
    for (uint32_t i = 0; i < capacity(); ++i) table_->slots()[i].id = 0;
    if (table_ != nullptr) table_->size = 0;
  }
  // Slot-wise iteration, for walks that may be interrupted: 0 <= i < capacity(). False: empty slot.
  bool slot(uint32_t i, uint64_t& id, V& value) const noexcept {
    const Slot& s = table_->slots()[i];
    if (s.id == 0) return false;
    id = s.id;
    value = s.value;
    return true;
  }

 private:
  struct Slot {
    uint64_t id;
    V value;
  };
  struct Table {
    uint32_t capacity;  // power of two, at most 2^24
    uint32_t size;
    Slot* slots() noexcept { return reinterpret_cast<Slot*>(this + 1); }
  };
  static_assert(alignof(Slot) <= sizeof(Table));
  // Fibonacci hashing of everything above the low three bits: ids come in runs (timers, watches, links), and eight neighbours
  // share their cache lines. Not more of them: an erase walks to the end of its cluster.
  static uint32_t home(uint64_t id, uint32_t mask) noexcept {
    const uint64_t spread = (id >> 3) * 0x9e3779b97f4a7c15u;
    return ((static_cast<uint32_t>(spread >> 40) << 3) | static_cast<uint32_t>(id & 7)) & mask;
  }
  V* put(uint64_t id, const V& value) noexcept {
    Slot* const slots = table_->slots();
    const uint32_t mask = table_->capacity - 1;
    uint32_t i = home(id, mask);
    while (slots[i].id != 0) i = (i + 1) & mask;
    slots[i].id = id;
    slots[i].value = value;
    ++table_->size;
    return &slots[i].value;
  }
  bool grow() noexcept {
    Table* const old = table_;
    const uint32_t old_capacity = capacity();
    const uint32_t wanted = old_capacity == 0 ? 4 : old_capacity * 2;
    auto* fresh = static_cast<Table*>(std::calloc(1, sizeof(Table) + wanted * sizeof(Slot)));
    if (fresh == nullptr) return false;
    fresh->capacity = wanted;
    table_ = fresh;
    for (uint32_t i = 0; i < old_capacity; ++i) {
      if (const Slot& s = old->slots()[i]; s.id != 0) put(s.id, s.value);
    }
    std::free(old);
    return true;
  }

  Table* table_ = nullptr;
};

}  // namespace wippy
