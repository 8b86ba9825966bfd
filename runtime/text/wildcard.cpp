#include "runtime/text/wildcard.hpp"

#include <cstring>

namespace wippy {

Wildcard::Wildcard(std::string_view text) {
  std::size_t star = text.find('*');
  first_ = text.substr(0, star);
  exact_ = star == std::string_view::npos;
  while (star != std::string_view::npos) {
    text.remove_prefix(star + 1);
    star = text.find('*');
    if (star == std::string_view::npos) {
      last_ = text;
    } else if (star != 0) {
      middle_.emplace_back(text.substr(0, star));
    }
  }
}

// The leftmost place of each middle part is as good as any other (each star before it takes what is left over).
bool Wildcard::matches(std::string_view text) const noexcept {
  if (exact_) return text == first_;
  if (text.size() < first_.size() + last_.size() || !text.starts_with(first_) || !text.ends_with(last_)) return false;
  text = text.substr(first_.size(), text.size() - first_.size() - last_.size());
  for (const std::string& part : middle_) {
    // Not string_view::find, which is quadratic for "aaaa…b".
    const void* const at = text.empty() ? nullptr : ::memmem(text.data(), text.size(), part.data(), part.size());
    if (at == nullptr) return false;
    text.remove_prefix(static_cast<std::size_t>(static_cast<const char*>(at) - text.data()) + part.size());
  }
  return true;
}

}  // namespace wippy
