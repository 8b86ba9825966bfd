// Lua 5.4 patterns as a machine that can stop after any number of steps and go on later.
//
// Written from section 6.4.1 of the Lua 5.4 Reference Manual. A pattern has no loops, so at any moment each of its items
// holds at most one choice point: the backtracking stack is an array of at most kMaxChoices, and the whole matcher is one
// flat block of about 7 KB without pointers of its own. It lives in a C frame while it is fast and is copied into a Lua userdata
// when its slice is over. Subject and pattern are borrowed and must stay where they are (anchored Lua strings do).
//
// One step is about one comparison of a character with a pattern item; long sets and back references cost more. A search has
// an allowance of steps, which ends patterns whose time grows with a power of the subject's length; whoever runs the matcher
// looks at it.
// Not thread-safe; no Lua, no memory, no exceptions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace wippy::lua {

enum class [[nodiscard]] MatchOutcome : uint8_t{
    kMatched,  // match_begin() .. match_end() and the captures are valid
    kFailed,   // no match from here to the end of the subject
    kMore,     // out of steps: call run() again
    kError,    // malformed pattern: error_format(), error_argument()
};

class Matcher {
 public:
  static constexpr int kMaxCaptures = 32;
  static constexpr int kMaxChoices = 200;        // beyond: "pattern too complex", like the stock library
  static constexpr ptrdiff_t kMaxSet = 1 << 16;  // bytes of one [set]; bounds the time of a step

  // About a second; and what any pattern with one loop over the subject needs, many times over. Searching for the end of a
  // lazy or greedy item from each place of the subject, the usual square, fits for subjects of some 25,000 bytes.
  static constexpr int64_t kAllowance = 300'000'000;
  static constexpr int64_t kAllowancePerByte = 256;
  static constexpr int64_t allowance_for(size_t subject_bytes) noexcept {
    return kAllowance + kAllowancePerByte * static_cast<int64_t>(subject_bytes);
  }

  enum class Caret : uint8_t { kAnchors, kIsLiteral };  // gmatch takes '^' literally

  struct Capture {
    static constexpr ptrdiff_t kUnfinished = -1;
    static constexpr ptrdiff_t kPosition = -2;
    const char* begin;
    ptrdiff_t length;  // or one of the above
  };

  // Leaves the arrays uninitialised: call start().
  Matcher() noexcept = default;

  // Looks for the first match that begins at or after `from` (inside the subject) and does not end at `reject_end`
  // (null: none). gsub and gmatch pass the end of the previous match there.
  void start(std::string_view subject, std::string_view pattern, size_t from, Caret caret,
             const char* reject_end = nullptr) noexcept;

  // Spends at most about `steps`, which it lowers, and the allowance with it.
  MatchOutcome run(int64_t& steps) noexcept;

  // Steps this search may still take; start() sets it for the subject from `from` on. Negative: it takes too long.
  int64_t allowance() const noexcept { return allowance_; }
  void set_allowance(int64_t steps) noexcept { allowance_ = steps; }

  const char* match_begin() const noexcept { return start_; }
  const char* match_end() const noexcept { return s_; }
  int capture_count() const noexcept { return level_; }
  const Capture& capture(int i) const noexcept { return captures_[i]; }
  bool anchored() const noexcept { return anchored_; }

  // printf-like format of luaL_error with at most one %d.
  const char* error_format() const noexcept { return error_; }
  int error_argument() const noexcept { return error_argument_; }

 private:
  enum class Phase : uint8_t { kSeek, kItems, kExpand, kBalance, kBacktrack, kMatched, kFailed, kError };
  enum class Kind : uint32_t { kGreedy, kLazy, kOptional, kOpened, kClosed };

  struct Choice {
    const char* s;    // where to go on
    const char* aux;  // greedy: shortest end; lazy: the item
    const char* p;    // what follows; lazy: end of the item
    Kind kind;
    int index;  // closed: which capture
  };

  MatchOutcome advance(int64_t& steps) noexcept;
  void seek(int64_t& steps) noexcept;
  void try_here() noexcept;
  void items(int64_t& steps) noexcept;
  void single_item(int64_t& steps) noexcept;
  bool escape_item(int64_t& steps) noexcept;
  void balance_item() noexcept;
  void frontier_item(int64_t& steps) noexcept;
  void back_reference(int64_t& steps) noexcept;
  void open_capture() noexcept;
  void close_capture() noexcept;
  void begin_expand(const char* item, const char* end) noexcept;
  void expand(int64_t& steps) noexcept;
  void balance(int64_t& steps) noexcept;
  void backtrack(int64_t& steps) noexcept;
  void finish() noexcept;
  void fail() noexcept { phase_ = Phase::kBacktrack; }
  void raise(const char* format, int argument = 0) noexcept;
  bool push(Kind kind, const char* s, const char* aux, const char* p, int index = 0) noexcept;
  const char* item_end(const char* p) noexcept;
  void find_prefix() noexcept;
  int literal_after(const char* p) const noexcept;
  void retry_greedy(Choice& choice, int64_t& steps) noexcept;
  bool retry_lazy(Choice& choice, int64_t& steps) noexcept;

  const char* subject_;
  const char* subject_end_;
  const char* pattern_;
  const char* pattern_end_;
  const char* reject_end_;
  const char* start_;  // where the current attempt began
  const char* s_;
  const char* p_;
  const char* prefix_;  // the item that the first character of every match satisfies, or null
  const char* prefix_end_;
  const char* item_;  // kExpand: the item, up to p_; kBalance: the two delimiters
  const char* base_;  // kExpand: shortest end
  int64_t open_count_;
  int64_t allowance_;
  const char* error_;
  int error_argument_;
  int level_;
  int depth_;
  Phase phase_;
  bool anchored_;
  Capture captures_[kMaxCaptures];
  Choice choices_[kMaxChoices];
};

static_assert(std::is_trivially_copyable_v<Matcher> && std::is_trivially_destructible_v<Matcher>);

}  // namespace wippy::lua
