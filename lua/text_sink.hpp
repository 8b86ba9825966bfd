// A string under construction that survives yields: small texts stay in the C frame, larger or parked ones live in a Lua
// userdata (so they are charged to the process and need no destructor).
//
// Use: reserve a stack slot (absolute index, holding nil), build, push_result(). Before any yield or call: park(state).
// The continuation makes a new TextSink on the same slot and reads parked<State>().
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <lua5.4/lua.hpp>

namespace wippy::lua {

class TextSink {
 public:
  // `slot` holds nil or what an earlier sink parked there. [-0, +0, -]
  TextSink(lua_State* L, int slot) noexcept : L_(L), slot_(slot), heap_(static_cast<Heap*>(lua_touserdata(L, slot))) {}

  // [-0, +0, m]
  void append(const char* text, size_t length) {
    if (length == 0) return;
    std::memcpy(room(length), text, length);
    commit(length);
  }
  void append(char c) {
    *room(1) = c;
    commit(1);
  }

  // Space for `length` more bytes, valid until the next call; commit() what was written. [-0, +0, m]
  char* room(size_t length) {
    if (heap_ == nullptr) {
      if (length <= sizeof local_ - used_) return local_ + used_;
      spill(length);
    } else if (length > heap_->capacity - heap_->length) {
      grow(length);
    }
    return heap_->data() + heap_->length;
  }
  void commit(size_t length) noexcept { (heap_ != nullptr ? heap_->length : used_) += length; }

  // Moves the text and `state` into the slot. [-0, +0, m]
  template <class State>
  void park(const State& state) {
    static_assert(std::is_trivially_copyable_v<State> && sizeof(State) <= sizeof(Heap::state));
    if (heap_ == nullptr) spill(0);
    std::memcpy(heap_->state, &state, sizeof state);
  }
  // Only after park() of the same type, and before anything is appended. [-0, +0, -]
  template <class State>
  State parked() const noexcept {
    State state;
    std::memcpy(&state, heap_->state, sizeof state);
    return state;
  }

  // [-0, +1, m]
  void push_result() {
    if (heap_ != nullptr) {
      lua_pushlstring(L_, heap_->data(), heap_->length);
    } else {
      lua_pushlstring(L_, local_, used_);
    }
  }

 private:
  struct Heap {
    size_t length;
    size_t capacity;
    alignas(16) unsigned char state[80];
    char* data() noexcept { return reinterpret_cast<char*>(this + 1); }
  };

  Heap* make(size_t capacity) {
    if (capacity > static_cast<size_t>(PTRDIFF_MAX) - sizeof(Heap)) luaL_error(L_, "resulting string too large");
    auto* heap = static_cast<Heap*>(lua_newuserdatauv(L_, sizeof(Heap) + capacity, 0));
    heap->capacity = capacity;
    return heap;
  }

  void spill(size_t extra) {
    const size_t wanted = extra > SIZE_MAX / 2 ? extra : 2 * used_ + extra + 128;
    Heap* heap = make(wanted);
    std::memcpy(heap->data(), local_, used_);
    heap->length = used_;
    adopt(heap);
  }

  void grow(size_t extra) {
    if (extra > static_cast<size_t>(PTRDIFF_MAX) - heap_->length) luaL_error(L_, "resulting string too large");
    const size_t needed = heap_->length + extra;
    const size_t doubled = heap_->capacity + heap_->capacity / 2;
    Heap* heap = make(needed > doubled ? needed : doubled);
    std::memcpy(heap->data(), heap_->data(), heap_->length);
    heap->length = heap_->length;
    adopt(heap);
  }

  void adopt(Heap* heap) noexcept {
    lua_replace(L_, slot_);
    heap_ = heap;
  }

  lua_State* L_;
  int slot_;
  Heap* heap_;
  size_t used_ = 0;
  char local_[512];
};

static_assert(std::is_trivially_destructible_v<TextSink>);

}  // namespace wippy::lua
