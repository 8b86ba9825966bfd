// What the JSON files share: RapidJSON's allocator and output stream.
#pragma once

#include <cstdlib>
#include <new>

#include "lua/json_text.hpp"
#include "mailbox/scratch.hpp"

namespace wippy::lua {

// RapidJSON does not look at what its allocator returns. It throws nothing itself and its stacks clean up after themselves, so
// refused memory may be an exception; callers catch it.
struct ThrowingAllocator {
  static const bool kNeedFree = true;
  static void* checked(void* block) {
    if (block == nullptr) throw std::bad_alloc();
    return block;
  }
  void* Malloc(std::size_t bytes) { return bytes == 0 ? nullptr : checked(std::malloc(bytes)); }
  void* Realloc(void* block, std::size_t, std::size_t bytes) {
    if (bytes != 0) return checked(std::realloc(block, bytes));
    std::free(block);
    return nullptr;
  }
  static void Free(void* block) { std::free(block); }
};

// RapidJSON's output stream: a text of at most kMaxJsonBytes. What does not fit is left out and shows in full().
class JsonSink {
 public:
  using Ch = char;
  void Put(char c) noexcept {
    if (text_.size() == kMaxJsonBytes || !text_.push(c)) full_ = true;
  }
  void Flush() noexcept {}
  bool full() const noexcept { return full_; }
  std::size_t size() const noexcept { return text_.size(); }
  char* data() noexcept { return text_.data(); }
  std::string_view view() const noexcept { return {text_.data(), text_.size()}; }

 private:
  ScratchArray<char, 1024> text_{heap_reallocate};
  bool full_ = false;
};

// Writes the JSON text of the value at `index` to `out`. Never raises, allocates nothing in the Lua heap. [-0, +0, -]
bool write_json(lua_State* L, int index, JsonSink& out, JsonFault& fault) noexcept;

}  // namespace wippy::lua
