// An immutable byte buffer shared by reference count: where an encoding lives that is too large for a slab block
// (rulings.md "Payload").
//
// Ownership: create() hands the caller one reference. Every holder owns exactly one and gives it up once, by release()
// or by handing it on; whoever gives up the last one frees the block. A new reference may be made only by someone who
// holds one.
// Thread-safety: retain, release and reading from any thread. The bytes never change after create().
// Memory order: the pointer travels to another thread through a release/acquire hand-over (the mailbox's), which
// publishes the bytes; the count itself only orders the free (see release()).
// Overflow: 2^32 references would need 2^32 signals of 64 bytes alive at once; not reachable.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mailbox/scratch.hpp"
#include "memory/atomic.hpp"

namespace wippy {

class Buffer {
 public:
  // A buffer holding a copy of the bytes, with one reference. nullptr when memory is refused.
  [[nodiscard]] static Buffer* create(const void* bytes, std::size_t size,
                                      Reallocate reallocate = heap_reallocate) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  // Relaxed: the caller already holds a reference, so the count cannot reach zero meanwhile.
  void retain() noexcept { refs_.fetch_add_relaxed(1); }
  // Frees the block if this was the last reference. The pointer must not be used afterwards.
  void release() noexcept;

  const char* data() const noexcept { return reinterpret_cast<const char*>(this + 1); }
  std::size_t size() const noexcept { return size_; }

 private:
  explicit Buffer(std::size_t size) noexcept : refs_(1), size_(size) {}
  ~Buffer() = default;

  Atomic<std::uint32_t> refs_;
  const std::size_t size_;
  // the bytes follow
};

}  // namespace wippy
