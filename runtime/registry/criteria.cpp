#include "runtime/registry/criteria.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "runtime/text/wildcard.hpp"

namespace wippy::registry {

namespace {

enum class How : uint8_t { kEqual, kGlob, kExpression, kContains, kBegins, kEnds };

// Equal as values, whatever their places; lists and maps are compared as a whole.
// NOLINTNEXTLINE(misc-no-recursion): entries are no deeper than documents
bool equal(const app::Node& a, const app::Node& b) {
  if (a.is_number() && b.is_number()) return a.number == b.number;
  if (a.type != b.type) return false;
  switch (a.type) {
    case app::NodeType::kBool: return a.boolean == b.boolean;
    case app::NodeType::kString: return a.text == b.text;
    case app::NodeType::kList: return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), equal);
    case app::NodeType::kMap:
      return a.members.size() == b.members.size() &&
             std::all_of(a.members.begin(), a.members.end(), [&](const app::Member& m) {
               const app::Node* const other = b.find(m.key);
               return other != nullptr && equal(m.value, *other);
             });
    default: return true;
  }
}

const app::Node* at_path(const app::Node& meta, std::string_view path) {
  if (const app::Node* whole = meta.find(path)) return whole;
  const std::size_t dot = path.find('.');
  if (dot == std::string_view::npos) return nullptr;
  const app::Node* const inner = meta.find(path.substr(0, dot));
  return inner == nullptr ? nullptr : at_path(*inner, path.substr(dot + 1));
}

}  // namespace

struct Criteria::Test {
  std::string field;  // "kind", "ns", "name", "id", or a path below meta
  bool of_meta = false;
  How how = How::kEqual;
  app::Node value;
  std::unique_ptr<RE2> expression;

  bool text_fits(const std::string& text) const {
    const std::string_view view(text);
    switch (how) {
      case How::kExpression: return RE2::PartialMatch(text, *expression);
      case How::kContains: return view.find(value.text) != std::string_view::npos;
      case How::kBegins: return view.starts_with(value.text);
      case How::kEnds: return view.ends_with(value.text);
      default: return Wildcard(value.text).matches(view);
    }
  }
  bool fits(const app::Entry& entry) const {
    if (of_meta) {
      const app::Node* const found = at_path(entry.meta, field);
      if (found == nullptr) return false;
      return how == How::kEqual ? equal(*found, value) : found->is_text() && text_fits(found->text);
    }
    if (field == "kind") return text_fits(entry.kind);
    if (field == "ns") return text_fits(entry.id.space);
    return text_fits(field == "name" ? entry.id.name : entry.id.text());
  }
};

Criteria::Criteria() = default;
Criteria::~Criteria() = default;
Criteria::Criteria(Criteria&&) noexcept = default;
Criteria& Criteria::operator=(Criteria&&) noexcept = default;

bool Criteria::parse(const app::Node& criteria, std::vector<std::string>& ignored, std::string& error) {
  constexpr std::string_view kMeta = "meta.";
  for (const app::Member& m : criteria.members) {
    auto test = std::make_unique<Test>();
    std::string_view key = m.key;
    constexpr std::string_view kPrefixes = "~*^$";
    constexpr How kHow[] = {How::kExpression, How::kContains, How::kBegins, How::kEnds};
    const std::size_t prefix = key.empty() ? std::string_view::npos : kPrefixes.find(key.front());
    if (prefix != std::string_view::npos) {
      test->how = kHow[prefix];
      key.remove_prefix(1);
    }
    if (key == ".kind" || key == ".ns" || key == ".name" || key == ".id") {
      test->field = key.substr(1);
      if (prefix == std::string_view::npos) test->how = How::kGlob;
    } else if (key.starts_with(kMeta) && key.size() > kMeta.size()) {
      test->field = key.substr(kMeta.size());
      test->of_meta = true;
    } else {
      ignored.push_back(m.key);
      continue;
    }
    if (test->how != How::kEqual && !m.value.is_text())
      return error = m.key + ": expected text, got " + app::describe(m.value), false;
    test->value = m.value;
    if (test->how == How::kExpression) {
      test->expression = std::make_unique<RE2>(m.value.text, RE2::Quiet);
      if (!test->expression->ok()) return error = m.key + ": " + test->expression->error(), false;
    }
    tests_.push_back(std::move(test));
  }
  return true;
}

bool Criteria::match(const app::Entry& entry) const {
  return std::all_of(tests_.begin(), tests_.end(), [&](const auto& test) { return test->fits(entry); });
}

}  // namespace wippy::registry
