// Fields of the kinds, lifecycle, placeholders: host.md §1.10, §1.13, §2, §4.2, §8.4.
#include <gtest/gtest.h>

#include "tests/unit/runtime_app/project.hpp"

namespace wippy::app {
namespace {

using test::Project;
using test::Texts;

// One entry `app:x`, flow style, all on line 3 behind `{name: x, kind: KIND, ` unless the text has line breaks.
Project& entry(Project& project, const std::string& kind, const std::string& fields) {
  return project.file("src/_index.yaml",
                      "namespace: app\nentries:\n  - {name: x, kind: " + kind + ", " + fields + "}\n");
}

Texts errors_of(const std::string& kind, const std::string& fields) {
  Project project;
  return entry(project, kind, fields).errors();
}
Texts warnings_of(const std::string& kind, const std::string& fields) {
  Project project;
  return entry(project, kind, fields).warnings();
}
template <class T>
T config_of(const std::string& kind, const std::string& fields) {
  Project project;
  const Application app = entry(project, kind, fields).good();
  return *app.find({"app", "x"})->config_as<T>();
}

TEST(Kinds, H021_UnknownKinds) {
  EXPECT_EQ(
      errors_of("proces.lua", "a: 1"),
      Texts{"src/_index.yaml:3:21: entry app:x: kind: unknown kind \"proces.lua\"; did you mean \"process.lua\"?"});
  EXPECT_EQ(
      errors_of("Process.Host", "a: 1"),
      Texts{"src/_index.yaml:3:21: entry app:x: kind: unknown kind \"Process.Host\"; did you mean \"process.host\"?"});
  EXPECT_EQ(errors_of("banana", "a: 1"), Texts{"src/_index.yaml:3:21: entry app:x: kind: unknown kind \"banana\""});
}

TEST(Kinds, KindsOfLaterBuilds) {
  for (const char* kind : {"process.wasm", "function.wasm", "http.service", "ns.dependency"}) {
    EXPECT_EQ(errors_of(kind, "a: 1"), Texts{"src/_index.yaml:3:21: entry app:x: kind: kind " + std::string(kind) +
                                             " is not supported by this build"});
  }
}

TEST(Kinds, UnknownKindsMayBeLetThrough) {
  Project project;
  project.options.allow_unknown_kinds = true;
  const Application app = entry(project, "http.service", "addr: ':80'").good();
  EXPECT_EQ(app.warnings.size(), 1U);
  EXPECT_EQ(app.find({"app", "x"})->config, nullptr);
  EXPECT_TRUE(app.services.empty());
}

TEST(ProcessHost, H060_Defaults) {
  const auto config = config_of<ProcessHostConfig>("process.host", "lifecycle: {}");
  EXPECT_EQ(config.workers, std::nullopt);
  EXPECT_EQ(config.queue_size, 1024);
  EXPECT_EQ(config.local_queue_size, 256);
  EXPECT_EQ(config.max_processes, 0);
  EXPECT_FALSE(config.lifecycle.auto_start);
}

TEST(ProcessHost, H061_H022_H023_H062_Fields) {
  const auto config = config_of<ProcessHostConfig>("process.host",
                                                   "host: {workers: 16, queue_size: 5, local_queue_size: 6, "
                                                   "max_processes: 200}, capabilities: {memory_limit: 64MiB}");
  EXPECT_EQ(config.workers, 16);
  EXPECT_EQ(config.queue_size, 5);
  EXPECT_EQ(config.local_queue_size, 6);
  EXPECT_EQ(config.max_processes, 200);
  EXPECT_EQ(config.memory_limit_bytes, 64LL << 20);
  EXPECT_EQ(warnings_of("process.host", "host: {worker: 3}"),
            Texts{"src/_index.yaml:3:42: entry app:x: host.worker: unknown field; did you mean \"workers\"?"});
  EXPECT_EQ(errors_of("process.host", "host: {workers: many}"),
            Texts{"src/_index.yaml:3:51: entry app:x: host.workers: expected an integer, got text \"many\""});
  EXPECT_EQ(errors_of("process.host", "host: {workers: 0}"),
            Texts{"src/_index.yaml:3:51: entry app:x: host.workers: must be at least 1, got integer 0"});
  EXPECT_EQ(errors_of("process.host", "host: {queue_size: -4}"),
            Texts{"src/_index.yaml:3:54: entry app:x: host.queue_size: must be at least 1, got integer -4"});
  EXPECT_EQ(errors_of("process.host", "host: {workers: 2.5}"),
            Texts{"src/_index.yaml:3:51: entry app:x: host.workers: expected an integer, got number 2.5"});
  EXPECT_EQ(errors_of("process.host", "host: 4"),
            Texts{"src/_index.yaml:3:41: entry app:x: host: expected a map, got integer 4"});
  EXPECT_EQ(
      warnings_of("process.host", "host: {workers: 1025}"),
      Texts{"src/_index.yaml:3:42: entry app:x: host.workers: 1025 worker threads are more than any machine can use"});
}

TEST(ProcessHost, BoundariesAreNotDroppedInSilence) {
  EXPECT_EQ(
      errors_of("process.host", "lifecycle: {security: {actor: {id: a}}}"),
      Texts{"src/_index.yaml:3:57: entry app:x: lifecycle.security: a host is no process: this says nothing to the "
            "processes on it; their boundary is `security:` of the host itself"});
}

TEST(TerminalHost, HideLogs) {
  EXPECT_FALSE(config_of<TerminalHostConfig>("terminal.host", "meta: {}").hide_logs);
  EXPECT_TRUE(config_of<TerminalHostConfig>("terminal.host", "hide_logs: true").hide_logs);
  EXPECT_EQ(errors_of("terminal.host", "hide_logs: 'yes'"),
            Texts{"src/_index.yaml:3:47: entry app:x: hide_logs: expected true or false, got text \"yes\""});
}

TEST(ProcessLua, H055_MethodAndDefaults) {
  EXPECT_EQ(config_of<ProcessLuaConfig>("process.lua", "source: x, method: ''").method, "main");
  EXPECT_EQ(config_of<ProcessLuaConfig>("process.lua", "source: x").method, "main");
  EXPECT_EQ(config_of<ProcessLuaConfig>("process.lua", "source: x, method: heartbeat").method, "heartbeat");
  EXPECT_EQ(
      config_of<ProcessLuaConfig>("process.lua", "source: x, limits: {max_memory_bytes: 1048576}").max_memory_bytes,
      1 << 20);
}

TEST(ProcessLua, RequiredAndWrongFields) {
  EXPECT_EQ(errors_of("process.lua", "method: main"),
            Texts{"src/_index.yaml:3:5: entry app:x: source: source is required"});
  EXPECT_EQ(errors_of("process.lua", "source: ''"),
            Texts{"src/_index.yaml:3:42: entry app:x: source: source must not be empty"});
  EXPECT_EQ(errors_of("process.lua", "source: x, modules: [time, 5, '']"),
            (Texts{"src/_index.yaml:3:61: entry app:x: modules[1]: expected text, got integer 5",
                   "src/_index.yaml:3:64: entry app:x: modules[2]: must not be empty"}));
  EXPECT_EQ(errors_of("process.lua", "source: x, imports: {a: lib}"),
            Texts{"src/_index.yaml:3:58: entry app:x: imports.a: no entry app:lib (written \"lib\")"});
  EXPECT_EQ(errors_of("process.lua", "source: x, limits: {max_memory_bytes: lots}"),
            Texts{"src/_index.yaml:3:72: entry app:x: limits.max_memory_bytes: bad size: expected a number of bytes or "
                  "a size such as 512KiB, 64MiB or 1GiB, got text \"lots\""});
  EXPECT_EQ(warnings_of("process.lua", "source: x, metod: y"),
            Texts{"src/_index.yaml:3:45: entry app:x: metod: unknown field; did you mean \"method\"?"});
}

TEST(ProcessLua, ModulesAreComparedWhenKnown) {
  Project project;
  project.options.modules = {"time", "io"};
  EXPECT_EQ(entry(project, "process.lua", "source: x, modules: [time, tiem]").warnings(),
            Texts{"src/_index.yaml:3:45: entry app:x: modules: no built-in module \"tiem\" in this build; did you mean "
                  "\"time\"?"});
}

TEST(ProcessLua, H050_SyntaxErrorsNameTheLuaLine) {
  Project project;
  project.options.syntax = [](const Entry& e, std::string_view source) -> std::optional<SyntaxError> {
    EXPECT_EQ(e.id.text(), e.id.name == "a" ? "app:a" : "app:b");
    if (source.find("bad") == std::string_view::npos) return std::nullopt;
    return SyntaxError{2, "unexpected symbol near 'bad'"};
  };
  project.file("src/w.lua", "\nbad\n");
  project.file("src/_index.yaml",
               "namespace: app\nentries:\n  - {name: a, kind: process.lua, source: 'file://w.lua'}\n  - name: b\n    "
               "kind: process.lua\n    source: |\n      x\n      bad\n");
  EXPECT_EQ(project.errors(),
            (Texts{"src/_index.yaml:3:42: entry app:a: source: src/w.lua:2: unexpected symbol near 'bad'",
                   "src/_index.yaml:6:13: entry app:b: source: src/_index.yaml:8: unexpected symbol near 'bad'"}));
}

TEST(ProcessNative, FactoryAndCommonFields) {
  const auto config =
      config_of<ProcessNativeConfig>("process.native",
                                     "factory: tally, limits: {max_memory_bytes: 64KiB}, mailbox: {max_messages: 5}, "
                                     "lifecycle: {stop_timeout: 2s}, meta: {command: {name: count, short: Counts}}");
  EXPECT_EQ(config.factory, "tally");
  EXPECT_EQ(config.max_memory_bytes, 64 << 10);
  EXPECT_EQ(config.mailbox->max_messages, 5);
  EXPECT_EQ(config.lifecycle.stop_timeout_ns, 2 * kSecondNs);
  EXPECT_EQ(config.command->name, "count");
  EXPECT_EQ(errors_of("process.native", "limits: {}"),
            Texts{"src/_index.yaml:3:5: entry app:x: factory: factory is required"});
  EXPECT_EQ(errors_of("process.native", "factory: ' '"),
            Texts{"src/_index.yaml:3:46: entry app:x: factory: factory must not be empty"});
  EXPECT_EQ(errors_of("process.native", "factory: 5"),
            Texts{"src/_index.yaml:3:46: entry app:x: factory: expected text, got integer 5"});
  EXPECT_EQ(warnings_of("process.native", "factory: x, method: main"),
            Texts{"src/_index.yaml:3:49: entry app:x: method: unknown field"});
}

TEST(ProcessNative, FactoriesAreComparedWhenKnown) {
  Project project;
  project.options.factories.emplace();
  const std::string none = "src/_index.yaml:3:46: entry app:x: factory: no native factory \"taly\" in this program; ";
  EXPECT_EQ(entry(project, "process.native", "factory: taly").errors(),
            Texts{none + "it has none: build a program that registers it (docs/native.md)"});
  project.options.factories = {{"primes", false}, {"tally", true}};
  EXPECT_EQ(project.errors(), Texts{none + "did you mean \"tally\"?"});
  EXPECT_EQ(entry(project, "process.native", "factory: zzzzzz").errors(),
            Texts{"src/_index.yaml:3:46: entry app:x: factory: no native factory \"zzzzzz\" in this program; it has "
                  "primes, tally"});
  const std::string limits = ", limits: {max_memory_bytes: 64KiB}";
  EXPECT_EQ(entry(project, "process.native", "factory: tally" + limits).errors(), Texts{});
  EXPECT_EQ(entry(project, "process.native", "factory: primes" + limits).errors(),
            Texts{"src/_index.yaml:3:81: entry app:x: limits.max_memory_bytes: factory \"primes\" takes no "
                  "ProcessMemory, so its memory has no limit"});
}

TEST(ProcessNative, IsAProcessForServicesHostsAndCommands) {
  Project project;
  project.file("src/_index.yaml",
               "namespace: app\nentries:\n"
               "  - {name: h, kind: process.host}\n"
               "  - {name: p, kind: process.native, factory: f, meta: {command: {name: go}}}\n"
               "  - {name: s, kind: process.service, process: p, host: h, lifecycle: {auto_start: true}}\n"
               "  - {name: a, kind: process.native, factory: f, lifecycle: {auto_start: true, requires: [s]}}\n");
  const Application app = project.good();
  EXPECT_EQ(app.processes.size(), 2U);
  ASSERT_EQ(app.commands.size(), 1U);
  EXPECT_EQ(app.commands[0].id.text(), "app:p");
  EXPECT_EQ(app.services.at({"app", "s"}).process.text(), "app:p");
  EXPECT_EQ(app.services.at({"app", "a"}).host.text(), "app:h");
  ASSERT_EQ(app.boot_order.size(), 3U);
  EXPECT_EQ(app.boot_order.back().text(), "app:a");
}

TEST(ProcessService, RequiredFields) {
  EXPECT_EQ(errors_of("process.service", "input: 5"),
            (Texts{"src/_index.yaml:3:5: entry app:x: host: host is required",
                   "src/_index.yaml:3:5: entry app:x: process: process is required",
                   "src/_index.yaml:3:45: entry app:x: input: expected a list of arguments, got integer 5"}));
}

TEST(ProcessService, InputIsKeptAsATree) {
  Project project;
  project.file("src/_index.yaml",
               "namespace: app\nentries:\n"
               "  - {name: s, kind: process.service, process: p, host: h, input: [1, two, {k: [true, null, 1.5]}]}\n"
               "  - {name: p, kind: process.lua, source: x}\n  - {name: h, kind: process.host}\n");
  const Application app = project.good();
  const std::vector<Node>& input = app.services.at({"app", "s"}).input;
  ASSERT_EQ(input.size(), 3U);
  EXPECT_EQ(input[0].integer, 1);
  EXPECT_EQ(input[1].text, "two");
  EXPECT_EQ(input[2].find("k")->items.size(), 3U);
}

LifecycleConfig lifecycle_of(const std::string& text) {
  return config_of<TerminalHostConfig>("terminal.host", "lifecycle: {" + text + "}").lifecycle;
}
Texts lifecycle_errors(const std::string& text) {
  Texts out = errors_of("terminal.host", "lifecycle: {" + text + "}");
  for (std::string& error : out) error.erase(0, error.find("lifecycle."));
  return out;
}

TEST(Lifecycle, DefaultsAndZero) {
  for (const char* text :
       {"auto_start: false",
        "start_timeout: 0s, stop_timeout: 0, stable_threshold: 0ms, restart: {delay: 0s, max_delay: 0}"}) {
    const LifecycleConfig config = lifecycle_of(text);
    EXPECT_EQ(config.start_timeout_ns, 10 * kSecondNs);
    EXPECT_EQ(config.stop_timeout_ns, 10 * kSecondNs);
    EXPECT_EQ(config.stable_threshold_ns, 5 * kSecondNs);
    EXPECT_TRUE(config.startup_required);
    EXPECT_EQ(config.restart.initial_delay_ns, kSecondNs);
    EXPECT_EQ(config.restart.max_delay_ns, 90 * kSecondNs);
  }
  EXPECT_DOUBLE_EQ(lifecycle_of("restart: {jitter: 0}").restart.jitter, 0.0);
  EXPECT_FALSE(lifecycle_of("startup: optional").startup_required);
}

TEST(Lifecycle, H143_H144_BothNamesOfTheDelay) {
  EXPECT_EQ(lifecycle_of("restart: {delay: 250ms}").restart.initial_delay_ns, 250'000'000);
  EXPECT_EQ(lifecycle_of("restart: {initial_delay: 3s}").restart.initial_delay_ns, 3 * kSecondNs);
  EXPECT_EQ(lifecycle_of("restart: {initial_delay: 2s, delay: 2000ms}").restart.initial_delay_ns, 2 * kSecondNs);
  EXPECT_EQ(
      lifecycle_errors("restart: {initial_delay: 2s, delay: 3s}"),
      Texts{"lifecycle.restart.delay: delay and initial_delay are the same setting and differ; give one of them"});
}

TEST(Lifecycle, H024_BadValues) {
  const std::string form = "bad duration: expected a duration such as 250ms, 5s or 1m30s, got ";
  EXPECT_EQ(lifecycle_errors("stop_timeout: 5 parsecs"),
            Texts{"lifecycle.stop_timeout: " + form + "text \"5 parsecs\""});
  EXPECT_EQ(lifecycle_errors("stop_timeout: 5"),
            Texts{"lifecycle.stop_timeout: " + form + "integer 5; add a unit, for example 5s"});
  EXPECT_EQ(lifecycle_errors("stop_timeout: -5s"),
            Texts{"lifecycle.stop_timeout: must not be negative, got text \"-5s\""});
  EXPECT_EQ(lifecycle_errors("stop_timeout: true"),
            Texts{"lifecycle.stop_timeout: expected a duration such as 250ms, 5s or 1m30s, got boolean true"});
  EXPECT_EQ(
      lifecycle_errors("startup: requird"),
      Texts{"lifecycle.startup: expected required or optional, got text \"requird\"; did you mean \"required\"?"});
  EXPECT_EQ(lifecycle_errors("autostart: true"),
            Texts{"lifecycle.autostart: unknown field; did you mean \"auto_start\"?"});
  EXPECT_EQ(lifecycle_errors("restart: {backoff_factor: 0.5}"),
            Texts{"lifecycle.restart.backoff_factor: must be a number of at least 1, got number 0.5"});
  EXPECT_EQ(lifecycle_errors("restart: {jitter: 1.5}"),
            Texts{"lifecycle.restart.jitter: must be between 0 and 1, got number 1.5"});
  EXPECT_EQ(lifecycle_errors("restart: {jitter: .nan}"),
            Texts{"lifecycle.restart.jitter: must be between 0 and 1, got number .nan"});
  EXPECT_EQ(lifecycle_errors("restart: {max_attempts: -1}"),
            Texts{"lifecycle.restart.max_attempts: must be at least 0, got integer -1"});
  EXPECT_EQ(lifecycle_errors("restart: {retries: 1}"), Texts{"lifecycle.restart.retries: unknown field"});
}

TEST(Command, H252_Fields) {
  const auto config = config_of<ProcessLuaConfig>(
      "process.lua", "source: x, meta: {command: {name: greet, short: Greets, use_case: test, main: true}}");
  ASSERT_TRUE(config.command);
  EXPECT_EQ(config.command->name, "greet");
  EXPECT_EQ(config.command->summary, "Greets");
  EXPECT_EQ(config.command->use_case, UseCase::kTest);
  EXPECT_FALSE(config_of<ProcessLuaConfig>("process.lua", "source: x").command);
  EXPECT_EQ(errors_of("process.lua", "source: x, meta: {command: {short: y}}"),
            Texts{"src/_index.yaml:3:61: entry app:x: meta.command.name: name is required"});
  EXPECT_EQ(errors_of("process.lua", "source: x, meta: {command: {name: ''}}"),
            Texts{"src/_index.yaml:3:68: entry app:x: meta.command.name: name must not be empty"});
  EXPECT_EQ(errors_of("process.lua", "source: x, meta: {command: {name: list}}"),
            Texts{"src/_index.yaml:3:68: entry app:x: meta.command.name: the command name \"list\" is reserved"});
  EXPECT_EQ(errors_of("process.lua", "source: x, meta: {command: greet}"),
            Texts{"src/_index.yaml:3:61: entry app:x: meta.command: expected a map, got text \"greet\""});
}

TEST(Placeholders, H046_TakeTheTypeOfTheField) {
  Project project;
  entry(project, "process.host", "host: {workers: '${env:X|7}', max_processes: '${MAX|9}'}");
  EXPECT_EQ(project.good().find({"app", "x"})->config_as<ProcessHostConfig>()->workers, 7);
  project.variables["X"] = "3";
  const Application app = project.good();
  EXPECT_EQ(app.find({"app", "x"})->config_as<ProcessHostConfig>()->workers, 3);
  EXPECT_EQ(app.find({"app", "x"})->config_as<ProcessHostConfig>()->max_processes, 9);
  // H048: the entry keeps the raw text.
  EXPECT_EQ(app.find({"app", "x"})->data.find("host")->find("workers")->text, "${env:X|7}");
}

TEST(Placeholders, H047_H049_LiteralsAndSource) {
  Project project;
  project.variables["NAME"] = "5";
  entry(project, "process.lua",
        "source: 'return \"${env:NAME}\"', method: 'a$${env:NAME}-${env:NAME}', modules: ['${lower}', '${NAME}']");
  const Application app = project.good();
  const auto* config = app.find({"app", "x"})->config_as<ProcessLuaConfig>();
  EXPECT_EQ(config->source, "return \"${env:NAME}\"");
  EXPECT_EQ(config->method, "a${env:NAME}-5");
  EXPECT_EQ(config->modules, (Texts{"${lower}", "5"}));
}

TEST(Placeholders, UnsetAndSecret) {
  Project project;
  project.variables["SECRET"] = "hunter2";
  entry(project, "process.host",
        "host: {workers: '${env:GONE}', queue_size: '${env:SECRET}', max_processes: '${env:app:var}', "
        "local_queue_size: '${env:X'}");
  EXPECT_EQ(project.errors(),
            (Texts{"src/_index.yaml:3:51: entry app:x: host.workers: variable GONE is not set and has no fallback; "
                   "declare it as env.variable, set it, or write ${env:NAME|fallback}",
                   "src/_index.yaml:3:78: entry app:x: host.queue_size: expected an integer, got text (the value of "
                   "variable SECRET)",
                   "src/_index.yaml:3:110: entry app:x: host.max_processes: variable app:var is not set and has no "
                   "fallback; declare it as env.variable, set it, or write ${env:NAME|fallback}",
                   "src/_index.yaml:3:146: entry app:x: host.local_queue_size: the placeholder is not closed"}));
}

TEST(Placeholders, H079_EmptyCountsAsUnset) {
  Project project;
  project.variables["X"] = "";
  entry(project, "process.host", "host: {workers: '${env:X|7}'}");
  EXPECT_EQ(project.good().find({"app", "x"})->config_as<ProcessHostConfig>()->workers, 7);
  EXPECT_EQ(entry(project, "process.host", "host: {workers: '${env:X}'}").errors().size(), 1U);
}

TEST(Placeholders, OsFallbackCanBeSwitchedOff) {
  Project project;
  project.variables["X"] = "3";
  project.file(".wippy.yaml", "version: \"1.0\"\nenv: {os_fallback: false}\n");
  EXPECT_EQ(entry(project, "process.host", "host: {workers: '${env:X}'}").errors().size(), 1U);
  EXPECT_TRUE(entry(project, "process.host", "host: {workers: '${env:X|2}'}").errors().empty());
}

TEST(Settings, ReadAndDefault) {
  Project project;
  entry(project, "terminal.host", "meta: {}");
  EXPECT_EQ(project.good().settings.log_encoding, std::nullopt);
  EXPECT_EQ(project.good().settings.shutdown_timeout_ns, 30 * kSecondNs);
  project.variables["NODE"] = "alpha";
  project.file(".wippy.yaml",
               "version: 1.0\nlogger: {encoding: json}\nlogmanager: {min_level: -1}\nshutdown: {timeout: "
               "'${limit}'}\nrelay: {node_name: '${env:NODE}'}\nvars: {limit: 5s}\n");
  const Settings settings = project.good().settings;
  EXPECT_EQ(settings.log_encoding, LogEncoding::kJson);
  EXPECT_EQ(settings.min_level, -1);
  EXPECT_EQ(settings.shutdown_timeout_ns, 5 * kSecondNs);
  EXPECT_EQ(settings.node_name, "alpha");
}

TEST(Settings, H039_H045_Problems) {
  Project project;
  entry(project, "terminal.host", "meta: {}");
  project.file(".wippy.yaml",
               "logger: {encoding: xml}\nrelay: {node_name: '${env:GONE}'}\noverride: {'app:x:kind': y}\nsecurity: "
               "{strict_mode: maybe}\n");
  EXPECT_EQ(project.errors(),
            (Texts{".wippy.yaml:1:1: version: version is required; write version: \"1.0\"",
                   ".wippy.yaml:1:20: logger.encoding: expected console or json, got text \"xml\"",
                   ".wippy.yaml:2:20: relay.node_name: variable GONE is not set and has no fallback",
                   ".wippy.yaml:4:25: security.strict_mode: expected true or false, got text \"maybe\"",
                   "src/_index.yaml:3:21: entry app:x (overridden by .wippy.yaml:3): kind: unknown "
                   "kind \"y\""}));
  project.file(".wippy.yaml", "version: \"1.0\"\nloger: {}\nmy_app: {a: 1}\nmetrics: {enabled: true}\n");
  EXPECT_TRUE(project.errors().empty());
  EXPECT_EQ(project.warnings(),
            (Texts{".wippy.yaml:2:1: loger: unknown field; did you mean \"logger\"?",
                   ".wippy.yaml:3:1: my_app: unknown field", ".wippy.yaml:4:1: metrics: not used by this build"}));
}

}  // namespace
}  // namespace wippy::app
