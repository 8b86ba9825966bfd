// When may a retired process block be reused? (rulings.md S4) Readers hold a Process pointer only inside a *reader section*,
// the few instructions of `find … push` in one send; a retired object may be reused when every section that began before its
// id was erased has ended. Epochs and acknowledgements: QSBR after McKenney and Slingwine 1998, on demand.
//   retirer:  erase the id;  E = epoch.fetch_add(1) + 1   (1);   … free once every record has ack >= E   (4)
//   worker, between two steps:  e = epoch   (2);  if e != own last: ack = e   (3)         (1) -> (2), (3) -> (4)
// Who does not acknowledge between steps:
//   parked   ack = kOffline. Online again: store the epoch, SC fence, read (5); the retirer has one between (1) and (4) (6).
//   stuck    after 1 ms, or 4,096 objects, one membarrier makes the reader's fence_light() a full one; passed if its flag
//            reads 0 (7), which the section's end stores with release (8).
//   outside  threads (blocking pool, main): their sections use the flag with a full fence.
// One domain per runtime, not per host. Proof and costs: docs/internals/grace.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "memory/atomic.hpp"
#include "memory/cache_line.hpp"
#include "memory/mutex.hpp"

namespace wippy {

enum class ReaderKind : uint8_t { kWorker, kOutside };

// One per thread; written by its thread, read by retirers.
struct alignas(kCacheLine) ReaderRecord {
  static constexpr uint64_t kOffline = ~uint64_t{0};

  Atomic<uint64_t> ack{kOffline};
  Atomic<uint32_t> in_section{0};
  ReaderKind kind = ReaderKind::kOutside;  // its own thread's
  Atomic<uint32_t> used{0};                // 1: owned by a thread; CAS 0 -> 1 takes it
  uint64_t last_seen = 0;                  // its own thread's copy of ack
};

// Scope of one find … push. Never spans an await, a callback or a step end.
class [[nodiscard]] ReaderSection {
 public:
  explicit ReaderSection(ReaderRecord& r) noexcept : r_(r) {
    r_.in_section.store_relaxed(1);  // ordered by the fence
    if (r_.kind == ReaderKind::kWorker) {
      fence_light();  // partner: membarrier before (7)
    } else {
      fence_seq_cst();  // partner: (6)
    }
  }
  ~ReaderSection() { r_.in_section.store_release(0); }  // (8) -> (7)
  ReaderSection(const ReaderSection&) = delete;
  ReaderSection& operator=(const ReaderSection&) = delete;

 private:
  ReaderRecord& r_;
};

// Base of what can be retired.
struct GraceNode {
  GraceNode* grace_next;  // owner-only, meaningful while the object is in a batch
};
struct GraceBatch {
  GraceNode *first = nullptr, *last = nullptr;
  uint32_t count = 0;
  uint64_t epoch = 0;  // passes when every record has ack >= epoch

  void push(GraceNode* n) noexcept {
    n->grace_next = first;
    if (first == nullptr) last = n;
    first = n;
    ++count;
  }
  void absorb(GraceBatch&& other) noexcept {
    if (other.first == nullptr) return;
    if (first == nullptr) {
      *this = other;
    } else {
      last->grace_next = other.first;
      last = other.last;
      count += other.count;
      if (other.epoch > epoch) epoch = other.epoch;  // waiting longer than needed is safe
    }
    other = GraceBatch{};
  }
};

inline constexpr uint32_t kMaxReaders = 2048;
inline constexpr uint32_t kGraceBatch = 64;
inline constexpr uint64_t kStuckNs = 1'000'000;
inline constexpr uint32_t kGraceCrowd = 4096;  // a preempted worker must not let a fast spawner take ever new blocks

// A template, so that model suites can shrink it.
template <uint32_t MaxReaders>
class BasicGraceDomain {
 public:
  // Null when all records are taken.
  ReaderRecord* register_reader(ReaderKind kind) noexcept {
    for (uint32_t i = 0; i < MaxReaders; ++i) {
      ReaderRecord& r = records_[i];
      uint32_t free_mark = 0;
      if (r.used.load_relaxed() != 0 || !r.used.cas_strong_acq_rel(free_mark, 1)) continue;  // partner: unregister
      r.kind = kind;
      uint32_t n = count_.load_relaxed();
      while (n < i + 1 && !count_.cas_weak_acq_rel(n, i + 1)) {  // passed() may miss it: (5), (6)
      }
      return &r;
    }
    return nullptr;
  }
  void unregister(ReaderRecord* r) noexcept {
    r->ack.store_release(ReaderRecord::kOffline);  // (3): a last acknowledgement
    r->used.store_release(0);                      // partner: the CAS in register_reader
  }

  // Worker, between two steps.
  void quiescent(ReaderRecord& r) noexcept {
    const uint64_t e = epoch_.load_acquire();  // (2)
    if (__builtin_expect(e == r.last_seen, 1)) return;
    r.last_seen = e;
    r.ack.store_release(e);  // (3)
  }
  void offline(ReaderRecord& r) noexcept { r.ack.store_release(ReaderRecord::kOffline); }  // (3)
  void online(ReaderRecord& r) noexcept {
    r.last_seen = epoch_.load_relaxed();
    r.ack.store_relaxed(r.last_seen);
    fence_seq_cst();  // (5) with (6)
  }

  // After the ids of all objects of the batch were erased. Returns the epoch the batch has to wait for.
  uint64_t seal() noexcept {
    const uint64_t e = epoch_.fetch_add_acq_rel(1) + 1;  // (1)
    fence_seq_cst();                                     // (6)
    return e;
  }
  // True when no section that could see the batch is left. use_barrier: the caller has just issued membarrier().
  bool passed(uint64_t epoch, bool use_barrier) noexcept {
    const uint32_t n = count_.load_acquire();  // carries nothing, see register_reader
    for (uint32_t i = 0; i < n; ++i) {
      ReaderRecord& r = records_[i];
      const uint64_t ack = r.ack.load_acquire();           // (4)
      const bool offline = ack == ReaderRecord::kOffline;  // parked, outside, or on its way online
      if (!offline && ack >= epoch) continue;
      if ((!offline && !use_barrier) || r.in_section.load_acquire() != 0) return false;  // (7)
    }
    return true;
  }

  // Batches left behind by workers that parked; taken by whoever polls next.
  void leave_orphans(GraceBatch&& b) noexcept {
    LockGuard lock(orphan_mutex_);
    orphans_.absorb(std::move(b));
    orphan_count_.store_relaxed(orphans_.count);  // a hint, see has_orphans
  }
  bool has_orphans() const noexcept { return orphan_count_.load_relaxed() != 0; }
  GraceBatch take_orphans() noexcept {
    LockGuard lock(orphan_mutex_);
    orphan_count_.store_relaxed(0);  // a hint
    return std::exchange(orphans_, GraceBatch{});
  }

 private:
  alignas(kCacheLine) Atomic<uint64_t> epoch_{1};  // writers: retirers, once per batch
  alignas(kCacheLine) Atomic<uint32_t> count_{0};  // records in use so far; grows only
  Atomic<uint32_t> orphan_count_{0};
  Mutex orphan_mutex_;  // guards orphans_
  GraceBatch orphans_;
  ReaderRecord records_[MaxReaders];
};
using GraceDomain = BasicGraceDomain<kMaxReaders>;

// The heavy side of the asymmetric fence: every running thread of the process passes a full fence before this returns.
// False when the kernel lacks membarrier(PRIVATE_EXPEDITED): then nobody is passed early.
bool process_wide_barrier() noexcept;

// One thread's retired objects. Owner-only.
class RetireQueue {
 public:
  explicit RetireQueue(GraceDomain& domain) noexcept : domain_(domain) {}

  // The object's id is already erased. now_ns is 0 when the caller has no fresh time.
  void retire(GraceNode* n, uint64_t now_ns) noexcept {
    current_.push(n);
    if (current_.count >= kGraceBatch && waiting_.count == 0) seal(now_ns);
  }
  // Seals a batch that would wait to become full; gives what has no time stamp yet one, so that the 1 ms escape can count.
  void touch(uint64_t now_ns) noexcept;
  // Objects whose grace has passed, as a list through grace_next; null when none. Cheap when nothing waits. 0: after a retire.
  GraceNode* poll(uint64_t now_ns) noexcept;
  // Before parking, already offline: seals what is there and tries once more; the rest goes to the domain's orphans.
  GraceNode* drain_for_park() noexcept;
  uint32_t held() const noexcept { return current_.count + waiting_.count; }

 private:
  void seal(uint64_t now_ns) noexcept;

  GraceDomain& domain_;
  GraceBatch current_;             // erased, epoch not yet taken
  GraceBatch waiting_;             // sealed
  uint64_t waiting_since_ns_ = 0;  // for the 1 ms escape; 0: not known
};

}  // namespace wippy
