// Texts with stars, as policies, hosts, criteria and the command line write them (spec/host.md §3.5, §5.3, §9.4): `*` is any run
// of characters, also none; every other character stands for itself. Matching is linear: it goes through the text once and never goes back.
//
// Thread-safety: immutable, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wippy {

class Wildcard {
 public:
  explicit Wildcard(std::string_view text);
  bool matches(std::string_view text) const noexcept;

 private:
  std::string first_;                // before the first star; without a star: all of it
  std::vector<std::string> middle_;  // between stars, not empty
  std::string last_;                 // behind the last star
  bool exact_ = true;
};

}  // namespace wippy
