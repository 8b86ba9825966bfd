#include "runtime/security/policy.hpp"

#include <algorithm>

#include "runtime/observe/log.hpp"

namespace wippy::security {

namespace {

bool reads_meta(const app::SecurityPolicyConfig& config) {
  const auto is_meta = [](const app::ConditionField& f) { return f.root == app::FieldRoot::kMeta; };
  return std::any_of(config.conditions.begin(), config.conditions.end(),
                     [&](const app::ConditionConfig& c) { return is_meta(c.field) || (c.from && is_meta(*c.from)); });
}

bool any_matches(const std::vector<Wildcard>& patterns, std::string_view text) noexcept {
  return std::any_of(patterns.begin(), patterns.end(), [&](const Wildcard& p) { return p.matches(text); });
}

}  // namespace

RulePolicy::RulePolicy(std::string_view id, const app::SecurityPolicyConfig& config)
    : Policy(id, reads_meta(config)),
      actions_(config.actions.begin(), config.actions.end()),
      resources_(config.resources.begin(), config.resources.end()),
      conditions_(config.conditions.begin(), config.conditions.end()),
      deny_(config.deny) {}

Decision RulePolicy::evaluate(const Actor& actor, std::string_view action, std::string_view resource,
                              const Attributes& attributes) const noexcept {
  if (!any_matches(actions_, action) || !any_matches(resources_, resource)) return Decision::kUndefined;
  const Question question{actor, action, resource, attributes};
  for (std::size_t i = 0; i < conditions_.size(); ++i) {
    switch (conditions_[i].judge(question)) {
      case Truth::kTrue: break;
      case Truth::kFalse: return Decision::kUndefined;
      case Truth::kError:
        log::write(log::Level::kWarn, id(), "a condition cannot be judged: the policy does not apply",
                   {{"condition", std::to_string(i)}, {"action", action}, {"resource", resource}});
        return Decision::kUndefined;
    }
  }
  return deny_ ? Decision::kDeny : Decision::kAllow;
}

}  // namespace wippy::security
