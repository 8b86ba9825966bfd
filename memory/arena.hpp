// One process's private heap: the Lua state and everything in it, or large coroutine frames. Only whoever runs the process
// touches it; steps are ordered by the run queues' release/acquire, so there is no atomic and no lock here. At exit it is
// dropped whole, without walking objects; on a kill nothing inside is ever run again (rulings.md "Who destroys what").
// Small blocks (up to 2,048 B): size classes with free lists, at most 25 % slack above 128 B, some as what a Lua process has
// once, carved from chunks (memory/slab.hpp), hence on the node of the worker that made the process: 512 B to 2 KiB
// each for a usual heap, later a sixteenth of the heap at most, up to 64 KiB. Larger blocks come from
// malloc and hang on a list, so that a doubling table's old halves really go back.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wippy {

class Arena {
 public:
  Arena() = default;
  ~Arena() { release_all(); }
  Arena(const Arena&) = delete;
  // No block moves: the owner may live in its own arena. The other one is empty afterwards.
  Arena(Arena&& o) noexcept;

  // bytes > 0. Null when the system is out of memory. 16-byte aligned.
  void* allocate(std::size_t bytes) noexcept;
  // `bytes` is what allocate was called with.
  void deallocate(void* p, std::size_t bytes) noexcept;
  // Keeps the content up to the smaller size; null leaves the old block untouched.
  void* reallocate(void* p, std::size_t old_bytes, std::size_t new_bytes) noexcept;
  void release_all() noexcept;

  std::size_t used_bytes() const noexcept { return used_; }  // asked for by the owner: what a limit is compared to
  std::size_t held_bytes() const noexcept { return held_; }  // chunks and large blocks

  static constexpr std::size_t kSmallMax = 2048;
  static constexpr std::size_t kUsualHeap = 8192;
  static constexpr uint32_t kClasses = 24;
  static uint32_t class_of(std::size_t bytes) noexcept;
  static std::size_t class_bytes(uint32_t c) noexcept;

 private:
  struct FreeBlock {
    FreeBlock* next;
  };
  struct alignas(16) ChunkHeader {  // at the start of each chunk
    ChunkHeader* next;
    uint32_t slab_class;
  };
  struct alignas(16) LargeHeader {  // before each large block
    LargeHeader* next;
    LargeHeader** link;
    std::size_t bytes;  // with this header
  };
  Arena& operator=(const Arena&) = default;
  void* carve(uint32_t c) noexcept;
  bool grow(uint32_t c) noexcept;
  void* resize_large(LargeHeader* h, std::size_t bytes) noexcept;

  FreeBlock* free_[kClasses] = {};
  char *cursor_ = nullptr, *end_ = nullptr;  // the unused tail of the newest chunk
  ChunkHeader* chunks_ = nullptr;
  LargeHeader* large_ = nullptr;
  std::size_t used_ = 0, held_ = 0;
};

}  // namespace wippy
