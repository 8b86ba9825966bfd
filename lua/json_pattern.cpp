// Patterns of schemas. RapidJSON's automaton takes time in proportion to text and states, whatever the pattern, but knows a
// part of ECMAScript only, reads ^ and $ as if they always embraced the whole pattern, and ignores what it cannot read.
#include <cstring>

#include "lua/json_schema.hpp"

namespace wippy::lua {

namespace {

constexpr std::size_t kMaxStates = 4096;  // about: its recursion goes as deep

class Translation {
 public:
  Translation(std::string_view in, char* out) noexcept : in_(in), out_(out) {}

  bool run() noexcept {
    if (in_.size() > kMaxPatternBytes / 16) return refuse("a pattern is too long");
    while (at_ < in_.size()) {
      if (!step()) return false;
    }
    if (anchored_ && alternatives_) return refuse("^ or $ beside | needs parentheses around the alternatives");
    if (counts_ * in_.size() > kMaxStates) return refuse("a pattern repeats too much");
    if (length_ == 0 || in_ == "^" || in_ == "$") {
      length_ = 0;
      put(".*");
    }
    return true;
  }
  std::size_t length() const noexcept { return length_; }
  const char* why() const noexcept { return why_; }

 private:
  bool refuse(const char* why) noexcept { return why_ = why, false; }
  void put(std::string_view text) noexcept { length_ += text.copy(out_ + length_, text.size()); }
  void put(char c) noexcept { out_[length_++] = c; }

  bool step() noexcept {
    const char c = in_[at_++];
    switch (c) {
      case '\\': return escape();
      case '[': return set();
      case '(': ++groups_; return group();
      case ')': --groups_; break;
      case '|': alternatives_ = alternatives_ || groups_ == 0; break;
      case '{': return count();
      case '^':
        if (at_ != 1) return refuse("^ is known at the beginning of a pattern only");
        anchored_ = true;
        break;
      case '$':
        if (at_ != in_.size()) return refuse("$ is known at the end of a pattern only");
        anchored_ = true;
        break;
      case '\0': return refuse("a pattern has a NUL character");
      default: break;
    }
    put(c);
    return true;
  }

  bool group() noexcept {
    put('(');
    if (at_ >= in_.size() || in_[at_] != '?') return true;
    if (in_.substr(at_, 2) != "?:") return refuse("a pattern looks ahead or behind");
    at_ += 2;
    return true;
  }

  bool count() noexcept {
    std::size_t most = 0;
    std::size_t end = at_;
    for (std::size_t n = 0; end < in_.size() && in_[end] != '}'; ++end) {
      const char c = in_[end];
      n = c >= '0' && c <= '9' && n < kMaxStates ? n * 10 + static_cast<std::size_t>(c - '0') : 0;
      most = n > most ? n : most;
    }
    if (most > 1) counts_ = counts_ > kMaxStates ? counts_ : counts_ * most;
    put('{');
    return true;
  }

  static std::string_view class_of(char letter) noexcept {
    switch (letter) {
      case 'd':
      case 'D': return "0-9";
      case 'w':
      case 'W': return "A-Za-z0-9_";
      case 's':
      case 'S': return " \t\n\r\f\v";
      default: return {};
    }
  }
  static bool is_letter_or_digit(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  bool escape() noexcept {
    if (at_ >= in_.size()) return refuse("a pattern ends with a backslash");
    const char c = in_[at_++];
    if (const std::string_view members = class_of(c); !members.empty()) {
      put(c < 'a' ? "[^" : "[");
      put(members);
      put(']');
      return true;
    }
    if (is_letter_or_digit(c) && std::strchr("fnrtv", c) == nullptr) return refuse("a pattern has an unknown escape");
    if (c == '\0') return refuse("a pattern has a NUL character");
    if (std::strchr("^$|()?*+.[]{}\\fnrtv", c) != nullptr) put('\\');
    put(c);
    return true;
  }

  bool set() noexcept {
    put('[');
    bool hyphen = false;  // an escaped one: a literal only at the end
    if (at_ < in_.size() && in_[at_] == '^') put(in_[at_++]);
    for (; at_ < in_.size() && in_[at_] != ']'; ++at_) {
      const char c = in_[at_];
      if (c == '\0') return refuse("a pattern has a NUL character");
      if (c != '\\') {
        put(c);
        continue;
      }
      if (++at_ >= in_.size()) break;
      const char escaped = in_[at_];
      const std::string_view members = class_of(escaped);
      if (escaped == '-') {
        hyphen = true;
      } else if (!members.empty() && escaped >= 'a') {
        put(members);
      } else if (is_letter_or_digit(escaped) && std::strchr("bfnrtv", escaped) == nullptr) {
        return refuse("a set of a pattern has an unknown escape");
      } else {
        if (escaped == '\0') return refuse("a pattern has a NUL character");
        if (std::strchr("^$|()?*+.[]{}\\bfnrtv", escaped) != nullptr) put('\\');
        put(escaped);
      }
    }
    if (at_ >= in_.size()) return refuse("a set of a pattern does not end");
    ++at_;
    put(hyphen ? "-]" : "]");
    return true;
  }

  std::string_view in_;
  std::size_t at_ = 0;
  char* out_;
  std::size_t length_ = 0;
  std::size_t counts_ = 1;
  int groups_ = 0;
  bool anchored_ = false;
  bool alternatives_ = false;
  const char* why_ = "";
};

}  // namespace

bool translate_pattern(std::string_view pattern, char* out, std::size_t& length, const char*& why) noexcept {
  Translation t(pattern, out);
  const bool ok = t.run();
  length = t.length();
  why = t.why();
  return ok;
}

}  // namespace wippy::lua
