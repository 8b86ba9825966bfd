// Signal: the only thing that enters a process. 64 bytes with 32 of them for a small body; larger bodies up to
// kSlabMaxBody lie in a larger slab class of the same layout, still larger ones in one shared immutable Buffer.
//
// Ownership: allocated by the sender from its thread's slab, owned by the mailbox from push() on, then by the receiver.
// A popped signal has two holders, the queue (it is the dummy until the next pop) and the receiver; the memory goes back
// when both let go (flags kIsDummy and kHeld, owner-only).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "mailbox/buffer.hpp"
#include "mailbox/mailbox.hpp"
#include "mailbox/pid.hpp"
#include "memory/slab.hpp"

namespace wippy {

enum class SignalKind : uint8_t {
  // to the machine
  kMessage,     // body: topic and payloads (mailbox/message_body)
  kCancel,      // ref: unix ns of the deadline, 0 none
  kExit,        // a watched process ended; ref: the watch's id; body: reason
  kLinkDown,    // a linked process failed; ref: link id known to the receiver; body: reason
  kTimer,       // ref: timer id
  kCompletion,  // a command's answer; ref: command id; body: values
  // consumed by the process itself
  kTerminate,  // only a wake-up: the reason is in the control word
  kLink,       // ref: id of the creator's link instance
  kUnlink,     // ref: that id; wide.aux: the receiver's own id, 0 if the sender never learnt it
  kWatch,      // ref: watch id
  kUnwatch,    // ref: watch id
};

struct Signal : MailNode {
  static constexpr uint8_t kExternal = 1;  // body is `buffer`, one reference owned by this signal
  static constexpr uint8_t kIsDummy = 2;   // owner: still the queue's dummy
  static constexpr uint8_t kHeld = 4;      // owner: the receiver has not released it
  static constexpr uint8_t kAbnormal = 8;  // kExit, kLinkDown: the reason is an error
  static constexpr uint8_t kGauged = 16;   // counts in the receiver's MailGauge until it is released

  SignalKind kind = SignalKind::kMessage;
  uint8_t slab_class = 0;
  uint8_t flags = 0;
  uint8_t aux8 = 0;
  uint32_t body_bytes = 0;
  Pid from{};
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
  Signal() noexcept : ref(0), inline_body{} {}
};
static_assert(sizeof(Signal) == 64);
inline constexpr std::size_t kInlineBody = 32;
inline constexpr std::size_t kSignalHeader = sizeof(Signal) - kInlineBody;  // larger bodies run on past the struct
inline constexpr std::size_t kSlabMaxBody = 4096 - kSignalHeader;

// Copies `bytes` of body into a new signal. Null when out of memory. Larger than kSlabMaxBody: allocates a Buffer.
Signal* make_signal(SignalKind kind, Pid from, uint64_t ref, const void* body, std::size_t bytes) noexcept;
// Takes one reference of `shared` (may be null: empty body).
Signal* make_shared_signal(SignalKind kind, Pid from, uint64_t ref, Buffer* shared) noexcept;
// Frees a signal nobody else holds.
void destroy_signal(Signal* s) noexcept;

inline Signal* make_bare_signal(SignalKind kind, Pid from, uint64_t ref) noexcept {
  void* p = slab_allocate(0);
  if (__builtin_expect(p == nullptr, 0)) return nullptr;
  auto* s = static_cast<Signal*>(p);
  s->kind = kind;
  s->slab_class = 0;
  s->flags = 0;
  s->aux8 = 0;
  s->body_bytes = 0;
  s->from = from;
  s->ref = ref;
  return s;
}

}  // namespace wippy
