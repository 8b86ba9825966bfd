#include "memory/arena.hpp"

#include <cstdlib>
#include <cstring>

#include "memory/counted.hpp"
#include "memory/slab.hpp"

namespace wippy {

namespace {
constexpr uint32_t kFirstChunkClass = 5;  // 2 KiB
static_assert(slab_class_bytes(kFirstChunkClass) == 2048);
}  // namespace

uint32_t Arena::class_of(std::size_t bytes) noexcept {
  if (bytes <= 128) return static_cast<uint32_t>((bytes + 15) / 16) - 1;
  // bytes in (128·2^k, 256·2^k]: four steps of 32·2^k
  const auto k = static_cast<uint32_t>(56 - __builtin_clzll(bytes - 1));
  const auto step = static_cast<uint32_t>((bytes - 1) >> (k + 5)) & 3u;
  return 8 + k * 4 + step;
}

std::size_t Arena::class_bytes(uint32_t c) noexcept {
  if (c < 8) return (std::size_t{c} + 1) * 16;
  const uint32_t k = (c - 8) / 4;
  const uint32_t step = (c - 8) % 4;
  return (std::size_t{160} + step * 32) << k;
}

bool Arena::grow() noexcept {
  // Two chunks of each size before the next doubling keeps the unused tail below a third of the heap.
  uint32_t c = kFirstChunkClass + chunk_count_ / 2;
  if (c >= kSlabClasses) c = kSlabClasses - 1;
  auto* chunk = static_cast<ChunkHeader*>(slab_allocate(c));
  if (chunk == nullptr) return false;
  // The rest of the old chunk is given to the free lists, largest class first.
  while (end_ - cursor_ >= 16) {
    uint32_t k = kClasses - 1;
    while (class_bytes(k) > static_cast<std::size_t>(end_ - cursor_)) --k;
    auto* b = reinterpret_cast<FreeBlock*>(cursor_);
    b->next = free_[k];
    free_[k] = b;
    cursor_ += class_bytes(k);
  }
  chunk->next = chunks_;
  chunk->slab_class = c;
  chunks_ = chunk;
  ++chunk_count_;
  cursor_ = reinterpret_cast<char*>(chunk + 1);
  end_ = reinterpret_cast<char*>(chunk) + slab_class_bytes(c);
  held_ += slab_class_bytes(c);
  return true;
}

void* Arena::carve(std::size_t bytes) noexcept {
  if (static_cast<std::size_t>(end_ - cursor_) < bytes && !grow()) return nullptr;
  void* p = cursor_;
  cursor_ += bytes;
  return p;
}

void* Arena::allocate_large(std::size_t bytes) noexcept {
  if (bytes > SIZE_MAX - sizeof(LargeHeader)) return nullptr;
  auto* h = static_cast<LargeHeader*>(std::malloc(sizeof(LargeHeader) + bytes));
  if (h == nullptr) return nullptr;
  h->next = large_;
  h->link = &large_;
  h->bytes = bytes;
  if (large_ != nullptr) large_->link = &h->next;
  large_ = h;
  held_ += sizeof(LargeHeader) + bytes;
  return h + 1;
}

void Arena::release_large(void* p) noexcept {
  LargeHeader* h = static_cast<LargeHeader*>(p) - 1;
  *h->link = h->next;
  if (h->next != nullptr) h->next->link = h->link;
  held_ -= sizeof(LargeHeader) + h->bytes;
  std::free(h);
}

void* Arena::allocate(std::size_t bytes) noexcept {
  count(Counted::kArena, bytes);
  void* p = nullptr;
  if (bytes <= kSmallMax) {
    const uint32_t c = class_of(bytes);
    FreeBlock* b = free_[c];
    if (b != nullptr) {
      free_[c] = b->next;
      p = b;
    } else {
      p = carve(class_bytes(c));
    }
  } else {
    p = allocate_large(bytes);
  }
  if (p != nullptr) used_ += bytes;
  return p;
}

void Arena::deallocate(void* p, std::size_t bytes) noexcept {
  used_ -= bytes;
  if (bytes > kSmallMax) return release_large(p);
  auto* b = static_cast<FreeBlock*>(p);
  const uint32_t c = class_of(bytes);
  b->next = free_[c];
  free_[c] = b;
}

void* Arena::reallocate(void* p, std::size_t old_bytes, std::size_t new_bytes) noexcept {
  if (old_bytes <= kSmallMax && new_bytes <= kSmallMax && class_of(old_bytes) == class_of(new_bytes)) {
    used_ += new_bytes;
    used_ -= old_bytes;
    return p;
  }
  if (old_bytes > kSmallMax && new_bytes > kSmallMax) {
    LargeHeader* h = static_cast<LargeHeader*>(p) - 1;
    if (new_bytes > SIZE_MAX - sizeof(LargeHeader)) return nullptr;
    auto* n = static_cast<LargeHeader*>(std::realloc(h, sizeof(LargeHeader) + new_bytes));
    if (n == nullptr) return nullptr;
    *n->link = n;  // the header may have moved
    if (n->next != nullptr) n->next->link = &n->next;
    n->bytes = new_bytes;
    held_ += new_bytes;
    held_ -= old_bytes;
    used_ += new_bytes;
    used_ -= old_bytes;
    return n + 1;
  }
  void* q = allocate(new_bytes);
  if (q == nullptr) return nullptr;
  std::memcpy(q, p, old_bytes < new_bytes ? old_bytes : new_bytes);
  deallocate(p, old_bytes);
  return q;
}

void Arena::release_all() noexcept {
  while (large_ != nullptr) {
    LargeHeader* h = large_;
    large_ = h->next;
    std::free(h);
  }
  while (chunks_ != nullptr) {
    ChunkHeader* c = chunks_;
    chunks_ = c->next;
    slab_free(c, c->slab_class);
  }
  for (FreeBlock*& f : free_) f = nullptr;
  cursor_ = end_ = nullptr;
  used_ = held_ = 0;
  chunk_count_ = 0;
}

}  // namespace wippy
