// What actions and resources of policies are written as (spec/host.md §5.3): `*` is any run of characters, also none; every
// other character stands for itself. Matching is linear: it goes through the text once and never goes back.
//
// Thread-safety: immutable, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wippy::security {

class Pattern {
 public:
  explicit Pattern(std::string_view text);
  bool matches(std::string_view text) const noexcept;

 private:
  std::string first_;                // before the first star; without a star: all of it
  std::vector<std::string> middle_;  // between stars, not empty
  std::string last_;                 // behind the last star
  bool exact_ = true;
};

}  // namespace wippy::security
