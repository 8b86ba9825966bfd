// The command line: host.md §8.1-8.6.
#include "cli/cli.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/lua_syntax.hpp"
#include "lua/program.hpp"
#include "runtime/host/capabilities.hpp"
#include "tests/unit/cli/outcome.hpp"

namespace wippy::cli {
namespace {

using test::Project;
using test::Texts;

using test::Outcome;

class Cli : public ::testing::Test {
 protected:
  Outcome call(Texts args, bool in_project = true) {
    if (in_project) args.insert(args.begin(), {"-C", project_.root().string()});
    return test::call_cli(args, {.is_simulation = is_simulation_});
  }

  // A host, a terminal without auto_start, the commands greet and zeta, a plain process.
  void write_project(const std::string& more = "") {
    project_.file("src/_index.yaml",
                  "version: \"1.0\"\nnamespace: app\nentries:\n"
                  "  - {name: processes, kind: process.host, lifecycle: {auto_start: true}}\n"
                  "  - {name: terminal, kind: terminal.host}\n"
                  "  - {name: hello, kind: process.lua, source: 'return {}', meta: {command: {name: greet, short: "
                  "Greet someone}}}\n"
                  "  - {name: last, kind: process.lua, source: 'return {}', meta: {command: {name: zeta}}}\n"
                  "  - {name: plain, kind: process.lua, source: 'return {}'}\n" +
                      more);
  }

  Project project_;
  bool is_simulation_ = false;
};

std::string ids(const std::vector<app::EntryId>& list) {
  std::string out;
  for (const app::EntryId& id : list) out += (out.empty() ? "" : " ") + id.text();
  return out;
}

TEST_F(Cli, ServicesRun) {
  write_project();
  const Outcome outcome = call({"run"});
  EXPECT_EQ(outcome.code, 42);
  ASSERT_TRUE(outcome.run);
  EXPECT_EQ(outcome.run->mode, RunMode::kServices);
  EXPECT_EQ(ids(outcome.run->boot_order), "app:processes");
  EXPECT_TRUE(outcome.run->log.console);
  EXPECT_EQ(outcome.run->log.min_level, 0);
  EXPECT_EQ(outcome.run->log.encoding, app::LogEncoding::kConsole);
  EXPECT_FALSE(outcome.run->sim);
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Cli, H249_H276_Command) {
  write_project();
  const Outcome outcome = call({"run", "greet", "a", "b"});
  ASSERT_TRUE(outcome.run) << outcome.err;
  EXPECT_EQ(outcome.code, 42);
  EXPECT_EQ(outcome.run->mode, RunMode::kCommand);
  EXPECT_EQ(outcome.run->process.text(), "app:hello");
  EXPECT_EQ(outcome.run->terminal_host.text(), "app:terminal");
  EXPECT_EQ(outcome.run->args, (Texts{"a", "b"}));
  EXPECT_EQ(ids(outcome.run->boot_order), "app:processes app:terminal");
}

TEST_F(Cli, H250_ListGolden) {
  write_project();
  const Outcome outcome = call({"run", "list"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_FALSE(outcome.run);
  EXPECT_EQ(outcome.out,
            "Available commands:\n"
            "  greet  Greet someone  (app:hello)\n"
            "  zeta                  (app:last)\n"
            "\n"
            "Run one with 'wippy run <command> [args...]'.\n");
}

TEST_F(Cli, H251_EmptyList) {
  project_.file("src/_index.yaml", "namespace: app\nentries: []\n");
  const Outcome outcome = call({"run", "list"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out,
            "No commands found.\nA process entry becomes a command by `meta: {command: {name: <word>}}`.\n");
}

TEST_F(Cli, H253_UnknownCommand) {
  write_project();
  const Outcome outcome = call({"run", "great"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err,
            "Error: command \"great\" not found. Use 'wippy run list' to see the available commands; did you mean "
            "\"greet\"?\n");
  EXPECT_EQ(outcome.out, "");
  EXPECT_FALSE(outcome.run);
}

TEST_F(Cli, TwoCommandsOfOneName) {
  write_project("  - {name: again, kind: process.lua, source: 'return {}', meta: {command: {name: greet}}}\n");
  EXPECT_EQ(
      call({"run", "greet"}).err,
      "Error: command \"greet\" is defined by several entries (app:again, app:hello), use -x with one of these IDs\n");
  EXPECT_NE(call({"run", "list"}).out.find("(app:again)\n  greet"), std::string::npos);
}

TEST_F(Cli, H255_H256_Exec) {
  write_project();
  for (const Texts& words :
       {Texts{"run", "-x", "app:plain", "a", "-v"}, Texts{"run", "--exec", "plain", "a", "-v"},
        Texts{"run", "-xapp:plain", "--", "a", "-v"}, Texts{"run", "--exec=app:plain", "a", "-v"}}) {
    const Outcome outcome = call(words);
    ASSERT_TRUE(outcome.run) << outcome.err;
    EXPECT_EQ(outcome.run->process.text(), "app:plain");
    EXPECT_EQ(outcome.run->args, (Texts{"a", "-v"}));
    EXPECT_FALSE(outcome.run->log.console);
  }
  EXPECT_EQ(call({"run", "-x", "app:plain", "list"}).run->args, Texts{"list"});
  EXPECT_EQ(call({"run", "-x", "app:plain", "-5"}).run->args, Texts{"-5"});
  EXPECT_TRUE(call({"run", "-x", "app:plain"}).run->args.empty());
}

TEST_F(Cli, ExecProblems) {
  write_project();
  project_.file("src/b.yaml", "namespace: b\nname: plain\nkind: process.lua\nsource: 'return {}'\n");
  EXPECT_EQ(call({"run", "-x", "plain"}).err,
            "Error: several processes are named plain (app:plain, b:plain), give the whole ID\n");
  EXPECT_EQ(call({"run", "-x", "app:pain"}).err, "Error: no process entry app:pain; did you mean \"app:plain\"?\n");
  EXPECT_EQ(call({"run", "-x", "app:terminal"}).err, "Error: app:terminal is a terminal.host, not a process\n");
  EXPECT_EQ(call({"run", "-x"}).code, 1);
}

TEST_F(Cli, H257_OptionsAfterTheCommandAreItsOwn) {
  write_project();
  const auto args = [&](const Texts& words) { return call(words).run.value_or(RunOptions{}).args; };
  EXPECT_EQ(args({"run", "greet", "--host", "x", "-v", "--help"}), (Texts{"--host", "x", "-v", "--help"}));
  EXPECT_EQ(args({"run", "greet", "--", "-v"}), Texts{"-v"});
  EXPECT_EQ(args({"run", "--", "greet", "--", "-v"}), (Texts{"--", "-v"}));
  EXPECT_EQ(args({"run", "greet", "a", "--", "--", "b"}), (Texts{"a", "--", "b"}));
  EXPECT_EQ(args({"run", "-v", "greet", ""}), Texts{""});
  const Outcome verbose = call({"run", "-v", "greet"});
  EXPECT_TRUE(verbose.run->log.console);
  EXPECT_EQ(verbose.run->log.min_level, -1);
}

TEST_F(Cli, H258_NoTerminalHost) {
  project_.file("src/_index.yaml", "namespace: app\nname: p\nkind: process.lua\nsource: 'return {}'\n");
  const Outcome outcome = call({"run", "-x", "app:p"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, "Error: no terminal.host found in registry\n");
}

TEST_F(Cli, H259_SeveralTerminalHosts) {
  write_project("  - {name: other, kind: terminal.host}\n");
  EXPECT_EQ(call({"run", "greet"}).err,
            "Error: multiple terminal hosts found (app:other, app:terminal), use --host to specify\n");
  EXPECT_EQ(call({"run", "--host", "app:other", "greet"}).run->terminal_host.text(), "app:other");
  EXPECT_EQ(call({"run", "--host", "app:processes", "greet"}).err,
            "Error: --host: app:processes is a process.host, expected a terminal.host\n");
  EXPECT_EQ(call({"run", "--host", "app:othr", "greet"}).err,
            "Error: --host: no entry app:othr; did you mean \"app:other\"?\n");
  EXPECT_EQ(call({"run", "--host", "app:other"}).err,
            "Error: --host needs a command or -x\nRun 'wippy run --help' for usage.\n");
}

TEST_F(Cli, TerminalTakenByAService) {
  write_project(
      "  - {name: svc, kind: process.service, process: plain, host: terminal, lifecycle: {auto_start: true}}\n");
  EXPECT_EQ(call({"run", "greet"}).err, "Error: terminal host app:terminal is busy: service app:svc starts on it\n");
  EXPECT_EQ(call({"run"}).code, 42);
}

TEST_F(Cli, H268_LogFlags) {
  write_project();
  EXPECT_FALSE(call({"run", "greet"}).run->log.console);
  EXPECT_TRUE(call({"run", "-c", "greet"}).run->log.console);
  EXPECT_FALSE(call({"run", "-s", "-v", "greet"}).run->log.console);
  EXPECT_FALSE(call({"run", "-s"}).run->log.console);
  EXPECT_TRUE(call({"run", "--very-verbose"}).run->log.stack_traces);
  project_.file(".wippy.yaml", "version: \"1.0\"\nlogger: {encoding: json}\nlogmanager: {min_level: 2}\n");
  EXPECT_EQ(call({"run"}).run->log.encoding, app::LogEncoding::kJson);
  EXPECT_EQ(call({"run", "-c"}).run->log.encoding, app::LogEncoding::kConsole);
  EXPECT_EQ(call({"run"}).run->log.min_level, 2);
  EXPECT_EQ(call({"-v", "run"}).run->log.min_level, -1);
}

TEST_F(Cli, WarningsAreShownWhereLogsAre) {
  write_project("  - {name: odd, kind: terminal.host, hid_logs: true}\n");
  const std::string warning =
      "Warning: src/_index.yaml:9:38: entry app:odd: hid_logs: unknown field; did you mean \"hide_logs\"?\n";
  EXPECT_EQ(call({"run"}).err, warning);
  EXPECT_EQ(call({"run", "-s"}).err, "");
  EXPECT_EQ(call({"run", "--host", "app:terminal", "greet"}).err, "");
}

TEST_F(Cli, SimulationIsStartedWithTheSameArguments) {
  const Texts words{"run", "--sim", "--seed", "7", "greet", "--x"};
  const Outcome outcome = call(words, false);
  EXPECT_EQ(outcome.code, 43);
  EXPECT_EQ(outcome.simulation, words);
  EXPECT_EQ(call({"run", "--seed", "7"}).code, 1);
  EXPECT_EQ(call({"run", "--sim", "--seed", "-7"}).code, 1);
  EXPECT_EQ(call({"run", "--sim", "--seed", "seven"}).err,
            "Error: --seed: expected a number from 0 to 2^64 - 1, got seven\nRun 'wippy run --help' for usage.\n");
}

TEST_F(Cli, InTheSimulationItRuns) {
  is_simulation_ = true;
  write_project();
  const Outcome outcome = call({"run", "--sim", "--seed", "18446744073709551615", "--cores", "3"});
  ASSERT_TRUE(outcome.run) << outcome.err;
  EXPECT_FALSE(outcome.simulation);
  EXPECT_TRUE(outcome.run->sim);
  EXPECT_EQ(outcome.run->seed, 18446744073709551615ULL);
  EXPECT_EQ(outcome.run->cores, 3U);
}

TEST_F(Cli, LoadErrors) {
  project_.file("src/_index.yaml", "namespace: app\nentries:\n  - {name: a, kind: proces.lua}\n");
  Outcome outcome = call({"run"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(
      outcome.err,
      "Error: src/_index.yaml:3:21: entry app:a: kind: unknown kind \"proces.lua\"; did you mean \"process.lua\"?\n");
  project_.file("src/_index.yaml",
                "namespace: app\nentries:\n  - {name: a, kind: proces.lua}\n  - {kind: terminal.host}\n");
  outcome = call({"run", "list"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            "Error: 2 problems, nothing was started\n"
            "src/_index.yaml:3:21: entry app:a: kind: unknown kind \"proces.lua\"; did you mean \"process.lua\"?\n"
            "src/_index.yaml:4:5: entry entries[1]: name: name is missing\n");
  EXPECT_EQ(call({"run", "-C", (project_.root() / "nowhere").string()}).err,
            "Error: no such directory: " + (project_.root() / "nowhere").string() + "\n");
}

TEST_F(Cli, H050_SyntaxErrorOfARealLua) {
  project_.file("src/_index.yaml", "namespace: app\nname: p\nkind: process.lua\nsource: file://p.lua\n");
  project_.file("src/p.lua", "local x = 1\nlocal = 2\n");
  EXPECT_EQ(call({"run"}).err,
            "Error: src/_index.yaml:4:9: entry app:p: source: src/p.lua:2:7: <name> expected near '='\n");
  project_.file("src/p.lua", std::string("\x1bLua\0", 5));
  EXPECT_NE(call({"run"}).err.find("src/p.lua:1: attempt to load a binary chunk"), std::string::npos);
}

TEST_F(Cli, UnknownKindsMayBeLetThrough) {
  write_project("  - {name: web, kind: http.service}\n");
  EXPECT_EQ(call({"run"}).code, 1);
  EXPECT_EQ(call({"run", "--allow-unknown-kinds"}).code, 42);
}

TEST_F(Cli, Lint) {
  write_project();
  Outcome outcome = call({"lint"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "5 entries, 0 warnings, no errors\n");
  write_project("  - {name: odd, kind: terminal.host, hid_logs: true}\n  - {name: bad}\n");
  outcome = call({"lint"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out,
            "warning: src/_index.yaml:9:38: entry app:odd: hid_logs: unknown field; did you mean \"hide_logs\"?\n"
            "error: src/_index.yaml:10:5: entry app:bad: kind: kind is missing (entries[6])\n");
  EXPECT_EQ(outcome.err, "Error: 1 problem found\n");
  outcome = call({"lint", "--json"});
  EXPECT_EQ(outcome.code, 1);
  const auto report = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(report["errors"][0]["line"], 10);
  EXPECT_EQ(report["errors"][0]["key"], "kind");
  EXPECT_EQ(report["warnings"].size(), 1U);
}

TEST_F(Cli, VersionAndTopology) {
  EXPECT_EQ(call({"version"}, false).out, "wippy 0.1.0\n");
  EXPECT_EQ(call({"version", "--short"}, false).out, "0.1.0\n");
  const Outcome text = call({"topology", "--workers", "3"}, false);
  EXPECT_EQ(text.code, 0);
  EXPECT_NE(text.out.find("worker 2"), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(call({"topology", "--json", "--workers", "3"}, false).out)["workers"].size(), 3U);
}

TEST_F(Cli, UsageErrors) {
  EXPECT_EQ(call({}, false).code, 1);
  EXPECT_NE(call({}, false).err.find("run <command>"), std::string::npos);
  EXPECT_EQ(call({"rum"}, false).err,
            "Error: unknown command rum; did you mean \"run\"?\nRun 'wippy --help' for usage.\n");
  EXPECT_EQ(call({"--bogus", "run"}, false).err, "Error: unknown option --bogus\nRun 'wippy --help' for usage.\n");
  EXPECT_EQ(call({"run", "--bogus", "greet"}).err,
            "Error: unknown option --bogus\nRun 'wippy run --help' for usage.\n");
  EXPECT_EQ(call({"run", "--cores", "0"}).code, 1);
  EXPECT_EQ(call({"run", "list", "x"}).err,
            "Error: run list takes no arguments, got x\nRun 'wippy run --help' for usage.\n");
  EXPECT_EQ(call({"version", "x"}, false).err, "Error: unexpected argument x\nRun 'wippy version --help' for usage.\n");
  EXPECT_EQ(call({"--help"}, false).code, 0);
  EXPECT_NE(call({"run", "--help"}, false).out.find("--seed"), std::string::npos);
  EXPECT_EQ(call({"run", "-C"}, false).code, 1);
}

TEST(Capabilities, H112_ModulesOfImportedLibrariesCount) {
  auto library = std::make_shared<lua::LuaProgram>();
  library->entry_id = "app:library";
  library->modules = {"env"};
  lua::LuaProgram program;
  program.modules = {"time"};
  program.imports.push_back({"library", library});
  EntryTraits traits{"app:script", "process.lua", {}};
  lua::declared_modules(program, traits.modules);
  const HostCapabilities only_time({.modules = Texts{"time"}, .deny_modules = {}, .kinds = {}, .entries = {}});
  EXPECT_EQ(only_time.refusal("app:sandbox", traits),
            "module 'env' is not allowed on host app:sandbox (entry app:script)");
  program.imports.clear();
  traits.modules.clear();
  lua::declared_modules(program, traits.modules);
  EXPECT_EQ(only_time.refusal("app:sandbox", traits), "");
}

TEST(Capabilities, H113_AStarIsAnyRunOfCharacters) {
  for (const auto& [pattern, text, fits] : {std::tuple{"*", "", true},
                                            {"app.user:*", "app.user:x", true},
                                            {"app.user:*", "app.users:x", false},
                                            {"*.read", "a.b.read", true},
                                            {"*x*y", "axbxy", true},
                                            {"*x*y", "axbyz", false},
                                            {"a?c", "abc", false},
                                            {"a", "a", true},
                                            {"a", "ab", false}}) {
    EXPECT_EQ(Wildcard(pattern).matches(text), fits) << pattern << " " << text;
  }
}

}  // namespace
}  // namespace wippy::cli
