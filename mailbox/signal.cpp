#include "mailbox/signal.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

#include "runtime/sim/counted.hpp"

namespace wippy {

Buffer* Buffer::create(const void* bytes, std::size_t size, Reallocate reallocate) noexcept {
  if (size > SIZE_MAX - sizeof(Buffer)) return nullptr;
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
  std::free(this);
}

Signal* make_signal(SignalKind kind, Pid from, uint64_t ref, const void* body, std::size_t bytes) noexcept {
  if (bytes > kSlabMaxBody) {
    Buffer* b = Buffer::create(body, bytes);
    if (b == nullptr) return nullptr;
    Signal* s = make_shared_signal(kind, from, ref, b);
    if (s == nullptr) b->release();
    return s;
  }
  Signal* s = make_bare_signal(kind, from, ref, slab_class_of(kSignalHeader + bytes), bytes);
  count(Counted::kCopy, bytes);
  if (s != nullptr && bytes != 0) std::memcpy(reinterpret_cast<char*>(s) + kSignalHeader, body, bytes);
  return s;
}

Signal* make_shared_signal(SignalKind kind, Pid from, uint64_t ref, Buffer* shared) noexcept {
  Signal* s = make_bare_signal(kind, from, ref);
  if (s == nullptr || shared == nullptr) return s;
  s->flags = Signal::kExternal;
  s->wide.buffer = shared;
  s->body_bytes = static_cast<uint32_t>(shared->size());
  return s;
}

void destroy_signal(Signal* s) noexcept {
  if ((s->flags & Signal::kExternal) != 0) s->wide.buffer->release();
  slab_free(s, s->slab_class);
}

}  // namespace wippy
