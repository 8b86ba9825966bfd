// One condition of a policy (spec/host.md §5.5), compiled. Missing fields make every operator false but nexists.
//
// Thread-safety: immutable, any thread.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/app/security_config.hpp"
#include "runtime/process/security.hpp"

namespace re2 {
class RE2;
}

namespace wippy::security {

// What is judged.
struct Question {
  const Actor& actor;
  std::string_view action;
  std::string_view resource;
  const Attributes& attributes;
};

enum class Truth : unsigned char {
  kFalse,
  kTrue,
  kError
};  // kError: the operator has no meaning for what the field holds

class Condition {
 public:
  // The configuration has been checked by the loader.
  explicit Condition(const app::ConditionConfig& config);
  ~Condition();
  Condition(Condition&&) noexcept;
  Truth judge(const Question& q) const noexcept;

 private:
  // A value as written; facts point into it.
  struct Literal {
    std::deque<std::string> texts;
    FactTable list;
    Fact fact;
    explicit Literal(const app::Node& node);
    Literal(const Literal&) = delete;
    Literal& operator=(const Literal&) = delete;
    Fact scalar(const app::Node& node);
  };
  Truth compare(const Fact& left, const Fact& right) const noexcept;

  app::ConditionField field_;
  app::ConditionOperator op_;
  std::unique_ptr<const Literal> literal_;  // null: another field, or nothing
  std::unique_ptr<const app::ConditionField> from_;
  std::unique_ptr<const re2::RE2> expression_;  // of matches and nmatches
};

}  // namespace wippy::security
