// A security.policy entry that can be asked (spec/host.md §5.3-5.5).
#pragma once

#include <vector>

#include "runtime/app/security_config.hpp"
#include "runtime/process/security.hpp"
#include "runtime/security/condition.hpp"
#include "runtime/text/wildcard.hpp"

namespace wippy::security {

// Thread-safety: immutable, any thread.
class RulePolicy final : public Policy {
 public:
  RulePolicy(std::string_view id, const app::SecurityPolicyConfig& config);
  Decision evaluate(const Actor& actor, std::string_view action, std::string_view resource,
                    const Attributes& attributes) const noexcept override;

 private:
  std::vector<Wildcard> actions_;
  std::vector<Wildcard> resources_;
  std::vector<Condition> conditions_;
  bool deny_;
};

}  // namespace wippy::security
