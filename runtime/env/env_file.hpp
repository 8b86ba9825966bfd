// A file of KEY=VALUE lines (env.storage.file, host.md §2.11): parsed whole, rewritten whole, comments and order kept.
//
// Values: bare up to " #" or the line's end; in '…' as they stand; in "…" with \n, \r, \t, \" and \\.
// Thread-safety: none; the storage that owns one has a lock.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace wippy::env {

struct BadLine {
  int line = 0;         // one-based
  std::string message;  // never shows a value
};

class EnvFile {
 public:
  // Lines that are no assignment stay in the text and are reported.
  std::vector<BadLine> parse(std::string_view text);
  // The last line of a key counts.
  std::map<std::string, std::string> values() const;
  // Replaces the last line of the key, keeping its comment, or adds one at the end.
  void set(std::string_view key, std::string_view value);
  std::string text() const;

 private:
  struct Line {
    std::string key;      // empty: no assignment
    std::string value;    // decoded
    std::string written;  // the whole line
    std::string comment;  // of an assignment: from the blanks before # on
  };
  static bool parse_line(std::string_view written, Line& out, std::string& problem);
  std::vector<Line> lines_;
};

}  // namespace wippy::env
