// ProcessMemory: the process's own arena as a std::pmr memory resource, bounded by limits.max_memory_bytes of its entry.
//
//   Behavior index(Context& self, ProcessMemory memory) {      // not an argument: the factory gives it
//     std::pmr::vector<std::pmr::string> words(&memory);
//
// What lies in it is on the node of the worker that spawned the process and goes back at its end as a whole. An allocation
// over the limit throws ProcessError: uncaught, the process ends with INTERNAL "memory limit exceeded".
//
// Ownership: a parameter of the behavior, so it lives in the frame, behind all that is made from it; what is made from it must
// not leave the process. Thread-safety: inside a step.
#pragma once

#include <cstddef>
#include <memory_resource>

#include "runtime/process/context.hpp"

namespace wippy {

class ProcessMemory final : public std::pmr::memory_resource {
 public:
  // Throws std::bad_alloc.
  ProcessMemory(Context& self, std::size_t limit_bytes);
  ProcessMemory(const ProcessMemory&) = default;
  ProcessMemory& operator=(const ProcessMemory&) = delete;

  std::size_t used_bytes() const noexcept { return arena_->used_bytes(); }
  std::size_t limit_bytes() const noexcept { return limit_bytes_; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override;
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;

  Arena* arena_;
  std::size_t limit_bytes_;
};

}  // namespace wippy
