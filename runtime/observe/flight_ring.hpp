// The flight recorder's ring: what one thread did last, eight bytes an event, always on; of a thread that has an event every
// few nanoseconds a part of the windows (FlightPace), so that it costs little at any load. runtime/observe writes it out.
//
// An event costs two stores and no clock: time stands in the ring as events of its own (kTime), every 64 steps and around
// sleeps; what lies between two of them is interpolated. A step that the monitor has seen twice is followed by a kLongStep, so
// that its time is not spread over its neighbours. A message is named by the ring and position of its send event, which
// travels in Signal::ref; the receive event repeats it: that is the arrow.
//
// One writer, the thread; any reader, by snapshot(). The words are a seqlock with the cursor as sequence number:
//   writer   (1) release fence, word, cursor release (2)        reader   cursor acquire (2), words, acquire fence (3), cursor
// If the reader saw a word of a later lap, (1) and (3) make it see the cursor of that lap too, and the word is left out.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "memory/atomic.hpp"
#include "memory/mutex.hpp"
#include "scheduler/clock.hpp"

namespace wippy {

enum class FlightKind : uint8_t {
  kStep,      // pid: a step of that process begins; it ends with the next kStep, kPark, kTime or kLongStep
  kTime,      // monotonic ns
  kPause,     // follows a kTime: until the next kTime only what happens between steps was recorded
  kLongStep,  // monotonic ns: the step before it took most of the time since the reading before
  kSend,      // to pid; named by its own position
  kReceive,   // the name of the kSend
  kSpawn,     // child pid
  kExit,      // pid
  kPark,      // follows a kTime
  kUnpark,    // follows a kTime
  kSteal,     // victim << 16 | how many
  kWake,      // worker that was woken
  kUpgrade,   // pid
};

// All of a ring but its words: what readers need, whatever its size.
class FlightRingBase {
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

  virtual ~FlightRingBase() = default;
  FlightRingBase(const FlightRingBase&) = delete;
  FlightRingBase& operator=(const FlightRingBase&) = delete;

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
  const void* raw() const noexcept { return words_; }
  uint64_t raw_cursor() const noexcept { return cursor_.get(); }
  const char* label() const noexcept { return label_; }

 protected:
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
  FlightRingBase(uint16_t index, const Cell* cells, uint32_t words) noexcept
      : mask_(words - 1), index_(index), words_(cells) {}

  Cell cursor_;
  const uint32_t mask_;
  const uint16_t index_;

 private:
  friend class FlightRings;
  bool taken_ = false;   // under the mutex of FlightRings
  char label_[32] = "";  // the same
  const Cell* const words_;
};

// kWords: a power of two. The size is in the type and the words are in the object: each event costs 7 to 12 instructions, and a
// ping-pong of 900 has six of them.
template <uint32_t kWords>
class FlightRingOf : public FlightRingBase {
 public:
  static_assert((kWords & (kWords - 1)) == 0);
  explicit FlightRingOf(uint16_t index) noexcept : FlightRingBase(index, cells_, kWords) {}

  // --- the thread
  void note([[maybe_unused]] FlightKind kind, [[maybe_unused]] uint64_t value) noexcept {
#if !defined(WIPPY_UNRECORDED)
    put(cursor_.get(), word(kind, value));
#endif
  }
  void time(uint64_t now_ns) noexcept { note(FlightKind::kTime, now_ns); }
  void step(uint64_t pid) noexcept { note(FlightKind::kStep, pid); }
  // What travels with the message: the word of its kReceive, all but the kind. kUnrecorded: its send was not noted.
  static constexpr uint64_t kUnrecorded = kMostValue << kKindBits;
  uint64_t send([[maybe_unused]] uint64_t to) noexcept {
#if defined(WIPPY_UNRECORDED)
    return kUnrecorded;
#else
    const uint64_t at = cursor_.get();
    put(at, word(FlightKind::kSend, to));
    return at << (kRingBits + kKindBits) | ring_tag_;
#endif
  }
  void receive([[maybe_unused]] uint64_t sent) noexcept {
#if !defined(WIPPY_UNRECORDED)
    put(cursor_.get(), sent | static_cast<uint8_t>(FlightKind::kReceive));
#endif
  }

 private:
  void put(uint64_t at, uint64_t word) noexcept {
    (cells_ + (at & (kWords - 1)))->put(word);
    cursor_.advance(at + 1);
  }
  const uint64_t ring_tag_ = uint64_t{index_} << kKindBits;
  Cell cells_[kWords];
};

// Which windows (the worker's: 64 steps) are recorded: all, but of sixteen only one while events come faster than kHotEventNs
// apart: noting one costs a nanosecond, and a ring holds three milliseconds of them.
class FlightPace {
 public:
  static constexpr uint64_t kHotEventNs = 50;
  static constexpr uint32_t kPausedWindows = 15;

  // A window has ended at that position of the ring. False: the next one is not recorded.
  bool next_window(uint64_t now_ns, uint64_t position) noexcept {
    if (paused_ != 0 && --paused_ != 0) return false;
    const bool hot = now_ns - begun_ns_ < (position - begun_at_) * kHotEventNs;
    begin(now_ns, position);
    if (hot) paused_ = kPausedWindows;
    return !hot;
  }
  // A window that is recorded begins, whatever the last one was like.
  void resume(uint64_t now_ns, uint64_t position) noexcept {
    begin(now_ns, position);
    paused_ = 0;
  }

 private:
  void begin(uint64_t now_ns, uint64_t position) noexcept {
    begun_ns_ = now_ns;
    begun_at_ = position;
  }
  uint64_t begun_ns_ = 0, begun_at_ = 0;
  uint32_t paused_ = 0;  // windows to go
};

#if defined(WIPPY_QUIET_FLIGHT)
inline constexpr uint32_t kWorkerFlightWords = 16;
#elif defined(WIPPY_SIM)
inline constexpr uint32_t kWorkerFlightWords = 1u << 12;
#else
inline constexpr uint32_t kWorkerFlightWords = 1u << 16;  // 16 bits of a position are its cell: no mask is applied
#endif
using FlightRing = FlightRingOf<kWorkerFlightWords>;

// All rings of a runtime. A ring outlives its thread, so that what it did last can still be read; the next thread that asks
// for one of that size goes on in it.
class FlightRings {
 public:
#if defined(WIPPY_QUIET_FLIGHT)
  static constexpr uint32_t kMost = 1;
#else
  static constexpr uint32_t kMost = 1u << FlightRing::kRingBits;
#endif

  FlightRings() = default;
  ~FlightRings() {
    for (uint32_t i = 0; i < count_.load_relaxed(); ++i) delete rings_[i].load_relaxed();  // no thread is left
  }
  FlightRings(const FlightRings&) = delete;
  FlightRings& operator=(const FlightRings&) = delete;

  // More workers than rings, all of one size: the last one mixes theirs.
  template <uint32_t kWords = kWorkerFlightWords>
  FlightRingOf<kWords>& take() {
    using Ring = FlightRingOf<kWords>;
    LockGuard lock(mutex_);
    const uint32_t n = count_.load_relaxed();
    for (uint32_t i = 0; i < n; ++i) {
      FlightRingBase* const r = rings_[i].load_relaxed();  // under the mutex
      if (!r->taken_ && r->words() == kWords) return r->taken_ = true, static_cast<Ring&>(*r);
    }
    if (n == kMost) return static_cast<Ring&>(*rings_[n - 1].load_relaxed());
    auto* const r = new Ring(static_cast<uint16_t>(n));
    r->taken_ = true;
    rings_[n].store_release(r);   // at()
    count_.store_release(n + 1);  // count()
    return *r;
  }
  void give_back(FlightRingBase& r) noexcept {
    LockGuard lock(mutex_);
    r.taken_ = false;
  }
  std::string label_of(const FlightRingBase& r) const {
    LockGuard lock(mutex_);
    return r.label_;
  }
  void set_label(FlightRingBase& r, std::string_view text) noexcept {
    LockGuard lock(mutex_);
    const std::size_t n = text.size() < sizeof r.label_ ? text.size() : sizeof r.label_ - 1;
    std::memcpy(r.label_, text.data(), n);
    r.label_[n] = 0;
  }
  uint32_t count() const noexcept { return count_.load_acquire(); }                          // take()
  const FlightRingBase& at(uint32_t i) const noexcept { return *rings_[i].load_acquire(); }  // take()

 private:
  mutable Mutex mutex_;
  Atomic<uint32_t> count_{0};
  Atomic<FlightRingBase*> rings_[kMost];
};

}  // namespace wippy
