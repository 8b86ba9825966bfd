// When may a retired process block be reused? (rulings.md S4)
//
// Readers hold a Process pointer only inside a *reader section*: the few instructions of `find … push` in one send. A
// retired object may be reused when every section that began before its id was erased has ended.
//
// Grace period by epochs and acknowledgements (QSBR after McKenney and Slingwine 1998, RCU-style on demand):
//   retirer:  erase the id;  E = epoch.fetch_add(1) + 1   (1);   … free once every record has ack >= E   (4)
//   worker, between two steps:  e = epoch   (2);  if e != own last: ack = e   (3)
// (1) release -> (2) acquire: a section that begins after the worker saw E sees the erased id.
// (3) release -> (4) acquire: every section that began before the ack has ended before the free.
// No fence and no read-modify-write on the worker's side; the load (2) hits a line that changes once per 64 exits.
//
// Three exceptions to "a worker acknowledges between steps":
//   parked   ack = kOffline. Going online stores the epoch, then SC fence, then reads (5); the retirer has an SC fence
//            between (1) and (4) (6): one of the two sees the other (store buffering).
//   stuck    in a long step: after 1 ms the retirer issues one membarrier (which makes the reader's fence_light() a full
//            fence) and passes the worker if its section flag reads 0 (7). The section's end is a release store (8).
//   outside  threads (blocking pool, main) never acknowledge: their sections use the flag with a full fence.
//
// Ordinary batches never pay a system call. One domain per runtime, not per host.
#pragma once

#include <cstddef>
#include <cstdint>

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
  ReaderKind kind = ReaderKind::kOutside;  // read by its own thread only
  Atomic<uint32_t> used{0};                // 1: owned by a thread; CAS 0 -> 1 takes it
  uint64_t last_seen = 0;                  // the thread's own copy of ack

  void enter() noexcept {
    in_section.store_relaxed(1);
    if (kind == ReaderKind::kWorker) {
      fence_light();  // partner: membarrier before (7)
    } else {
      fence_seq_cst();  // partner: (6)
    }
  }
  void leave() noexcept { in_section.store_release(0); }  // (8) -> (7)
};

// Scope of one find … push. Never spans an await, a callback or a step end.
class [[nodiscard]] ReaderSection {
 public:
  explicit ReaderSection(ReaderRecord& r) noexcept : r_(r) { r_.enter(); }
  ~ReaderSection() { r_.leave(); }
  ReaderSection(const ReaderSection&) = delete;
  ReaderSection& operator=(const ReaderSection&) = delete;

 private:
  ReaderRecord& r_;
};

// Base of what can be retired; the link is owner-only while the object is retired.
struct GraceNode {
  GraceNode* grace_next;  // meaningful while the object is in a batch
};

struct GraceBatch {
  GraceNode* first = nullptr;
  GraceNode* last = nullptr;
  uint32_t count = 0;
  uint64_t epoch = 0;      // passes when every record has ack >= epoch
  uint64_t sealed_ns = 0;  // for the 1 ms escape

  void push(GraceNode* n) noexcept {
    n->grace_next = first;
    if (first == nullptr) last = n;
    first = n;
    ++count;
  }
  void absorb(GraceBatch& other) noexcept;
};

// Records x: the protocol's constants, so that model suites can shrink them.
inline constexpr uint32_t kMaxReaders = 2048;
inline constexpr uint32_t kGraceBatch = 64;
inline constexpr uint64_t kStuckNs = 1'000'000;

template <uint32_t MaxReaders>
class BasicGraceDomain {
 public:
  // Null when all records are taken.
  ReaderRecord* register_reader(ReaderKind kind) noexcept {
    for (uint32_t i = 0; i < MaxReaders; ++i) {
      ReaderRecord& r = records_[i];
      uint32_t free_mark = 0;
      if (r.used.load_relaxed() != 0 || !r.used.cas_strong_acq_rel(free_mark, 1)) continue;
      r.kind = kind;
      uint32_t n = count_.load_relaxed();
      while (n < i + 1 && !count_.cas_weak_acq_rel(n, i + 1)) {
      }
      return &r;
    }
    return nullptr;
  }
  void unregister(ReaderRecord* r) noexcept {
    r->ack.store_release(ReaderRecord::kOffline);
    r->used.store_release(0);
  }

  // Worker, between two steps.
  void quiescent(ReaderRecord& r) noexcept {
    const uint64_t e = epoch_.load_acquire();  // (2)
    if (__builtin_expect(e != r.last_seen, 0)) {
      r.last_seen = e;
      r.ack.store_release(e);  // (3)
    }
  }
  void offline(ReaderRecord& r) noexcept {
    r.ack.store_release(ReaderRecord::kOffline);
  }  // (3): a last acknowledgement
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
    const uint32_t n = count_.load_acquire();
    for (uint32_t i = 0; i < n; ++i) {
      ReaderRecord& r = records_[i];
      const uint64_t ack = r.ack.load_acquire();  // (4)
      if (ack == ReaderRecord::kOffline) {
        if (r.in_section.load_acquire() != 0) return false;  // (7) an outside thread, or a worker on its way online
        continue;
      }
      if (ack >= epoch) continue;
      if (use_barrier && r.in_section.load_acquire() == 0) continue;  // (7)
      return false;
    }
    return true;
  }
  uint64_t epoch_estimate() const noexcept { return epoch_.load_relaxed(); }

  // Batches left behind by workers that parked; taken by whoever polls next.
  void leave_orphans(GraceBatch& b) noexcept;
  bool has_orphans() const noexcept { return orphan_count_.load_relaxed() != 0; }
  GraceBatch take_orphans() noexcept;

 private:
  alignas(kCacheLine) Atomic<uint64_t> epoch_{1};  // writers: retirers, once per batch
  alignas(kCacheLine) Atomic<uint32_t> count_{0};  // records in use so far; grows only
  Atomic<uint32_t> orphan_count_{0};               // a hint; the list is under orphan_mutex_
  Mutex orphan_mutex_;
  GraceBatch orphans_;
  ReaderRecord records_[MaxReaders];
};

inline void GraceBatch::absorb(GraceBatch& other) noexcept {
  if (other.first == nullptr) return;
  if (first == nullptr) {
    *this = other;
  } else {
    last->grace_next = other.first;
    last = other.last;
    count += other.count;
    if (other.epoch > epoch) epoch = other.epoch;  // waiting longer than needed is safe
    if (other.sealed_ns > sealed_ns) sealed_ns = other.sealed_ns;
  }
  other = GraceBatch{};
}

template <uint32_t N>
void BasicGraceDomain<N>::leave_orphans(GraceBatch& b) noexcept {
  LockGuard lock(orphan_mutex_);
  orphans_.absorb(b);
  orphan_count_.store_relaxed(orphans_.count);
}
template <uint32_t N>
GraceBatch BasicGraceDomain<N>::take_orphans() noexcept {
  LockGuard lock(orphan_mutex_);
  GraceBatch b = orphans_;
  orphans_ = GraceBatch{};
  orphan_count_.store_relaxed(0);
  return b;
}

using GraceDomain = BasicGraceDomain<kMaxReaders>;

// The heavy side of the asymmetric fence: every running thread of the process passes a full fence before this returns.
// False when the kernel lacks membarrier(PRIVATE_EXPEDITED): then nobody is passed early.
bool process_wide_barrier() noexcept;

// One thread's retired objects. Owner-only.
class RetireQueue {
 public:
  explicit RetireQueue(GraceDomain& domain) noexcept : domain_(domain) {}

  // The object's id is already erased. now_ns may be 0 when the caller has no fresh time (then no early escape).
  void retire(GraceNode* n, uint64_t now_ns) noexcept {
    current_.push(n);
    if (current_.count >= kGraceBatch) seal(now_ns);
  }
  // Gives what has no time stamp yet one, so that the 1 ms escape can count; seals a batch that has waited too long.
  void touch(uint64_t now_ns) noexcept;
  // Objects whose grace has passed, as a list through grace_next; null when none. Cheap when nothing waits.
  GraceNode* poll(uint64_t now_ns) noexcept;
  // Before parking: seals what is there and tries once more; what is not free yet goes to the domain's orphans.
  // The caller is already offline, so that two workers parking at once cannot both leave the work to the other.
  GraceNode* drain_for_park() noexcept;
  bool empty() const noexcept { return current_.count == 0 && waiting_.count == 0 && sealed_.count == 0; }
  uint32_t held() const noexcept { return current_.count + sealed_.count + waiting_.count; }

 private:
  void seal(uint64_t now_ns) noexcept;

  GraceDomain& domain_;
  GraceBatch current_;  // erased, epoch not yet taken
  GraceBatch sealed_;   // waits behind waiting_
  GraceBatch waiting_;  // the oldest batch; polled first
};

}  // namespace wippy
