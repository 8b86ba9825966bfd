#include "cli/programs.hpp"

#include "cli/lua_syntax.hpp"
#include "lua/bytecode.hpp"
#include "memory/slab.hpp"
#include "runtime/app/imports.hpp"

namespace wippy::cli {

MailLimits limits_of(const std::optional<app::MailboxConfig>& config) {
  MailLimits m;
  if (!config) return m;
  m.max_messages = static_cast<uint64_t>(config->max_messages);
  m.max_bytes = static_cast<uint64_t>(config->max_bytes);
  m.block_ns = static_cast<uint64_t>(config->deadline_ns);
  switch (config->policy) {
    case app::MailboxPolicy::kFailSender: m.policy = MailPolicy::kFailSender; break;
    case app::MailboxPolicy::kBlock: m.policy = MailPolicy::kBlock; break;
    case app::MailboxPolicy::kDropNewest: m.policy = MailPolicy::kDropNewest; break;
    case app::MailboxPolicy::kDropOldest: m.policy = MailPolicy::kDropOldest; break;
    case app::MailboxPolicy::kExitReceiver: m.policy = MailPolicy::kExitReceiver; break;
  }
  return m;
}

namespace {

std::string method_of(const app::Entry& entry) {
  if (const auto* process = entry.config_as<app::ProcessLuaConfig>()) return process->method;
  if (const auto* function = entry.config_as<app::FunctionLuaConfig>()) return function->method;
  return {};
}

std::size_t memory_limit_of(const app::Entry& entry) {
  if (const auto* process = entry.config_as<app::ProcessConfig>())
    return static_cast<std::size_t>(process->max_memory_bytes);
  if (const auto* function = entry.config_as<app::FunctionLuaConfig>())
    return static_cast<std::size_t>(function->max_memory_bytes);
  return 0;
}

bool same_imports(const std::vector<lua::LuaProgram::Import>& a, const std::vector<lua::LuaProgram::Import>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.alias == y.alias && x.program == y.program; });
}

}  // namespace

// Makes a table for one application, taking over from the one before what can stay.
class Programs::Builder {
 public:
  Builder(Programs& owner, const app::Application& app, const Table* before)
      : owner_(owner), app_(app), before_(before), table_(std::make_unique<Table>()) {}

  std::unique_ptr<const Table> build(std::string& error) {
    for (const auto& [id, entry] : app_.entries) {
      if (!define(entry, error)) return nullptr;
    }
    owner_.entries_.store_relaxed(programs_.size());  // a counter
    return std::move(table_);
  }

 private:
  const Definition* before(const std::string& id) const {
    if (before_ == nullptr) return nullptr;
    const auto found = before_->definitions.find(id);
    return found == before_->definitions.end() ? nullptr : found->second.get();
  }

  bool define(const app::Entry& entry, std::string& error) {
    const std::string id = entry.id.text();
    const auto* process = entry.config_as<app::ProcessConfig>();
    const auto* native = entry.config_as<app::ProcessNativeConfig>();
    const auto* function = entry.config_as<app::FunctionLuaConfig>();
    const bool has_code = app::lua_code_of(entry) != nullptr;
    if (!has_code && native == nullptr) return true;
    Definition d;
    d.spawnable = process != nullptr;
    d.kind = entry.kind;
    if (process != nullptr) d.mail = limits_of(process->mailbox);
    if (process != nullptr && process->default_host) d.default_host = process->default_host->text();
    if (has_code && (d.program = program(entry, error)) == nullptr) return false;
    if (native != nullptr && !find_native(id, *native, d, error)) return false;
    if (function != nullptr) d.gate = gate(id, *function, d);
    table_->definitions.emplace(id, std::make_shared<const Definition>(std::move(d)));
    return true;
  }

  bool find_native(const std::string& id, const app::ProcessNativeConfig& config, Definition& d, std::string& error) {
    d.native = owner_.natives_ == nullptr ? nullptr : owner_.natives_->find(config.factory);
    d.memory_bytes = static_cast<std::size_t>(config.max_memory_bytes);
    if (d.native != nullptr) return true;
    error = id + ": no native factory \"" + config.factory + "\" in this program";
    return false;
  }

  // A new generation has a gate of its own: calls of the one before go on under theirs.
  std::shared_ptr<CallGate> gate(const std::string& id, const app::FunctionLuaConfig& config, const Definition& d) {
    const Definition* const old = before(id);
    const auto seats = static_cast<uint32_t>(config.pool.workers);
    const auto buffer = static_cast<uint32_t>(config.pool.buffer);
    if (old != nullptr && old->program == d.program && old->gate != nullptr && old->gate->seats() == seats &&
        old->gate->buffer() == buffer)
      return old->gate;
    return std::make_shared<CallGate>(owner_.runtime_.node(), seats, buffer);
  }

  // NOLINTNEXTLINE(misc-no-recursion): imports have no cycles, and are checked before
  std::shared_ptr<const lua::LuaProgram> program(const app::Entry& entry, std::string& error) {
    const std::string id = entry.id.text();
    if (const auto made = programs_.find(id); made != programs_.end()) return made->second;
    const app::LuaCode& code = *app::lua_code_of(entry);
    auto next = std::make_shared<lua::LuaProgram>();
    next->entry_id = id;
    next->method = method_of(entry);
    next->modules = code.modules;
    next->memory_limit = memory_limit_of(entry);
    next->is_function = entry.config_as<app::FunctionLuaConfig>() != nullptr;
    next->source = code.source;
    next->dialect = dialect_of(entry);
    for (const auto& [alias, target] : code.imports) {
      const app::Entry* const library = app_.find(target);
      std::shared_ptr<const lua::LuaProgram> import = library == nullptr ? nullptr : program(*library, error);
      if (import == nullptr) {
        if (error.empty()) error = id + ": imports." + alias + ": no entry " + target.text();
        return nullptr;
      }
      next->imports.push_back({alias, std::move(import)});
    }
    const Definition* const old = before(id);
    std::shared_ptr<const lua::LuaProgram> made = finish(old == nullptr ? nullptr : old->program, next, error);
    if (made != nullptr) programs_.emplace(id, made);
    return made;
  }

  std::shared_ptr<const lua::LuaProgram> finish(const std::shared_ptr<const lua::LuaProgram>& old,
                                                const std::shared_ptr<lua::LuaProgram>& next, std::string& error) {
    if (old != nullptr && old->source == next->source && old->dialect == next->dialect) {
      owner_.hits_.fetch_add_relaxed(1);  // a counter
      if (old->method == next->method && old->modules == next->modules && old->memory_limit == next->memory_limit &&
          old->is_function == next->is_function && same_imports(old->imports, next->imports))
        return old;
      next->bytecode = old->bytecode;
      return next;
    }
    owner_.misses_.fetch_add_relaxed(1);  // a counter
    std::string text;
    if (lua::compile(next->source, next->entry_id, next->bytecode, text, next->dialect).ok()) return next;
    error = next->entry_id + ": " + text;
    return nullptr;
  }

  Programs& owner_;
  const app::Application& app_;
  const Table* before_;
  std::unique_ptr<Table> table_;
  std::map<std::string, std::shared_ptr<const lua::LuaProgram>> programs_;
};

Programs::~Programs() = default;

bool Programs::load(const app::Application& app, std::string& error) {
  std::unique_ptr<const Table> table = Builder(*this, app, nullptr).build(error);
  if (table == nullptr) return false;
  publish(std::move(table));
  return true;
}

Programs::DefinitionPtr Programs::find(std::string_view id) noexcept {
  const ReaderSection section(this_memory().reader());
  const Table* const table = current_.load_acquire();  // partner: publish
  const auto found = table->definitions.find(id);
  return found == table->definitions.end() ? nullptr : found->second;
}

Programs::Counts Programs::counts() const noexcept {
  return {misses_.load_relaxed(), hits_.load_relaxed(), entries_.load_relaxed()};  // counters
}

void Programs::publish(std::unique_ptr<const Table> next) noexcept {
  current_.store_release(next.get());  // partner: find
  std::swap(owned_, next);
  GraceDomain& grace = runtime_.pools().grace();
  if (next != nullptr) retired_.emplace_back(grace.seal(), std::move(next));
  if (retired_.empty()) return;
  const bool barrier = process_wide_barrier();
  std::erase_if(retired_, [&](const auto& table) { return grace.passed(table.first, barrier); });
}

bool Programs::prepare(const registry::Transaction& transaction, std::string& error) {
  prepared_ = Builder(*this, *transaction.next, owned_.get()).build(error);
  return prepared_ != nullptr;
}

void Programs::commit(const registry::Transaction&) noexcept { publish(std::move(prepared_)); }

void Programs::rollback(const registry::Transaction&) noexcept { prepared_.reset(); }

}  // namespace wippy::cli
