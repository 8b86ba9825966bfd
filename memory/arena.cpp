#include "memory/arena.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "memory/slab.hpp"
#include "runtime/sim/counted.hpp"

namespace wippy {

static constexpr uint16_t kBytes[] = {16,  32,  48,  64,  80,  96,  128, 160,  192,  224,  256,  320,
                                      384, 448, 512, 592, 720, 768, 896, 1024, 1280, 1536, 1680, 2048};
static constexpr auto kClassOf = [] {
  std::array<uint8_t, Arena::kSmallMax / 16 + 2> of{};  // the last entry: larger than any class
  for (std::size_t i = 1, c = 0; i < of.size(); ++i) of[i] = static_cast<uint8_t>(i * 16 > kBytes[c] ? ++c : c);
  return of;
}();
static_assert(sizeof kBytes / sizeof kBytes[0] == Arena::kClasses);

Arena::Arena(Arena&& o) noexcept {
  *this = o;
  o = Arena();
  if (large_ != nullptr) large_->link = &large_;
}

uint32_t Arena::class_of(std::size_t bytes) noexcept { return kClassOf[(bytes + 15) / 16]; }
std::size_t Arena::class_bytes(uint32_t c) noexcept { return kBytes[c]; }

// Room for a block of class `c`. What is left of the tail goes to the free lists, largest class first; a free block of a larger
// class becomes the tail before another chunk does. Chunks of 2 KiB first, 512 B and 1 KiB where a usual heap ends. Not 4 KiB:
// those begin at a page, and states at the same place of two pages wait for each other's stores (a round trip 16 % longer).
bool Arena::grow(uint32_t c) noexcept {
  while (end_ - cursor_ >= 16) {
    const uint32_t k = class_of(std::min(static_cast<std::size_t>(end_ - cursor_), kSmallMax) + 1) - 1;
    free_[k] = new (cursor_) FreeBlock{free_[k]};
    cursor_ += class_bytes(k);
  }
  for (uint32_t k = kClasses - 1; k > c; --k) {
    if (free_[k] == nullptr) continue;
    cursor_ = reinterpret_cast<char*>(std::exchange(free_[k], free_[k]->next));
    end_ = cursor_ + class_bytes(k);
    return true;
  }
  const std::size_t usual = held_ < 6144 ? 2048 : held_ == 6144 ? 512 : held_ < kUsualHeap ? 1024 : held_ / 32;
  const std::size_t wanted = std::max({std::size_t{256}, usual, class_bytes(c) + sizeof(ChunkHeader)});
  const uint32_t chunk_class = slab_class_of(std::min(wanted, kSlabMaxBytes));
  void* const memory = slab_allocate(chunk_class);
  if (memory == nullptr) return false;
  chunks_ = new (memory) ChunkHeader{chunks_, chunk_class};
  cursor_ = reinterpret_cast<char*>(chunks_ + 1);
  end_ = static_cast<char*>(memory) + slab_class_bytes(chunk_class);
  held_ += slab_class_bytes(chunk_class);
  return true;
}

void* Arena::carve(uint32_t c) noexcept {
  const std::size_t bytes = class_bytes(c);
  if (static_cast<std::size_t>(end_ - cursor_) < bytes && !grow(c)) return nullptr;
  return std::exchange(cursor_, cursor_ + bytes);
}

// A new block when `h` is null, else the same one in another size; null leaves the old one untouched.
void* Arena::resize_large(LargeHeader* h, std::size_t bytes) noexcept {
  if (bytes > SIZE_MAX - sizeof(LargeHeader)) return nullptr;
  const LargeHeader old = h != nullptr ? *h : LargeHeader{large_, &large_, 0};
  bytes += sizeof(LargeHeader);
  h = static_cast<LargeHeader*>(std::realloc(h, bytes));
  if (h == nullptr) return nullptr;
  *h = {old.next, old.link, bytes};
  *h->link = h;  // it may have moved
  if (h->next != nullptr) h->next->link = &h->next;
  held_ += bytes - old.bytes;
  return h + 1;
}

void* Arena::allocate(std::size_t bytes) noexcept {
  count(Counted::kArena, bytes);
  void* p = nullptr;
  if (bytes <= kSmallMax) {
    const uint32_t c = class_of(bytes);
    p = free_[c] != nullptr ? std::exchange(free_[c], free_[c]->next) : carve(c);
  } else {
    p = resize_large(nullptr, bytes);
  }
  if (p != nullptr) used_ += bytes;
  return p;
}

void Arena::deallocate(void* p, std::size_t bytes) noexcept {
  used_ -= bytes;
  if (bytes <= kSmallMax) {
    FreeBlock*& list = free_[class_of(bytes)];
    list = new (p) FreeBlock{list};
    return;
  }
  LargeHeader* h = static_cast<LargeHeader*>(p) - 1;
  *h->link = h->next;
  if (h->next != nullptr) h->next->link = h->link;
  held_ -= h->bytes;
  std::free(h);
}

void* Arena::reallocate(void* p, std::size_t old_bytes, std::size_t new_bytes) noexcept {
  if (old_bytes > kSmallMax && new_bytes > kSmallMax) {
    p = resize_large(static_cast<LargeHeader*>(p) - 1, new_bytes);
    if (p == nullptr) return nullptr;
  } else if (old_bytes > kSmallMax || new_bytes > kSmallMax || class_of(old_bytes) != class_of(new_bytes)) {
    void* q = allocate(new_bytes);
    if (q == nullptr) return nullptr;
    std::memcpy(q, p, old_bytes < new_bytes ? old_bytes : new_bytes);
    deallocate(p, old_bytes);
    return q;
  }
  used_ += new_bytes - old_bytes;
  return p;
}

void Arena::release_all() noexcept {
  while (large_ != nullptr) std::free(std::exchange(large_, large_->next));
  while (chunks_ != nullptr) {
    ChunkHeader* c = std::exchange(chunks_, chunks_->next);
    slab_free(c, c->slab_class);
  }
  for (FreeBlock*& f : free_) f = nullptr;
  cursor_ = end_ = nullptr;
  used_ = held_ = 0;
}

}  // namespace wippy
