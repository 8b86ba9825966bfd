// A runtime with hosts and a directory: Lua entries given as source text, and the native ones of native_entries.hpp.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "cli/lua_registry.hpp"
#include "lua/function_directory.hpp"
#include "lua/library.hpp"
#include "lua/program.hpp"
#include "mailbox/values.hpp"
#include "runtime/events/event_bus.hpp"
#include "runtime/process/mail_limit.hpp"
#include "runtime/security/store.hpp"
#include "tests/unit/lua_process/native_entries.hpp"
#include "tests/unit/lua_process/script_file.hpp"
#include "tests/unit/runtime/fixture.hpp"

namespace wippy::lua::test {

class LuaNode final : public ProcessDirectory, public FunctionDirectory {
 public:
  explicit LuaNode(uint32_t workers = 2) : hooks_(*this), node_(workers) {
    hooks_.print = keep_line;
    hooks_.policies = &policies();
    node_.runtime().node().set_directory(this);
    node_.runtime().node().set_print(keep_line);
    hooks_.log = keep_record;
    hooks_.functions = this;
    hooks_.registry = &lua_registry_;
    events_ = std::make_unique<EventBus>(node_.runtime().node());
    hooks_.events = events_.get();
    lines() = {};
  }

  // Empty: it compiles.
  std::string add(const ScriptEntry& e) {
    auto p = std::make_shared<LuaProgram>();
    p->entry_id = e.id;
    p->method = e.method;
    p->modules = e.modules;
    const auto limit = memory_limits_.find(e.id);
    p->memory_limit = limit != memory_limits_.end() ? limit->second : e.memory_limit;
    std::string text;
    if (!compile(e.source, e.id, p->bytecode, text).ok()) return broken_[e.id] = text;
    if (helper_ != nullptr) p->imports.push_back({"t", helper_});
    for (const auto& [alias, library] : e.imports) p->imports.push_back({alias, programs_.at(library)});
    programs_[e.id] = std::move(p);
    return {};
  }
  // Before add(): of that entry's processes. Of every process that run() starts: messages in its mailbox.
  void limit_memory(const std::string& id, std::size_t bytes) { memory_limits_[id] = bytes; }
  void limit_mail(uint64_t max_messages) { mail_.max_messages = max_messages; }
  // An entry that is a coroutine; it gets its arguments as a message body.
  void add_native(const std::string& id, Behavior (*start)(Context&, std::string)) { natives_[id] = start; }
  void set_helper(const std::string& source) {
    auto p = std::make_shared<LuaProgram>();
    p->entry_id = "test:t";
    p->modules = {"time"};
    std::string text;
    if (!compile(source, p->entry_id, p->bytecode, text).ok()) throw std::runtime_error(text);
    helper_ = std::move(p);
  }

  struct Ending {
    bool abnormal = false;
    std::string text;  // the error, or the value as text ("true", "nil", "42", a string)
  };
  // Runs the entry as a process to its end.
  Ending run(const std::string& id) {
    Ending out;
    ending_ = &out;
    id_ = id;
    node_.run([](Context& self, wippy::test::Node& n) -> Behavior {
      LuaNode& me = *current_;
      SpawnOptions o;
      o.monitor = true;
      if (me.mail_.bounded()) o.mail = &me.mail_;
      ValueWriter w;
      w.reset_body({}, 0);
      SpawnResult r = me.spawn(self, me.id_, w.view(), o);
      if (!r.status.ok()) {
        *me.ending_ = {true, "spawn: " + (r.error_text.empty() ? std::string(r.status.message) : r.error_text)};
        n.done();
        co_return;
      }
      Message m = co_await receive(self);
      *me.ending_ = {m.abnormal(), text_of(m.body())};
      n.done();
    });
    return out;
  }
  void make_current() { current_ = this; }

  static std::string text_of(std::string_view body) {
    if (body.empty()) return "nil";
    ValueReader r;
    r.open_value(body);
    const ValueItem& i = r.next();
    switch (i.token) {
      case Token::kNil: return "nil";
      case Token::kFalse: return "false";
      case Token::kTrue: return "true";
      case Token::kInteger: return std::to_string(i.integer);
      case Token::kNumber: return std::to_string(i.number);
      case Token::kString: return std::string(i.text);
      case Token::kError: return std::string(i.text) + (i.stack.empty() ? "" : "\n" + std::string(i.stack));
      case Token::kTable: return "{table}";
      default: return "?";
    }
  }

  // Those of tests/lua/policies.
  static const PolicySource& policies() {
    static const security::PolicyStore store(load_policies());
    return store;
  }

  static std::string& lines() {
    static std::string text;
    return text;
  }
  wippy::test::Node& node() { return node_; }
  uint64_t start_ns() const { return hooks_.start_ns; }  // where os.clock begins
  StandardHooks& hooks() { return hooks_; }              // before the first process

  // --- FunctionDirectory: every Lua entry can be called, four calls at the same time.
  Status find_function(std::string_view id, CallTarget& out, std::string& error_text) override {
    const auto it = programs_.find(std::string(id));
    if (it == programs_.end()) {
      error_text = "function '" + std::string(id) + "' not found";
      return Status::error(ErrorKind::kNotFound, "function not found");
    }
    out.gate = gate_;
    out.program = it->second;
    return Status::good();
  }
  SpawnResult start_call(Context& self, const CallTarget& target, std::string_view arguments,
                         SpawnOptions options) override {
    LuaFactory factory(seated_program(target), hooks_, arguments, 1);
    return self.spawn(factory, options);
  }
  CallGate& gate() { return *gate_; }
  registry::Registry& registry() { return registry_; }

  // --- ProcessDirectory
  SpawnResult spawn(Context& self, std::string_view entry_id, std::string_view arguments,
                    SpawnOptions options) override {
    if (const NativeStart* native = find_native(entry_id)) {
      options.entry_id = entry_id;
      NativeEntryFactory factory(*native, arguments, kNativeMemoryBytes);
      return self.spawn(factory, options);
    }
    const auto it = programs_.find(std::string(entry_id));
    if (it == programs_.end()) {
      SpawnResult r;
      const auto bad = broken_.find(std::string(entry_id));
      if (bad != broken_.end()) {
        r.status = Status::error(ErrorKind::kInternal, "does not compile");
        r.error_text = bad->second;
      } else {
        r.status = Status::error(ErrorKind::kNotFound, "entry not found");
      }
      return r;
    }
    options.entry_id = entry_id;
    LuaFactory factory(it->second, hooks_, arguments, 1);
    return self.spawn(factory, options);
  }
  Status make_machine(Context& self, std::string_view entry_id, std::string_view arguments, Machine*& machine,
                      std::string& error_text) override {
    const std::string id(entry_id);
    if (const NativeStart* native = find_native(entry_id)) {
      NativeEntryFactory factory(*native, arguments, kNativeMemoryBytes);
      return factory.create(self, machine, error_text);
    }
    if (const auto native = natives_.find(id); native != natives_.end()) {
      put_native_machine(self, native->second(self, std::string(arguments)), machine);
      return Status::good();
    }
    const auto it = programs_.find(id);
    if (it == programs_.end()) {
      const auto bad = broken_.find(id);
      if (bad == broken_.end()) return Status::error(ErrorKind::kNotFound, "entry not found");
      error_text = bad->second;
      return Status::error(ErrorKind::kInternal, "does not compile");
    }
    LuaFactory factory(it->second, hooks_, arguments, 1 + self.upgrades());
    return factory.create(self, machine, error_text);
  }
  HostCore* find_host(std::string_view id) noexcept override { return node_.runtime().node().find_host(id); }

  static constexpr std::size_t kNativeMemoryBytes = 1 << 20;

 private:
  static void keep_line(Context&, std::string_view line) noexcept {
    static std::mutex mutex;
    const std::lock_guard<std::mutex> lock(mutex);
    lines().append(line).append("\n");
  }
  // "warn app.test:x: message  key=value  key:=json"
  static void keep_record(Context& self, const LogRecord& r) noexcept {
    static constexpr const char* kLevels[] = {"debug", "info", "warn", "error"};
    std::string line = kLevels[static_cast<int>(r.level) + 1];
    line.append(" ").append(r.name).append(": ").append(r.message);
    for (const log::Field* f = r.fields; f != r.fields + r.field_count; ++f)
      line.append("  ").append(f->key).append(f->is_json ? ":=" : "=").append(f->value);
    keep_line(self, line);
  }
  static app::Application load_policies() {
    const char* const root = std::getenv("WIPPY_SOURCE_DIR");
    app::LoadOptions options;
    options.root = std::string(root != nullptr ? root : ".") + "/tests/lua/policies";
    auto loaded = app::load_application(options);
    if (auto* const failure = std::get_if<app::LoadFailure>(&loaded))
      throw std::runtime_error(failure->errors.at(0).text());
    return std::get<app::Application>(std::move(loaded));
  }
  static inline LuaNode* current_ = nullptr;
  std::map<std::string, std::shared_ptr<const LuaProgram>> programs_;
  std::map<std::string, std::string> broken_;
  std::map<std::string, std::size_t> memory_limits_;
  MailLimits mail_;
  std::map<std::string, Behavior (*)(Context&, std::string)> natives_;
  std::shared_ptr<const LuaProgram> helper_;
  StandardHooks hooks_;
  Ending* ending_ = nullptr;
  std::string id_;
  registry::Registry registry_{app::Application{}, app::LoadOptions{}};
  cli::LuaRegistry lua_registry_{registry_};
  std::unique_ptr<EventBus> events_;  // the processes of node_ leave it when they end
  wippy::test::Node node_;
  std::shared_ptr<CallGate> gate_ = std::make_shared<CallGate>(node_.runtime().node(), 4, 2);
};

}  // namespace wippy::lua::test
