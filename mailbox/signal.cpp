#include "mailbox/signal.hpp"

#include <new>

#include "memory/counted.hpp"

namespace wippy {

Signal* make_signal(SignalKind kind, Pid from, uint64_t ref, const void* body, std::size_t bytes) noexcept {
  if (bytes > kSlabMaxBody) {
    Buffer* b = Buffer::create(body, bytes);
    if (b == nullptr) return nullptr;
    Signal* s = make_shared_signal(kind, from, ref, b);
    if (s == nullptr) b->release();
    return s;
  }
  const uint32_t c = slab_class_of(kSignalHeader + (bytes < kInlineBody ? kInlineBody : bytes));
  void* p = slab_allocate(c);
  if (p == nullptr) return nullptr;
  auto* s = static_cast<Signal*>(p);
  s->kind = kind;
  s->slab_class = static_cast<uint8_t>(c);
  s->flags = 0;
  s->aux8 = 0;
  s->body_bytes = static_cast<uint32_t>(bytes);
  s->from = from;
  s->ref = ref;
  count(Counted::kCopy, bytes);
  if (bytes != 0) std::memcpy(static_cast<char*>(p) + kSignalHeader, body, bytes);
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
