#include "runtime/security/condition.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace wippy::security {

namespace {

using Op = app::ConditionOperator;
using Type = Fact::Type;

struct Number {
  bool whole = false;  // `integer` is exact
  int64_t integer = 0;
  double number = 0;
};

// "10", "-2.5", "1e3"; not "", "0x1", " 1", "inf", "nan".
std::optional<Number> number_in(std::string_view text) noexcept {
  const char* const end = text.data() + text.size();
  if (text.empty() || text.find_first_not_of("+-.0123456789eE") != std::string_view::npos) return std::nullopt;
  Number n;
  const auto whole = std::from_chars(text.data(), end, n.integer);
  n.whole = whole.ec == std::errc() && whole.ptr == end;
  if (n.whole) {
    n.number = static_cast<double>(n.integer);
    return n;
  }
  const auto broken = std::from_chars(text.data(), end, n.number);
  if (broken.ec != std::errc() || broken.ptr != end) return std::nullopt;
  return n;
}

std::optional<Number> number_of(const Fact& f) noexcept {
  if (f.type == Type::kInteger) return Number{true, f.integer, static_cast<double>(f.integer)};
  if (f.type == Type::kNumber && !std::isnan(f.number)) return Number{false, 0, f.number};
  return f.type == Type::kText ? number_in(f.text) : std::nullopt;
}

// What a plain value is when it is compared as a text; `room` holds what is not there yet.
std::optional<std::string_view> text_of(const Fact& f, char (&room)[32]) noexcept {
  std::to_chars_result r{};
  switch (f.type) {
    case Type::kText: return f.text;
    case Type::kBool: return f.boolean ? "true" : "false";
    case Type::kInteger: r = std::to_chars(room, room + sizeof room, f.integer); break;
    case Type::kNumber: r = std::to_chars(room, room + sizeof room, f.number); break;
    default: return std::nullopt;
  }
  return std::string_view(room, static_cast<std::size_t>(r.ptr - room));
}

// Less than, equal to, greater than zero; nothing: they cannot be put in order.
std::optional<int> order(const Fact& a, const Fact& b) noexcept {
  const std::optional<Number> x = number_of(a);
  const std::optional<Number> y = number_of(b);
  if (x && y) {
    if (x->whole && y->whole) return x->integer < y->integer ? -1 : x->integer > y->integer ? 1 : 0;
    return x->number < y->number ? -1 : x->number > y->number ? 1 : 0;
  }
  char left[32];
  char right[32];
  const std::optional<std::string_view> s = text_of(a, left);
  const std::optional<std::string_view> t = text_of(b, right);
  if (!s || !t) return std::nullopt;
  return s->compare(*t);
}

bool equal(const Fact& a, const Fact& b) noexcept { return order(a, b) == 0; }
bool is_flag(const Fact& f) noexcept { return f.type == Type::kBool; }

bool is_in(const Fact& value, const Fact& list) noexcept {
  if (list.type != Type::kTable) return equal(value, list);
  return std::any_of(list.table->items.begin(), list.table->items.end(),
                     [&](const Fact& item) { return equal(value, item); });
}

bool contains(const Fact& field, const Fact& part) noexcept {
  if (field.type == Type::kTable) return is_in(part, field);
  char left[32];
  char right[32];
  const std::optional<std::string_view> s = text_of(field, left);
  const std::optional<std::string_view> t = text_of(part, right);
  return s && t && s->find(*t) != std::string_view::npos;
}

Fact text_fact(std::string_view text) noexcept {
  Fact f;
  f.type = Type::kText;
  f.text = text;
  return f;
}

Fact find(const app::ConditionField& field, const Question& q) noexcept {
  switch (field.root) {
    case app::FieldRoot::kActorId: return text_fact(q.actor.id());
    case app::FieldRoot::kActorMeta: return q.actor.find_meta(field.path);
    case app::FieldRoot::kAction: return text_fact(q.action);
    case app::FieldRoot::kResource: return text_fact(q.resource);
    case app::FieldRoot::kMeta: return q.attributes.find(field.path);
  }
  return {};
}

Truth truth(bool value) noexcept { return value ? Truth::kTrue : Truth::kFalse; }

}  // namespace

Condition::Literal::Literal(const app::Node& node) {
  if (!node.is_list()) {
    fact = scalar(node);
    return;
  }
  for (const app::Node& item : node.items) list.items.push_back(scalar(item));
  fact.type = Type::kTable;
  fact.table = &list;
}

Fact Condition::Literal::scalar(const app::Node& node) {
  Fact f;
  switch (node.type) {
    case app::NodeType::kBool:
      f.type = Type::kBool;
      f.boolean = node.boolean;
      return f;
    case app::NodeType::kInt:
      f.type = Type::kInteger;
      f.integer = node.integer;
      return f;
    case app::NodeType::kFloat:
      f.type = Type::kNumber;
      f.number = node.number;
      return f;
    default: return text_fact(texts.emplace_back(node.text));
  }
}

Condition::Condition(const app::ConditionConfig& config) : field_(config.field), op_(config.op) {
  if (config.from) from_ = std::make_unique<const app::ConditionField>(*config.from);
  if (!config.value) return;
  if (op_ == Op::kMatches || op_ == Op::kNmatches) {
    expression_ = std::make_unique<const re2::RE2>(config.value->text, re2::RE2::Quiet);
  } else {
    literal_ = std::make_unique<const Literal>(*config.value);
  }
}
Condition::~Condition() = default;
Condition::Condition(Condition&&) noexcept = default;

Truth Condition::judge(const Question& q) const noexcept {
  const Fact left = find(field_, q);
  const bool there = left.type != Type::kMissing;
  if (op_ == Op::kExists || op_ == Op::kNexists) {
    const bool inverted = literal_ != nullptr && !literal_->fact.boolean;
    return truth((there == (op_ == Op::kExists)) != inverted);
  }
  if (!there) return Truth::kFalse;
  if (expression_ != nullptr) {
    char room[32];
    const std::optional<std::string_view> text = text_of(left, room);
    if (!text) return Truth::kError;
    return truth(re2::RE2::PartialMatch(re2::StringPiece(text->data(), text->size()), *expression_) ==
                 (op_ == Op::kMatches));
  }
  const Fact right = from_ != nullptr ? find(*from_, q) : literal_->fact;
  return right.type == Type::kMissing ? Truth::kFalse : compare(left, right);
}

Truth Condition::compare(const Fact& left, const Fact& right) const noexcept {
  switch (op_) {
    case Op::kEq: return truth(equal(left, right));
    case Op::kNe: return truth(!equal(left, right));
    case Op::kIn: return truth(is_in(left, right));
    case Op::kNin: return truth(!is_in(left, right));
    case Op::kContains: return truth(contains(left, right));
    case Op::kNcontains: return truth(!contains(left, right));
    default: break;
  }
  // Truth values have no order.
  const std::optional<int> o = is_flag(left) || is_flag(right) ? std::nullopt : order(left, right);
  if (!o) return Truth::kFalse;
  switch (op_) {
    case Op::kLt: return truth(*o < 0);
    case Op::kGt: return truth(*o > 0);
    case Op::kLte: return truth(*o <= 0);
    case Op::kGte: return truth(*o >= 0);
    default: return Truth::kError;
  }
}

}  // namespace wippy::security
