// Problems found while loading: all are collected, none stops the search for more (host.md §1.13).
//
// Thread-safety: none; one loader owns one list.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/app/node.hpp"

namespace wippy::app {

struct Problem {
  std::string file;  // relative to the project root; empty when no file is at fault
  Position position;
  std::string subject;  // "entry app:hello", "entries[3]"; may be empty
  std::string key;      // key path, "host.workers"; may be empty
  std::string message;
  std::string hint;  // may be empty

  // `file:LINE:COL: subject: key: message; hint`, leaving out what is empty.
  std::string text() const;
};

class Problems {
 public:
  void error(Problem problem) { errors_.push_back(std::move(problem)); }
  void warning(Problem problem) { warnings_.push_back(std::move(problem)); }
  bool any_errors() const { return !errors_.empty(); }

  // Sorted by file, line, column and text, so that the order of detection does not show.
  std::vector<Problem> take_errors();
  std::vector<Problem> take_warnings();

 private:
  std::vector<Problem> errors_;
  std::vector<Problem> warnings_;
};

// The candidates closest to `word` by edit distance, best first, at most `limit`; none when nothing is close.
std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates,
                                 std::size_t limit = 1);
// `did you mean "a" or "b"?`, or "" when nothing is close.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates, std::size_t limit = 1);

}  // namespace wippy::app
