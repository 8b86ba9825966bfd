// What several kinds have in common: lifecycle, command, limits, references.
#include <algorithm>
#include <utility>

#include "runtime/app/kinds.hpp"

namespace wippy::app {
namespace {

// Zero means "default" for durations (host.md §4.2).
void read_duration(FieldReader& fields, std::string_view key, std::int64_t& value) {
  const std::optional<std::int64_t> given = fields.duration_ns(key);
  if (given && *given != 0) value = *given;
}

RestartConfig read_restart(FieldReader& lifecycle) {
  RestartConfig restart;
  std::optional<FieldReader> fields = lifecycle.map("restart");
  if (!fields) return restart;
  const std::optional<std::int64_t> delay = fields->duration_ns("delay");
  const std::optional<std::int64_t> initial = fields->duration_ns("initial_delay");
  if (delay && initial && *delay != *initial) {
    fields->error("delay", "delay and initial_delay are the same setting and differ", "give one of them");
  }
  const std::int64_t first = initial.value_or(delay.value_or(0));
  if (first != 0) restart.initial_delay_ns = first;
  read_duration(*fields, "max_delay", restart.max_delay_ns);
  restart.backoff_factor =
      fields->number("backoff_factor", 1.0, std::numeric_limits<double>::max()).value_or(restart.backoff_factor);
  restart.jitter = fields->number("jitter", 0.0, 1.0).value_or(restart.jitter);
  restart.max_attempts = fields->integer("max_attempts", {.low = 0}).value_or(restart.max_attempts);
  fields->finish(FieldReader::Unknown::kReject);
  return restart;
}

std::optional<CommandConfig> read_command(FieldReader& meta) {
  std::optional<FieldReader> fields = meta.map("command");
  if (!fields) return std::nullopt;
  CommandConfig command;
  command.name = fields->required_text("name").value_or("");
  if (command.name == "list") fields->error("name", "the command name \"list\" is reserved");
  if (command.name.starts_with('-'))
    fields->error("name", "a command name must not begin with '-', got \"" + command.name + "\"");
  command.summary = fields->text("short").value_or("");
  if (fields->choice("use_case", {"run", "test"}).value_or("run") == "test") command.use_case = UseCase::kTest;
  static_cast<void>(fields->boolean("main"));
  fields->finish();
  return command;
}

// mailbox: {max_messages, max_bytes, policy, deadline}
std::optional<MailboxConfig> read_mailbox(FieldReader& data) {
  constexpr std::int64_t kMostMessages = 1 << 22;  // runtime/process/mail_gauge.hpp
  std::optional<FieldReader> fields = data.map("mailbox");
  if (!fields) return std::nullopt;
  MailboxConfig config;
  config.max_messages = fields->integer("max_messages", {.low = 1, .high = kMostMessages}).value_or(0);
  config.max_bytes = fields->size_bytes("max_bytes").value_or(0);
  if (fields->find("max_messages") == nullptr && fields->find("max_bytes") == nullptr) {
    data.error("mailbox", "expected max_messages, max_bytes or both");
  }
  const std::vector<std::string> words = {"fail_sender", "block", "drop_newest", "drop_oldest", "exit_receiver"};
  if (const std::optional<std::string> policy = fields->choice("policy", words)) {
    config.policy = static_cast<MailboxPolicy>(std::find(words.begin(), words.end(), *policy) - words.begin());
  }
  const std::optional<std::int64_t> deadline = fields->duration_ns("deadline");
  config.deadline_ns = deadline.value_or(0);
  const bool blocks = config.policy == MailboxPolicy::kBlock;
  if (blocks && fields->find("deadline") == nullptr) {
    fields->error("policy", "policy block needs a deadline: how long a sender waits at most",
                  "such as deadline: 100ms");
  } else if (blocks && deadline == 0) {
    fields->error("deadline", "expected a duration above zero");
  } else if (!blocks && deadline) {
    fields->error("deadline", "only policy block has a deadline");
  }
  fields->finish(FieldReader::Unknown::kReject);
  return config;
}

}  // namespace

std::optional<EntryId> add_reference(FieldReader& fields, KindContext& context, const Node& node, std::string key_path,
                                     Expect expect, bool fatal) {
  if (node.failed) return std::nullopt;
  if (!FieldReader::is_textual(node)) {
    fields.wrong_type(node, std::move(key_path), "an entry ID");
    return std::nullopt;
  }
  EntryId id = EntryId::resolve(node.text, context.entry.id.space);
  if (FieldReader::is_blank(id.name)) {
    fields.error_at(node.position, std::move(key_path), "expected an entry ID such as app:name, got " + describe(node));
    return std::nullopt;
  }
  context.entry.references.push_back({id, node.text, std::move(key_path), node.position, expect, fatal, false});
  return id;
}

std::vector<EntryId> read_references(FieldReader& fields, KindContext& context, std::string_view key, Expect expect,
                                     bool requirement) {
  std::vector<EntryId> ids;
  const Node* list = fields.find(key);
  for (const Node* item : fields.texts(key)) {
    std::string path = fields.key_path(key);
    if (list->is_list()) path += "[" + std::to_string(item - list->items.data()) + "]";
    std::optional<EntryId> id = add_reference(fields, context, *item, std::move(path), expect);
    if (!id) continue;
    context.entry.references.back().requirement = requirement;
    ids.push_back(std::move(*id));
  }
  return ids;
}

LifecycleConfig read_lifecycle(FieldReader& data, KindContext& context) {
  LifecycleConfig config;
  std::optional<FieldReader> fields = data.map("lifecycle");
  if (!fields) return config;
  config.auto_start = fields->boolean("auto_start").value_or(false);
  if (const Node* node = fields->find("auto_start")) config.auto_start_position = node->position;
  read_duration(*fields, "start_timeout", config.start_timeout_ns);
  read_duration(*fields, "stop_timeout", config.stop_timeout_ns);
  read_duration(*fields, "stable_threshold", config.stable_threshold_ns);
  config.startup_required = fields->choice("startup", {"required", "optional"}).value_or("required") == "required";
  config.requires_ids = read_references(*fields, context, "requires", Expect::kService, true);
  for (EntryId& id : read_references(*fields, context, "depends_on", Expect::kService, true))
    config.requires_ids.push_back(std::move(id));
  std::sort(config.requires_ids.begin(), config.requires_ids.end());
  config.requires_ids.erase(std::unique(config.requires_ids.begin(), config.requires_ids.end()),
                            config.requires_ids.end());
  config.security = read_security(*fields, context, "security", false);
  if (config.security && context.entry.kind.ends_with(".host")) {
    // Dropping it silently would run the host's processes with more rights than written.
    fields->error("security", "a host is no process: this says nothing to the processes on it",
                  "their boundary is `security:` of the host itself");
  }
  config.restart = read_restart(*fields);
  fields->finish(FieldReader::Unknown::kReject);
  return config;
}

void read_process_common(FieldReader& data, KindContext& context, ProcessConfig& config) {
  config.lifecycle = read_lifecycle(data, context);
  if (const Node* host = data.find("host")) {
    config.host =
        add_reference(data, context, *host, data.key_path("host"), Expect::kAnyHost, config.lifecycle.auto_start);
  }
  if (std::optional<FieldReader> limits = data.map("limits")) {
    config.max_memory_bytes = limits->size_bytes("max_memory_bytes").value_or(config.max_memory_bytes);
    limits->finish();
  }
  config.mailbox = read_mailbox(data);
  FieldReader meta(context.entry.meta, "meta", context.site);
  config.command = read_command(meta);
  const bool needs_default = config.lifecycle.auto_start && data.find("host") == nullptr;
  const auto read_default = [&](FieldReader& fields) {
    const Node* host = fields.find("default_host");
    if (host == nullptr || config.default_host) return;
    config.default_host =
        add_reference(fields, context, *host, fields.key_path("default_host"), Expect::kAnyHost, needs_default);
  };
  // `options` is free text for other readers: only a map holds the field.
  const Node* options = meta.find("options");
  if (options != nullptr && options->is_map()) {
    FieldReader fields(*options, "meta.options", context.site);
    read_default(fields);
  }
  read_default(meta);
}

namespace {

std::vector<std::string> read_names(FieldReader& fields, const char* key) {
  std::vector<std::string> names;
  for (const Node* item : fields.texts(key)) names.push_back(item->text);
  return names;
}

// An empty list allows nothing, which is not the same as no list.
std::optional<std::vector<std::string>> read_allowed(FieldReader& fields, const char* key) {
  if (fields.find(key) == nullptr) return std::nullopt;
  return read_names(fields, key);
}

void check_names(FieldReader& fields, const char* key, const std::vector<std::string>& names,
                 const std::vector<std::string>* known, const char* what) {
  for (const std::string& name : names) {
    if (known == nullptr || std::find(known->begin(), known->end(), name) != known->end()) continue;
    fields.warning(key, std::string("no ") + what + " \"" + name + "\" in this build", did_you_mean(name, *known));
  }
}

void check_capabilities(FieldReader& fields, KindContext& context, const CapabilitiesConfig& c) {
  if (c.modules) check_names(fields, "modules", *c.modules, context.modules, "built-in module");
  check_names(fields, "deny_modules", c.deny_modules, context.modules, "built-in module");
  const std::vector<std::string> kinds = all_kind_names();
  for (const std::string& kind : c.kinds.value_or(std::vector<std::string>{})) {
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
      fields.error("kinds", "unknown kind \"" + kind + "\"", did_you_mean(kind, kinds));
  }
  if (c.io.value_or(false) && (roles_of(context.entry) & kRoleTerminalHost) == 0)
    fields.error("io", "a process.host has no terminal to grant", "only a terminal.host has one");
}

}  // namespace

void read_host_common(FieldReader& data, KindContext& context, HostConfig& config) {
  config.mailbox = read_mailbox(data);
  config.security = read_security(data, context, "security", true);
  std::optional<FieldReader> fields = data.map("capabilities");
  if (!fields) return;
  config.memory_limit_bytes = fields->size_bytes("memory_limit");
  CapabilitiesConfig& c = config.capabilities;
  c.modules = read_allowed(*fields, "modules");
  c.deny_modules = read_names(*fields, "deny_modules");
  c.kinds = read_allowed(*fields, "kinds");
  c.entries = read_allowed(*fields, "entries");
  c.io = fields->boolean("io");
  c.spawn = fields->boolean("spawn").value_or(true);
  check_capabilities(*fields, context, c);
  fields->finish(FieldReader::Unknown::kReject);
}

}  // namespace wippy::app
