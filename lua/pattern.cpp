#include "lua/pattern.hpp"

#include <cstring>

#include "lua/pattern_class.hpp"

namespace wippy::lua {
namespace {

int64_t cost_of(const char* item, const char* end) noexcept { return (end - item) >> 3; }

bool may_match_nothing(const char* suffix, const char* end) noexcept {
  return suffix < end && (*suffix == '*' || *suffix == '?' || *suffix == '-');
}

}  // namespace

void Matcher::start(std::string_view subject, std::string_view pattern, size_t from, Caret caret,
                    const char* reject_end) noexcept {
  subject_ = subject.data();
  subject_end_ = subject_ + subject.size();
  pattern_ = pattern.data();
  pattern_end_ = pattern_ + pattern.size();
  anchored_ = caret == Caret::kAnchors && !pattern.empty() && *pattern_ == '^';
  if (anchored_) ++pattern_;
  find_prefix();
  reject_end_ = reject_end;
  start_ = subject_ + from;
  allowance_ = allowance_for(subject.size() - from);
  error_ = nullptr;
  error_argument_ = 0;
  phase_ = Phase::kSeek;
}

MatchOutcome Matcher::run(int64_t& steps) noexcept {
  const int64_t before = steps;
  const MatchOutcome outcome = advance(steps);
  allowance_ -= before - steps;
  return outcome;
}

MatchOutcome Matcher::advance(int64_t& steps) noexcept {
  for (;;) {
    switch (phase_) {
      case Phase::kMatched: return MatchOutcome::kMatched;
      case Phase::kFailed: return MatchOutcome::kFailed;
      case Phase::kError: return MatchOutcome::kError;
      default: break;
    }
    if (steps <= 0) return MatchOutcome::kMore;
    switch (phase_) {
      case Phase::kSeek: seek(steps); break;
      case Phase::kItems: items(steps); break;
      case Phase::kExpand: expand(steps); break;
      case Phase::kBalance: balance(steps); break;
      default: backtrack(steps); break;
    }
  }
}

// Most places can be ruled out by their first character alone.
void Matcher::find_prefix() noexcept {
  prefix_ = nullptr;
  const char* p = pattern_;
  if (anchored_) return;
  if (pattern_end_ - p >= 2 && *p == '(' && p[1] != ')') ++p;
  if (p == pattern_end_) return;
  if (*p == '%') {
    if (p + 1 == pattern_end_ || p[1] == 'b' || p[1] == 'f' || (kClasses[byte_at(p + 1)] & kDigit) != 0) return;
  } else if (*p != '[' && kMagic[byte_at(p)]) {
    return;
  }
  const char* const end = item_end(p);
  if (end == nullptr || may_match_nothing(end, pattern_end_))
    return;  // if malformed: found again, and raised, by items()
  prefix_ = p;
  prefix_end_ = end;
}

// Finds the next place worth an attempt.
void Matcher::seek(int64_t& steps) noexcept {
  if (prefix_ != nullptr) {
    const bool literal = *prefix_ != '%' && *prefix_ != '[';
    const int64_t cost = literal ? 1 : 1 + cost_of(prefix_, prefix_end_);
    const int64_t window = literal ? 1 << 16 : steps / cost + 1;
    const char* const limit = window < subject_end_ - start_ ? start_ + window : subject_end_;
    const char* next = start_;
    if (literal) {
      const void* found =
          next == limit ? nullptr : std::memchr(next, byte_at(prefix_), static_cast<size_t>(limit - next));
      next = found != nullptr ? static_cast<const char*>(found) : limit;
      steps -= (next - start_) >> 5;
    } else {
      while (next < limit && !matches(byte_at(next), prefix_, prefix_end_)) ++next;
      steps -= (next - start_ + 1) * cost;
    }
    start_ = next;
    if (next == limit) {
      if (next == subject_end_) phase_ = Phase::kFailed;
      return;
    }
  }
  try_here();
}

void Matcher::try_here() noexcept {
  s_ = start_;
  p_ = pattern_;
  level_ = 0;
  depth_ = 0;
  phase_ = Phase::kItems;
}

void Matcher::items(int64_t& steps) noexcept {
  while (phase_ == Phase::kItems && --steps >= 0) {
    if (p_ == pattern_end_) {
      finish();
      return;
    }
    switch (*p_) {
      case '(': open_capture(); break;
      case ')': close_capture(); break;
      case '$':
        if (p_ + 1 != pattern_end_) {
          single_item(steps);
        } else if (s_ == subject_end_) {
          ++p_;
        } else {
          fail();
        }
        break;
      case '%':
        if (!escape_item(steps)) single_item(steps);
        break;
      default: single_item(steps); break;
    }
  }
}

void Matcher::single_item(int64_t& steps) noexcept {
  const char* const item = p_;
  const char* const end = item_end(item);
  if (end == nullptr) return;
  steps -= cost_of(item, end);
  const char suffix = end < pattern_end_ ? *end : '\0';
  if (suffix == '*') return begin_expand(item, end);
  if (suffix == '-') {
    if (push(Kind::kLazy, s_, item, end)) p_ = end + 1;
    return;
  }
  const bool here = s_ < subject_end_ && matches(byte_at(s_), item, end);
  if (suffix == '?') {
    if (here && !push(Kind::kOptional, s_, nullptr, end + 1)) return;
    if (here) ++s_;
    p_ = end + 1;
  } else if (!here) {
    fail();
  } else if (suffix == '+') {
    ++s_;
    begin_expand(item, end);
  } else {
    ++s_;
    p_ = end;
  }
}

// The items that only begin like a class: %b, %f, %1. False: it is a class.
bool Matcher::escape_item(int64_t& steps) noexcept {
  if (p_ + 1 == pattern_end_) return false;
  switch (p_[1]) {
    case 'b': balance_item(); return true;
    case 'f': frontier_item(steps); return true;
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': back_reference(steps); return true;
    default: return false;
  }
}

void Matcher::balance_item() noexcept {
  if (pattern_end_ - p_ < 4) return raise("malformed pattern (missing arguments to '%%b')");
  if (s_ == subject_end_ || *s_ != p_[2]) return fail();
  item_ = p_ + 2;
  open_count_ = 1;
  ++s_;
  p_ += 4;
  phase_ = Phase::kBalance;
}

void Matcher::balance(int64_t& steps) noexcept {
  while (--steps >= 0) {
    if (s_ == subject_end_) return fail();
    const char c = *s_++;
    if (c == item_[1]) {
      if (--open_count_ == 0) {
        phase_ = Phase::kItems;
        return;
      }
    } else if (c == item_[0]) {
      ++open_count_;
    }
  }
}

void Matcher::frontier_item(int64_t& steps) noexcept {
  const char* const set = p_ + 2;
  if (set == pattern_end_ || *set != '[') return raise("missing '[' after '%%f' in pattern");
  const char* const end = item_end(set);
  if (end == nullptr) return;
  steps -= 2 * cost_of(set, end);
  const unsigned char before = s_ == subject_ ? uint8_t{0} : byte_at(s_ - 1);
  const unsigned char here = s_ == subject_end_ ? uint8_t{0} : byte_at(s_);
  if (in_set(before, set, end - 1) || !in_set(here, set, end - 1)) return fail();
  p_ = end;
}

void Matcher::back_reference(int64_t& steps) noexcept {
  const int index = p_[1] - '1';
  if (index < 0 || index >= level_ || captures_[index].length == Capture::kUnfinished) {
    return raise("invalid capture index %%%d", index + 1);
  }
  const Capture& capture = captures_[index];
  if (capture.length < 0 || capture.length > subject_end_ - s_) return fail();
  steps -= capture.length >> 5;
  if (std::memcmp(capture.begin, s_, static_cast<size_t>(capture.length)) != 0) return fail();
  s_ += capture.length;
  p_ += 2;
}

void Matcher::open_capture() noexcept {
  if (level_ == kMaxCaptures) return raise("too many captures");
  const bool position = p_ + 1 < pattern_end_ && p_[1] == ')';
  if (!push(Kind::kOpened, nullptr, nullptr, nullptr)) return;
  captures_[level_++] = {s_, position ? Capture::kPosition : Capture::kUnfinished};
  p_ += position ? 2 : 1;
}

void Matcher::close_capture() noexcept {
  int index = level_ - 1;
  while (index >= 0 && captures_[index].length != Capture::kUnfinished) --index;
  if (index < 0) return raise("invalid pattern capture");
  if (!push(Kind::kClosed, nullptr, nullptr, nullptr, index)) return;
  captures_[index].length = s_ - captures_[index].begin;
  ++p_;
}

void Matcher::begin_expand(const char* item, const char* end) noexcept {
  item_ = item;
  base_ = s_;
  p_ = end;
  phase_ = Phase::kExpand;
}

// Takes as many characters as the item matches; each one more than base_ is a choice to come back to.
void Matcher::expand(int64_t& steps) noexcept {
  const int64_t cost = 1 + cost_of(item_, p_);
  const int64_t affordable = *item_ == '.' ? subject_end_ - s_ : steps / cost + 1;
  const char* const limit = affordable < subject_end_ - s_ ? s_ + affordable : subject_end_;
  const char* const run_end = end_of_run(item_, p_, s_, limit);
  steps -= *item_ == '.' ? 1 : (run_end - s_ + 1) * cost;
  s_ = run_end;
  if (run_end == limit && limit != subject_end_) return;
  if (s_ != base_ && !push(Kind::kGreedy, s_, base_, p_ + 1)) return;
  ++p_;
  phase_ = Phase::kItems;
}

void Matcher::backtrack(int64_t& steps) noexcept {
  while (--steps >= 0) {
    if (depth_ == 0) {
      if (anchored_ || start_ == subject_end_) {
        phase_ = Phase::kFailed;
      } else {
        ++start_;
        phase_ = Phase::kSeek;
      }
      return;
    }
    Choice& choice = choices_[depth_ - 1];
    switch (choice.kind) {
      case Kind::kOpened:
        --level_;
        --depth_;
        continue;
      case Kind::kClosed:
        captures_[choice.index].length = Capture::kUnfinished;
        --depth_;
        continue;
      case Kind::kOptional:
        s_ = choice.s;
        p_ = choice.p;
        --depth_;
        break;
      case Kind::kGreedy: retry_greedy(choice, steps); break;
      case Kind::kLazy:
        if (!retry_lazy(choice, steps)) {
          --depth_;
          continue;
        }
        break;
    }
    phase_ = Phase::kItems;
    return;
  }
}

// The character that must come next if the pattern goes on at `p`, or -1. Only for places that items() has passed before.
int Matcher::literal_after(const char* p) const noexcept {
  if (p < pattern_end_ && *p == ')') ++p;
  if (p == pattern_end_ || kMagic[byte_at(p)] || may_match_nothing(p + 1, pattern_end_)) return -1;
  return byte_at(p);
}

// One character less, or as many less as it takes to meet what must follow.
void Matcher::retry_greedy(Choice& choice, int64_t& steps) noexcept {
  const int literal = literal_after(choice.p);
  const char* s = choice.s - 1;
  if (literal >= 0) {
    while (s > choice.aux && byte_at(s) != literal && --steps >= 0) --s;
  }
  choice.s = s_ = s;
  p_ = choice.p;
  if (s == choice.aux) --depth_;
}

// One character more, or as many more as it takes to meet what must follow. False: the item matches no more.
bool Matcher::retry_lazy(Choice& choice, int64_t& steps) noexcept {
  const int literal = literal_after(choice.p + 1);
  const int64_t cost = 1 + cost_of(choice.aux, choice.p);
  const char* s = choice.s;
  do {
    steps -= cost;
    if (s == subject_end_ || !matches(byte_at(s), choice.aux, choice.p)) return false;
    ++s;
  } while (literal >= 0 && s < subject_end_ && byte_at(s) != literal && steps > 0);
  choice.s = s_ = s;
  p_ = choice.p + 1;
  return true;
}

void Matcher::finish() noexcept {
  if (s_ != reject_end_) {
    phase_ = Phase::kMatched;
    return;
  }
  depth_ = 0;  // the same end again is no match: on to the next place, without trying other choices here
  phase_ = Phase::kBacktrack;
}

void Matcher::raise(const char* format, int argument) noexcept {
  error_ = format;
  error_argument_ = argument;
  phase_ = Phase::kError;
}

bool Matcher::push(Kind kind, const char* s, const char* aux, const char* p, int index) noexcept {
  if (depth_ == kMaxChoices) {
    raise("pattern too complex");
    return false;
  }
  choices_[depth_++] = {s, aux, p, kind, index};
  return true;
}

// One past the single-character item at `p`; null with the error raised.
const char* Matcher::item_end(const char* p) noexcept {
  const char* const item = p;
  if (*p == '%') {
    if (p + 1 == pattern_end_) return raise("malformed pattern (ends with '%%')"), nullptr;
    return p + 2;
  }
  if (*p != '[') return p + 1;
  ++p;
  if (p < pattern_end_ && *p == '^') ++p;
  for (bool first = true; p < pattern_end_ && (first || *p != ']'); first = false) {
    if (p - item > kMaxSet) return raise("pattern too complex"), nullptr;
    p += *p == '%' && p + 1 < pattern_end_ ? 2 : 1;
  }
  if (p == pattern_end_) return raise("malformed pattern (missing ']')"), nullptr;
  return p + 1;
}

}  // namespace wippy::lua
