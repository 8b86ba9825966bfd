// table.sort as a resumable, stable merge sort.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lua5.4/lua.hpp>

namespace wippy::lua {

// [-0, +0, v]
int table_sort(lua_State* L);

// Bottom-up merge sort (Knuth, TAOCP 3, 5.2.4) between two halves of one array, driven from outside: next() runs up to the
// next comparison that is needed, take() gives its answer. Indices depend on the lengths only, never on an answer, so a
// comparator without order cannot lead it astray. T is trivially copyable; `items` has room for 2 * n.
template <class T>
class Merge {
 public:
  void start(size_t n) noexcept {
    n_ = n;
    width_ = 1;
    flipped_ = false;
    open(0);
  }

  // True: compare left() with right() and take(). False: done, the result is source(items)[0 .. n). Lowers `steps` by what
  // was moved on the way.
  bool next(T* items, int64_t& steps) noexcept {
    while (width_ < n_) {
      if (a_ < mid_ && b_ < hi_) return true;
      steps -= static_cast<int64_t>((hi_ - out_) >> 3);
      finish_pair(items);
      if (hi_ < n_) {
        open(hi_);
        continue;
      }
      width_ *= 2;
      flipped_ = !flipped_;
      open(0);
    }
    return false;
  }

  T left(const T* items) const noexcept { return items[source_offset() + a_]; }
  T right(const T* items) const noexcept { return items[source_offset() + b_]; }

  // `right_first`: the right one is less than the left one.
  void take(T* items, bool right_first) noexcept {
    items[target_offset() + out_++] = items[source_offset() + (right_first ? b_++ : a_++)];
  }

  const T* source(const T* items) const noexcept { return items + source_offset(); }

 private:
  size_t source_offset() const noexcept { return flipped_ ? n_ : 0; }
  size_t target_offset() const noexcept { return flipped_ ? 0 : n_; }

  void open(size_t lo) noexcept {
    a_ = out_ = lo;
    mid_ = b_ = width_ < n_ - lo ? lo + width_ : n_;
    hi_ = width_ < n_ - mid_ ? mid_ + width_ : n_;
  }

  void finish_pair(T* items) noexcept {
    T* const out = items + target_offset() + out_;
    if (a_ < mid_) {
      std::memcpy(out, items + source_offset() + a_, (mid_ - a_) * sizeof(T));
    } else if (b_ < hi_) {
      std::memcpy(out, items + source_offset() + b_, (hi_ - b_) * sizeof(T));
    }
  }

  size_t n_;
  size_t width_;
  size_t mid_;
  size_t hi_;
  size_t a_;
  size_t b_;
  size_t out_;
  bool flipped_;
};

}  // namespace wippy::lua
