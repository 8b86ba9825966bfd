// A growable array of trivial elements that starts inside its owner and moves to malloc only when it must.
// One owner; pointers into it die at the next reserve(), push(), clear() or destruction. Nothing throws.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <type_traits>

namespace wippy {

// realloc's contract. A parameter so that a test can refuse memory; blocks are always returned through std::free.
using Reallocate = void* (*)(void* block, std::size_t bytes);
inline void* heap_reallocate(void* block, std::size_t bytes) { return std::realloc(block, bytes); }

template <class T, std::size_t kInline>
class ScratchArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_default_constructible_v<T>);

 public:
  explicit ScratchArray(Reallocate reallocate) noexcept : reallocate_(reallocate) {}
  ~ScratchArray() {
    if (data_ != inline_) std::free(data_);
  }
  ScratchArray(const ScratchArray&) = delete;
  ScratchArray& operator=(const ScratchArray&) = delete;
  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  T& back() noexcept { return data_[size_ - 1]; }
  // Makes room for `extra` more elements (doubling, so that appending is amortised constant). False: memory refused.
  [[nodiscard]] bool reserve(std::size_t extra) noexcept { return capacity_ - size_ >= extra || grow(size_ + extra); }
  [[nodiscard]] bool push(const T& value) noexcept {
    if (!reserve(1)) return false;
    data_[size_++] = value;
    return true;
  }
  T pop() noexcept { return data_[--size_]; }
  void set_size(std::size_t size) noexcept { size_ = size; }  // within what reserve() has granted
  // Empties the array; a block of more than 64 KiB goes back to the heap, so that one giant use is not kept.
  void clear() noexcept {
    size_ = 0;
    if (data_ == inline_ || capacity_ * sizeof(T) <= 64 * 1024) return;
    std::free(data_);
    data_ = inline_;
    capacity_ = kInline;
  }

 private:
  bool grow(std::size_t need) noexcept {
    const std::size_t capacity = capacity_ * 2 > need ? capacity_ * 2 : need;
    void* block = reallocate_(data_ == inline_ ? nullptr : data_, capacity * sizeof(T));
    if (block == nullptr) return false;
    if (data_ == inline_) std::memcpy(block, inline_, size_ * sizeof(T));
    data_ = static_cast<T*>(block);
    capacity_ = capacity;
    return true;
  }

  T* data_ = inline_;
  std::size_t size_ = 0;
  std::size_t capacity_ = kInline;
  Reallocate reallocate_;
  T inline_[kInline];
};

}  // namespace wippy
