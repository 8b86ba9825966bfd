// Maps byte offsets of a text to lines and back. The text must outlive the index. Internal to runtime/app.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "runtime/app/node.hpp"

namespace wippy::app {

class LineIndex {
 public:
  explicit LineIndex(std::string_view text) : text_(text), starts_{0} {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') starts_.push_back(i + 1);
    }
  }

  Position position(std::size_t offset) const {
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
    const auto line = static_cast<std::size_t>(next - starts_.begin());
    return {static_cast<int>(line), static_cast<int>(offset - starts_[line - 1]) + 1};
  }

  // Offset of the first byte of a one-based line; the size of the text for lines that do not exist.
  std::size_t offset(int line) const {
    if (line < 1 || static_cast<std::size_t>(line) > starts_.size()) return text_.size();
    return starts_[static_cast<std::size_t>(line) - 1];
  }

  std::string_view line(int line) const {
    const std::string_view rest = text_.substr(offset(line));
    return rest.substr(0, rest.find('\n'));
  }

 private:
  std::string_view text_;
  std::vector<std::size_t> starts_;
};

}  // namespace wippy::app
