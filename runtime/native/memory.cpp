#include "runtime/native/memory.hpp"

#include <algorithm>
#include <new>

#include "memory/arena.hpp"
#include "runtime/process/coroutine.hpp"

namespace wippy {

namespace {
constexpr std::size_t kArenaAlignment = 16;
std::size_t rounded(std::size_t bytes) noexcept { return std::max<std::size_t>(bytes, 1); }
}  // namespace

ProcessMemory::ProcessMemory(Context& self, std::size_t limit_bytes) : arena_(self.arena()), limit_bytes_(limit_bytes) {
  if (arena_ == nullptr) throw std::bad_alloc();
}

void* ProcessMemory::do_allocate(std::size_t bytes, std::size_t alignment) {
  if (alignment > kArenaAlignment) throw std::bad_alloc();
  if (bytes > limit_bytes_ || arena_->used_bytes() > limit_bytes_ - bytes) {
    throw ProcessError(ErrorKind::kInternal, "memory limit exceeded");
  }
  void* const p = arena_->allocate(rounded(bytes));
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

void ProcessMemory::do_deallocate(void* p, std::size_t bytes, std::size_t) { arena_->deallocate(p, rounded(bytes)); }

bool ProcessMemory::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
  const auto* memory = dynamic_cast<const ProcessMemory*>(&other);
  return memory != nullptr && memory->arena_ == arena_;
}

}  // namespace wippy
