// The conformance list, cases.txt.
#pragma once

#include <cstdlib>
#include <fstream>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace wippy::lua::typed::test {

struct Refusal {
  unsigned line = 0;
  unsigned column = 0;
  std::string tag;
  std::string message;
};

struct SpecCase {
  std::string number;   // "T-001"
  std::string section;  // "Locals"
  std::string input;
  std::string output;
  std::optional<Refusal> refusal;
  bool plain = false;
};

inline void PrintTo(const SpecCase& c, std::ostream* out) { *out << c.number << ' ' << c.input; }

inline std::string root() {
  const char* const dir = std::getenv("WIPPY_SOURCE_DIR");
  return dir != nullptr ? dir : ".";
}

inline std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

inline std::string unmarked(const std::string& text) {
  return replaced(replaced(replaced(text, "⏎", "\n"), "␍", "\r"), "·", " ");
}

// "ERR 1:13 [typed] unexpected symbol near '@'"
inline Refusal refusal_of(const std::string& text) {
  Refusal r;
  const std::size_t colon = text.find(':');
  const std::size_t open = text.find('[');
  const std::size_t close = text.find(']');
  r.line = static_cast<unsigned>(std::stoul(text.substr(4)));
  r.column = static_cast<unsigned>(std::stoul(text.substr(colon + 1)));
  r.tag = text.substr(open + 1, close - open - 1);
  r.message = text.substr(close + 2);
  return r;
}

// Empty when the file is not found: the suite then has no tests, which is a failure.
inline std::vector<SpecCase> spec_cases() {
  std::ifstream file(root() + "/tests/unit/lua_typed/cases.txt");
  std::vector<SpecCase> cases;
  std::string section;
  static const std::string kArrow = "  ⟹  ";
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("# ")) section = line.substr(2, line.find_first_of(" ,", 2) - 2);
    const std::size_t arrow = line.find(kArrow);
    if (!line.starts_with("T-") || arrow == std::string::npos) continue;
    SpecCase c;
    c.number = line.substr(0, 5);
    c.section = section;
    c.input = unmarked(line.substr(6, arrow - 6));
    const std::string result = line.substr(arrow + kArrow.size());
    c.plain = result.starts_with("(unchanged)");
    if (result.starts_with("ERR ")) {
      c.refusal = refusal_of(result);
    } else {
      c.output = c.plain ? c.input : unmarked(result);
    }
    cases.push_back(c);
  }
  return cases;
}

}  // namespace wippy::lua::typed::test
