// Who a frame acts for and under which policies, as written: policies, `lifecycle.security`, `security` of hosts and of
// .wippy.yaml (host.md §2.10, §3.5, §4.2, §5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/app/entry.hpp"

namespace wippy::app {

enum class ConditionOperator : std::uint8_t {
  kEq,
  kNe,
  kLt,
  kGt,
  kLte,
  kGte,
  kIn,
  kNin,
  kExists,
  kNexists,
  kContains,
  kNcontains,
  kMatches,
  kNmatches,
};

// What a name in a condition stands for.
enum class FieldRoot : std::uint8_t { kActorId, kActorMeta, kAction, kResource, kMeta };
struct ConditionField {
  FieldRoot root = FieldRoot::kMeta;
  std::string path;  // of kActorMeta and kMeta
};

struct ConditionConfig {
  ConditionField field;
  ConditionOperator op = ConditionOperator::kEq;
  std::optional<Node> value;           // a scalar or a list of scalars
  std::optional<ConditionField> from;  // value_from
};

struct SecurityPolicyConfig final : EntryConfig {
  std::vector<std::string> actions;
  std::vector<std::string> resources;
  bool deny = true;
  std::vector<ConditionConfig> conditions;
  std::vector<EntryId> groups;
};

struct ActorConfig {
  std::string id;
  Node meta;  // a map
};

struct SecurityConfig {
  std::optional<ActorConfig> actor;
  std::vector<EntryId> policies;
  std::vector<EntryId> groups;
  std::optional<bool> default_allow;  // of hosts
  bool has_scope() const { return !policies.empty() || !groups.empty(); }
};

}  // namespace wippy::app
