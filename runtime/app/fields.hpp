// Reads typed fields out of a map node and reports, with file, line and key path, whatever is not as it should be.
//
// A reader remembers which keys it was asked about; finish() warns about the others. Borrowed: the node and the
// problem list must outlive the reader. A field that is absent or null reads as "not given".
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/app/node.hpp"
#include "runtime/app/problem.hpp"

namespace wippy::app {

// What the fields belong to, for messages.
struct Site {
  Problems* problems = nullptr;
  std::string file;
  std::string subject;  // "entry app:hello"; empty for plain configuration files
  Position position;    // used for fields that are missing
};

struct IntegerRange {
  std::int64_t low = std::numeric_limits<std::int64_t>::min();
  std::int64_t high = std::numeric_limits<std::int64_t>::max();
};

class FieldReader {
 public:
  // `path` is the key path of `map` itself, "" at the top.
  FieldReader(const Node& map, std::string path, Site site)
      : map_(&map), path_(std::move(path)), site_(std::move(site)) {}

  // The value of a key; null when absent or null. Marks the key as known.
  const Node* find(std::string_view key);

  // Each reports a problem and gives nothing when the value is of another type or out of range.
  std::optional<std::string> text(std::string_view key);
  std::optional<std::string> required_text(std::string_view key);
  std::optional<bool> boolean(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, IntegerRange range = {});
  std::optional<double> number(std::string_view key, double low, double high);
  std::optional<std::int64_t> duration_ns(std::string_view key);  // never negative
  std::optional<std::int64_t> size_bytes(std::string_view key);   // above zero
  std::optional<FieldReader> map(std::string_view key);
  // Elements of a list of non-empty texts; a single text counts as a list of one.
  std::vector<const Node*> texts(std::string_view key);
  // One of the given words.
  std::optional<std::string> choice(std::string_view key, const std::vector<std::string>& words);

  // A value that is text, or came from a variable and therefore may have any scalar shape.
  static bool is_textual(const Node& node);
  static bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

  std::string key_path(std::string_view key) const;
  void error(std::string_view key, std::string message, std::string hint = "");
  void error_at(Position position, std::string key_path, std::string message, std::string hint = "");
  void warning(std::string_view key, std::string message, std::string hint = "");
  void wrong_type(const Node& node, std::string key_path, std::string_view expected);
  // A key that exists in the specification but that this build does not act on.
  void unsupported(std::string_view key);
  // Reports keys nobody asked for, as warnings or as errors.
  enum class Unknown : std::uint8_t { kWarn, kReject };
  void finish(Unknown unknown = Unknown::kWarn);

  const Node& node() const { return *map_; }
  const Site& site() const { return site_; }

 private:
  const Node* find_typed(std::string_view key, NodeType type, std::string_view expected);
  Position position_of(std::string_view key) const;

  const Node* map_;
  std::string path_;
  Site site_;
  std::vector<std::string> known_;
};

}  // namespace wippy::app
