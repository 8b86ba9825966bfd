#include "runtime/app/problem.hpp"

#include <algorithm>
#include <cctype>
#include <tuple>
#include <utility>

namespace wippy::app {
namespace {

// Optimal string alignment distance (Damerau 1964, Wagner-Fischer table), ignoring case.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  };
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) table[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) table[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = same(a[i - 1], b[j - 1]) ? 0 : 1;
      table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
        table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
      }
    }
  }
  return table[a.size()][b.size()];
}

std::vector<Problem> sorted(std::vector<Problem> problems) {
  const auto key = [](const Problem& p) {
    return std::tie(p.file, p.position.line, p.position.column, p.subject, p.key, p.message);
  };
  std::stable_sort(problems.begin(), problems.end(),
                   [&](const Problem& a, const Problem& b) { return key(a) < key(b); });
  return problems;
}

// Texts of files stand in messages: what would move a terminal's cursor is shown by its number.
std::string one_line(const std::string& text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else {
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

}  // namespace

std::string Problem::text() const {
  std::string out = file;
  if (!file.empty() && position.line > 0) {
    out += ':' + std::to_string(position.line);
    if (position.column > 0) out += ':' + std::to_string(position.column);
  }
  for (const std::string* part : {&subject, &key, &message}) {
    if (part->empty()) continue;
    if (!out.empty()) out += ": ";
    out += *part;
  }
  if (!hint.empty()) out += "; " + hint;
  return one_line(out);
}

std::vector<Problem> Problems::take_errors() { return sorted(std::exchange(errors_, {})); }
std::vector<Problem> Problems::take_warnings() { return sorted(std::exchange(warnings_, {})); }

std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates, std::size_t limit) {
  constexpr std::size_t kLongestWord = 256;  // the table is quadratic
  if (word.size() > kLongestWord) return {};
  const std::size_t reach = std::max<std::size_t>(1, word.size() / 3);
  std::vector<std::pair<std::size_t, std::string>> close;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestWord) continue;
    const std::size_t distance = edit_distance(word, candidate);
    // A word of which nothing remains is not a misspelling.
    if (distance <= reach && distance < std::max(word.size(), candidate.size()))
      close.emplace_back(distance, candidate);
  }
  std::sort(close.begin(), close.end());
  close.erase(std::unique(close.begin(), close.end()), close.end());
  // Only the nearest: what is further away than another candidate is not worth mentioning.
  std::erase_if(close,
                [best = close.empty() ? 0 : close.front().first](const auto& item) { return item.first > best; });
  if (close.size() > limit) close.resize(limit);
  std::vector<std::string> out;
  for (auto& [distance, candidate] : close) out.push_back(std::move(candidate));
  return out;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates, std::size_t limit) {
  const std::vector<std::string> close = nearest(word, candidates, limit);
  if (close.empty()) return "";
  std::string out = "did you mean ";
  for (std::size_t i = 0; i < close.size(); ++i) {
    if (i > 0) out += i + 1 == close.size() ? " or " : ", ";
    out += '"' + close[i] + '"';
  }
  return out + "?";
}

}  // namespace wippy::app
