// One process's private heap: the Lua state and everything in it, or large coroutine frames.
//
// Who allocates, who frees: only whoever runs the process at that moment. Steps are ordered by the run queues'
// release/acquire, so there is no atomic and no lock here. At exit the whole arena is dropped: release_all() gives the
// chunks back without walking objects; on a kill nothing inside is ever run again (rulings.md "Who destroys what").
//
// Small blocks (16 … 1,024 B): size classes with free lists, carved from chunks of 2 KiB growing to 64 KiB that come from
// the node's depot (memory/slab.hpp), hence lie on the node of the worker that created the process. Classes are 16 B
// apart up to 128 B, then four per doubling: at most 25 % slack. Larger blocks come from malloc (jemalloc in release
// builds) and hang on a list, so that a doubling table's old halves really go back.
//
// `used_bytes` counts what the owner asked for, and is what a memory limit is compared to.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wippy {

class Arena {
 public:
  Arena() = default;
  ~Arena() { release_all(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Null when the system is out of memory. bytes > 0. 16-byte aligned.
  void* allocate(std::size_t bytes) noexcept;
  // `bytes` is what allocate was called with.
  void deallocate(void* p, std::size_t bytes) noexcept;
  // Keeps the content up to the smaller size; null leaves the old block untouched.
  void* reallocate(void* p, std::size_t old_bytes, std::size_t new_bytes) noexcept;
  void release_all() noexcept;

  std::size_t used_bytes() const noexcept { return used_; }
  // Chunks and large blocks actually held.
  std::size_t held_bytes() const noexcept { return held_; }

  static constexpr std::size_t kSmallMax = 1024;
  static constexpr uint32_t kClasses = 20;
  static uint32_t class_of(std::size_t bytes) noexcept;
  static std::size_t class_bytes(uint32_t c) noexcept;

 private:
  struct FreeBlock {
    FreeBlock* next;
  };
  struct ChunkHeader {  // at the start of each chunk
    ChunkHeader* next;
    uint32_t slab_class;
    uint32_t pad;
  };
  struct LargeHeader {  // before each large block
    LargeHeader* next;
    LargeHeader** link;
    std::size_t bytes;
    std::size_t pad;
  };
  void* carve(std::size_t bytes) noexcept;
  bool grow() noexcept;
  void* allocate_large(std::size_t bytes) noexcept;
  void release_large(void* p) noexcept;

  FreeBlock* free_[kClasses] = {};
  char* cursor_ = nullptr;
  char* end_ = nullptr;
  ChunkHeader* chunks_ = nullptr;
  LargeHeader* large_ = nullptr;
  std::size_t used_ = 0;
  std::size_t held_ = 0;
  uint32_t chunk_count_ = 0;
};

}  // namespace wippy
