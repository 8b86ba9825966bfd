// The flight recorder's ring: what one thread did last, eight bytes an event, always on. runtime/observe writes it out.
//
// An event costs two stores and no clock: time stands in the ring as events of its own (kTime), every 64 steps, around sleeps,
// and at the first step after the monitor has looked, so that a long step is seen as one. What lies between
// two of them is interpolated. A message is named by the ring and position of its send event, which travels in Signal::ref;
// the receive event repeats it: that is the arrow.
//
// One writer, the thread; any reader, by snapshot(). The words are a seqlock with the cursor as sequence number:
//   writer   (1) release fence, word, cursor release (2)        reader   cursor acquire (2), words, acquire fence (3), cursor
// If the reader saw a word of a later lap, (1) and (3) make it see the cursor of that lap too, and the word is left out.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "memory/atomic.hpp"
#include "memory/mutex.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/counters.hpp"

namespace wippy {

enum class FlightKind : uint8_t {
  kNone,
  kTime,     // monotonic ns
  kStep,     // pid: a step of that process begins; it ends with the next kStep, kPark or kTime
  kSend,     // to pid; named by its own position
  kReceive,  // the name of the kSend
  kSpawn,    // child pid
  kExit,     // pid
  kPark,     // follows a kTime
  kUnpark,   // follows a kTime
  kSteal,    // victim << 16 | how many
  kWake,     // worker that was woken
};

class FlightRing {
 public:
  // Small fields lowest: shifting drops what does not fit, and no 64-bit constant is loaded for it.
  static constexpr uint32_t kKindBits = 8, kRingBits = 12;
  static constexpr uint64_t kMostValue = ~uint64_t{0} >> kKindBits;
  static constexpr uint64_t word(FlightKind kind, uint64_t value) noexcept {
    return value << kKindBits | static_cast<uint8_t>(kind);
  }
  static constexpr FlightKind kind_of(uint64_t word) noexcept {
    return static_cast<FlightKind>(word & ((1u << kKindBits) - 1));
  }
  static constexpr uint64_t value_of(uint64_t word) noexcept { return word >> kKindBits; }
  // Of the send at that position. As a value it keeps the lowest 44 bits of the position.
  static constexpr uint64_t name(uint64_t ring, uint64_t position) noexcept { return position << kRingBits | ring; }
  static constexpr uint32_t ring_of(uint64_t name) noexcept { return name & ((1u << kRingBits) - 1); }

  // words: a power of two. Memory comes from the first touch, by the thread itself.
  FlightRing(uint16_t index, uint32_t words) : mask_(words - 1), index_(index), words_(new Cell[words]) {}

  // --- the thread
  void note([[maybe_unused]] FlightKind kind, [[maybe_unused]] uint64_t value) noexcept {
#if !defined(WIPPY_UNRECORDED)
    const uint64_t at = cursor_.get();
    words_[at & mask_].put(word(kind, value));
    cursor_.advance(at + 1);
#endif
  }
  // The monitor's count of looks; before the first step.
  void follow(const Counter& looks) noexcept { looks_ = &looks; }
  void time(uint64_t now_ns) noexcept { note(FlightKind::kTime, now_ns); }
  void step(uint64_t pid) noexcept {
    const uint64_t look = looks_->read();  // a hint
    if (__builtin_expect(look != look_, 0)) looked_at(look);
    note(FlightKind::kStep, pid);
  }
  [[gnu::noinline]] void looked_at(uint64_t look) noexcept {
    look_ = look;
    time(monotonic_ns());
  }
  // The name of the message.
  uint64_t send(uint64_t to) noexcept {
    const uint64_t its_name = name(index_, cursor_.get());
    note(FlightKind::kSend, to);
    return its_name;
  }
  void receive(uint64_t name) noexcept { note(FlightKind::kReceive, name); }

  // --- any thread
  struct Snapshot {
    uint64_t first = 0;  // position of words[0]
    std::vector<uint64_t> words;
  };
  Snapshot snapshot() const {
    const uint64_t capacity = uint64_t{mask_} + 1;
    const uint64_t end = cursor_.read();  // (2)
    Snapshot s;
    s.first = end > capacity ? end - capacity : 0;
    s.words.reserve(static_cast<std::size_t>(end - s.first));
    for (uint64_t at = s.first; at < end; ++at) s.words.push_back(words_[at & mask_].get());
    fence_seq_cst();  // (3); an acquire fence would do
    const uint64_t later = cursor_.get();
    const uint64_t overwritten = later + 1 > capacity ? later + 1 - capacity : 0;  // one word may be on its way
    if (overwritten > s.first) {
      const uint64_t lost = overwritten - s.first < s.words.size() ? overwritten - s.first : s.words.size();
      s.words.erase(s.words.begin(), s.words.begin() + static_cast<std::ptrdiff_t>(lost));
      s.first += lost;
    }
    return s;
  }

  uint16_t index() const noexcept { return index_; }
  uint32_t words() const noexcept { return mask_ + 1; }
  // For a crash handler: the words as they lie, the next position, and the label. Nothing is checked.
  const void* raw() const noexcept { return words_.get(); }
  uint64_t raw_cursor() const noexcept { return cursor_.get(); }
  const char* label() const noexcept { return label_; }

 private:
// Recording must not change the run. Simulation: one real thread, and no switch point. Model suites of the process layer
// (WIPPY_QUIET_FLIGHT): each ring is its thread's, and no fence.
#if defined(WIPPY_SIM) || defined(WIPPY_QUIET_FLIGHT)
  struct Cell {
    void put(uint64_t v) noexcept { value = v; }
    void advance(uint64_t v) noexcept { value = v; }
    uint64_t get() const noexcept { return value; }
    uint64_t read() const noexcept { return value; }
    uint64_t value = 0;
  };
#else
  struct Cell {
    void put(uint64_t v) noexcept {
#if !defined(__SANITIZE_THREAD__)
      fence_release();  // (1)
#endif
      value.store_relaxed(v);
    }
    void advance(uint64_t v) noexcept { value.store_release(v); }    // (2)
    uint64_t get() const noexcept { return value.load_relaxed(); }   // own, or ordered by (3)
    uint64_t read() const noexcept { return value.load_acquire(); }  // (2)
    Atomic<uint64_t> value{0};
  };
#endif
  friend class FlightRings;
  const uint32_t mask_;
  const uint16_t index_;
  char label_[32] = "";  // under the mutex of FlightRings
  bool taken_ = false;   // the same
  const Counter* looks_ = nullptr;
  uint64_t look_ = ~uint64_t{0};
  Cell cursor_;
  const std::unique_ptr<Cell[]> words_;
};

// All rings of a runtime. A ring outlives its thread, so that what it did last can still be read; the next thread that asks
// for one of that size goes on in it.
class FlightRings {
 public:
#if defined(WIPPY_QUIET_FLIGHT)
  static constexpr uint32_t kMost = 1;
#else
  static constexpr uint32_t kMost = 1u << FlightRing::kRingBits;
#endif
  static constexpr uint32_t kWorkerWords = 1u << 15;

  FlightRings() = default;
  ~FlightRings() {
    for (uint32_t i = 0; i < count_.load_relaxed(); ++i) delete rings_[i].load_relaxed();  // no thread is left
  }
  FlightRings(const FlightRings&) = delete;
  FlightRings& operator=(const FlightRings&) = delete;

  FlightRing& take(uint32_t words) {
    LockGuard lock(mutex_);
    const uint32_t n = count_.load_relaxed();
    for (uint32_t i = 0; i < n; ++i) {
      FlightRing* const r = rings_[i].load_relaxed();  // under the mutex
      if (!r->taken_ && r->words() == words) return r->taken_ = true, *r;
    }
    if (n == kMost) return *rings_[n - 1].load_relaxed();  // more workers than rings: the last one mixes theirs
    auto* const r = new FlightRing(static_cast<uint16_t>(n), words);
    r->taken_ = true;
    rings_[n].store_release(r);   // at()
    count_.store_release(n + 1);  // count()
    return *r;
  }
  void give_back(FlightRing& r) noexcept {
    LockGuard lock(mutex_);
    r.taken_ = false;
  }
  std::string label_of(const FlightRing& r) const {
    LockGuard lock(mutex_);
    return r.label_;
  }
  void set_label(FlightRing& r, std::string_view text) noexcept {
    LockGuard lock(mutex_);
    const std::size_t n = text.size() < sizeof r.label_ ? text.size() : sizeof r.label_ - 1;
    std::memcpy(r.label_, text.data(), n);
    r.label_[n] = 0;
  }
  uint32_t count() const noexcept { return count_.load_acquire(); }                      // take()
  const FlightRing& at(uint32_t i) const noexcept { return *rings_[i].load_acquire(); }  // take()

 private:
  mutable Mutex mutex_;
  Atomic<uint32_t> count_{0};
  Atomic<FlightRing*> rings_[kMost];
};

}  // namespace wippy
