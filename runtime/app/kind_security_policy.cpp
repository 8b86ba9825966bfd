// security.policy (host.md §2.10, §5.5), and what names policies: the actor, policies and groups of a frame or a host.
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "runtime/app/kinds.hpp"

namespace wippy::app {
namespace {

using Op = ConditionOperator;
constexpr std::array kOperators = std::to_array<std::string_view>({
    "eq",
    "ne",
    "lt",
    "gt",
    "lte",
    "gte",
    "in",
    "nin",
    "exists",
    "nexists",
    "contains",
    "ncontains",
    "matches",
    "nmatches",
});

bool is_scalar(const Node& n) { return !n.is_list() && !n.is_map() && !n.is_null(); }

std::optional<ConditionField> field_of(std::string_view text) {
  constexpr std::string_view kActorMeta = "actor.meta.";
  constexpr std::string_view kMeta = "meta.";
  if (text == "actor.id") return ConditionField{FieldRoot::kActorId, ""};
  if (text == "action") return ConditionField{FieldRoot::kAction, ""};
  if (text == "resource") return ConditionField{FieldRoot::kResource, ""};
  if (text.starts_with(kActorMeta)) {
    return ConditionField{FieldRoot::kActorMeta, std::string(text.substr(kActorMeta.size()))};
  }
  if (text == "actor" || text.starts_with("actor.")) return std::nullopt;
  if (text.starts_with(kMeta)) text.remove_prefix(kMeta.size());
  return ConditionField{FieldRoot::kMeta, std::string(text)};
}

std::optional<ConditionField> read_field(FieldReader& fields, std::string_view key) {
  const std::optional<std::string> text = fields.text(key);
  if (!text) return std::nullopt;
  std::optional<ConditionField> field = field_of(*text);
  const bool names = field && (field->root != FieldRoot::kMeta || !FieldReader::is_blank(field->path)) &&
                     (field->root != FieldRoot::kActorMeta || !FieldReader::is_blank(field->path));
  if (names) return field;
  fields.error(key, "unknown field \"" + *text + "\"",
               "accepted: actor.id, actor.meta.<path>, action, resource, meta.<path>");
  return std::nullopt;
}

// What the operator can do something with.
void check_value(FieldReader& fields, const Node& value, Op op) {
  switch (op) {
    case Op::kExists:
    case Op::kNexists:
      if (value.type != NodeType::kBool) fields.wrong_type(value, fields.key_path("value"), "true or false");
      return;
    case Op::kIn:
    case Op::kNin:
      if (value.is_text()) return;
      if (!value.is_list() || !std::all_of(value.items.begin(), value.items.end(), is_scalar))
        fields.wrong_type(value, fields.key_path("value"), "a list of plain values");
      return;
    case Op::kMatches:
    case Op::kNmatches: {
      if (!value.is_text()) return fields.wrong_type(value, fields.key_path("value"), "a regular expression");
      const re2::RE2 expression(value.text, re2::RE2::Quiet);
      if (!expression.ok()) fields.error("value", "invalid regular expression: " + expression.error());
      return;
    }
    default:
      if (!is_scalar(value)) fields.wrong_type(value, fields.key_path("value"), "a plain value");
  }
}

void read_operands(FieldReader& fields, ConditionConfig& config) {
  const bool unary = config.op == Op::kExists || config.op == Op::kNexists;
  const bool regular = config.op == Op::kMatches || config.op == Op::kNmatches;
  const Node* value = fields.find("value");
  const Node* from = fields.find("value_from");
  if (value != nullptr && from != nullptr) return fields.error("value", "value and value_from exclude each other");
  if (value == nullptr && from == nullptr) {
    if (!unary) fields.error("value", "value or value_from is required");
    return;
  }
  if (from != nullptr) {
    if (regular) return fields.error("value_from", "a regular expression must be written as value");
    if (unary) return fields.error("value_from", "exists and nexists compare with nothing");
    config.from = read_field(fields, "value_from");
    return;
  }
  check_value(fields, *value, config.op);
  config.value = *value;
}

void read_condition(FieldReader fields, std::vector<ConditionConfig>& out) {
  ConditionConfig config;
  if (fields.find("field") == nullptr) {
    fields.error("field", "field is required");
  } else if (std::optional<ConditionField> field = read_field(fields, "field")) {
    config.field = std::move(*field);
  }
  const std::vector<std::string> words(kOperators.begin(), kOperators.end());
  if (fields.find("operator") == nullptr) {
    fields.error("operator", "operator is required");
  } else if (const std::optional<std::string> word = fields.choice("operator", words)) {
    config.op = static_cast<Op>(std::find(words.begin(), words.end(), *word) - words.begin());
    read_operands(fields, config);
  }
  for (const char* key : {"value", "value_from"}) static_cast<void>(fields.find(key));
  fields.finish(FieldReader::Unknown::kReject);
  out.push_back(std::move(config));
}

void read_conditions(FieldReader& policy, std::vector<ConditionConfig>& out) {
  const Node* list = policy.find("conditions");
  if (list == nullptr) return;
  if (!list->is_list()) return policy.wrong_type(*list, policy.key_path("conditions"), "a list of conditions");
  for (const Node& item : list->items) {
    const std::string path = policy.key_path("conditions") + "[" + std::to_string(&item - list->items.data()) + "]";
    if (!item.is_map()) {
      policy.wrong_type(item, path, "a map {field, operator, value}");
      continue;
    }
    Site site = policy.site();
    site.position = item.position;
    read_condition(FieldReader(item, path, site), out);
  }
}

void read_patterns(FieldReader& policy, std::string_view key, std::vector<std::string>& out) {
  const Node* written = policy.find(key);
  for (const Node* item : policy.texts(key)) out.push_back(item->text);
  if (written == nullptr || (written->is_list() && written->items.empty()))
    policy.error(key, std::string(key) + " is required: a pattern or a list of patterns");
}

std::optional<ActorConfig> read_actor(FieldReader& security) {
  std::optional<FieldReader> fields = security.map("actor");
  if (!fields) return std::nullopt;
  ActorConfig actor;
  actor.id = fields->required_text("id").value_or("");
  actor.meta.type = NodeType::kMap;
  if (const Node* meta = fields->find("meta")) {
    if (meta->is_map()) {
      actor.meta = *meta;
    } else {
      fields->wrong_type(*meta, fields->key_path("meta"), "a map");
    }
  }
  fields->finish(FieldReader::Unknown::kReject);
  return actor;
}

}  // namespace

std::optional<SecurityConfig> read_security(FieldReader& parent, KindContext& context, std::string_view key,
                                            bool of_host) {
  std::optional<FieldReader> fields = parent.map(key);
  if (!fields) return std::nullopt;
  SecurityConfig config;
  config.actor = read_actor(*fields);
  config.policies = read_references(*fields, context, "policies", Expect::kPolicy);
  config.groups = read_references(*fields, context, "groups", Expect::kPolicyGroup);
  if (of_host) {
    if (const std::optional<std::string> word = fields->choice("default", {"deny", "allow"}))
      config.default_allow = *word == "allow";
  }
  fields->finish(FieldReader::Unknown::kReject);
  return config;
}

std::shared_ptr<const EntryConfig> parse_security_policy(FieldReader& data, KindContext& context) {
  auto config = std::make_shared<SecurityPolicyConfig>();
  std::optional<FieldReader> policy = data.map("policy");
  if (policy) {
    read_patterns(*policy, "actions", config->actions);
    read_patterns(*policy, "resources", config->resources);
    if (policy->find("effect") == nullptr) {
      policy->error("effect", "effect is required: allow or deny");
    } else {
      config->deny = policy->choice("effect", {"allow", "deny"}).value_or("deny") == "deny";
    }
    read_conditions(*policy, config->conditions);
    policy->finish(FieldReader::Unknown::kReject);
  } else if (data.find("policy") == nullptr) {
    data.error("policy", "policy is required");
  }
  for (const Node* item : data.texts("groups")) {
    const EntryId id = EntryId::resolve(item->text, context.entry.id.space);
    if (FieldReader::is_blank(id.name)) {
      data.error_at(item->position, "groups", "expected a group ID such as app:admins, got " + describe(*item));
    } else {
      config->groups.push_back(id);
    }
  }
  return config;
}

}  // namespace wippy::app
