// Signal: the only thing that enters a process. 64 bytes with 32 of them for a small body; larger bodies up to
// kSlabMaxBody lie in a larger slab class of the same layout, still larger ones in one shared immutable Buffer.
// Ownership: allocated by the sender from its thread's slab, owned by the mailbox from push() on, then by the receiver.
// A popped signal has two holders, the queue (it is the dummy until the next pop) and the receiver; the memory goes back
// when both let go (flags kIsDummy and kHeld, owner-only).
#pragma once

#include <cstddef>
#include <cstdint>

#include "mailbox/mailbox.hpp"
#include "mailbox/pid.hpp"
#include "mailbox/scratch.hpp"
#include "memory/atomic.hpp"
#include "memory/slab.hpp"

namespace wippy {

// Bytes that never change, shared by reference count; all calls from any thread. Every holder owns one reference and gives
// it up once, by release() or by handing it on; only a holder makes another. The mailbox's hand-over publishes the bytes.
// 2^32 references would need as many signals of 64 bytes alive at once.
class Buffer {
 public:
  // A copy of the bytes, with one reference for the caller. nullptr when memory is refused.
  [[nodiscard]] static Buffer* create(const void* bytes, std::size_t size,
                                      Reallocate reallocate = heap_reallocate) noexcept;
  void retain() noexcept { refs_.fetch_add_relaxed(1); }  // no partner: the caller's own reference keeps it above zero
  void release() noexcept;                                // the last one frees
  const char* data() const noexcept { return reinterpret_cast<const char*>(this + 1); }
  std::size_t size() const noexcept { return size_; }

 private:
  explicit Buffer(std::size_t size) noexcept : size_(size) {}

  Atomic<uint32_t> refs_{1};
  const std::size_t size_;  // the bytes follow
};

enum class SignalKind : uint8_t {
  // to the machine
  kMessage,     // body: topic and payloads (mailbox/values.hpp)
  kCancel,      // ref: unix ns of the deadline, 0 none
  kExit,        // a watched process ended; ref: the watch's id; body: reason
  kLinkDown,    // a linked process failed; ref: link id known to the receiver; body: reason
  kTimer,       // ref: timer id
  kCompletion,  // a command's answer; ref: command id; from: Command::upgrades; body: values
  // consumed by the process itself
  kTerminate,  // only a wake-up: the reason is in the control word
  kLink,       // ref: id of the creator's link instance
  kUnlink,     // ref: that id; wide.aux: the receiver's own id, 0 if the sender never learnt it
  kWatch,      // ref: watch id
  kUnwatch,    // ref: watch id
};

struct Signal : MailNode {
  static constexpr uint8_t kExternal = 1;   // body is `buffer`, one reference owned by this signal
  static constexpr uint8_t kIsDummy = 2;    // owner: still the queue's dummy
  static constexpr uint8_t kHeld = 4;       // owner: the receiver has not released it
  static constexpr uint8_t kAbnormal = 8;   // kExit, kLinkDown: the reason is an error
  static constexpr uint8_t kGauged = 16;    // counts in the receiver's MailGauge until it is released
  static constexpr uint8_t kPrivate = 32;   // owner: kExit of a watch that is no monitor, admitted
  static constexpr uint8_t kLookedAt = 64;  // owner: the oldest message when an observer asked

  Signal() = delete;  // lives in slab memory, filled by make_bare_signal
  SignalKind kind;
  uint8_t slab_class;
  uint16_t flags;  // no padding, so that these four are filled by one store
  uint32_t body_bytes;
  Pid from;
  struct Wide {  // bodies that are not inline
    Buffer* buffer;
    uint64_t aux;
    Signal* link;
  };
  union {
    uint64_t ref;
    Signal* message_link;
  };
  union {
    char inline_body[32];
    Wide wide;
  };

  // Only kMessage has an inline body; every other kind has none or an external one.
  const char* body() const noexcept { return (flags & kExternal) != 0 ? wide.buffer->data() : inline_body; }
  // Owner: a link for lists of held signals (kept list, a machine's own lists). A message's ref is unused for that.
  Signal*& link() noexcept {
    return kind == SignalKind::kMessage && (flags & kExternal) == 0 ? message_link : wide.link;
  }
};
static_assert(sizeof(Signal) == 64);
inline constexpr std::size_t kInlineBody = sizeof(Signal::inline_body);
inline constexpr std::size_t kSignalHeader = sizeof(Signal) - kInlineBody;  // larger bodies run on past the struct
inline constexpr std::size_t kSlabMaxBody = 4096 - kSignalHeader;

// A signal whose body is not filled in. Null when out of memory, as for those below.
inline Signal* make_bare_signal(SignalKind kind, Pid from, uint64_t ref, uint32_t slab_class = 0,
                                std::size_t body_bytes = 0) noexcept {
  auto* s = static_cast<Signal*>(slab_allocate(slab_class));
  if (__builtin_expect(s == nullptr, 0)) return nullptr;
  s->kind = kind;
  s->slab_class = static_cast<uint8_t>(slab_class);
  s->flags = 0;
  s->body_bytes = static_cast<uint32_t>(body_bytes);
  s->from = from;
  s->ref = ref;
  return s;
}
// With a copy of the body.
Signal* make_signal(SignalKind kind, Pid from, uint64_t ref, const void* body, std::size_t bytes) noexcept;
// On success takes one reference of `shared` (may be null: empty body).
Signal* make_shared_signal(SignalKind kind, Pid from, uint64_t ref, Buffer* shared) noexcept;
// Frees a signal nobody else holds.
void destroy_signal(Signal* s) noexcept;

}  // namespace wippy
