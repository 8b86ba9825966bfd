// Generated patterns, formats and arrays: ours against the stock library; and the matcher against itself, step by step.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "lua/pattern.hpp"
#include "tests/unit/lua/stdlib_fixture.hpp"

namespace wippy::lua::test {
namespace {

using Strings = std::vector<std::string>;

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(c));
    out += escaped;
  }
  return out + "\"";
}

rc::Gen<std::string> joined(const rc::Gen<std::string>& piece, int most) {
  return rc::gen::map(rc::gen::resize(most, rc::gen::container<Strings>(piece)), [](const Strings& pieces) {
    std::string all;
    for (const auto& p : pieces) all += p;
    return all;
  });
}

rc::Gen<std::string> subjects() {
  return joined(rc::gen::element<std::string>("a", "b", "ab", "aa", "(", ")", "1", " ", "x", "(a)", "-", "%", "]",
                                              std::string(1, '\0')),
                14);
}

// Well-formed for the most part; brackets and captures come unbalanced often enough.
rc::Gen<std::string> patterns() {
  const auto item = rc::gen::element<std::string>("a", "b", ".", "%a", "%d", "[ab]", "[^a]", "[%w]", "%S", "x", "%(",
                                                  "[]a]", "%w", "[a-x]");
  const auto suffix = rc::gen::weightedElement<std::string>({{6, ""}, {2, "*"}, {1, "+"}, {3, "-"}, {2, "?"}});
  const auto single = rc::gen::map(rc::gen::pair(item, suffix),
                                   [](const std::pair<std::string, std::string>& p) { return p.first + p.second; });
  const auto special = rc::gen::element<std::string>("(", ")", "()", "(a*)", "(.-)", "%1", "%2", "^", "$", "%b()",
                                                     "%f[%w]", "%f[^a]", "[", "%", "]", "%bx", "%f", "*", "-");
  return joined(rc::gen::weightedOneOf<std::string>({{7, single}, {2, special}}), 9);
}

void same(Stock& stock, Ours& ours, const std::string& code) {
  const std::string wanted = stock.run(code);
  const std::string got = ours.run(code);
  if (wanted != got) RC_FAIL(code + "\nstock: " + wanted + "\nours:  " + got);
}

TEST(StdlibRandom, PatternsAreStock) {
  Stock stock;
  Ours ours;
  EXPECT_TRUE(rc::check("find, match, gmatch, gsub", [&] {
    for (int i = 0; i < 20; ++i) {
      const std::string args = quoted(*subjects()) + ", " + quoted(*patterns());
      const int init = *rc::gen::inRange(-5, 6);
      same(stock, ours, "return string.find(" + args + ")");
      same(stock, ours, "return string.find(" + args + ", " + std::to_string(init) + ")");
      same(stock, ours, "return string.match(" + args + ")");
      same(stock, ours, "return string.gsub(" + args + ", '<%0>')");
      same(stock, ours, "return string.gsub(" + args + ", '%1.%2', 2)");
      same(stock, ours, "return string.gsub(" + args + ", function(...) return table.concat({...}, '/') end)");
      same(stock, ours, "return string.gsub(" + args + ", {a = 'A', b = false, aa = 7, [1] = 'one'})");
      same(stock, ours,
           "local t = {} for a, b in string.gmatch(" + args + ") do t[#t + 1] = a t[#t + 1] = b end return t");
    }
  }));
}

struct Answer {
  MatchOutcome outcome;
  std::vector<ptrdiff_t> numbers;
  bool operator==(const Answer&) const = default;
};

Answer answer(Matcher m, const std::string& subject, int64_t steps_each) {
  MatchOutcome outcome;
  do {
    int64_t steps = steps_each;
    Matcher copy = m;  // as if it had been parked
    outcome = copy.run(steps);
    m = copy;
  } while (outcome == MatchOutcome::kMore);
  Answer result{outcome, {}};
  if (outcome != MatchOutcome::kMatched) return result;
  result.numbers = {m.match_begin() - subject.data(), m.match_end() - subject.data()};
  for (int i = 0; i < m.capture_count(); ++i) {
    result.numbers.push_back(m.capture(i).begin - subject.data());
    result.numbers.push_back(m.capture(i).length);
  }
  return result;
}

TEST(StdlibRandom, MatcherIsTheSameInAnySteps) {
  EXPECT_TRUE(rc::check("steps of 1, 2, 3 and all", [] {
    for (int i = 0; i < 20; ++i) {
      const std::string subject = *subjects();
      const std::string pattern = *patterns();
      Matcher m;
      m.start(subject, pattern, 0, Matcher::Caret::kAnchors);
      const Answer whole = answer(m, subject, INT64_MAX / 2);
      for (const int64_t steps : {1, 2, 3, 7}) RC_ASSERT(answer(m, subject, steps) == whole);
    }
  }));
}

TEST(StdlibRandom, FormatsAreStock) {
  Stock stock;
  Ours ours;
  EXPECT_TRUE(rc::check("format", [&] {
    const auto flags = rc::gen::element<std::string>("", "-", "+", "#", "0", " ", "-#", "+0", "00");
    const auto width = rc::gen::element<std::string>("", "1", "5", "12", "99", "100");
    const auto precision = rc::gen::element<std::string>("", ".", ".0", ".3", ".12", ".99", ".100");
    const auto conversion =
        rc::gen::element<std::string>("d", "i", "x", "X", "o", "c", "e", "f", "g", "a", "A", "s", "q", "u", "y", "%");
    const auto value = rc::gen::element<std::string>("0", "1", "-1", "255", "1.5", "-0.0", "1e100", "'abc'", "'7'",
                                                     "true", "nil", "math.mininteger", "'a\\0b'", "3.0");
    for (int i = 0; i < 20; ++i) {
      const std::string spec = "%" + *flags + *width + *precision + *conversion;
      same(stock, ours, "return string.format('<" + spec + ">', " + *value + ")");
    }
  }));
}

TEST(StdlibRandom, PacksAreStock) {
  Stock stock;
  Ours ours;
  EXPECT_TRUE(rc::check("pack, unpack", [&] {
    const auto option =
        rc::gen::element<std::string>("b", "B", "h", "H", "i", "i3", "I5", "i8", "I16", "j", "f", "d", "s1", "z", "c3",
                                      "x", "Xi4", "Xd", "<", ">", "=", "!", "!2", "!8", " ");
    for (int i = 0; i < 20; ++i) {
      const std::string format = *joined(option, 8);
      same(stock, ours, "return string.packsize('" + format + "')");
      same(stock, ours, "return string.pack('" + format + "', 1, 2, '3', 4, 5, 6, 7, 8)");
      same(stock, ours,
           "local f = '" + format + "' return pcall(string.unpack, f, (string.pack(f, 1, 2, 3, 4, 5, 6, 7, 8)))");
      same(stock, ours,
           "return pcall(string.unpack, '" + format + "', " + quoted(*subjects()) + ", " +
               std::to_string(*rc::gen::inRange(-4, 8)) + ")");
    }
  }));
}

std::string array(const std::vector<int>& values, const std::string& kind) {
  std::string code = "{";
  for (const int v : values) {
    if (kind == "integers") code += std::to_string(v) + ",";
    if (kind == "floats") code += std::to_string(v) + ".5,";
    if (kind == "mixed") code += std::to_string(v) + (v % 2 == 0 ? ".25," : ",");
    if (kind == "strings") code += "'" + std::to_string(v) + "',";
  }
  return code + "}";
}

TEST(StdlibRandom, SortsAreSortedStableAndSliced) {
  Ours ours;
  Stock stock;
  ours.root().slice.polls_per_slice = 1;
  EXPECT_TRUE(rc::check("sort", [&] {
    const auto values = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-50, 50));
    const std::string kind = *rc::gen::element<std::string>("integers", "floats", "mixed", "strings");
    const std::string t = "local t = " + array(values, kind);
    same(stock, ours, t + " table.sort(t) return t");
    same(stock, ours, t + " table.sort(t, function(a, b) return a > b end) return t");
    auto sorted = values;
    std::stable_sort(sorted.begin(), sorted.end(), [](int a, int b) { return a / 10 < b / 10; });
    std::string wanted = "{";
    for (const int v : sorted) wanted += std::to_string(v) + ",";
    const std::string stable = "local function tens(x) return (x - math.fmod(x, 10)) // 10 end ";
    RC_ASSERT(ours.run(stable + "local t = " + array(values, "integers") +
                       " table.sort(t, function(a, b) return tens(a) < tens(b) end) return t") == wanted + "} ");
  }));
}

TEST(StdlibRandom, MovesAreStock) {
  Stock stock;
  Ours ours;
  EXPECT_TRUE(rc::check("insert, remove, move, concat", [&] {
    std::string code = "local t = {10, 20, 30, 40, 50} ";
    for (int i = 0; i < 6; ++i) {
      const std::string p = std::to_string(*rc::gen::inRange(0, 8));
      const std::string q = std::to_string(*rc::gen::inRange(-1, 8));
      const std::string r = std::to_string(*rc::gen::inRange(-2, 9));
      code += *rc::gen::element<std::string>("pcall(table.insert, t, " + p + ", " + r + ") ",
                                             "pcall(table.remove, t, " + p + ") ",
                                             "table.move(t, " + p + ", " + q + ", " + r + ") ", "t[#t + 1] = #t ");
    }
    same(stock, ours,
         code + "return t, pcall(table.concat, t, ',', 1, " + std::to_string(*rc::gen::inRange(0, 9)) + ")");
  }));
}

}  // namespace
}  // namespace wippy::lua::test
