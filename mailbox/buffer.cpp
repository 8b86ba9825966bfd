#include "mailbox/buffer.hpp"

#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "memory/counted.hpp"

namespace wippy {

Buffer* Buffer::create(const void* bytes, std::size_t size, Reallocate reallocate) noexcept {
  if (size > std::numeric_limits<std::size_t>::max() - sizeof(Buffer)) return nullptr;
  void* block = reallocate(nullptr, sizeof(Buffer) + size);
  if (block == nullptr) return nullptr;
  count(Counted::kCopy, size);
  if (size > 0) std::memcpy(static_cast<char*>(block) + sizeof(Buffer), bytes, size);
  return new (block) Buffer(size);
}

void Buffer::release() noexcept {
  // Partner: the same verb in every other holder's release(). Its release half puts that holder's reads before the
  // decrement, its acquire half puts them before the free below.
  if (refs_.fetch_sub_acq_rel(1) != 1) return;
  this->~Buffer();
  std::free(this);
}

}  // namespace wippy
