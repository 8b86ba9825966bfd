// The verbs registry, init, test and completion, and what help and errors say: host.md §1.2, §8.1-8.3.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/arguments.hpp"
#include "cli/loading.hpp"
#include "runtime/app/document.hpp"
#include "runtime/app/entry_text.hpp"
#include "tests/unit/cli/outcome.hpp"

namespace wippy::cli {
namespace {

using test::Project;
using test::Texts;

using test::Outcome;

class Verbs : public ::testing::Test {
 protected:
  Outcome call(Texts args, bool colored = false) {
    args.insert(args.begin(), {"-C", project_.root().string()});
    return call_anywhere(args, colored);
  }
  static Outcome call_anywhere(const Texts& args, bool colored = false) {
    return test::call_cli(args, {.colored = colored, .environment = [](const std::string& name) {
                                   return name == "TOKEN" ? std::optional<std::string>("s3cret") : std::nullopt;
                                 }});
  }

  void write_project(const std::string& more = "") {
    project_.file("src/_index.yaml",
                  "version: \"1.0\"\nnamespace: app\nentries:\n"
                  "  - {name: processes, kind: process.host, host: {workers: 2}, lifecycle: {auto_start: true}}\n"
                  "  - {name: terminal, kind: terminal.host}\n"
                  "  - name: hello\n    kind: process.lua\n    source: file://hello.lua\n"
                  "    meta: {command: {name: greet, short: Greet}, tags: [a, b], level: 3, loud: true}\n" +
                      more);
    project_.file("src/hello.lua", "local x = 1\nreturn {main = function() return x end}\n");
    project_.file("src/other/_index.yaml",
                  "namespace: other\nentries:\n  - {name: worker, kind: process.lua, source: 'return {}'}\n");
  }

  Project project_;
};

constexpr const char* kTests =
    "  - {name: one, kind: process.lua, source: 'return {}', meta: {command: {name: check, short: Quick, use_case: "
    "test}}}\n";

TEST_F(Verbs, RegistryListGolden) {
  write_project();
  const Outcome outcome = call({"registry", "list"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out,
            "app:hello      process.lua    src/_index.yaml:6\n"
            "app:processes  process.host   src/_index.yaml:4\n"
            "app:terminal   terminal.host  src/_index.yaml:5\n"
            "other:worker   process.lua    src/other/_index.yaml:3\n");
  EXPECT_FALSE(outcome.run);
}

TEST_F(Verbs, RegistryListFilters) {
  write_project();
  const auto ids = [&](Texts words) {
    words.insert(words.begin(), {"registry", "list", "--json"});
    const auto list = nlohmann::json::parse(call(words).out);
    std::string out;
    for (const auto& entry : list) out += (out.empty() ? "" : " ") + entry["id"].get<std::string>();
    return out;
  };
  EXPECT_EQ(ids({}), "app:hello app:processes app:terminal other:worker");
  EXPECT_EQ(ids({"-k", "process.lua"}), "app:hello other:worker");
  EXPECT_EQ(ids({"--kind", "process.*"}), "app:hello app:processes other:worker");
  EXPECT_EQ(ids({"--kind=process"}), "");
  EXPECT_EQ(ids({"-n", "app", "-k", "*.host"}), "app:processes app:terminal");
  EXPECT_EQ(ids({"--ns", "o*"}), "other:worker");
  EXPECT_EQ(ids({"--name", "hello"}), "app:hello");
  EXPECT_EQ(ids({"--meta", "command.name=greet"}), "app:hello");
  EXPECT_EQ(ids({"--meta", "tags=b", "--meta", "level=3", "--meta", "loud=true"}), "app:hello");
  EXPECT_EQ(ids({"--meta", "tags=b", "--meta", "level=4"}), "");
  EXPECT_EQ(ids({"--meta", "command.name=greeting"}), "");
  EXPECT_EQ(call({"registry", "list", "-k", "nothing"}).out, "No entries found.\n");
  EXPECT_EQ(call({"registry", "list", "--meta", "loud"}).err,
            "Error: --meta: expected KEY=VALUE, got loud\nRun 'wippy registry list --help' for usage.\n");
}

TEST_F(Verbs, RegistryShow) {
  write_project();
  EXPECT_EQ(call({"registry", "show", "app:hello"}).out,
            "id: app:hello\nkind: process.lua\nfile: src/_index.yaml:6\nmeta:\n  command:\n    name: greet\n    short: "
            "Greet\n"
            "  tags:\n    - a\n    - b\n  level: 3\n  loud: true\ndata:\n  source: |\n    local x = 1\n"
            "    return {main = function() return x end}\n");
  EXPECT_EQ(call({"registry", "show", "worker"}).out.substr(0, 16), "id: other:worker");
  EXPECT_EQ(call({"registry", "show", "app:processes", "--field", "host.workers"}).out, "2\n");
  EXPECT_EQ(call({"registry", "show", "--field=data.host", "app:processes", "--json"}).out, "{\n  \"workers\": 2\n}\n");
  EXPECT_EQ(call({"registry", "show", "app:hello", "--field", "kind"}).out, "process.lua\n");
  EXPECT_EQ(call({"registry", "show", "app:hello", "--field", "meta.tags.1"}).out, "b\n");
  EXPECT_EQ(call({"registry", "show", "app:hello", "--field", "source", "--raw"}).out,
            "local x = 1\nreturn {main = function() return x end}\n");
  EXPECT_EQ(call({"registry", "show", "app:hello", "--field", "nope"}).err,
            "Error: entry app:hello has no field nope\n");
  EXPECT_EQ(call({"registry", "show", "app:helo"}).err, "Error: no entry app:helo; did you mean \"app:hello\"?\n");
  EXPECT_EQ(call({"registry", "show"}).code, 1);
  EXPECT_EQ(call({"registry", "show", "app:hello", "--raw"}).code, 1);
}

TEST_F(Verbs, RegistryNeverShowsWhatVariablesHold) {
  write_project(
      "  - {name: secret, kind: process.lua, source: 'return {}', method: '${env:TOKEN}', meta: {key: "
      "'${env:TOKEN}'}}\n");
  for (const char* format : {"--json", "--yaml"}) {
    const Outcome list = call({"registry", "list", format});
    EXPECT_EQ(list.code, 0) << list.err;
    EXPECT_EQ(list.out.find("s3cret"), std::string::npos);
    EXPECT_NE(list.out.find("${env:TOKEN}"), std::string::npos);
  }
  EXPECT_EQ(call({"registry", "show", "app:secret", "--field", "method", "--raw"}).out, "${env:TOKEN}");
}

TEST_F(Verbs, RegistryOfABrokenApplication) {
  write_project("  - {name: bad}\n");
  const Outcome outcome = call({"registry", "list"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("entry app:bad"), std::string::npos);
}

// What is printed reads back as the same values.
TEST_F(Verbs, EntryTextsReadBack) {
  const std::string text =
      "{plain: a b, yes: 'true', number: '12', real: 1.50, none: null, empty: '', list: [], map: {}, lines: \"a\\n  "
      "b\\n\", "
      "odd: \"\\n a\\n\\n\", tab: \"a\\tb\\n\", colon: 'a: b', hash: '# x', tilde: '~', 'null': 1, dash: '- x', "
      "nested: [{a: [1, 2]}, [x]]}";
  const app::Document first = app::parse_yaml(text);
  ASSERT_FALSE(first.syntax);
  const app::Document second = app::parse_yaml(app::to_yaml(first.root));
  ASSERT_FALSE(second.syntax) << app::to_yaml(first.root);
  EXPECT_EQ(app::to_json(second.root), app::to_json(first.root));
  const app::Document third = app::parse_json(app::to_json(first.root));
  EXPECT_EQ(app::to_json(third.root), app::to_json(first.root));
}

TEST_F(Verbs, Init) {
  const Outcome outcome = call({"init"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("wippy.lock\n"), std::string::npos);
  EXPECT_NE(outcome.out.find("src/_index.yaml"), std::string::npos);
  const auto lock = [&](const std::string& name) {
    std::ifstream in(project_.root() / name);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  EXPECT_EQ(lock("wippy.lock"), "directories:\n  src: ./src\n  modules: .wippy\n");
  const Outcome again = call({"init", "-d", "elsewhere"});
  EXPECT_EQ(again.code, 1);
  EXPECT_NE(again.err.find("exists already"), std::string::npos);
  EXPECT_EQ(lock("wippy.lock"), "directories:\n  src: ./src\n  modules: .wippy\n");
  EXPECT_EQ(call({"init", "-l", "other.lock", "-d", "app", "--modules-dir", "vendor"}).code, 0);
  EXPECT_EQ(lock("other.lock"), "directories:\n  src: app\n  modules: vendor\n");
  EXPECT_EQ(call({"init", "-l", "no/such/dir.lock"}).code, 1);
  EXPECT_EQ(call({"init", "-d", ""}).code, 1);
}

TEST_F(Verbs, InitThenRun) {
  project_.file("code/_index.yaml", "namespace: app\nname: terminal\nkind: terminal.host\n");
  EXPECT_EQ(call({"run"}).code, 1);
  EXPECT_EQ(call({"init", "-d", "code"}).code, 0);
  EXPECT_EQ(call({"run"}).code, 42);
}

TEST_F(Verbs, TestRunsTheOnlyOne) {
  write_project(kTests);
  const Outcome outcome = call({"test"});
  ASSERT_TRUE(outcome.run) << outcome.err;
  EXPECT_EQ(outcome.run->mode, RunMode::kCommand);
  EXPECT_EQ(outcome.run->process.text(), "app:one");
  EXPECT_TRUE(outcome.run->args.empty());
  EXPECT_EQ(call({"test", "check", "a", "-v"}).run->args, (Texts{"a", "-v"}));
  EXPECT_EQ(call({"run", "check", "a"}).run->process.text(), "app:one");
  EXPECT_EQ(call({"test", "greet"}).err,
            "Error: test \"greet\" not found. Use 'wippy test list' to see the available tests\n");
  EXPECT_EQ(call({"test", "list"}).out,
            "Available tests:\n  check  Quick  (app:one)\n\nRun one with 'wippy test <name> [args...]'.\n");
}

TEST_F(Verbs, TestWithNoneOrSeveral) {
  write_project();
  EXPECT_EQ(
      call({"test"}).err,
      "Error: no test found; a process entry becomes a test by `meta: {command: {name: <word>, use_case: test}}`\n");
  EXPECT_EQ(call({"test", "list"}).code, 0);
  write_project(
      std::string(kTests) +
      "  - {name: two, kind: process.lua, source: 'return {}', meta: {command: {name: again, use_case: test}}}\n");
  EXPECT_EQ(call({"test"}).err,
            "Error: several tests found (again = app:two, check = app:one), name one: wippy test <name>\n");
  EXPECT_EQ(call({"test", "again"}).run->process.text(), "app:two");
}

TEST_F(Verbs, H040_FlagsReachTheLoader) {
  const Invocation invocation =
      parse_arguments({"--config", "a.yaml", "-o", "app:x:kind=a", "run", "--config", "b.yaml", "--profile", "dev",
                       "--set", "shutdown.timeout=5s", "-o", "app:processes:host.workers=3", "greet", "-o", "mine"});
  const auto* arguments = std::get_if<RunArguments>(&invocation);
  ASSERT_NE(arguments, nullptr);
  const app::LoadOptions options = load_options(arguments->common, Hooks{});
  EXPECT_EQ(options.config_files, (Texts{"a.yaml", "b.yaml"}));
  EXPECT_EQ(options.profiles, Texts{"dev"});
  EXPECT_EQ(options.sets, Texts{"shutdown.timeout=5s"});
  EXPECT_EQ(options.overrides, (Texts{"app:x:kind=a", "app:processes:host.workers=3"}));
  EXPECT_EQ(arguments->words, (Texts{"greet", "-o", "mine"}));
}

TEST_F(Verbs, MemoryLimitAndEvents) {
  write_project();
  EXPECT_EQ(call({"run"}).run->memory_bytes, 0);
  EXPECT_EQ(call({"run", "-m", "512M"}).run->memory_bytes, 512 << 20);
  EXPECT_NE(call({"run", "-m", "lots"}).err.find("-m: expected a number of bytes or a size"), std::string::npos);
  EXPECT_EQ(call({"run", "-m", "0"}).code, 1);
  EXPECT_EQ(call({"run", "--sim", "-m", "1G"}).code, 1);
  EXPECT_NE(call({"run", "-e"}).err.find("no event bus"), std::string::npos);
}

TEST_F(Verbs, HelpOfEachVerbHasExamples) {
  for (const char* verb : {"", "run", "test", "lint", "registry", "init", "topology", "completion"}) {
    Texts words{verb, "--help"};
    if (words.front().empty()) words.erase(words.begin());
    const Outcome outcome = call_anywhere(words);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.err, "");
    EXPECT_NE(outcome.out.find("Examples:\n  "), std::string::npos) << verb;
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 130U) << line;
  }
  for (const std::string& verb : verb_names()) {
    EXPECT_EQ(call_anywhere({verb, "--help"}).code, 0) << verb;
    EXPECT_NE(call_anywhere({"help"}).out.find("\n  " + (verb == "help" ? "run" : verb) + ' '), std::string::npos)
        << verb;
  }
  EXPECT_EQ(call_anywhere({"help", "run"}).out, call_anywhere({"run", "--help"}).out);
  EXPECT_EQ(call_anywhere({"help", "registry", "show"}).out, call_anywhere({"registry", "show", "--help"}).out);
}

TEST_F(Verbs, ErrorsKnowWhatWasMeant) {
  EXPECT_EQ(call_anywhere({"reg"}).err,
            "Error: unknown command reg; did you mean \"registry\"?\nRun 'wippy --help' for usage.\n");
  EXPECT_EQ(call_anywhere({"run", "--hots", "a:b"}).err,
            "Error: unknown option --hots; did you mean \"--host\"?\nRun 'wippy run --help' for usage.\n");
  EXPECT_EQ(call_anywhere({"lint", "--jsno"}).err,
            "Error: unknown option --jsno; did you mean \"--json\"?\nRun 'wippy lint --help' for usage.\n");
  EXPECT_EQ(call_anywhere({"registry", "lst"}).err,
            "Error: expected list or show, got lst; did you mean \"list\"?\nRun 'wippy registry --help' for usage.\n");
  EXPECT_EQ(call_anywhere({"registry"}).code, 1);
}

TEST_F(Verbs, ColoursOnlyWhereTheyAreWanted) {
  write_project();
  EXPECT_EQ(call({"run", "gret"}, true).err.substr(0, 22), "\x1b[1;31mError:\x1b[0m comm");
  EXPECT_EQ(call({"rum"}, true).err.substr(0, 18), "\x1b[1;31mError:\x1b[0m ");
  EXPECT_EQ(call({"run", "gret"}).err.find('\x1b'), std::string::npos);
}

TEST_F(Verbs, Complete) {
  write_project(kTests);
  const auto complete = [&](Texts words) {
    words.insert(words.begin(), {"complete", "--", "-C", project_.root().string()});
    std::string out = call_anywhere(words).out;
    std::replace(out.begin(), out.end(), '\n', ' ');
    return out;
  };
  EXPECT_EQ(complete({"re"}), "registry ");
  EXPECT_EQ(complete({"run", ""}), "check greet list ");
  EXPECT_EQ(complete({"run", "g"}), "greet ");
  EXPECT_EQ(complete({"run", "greet", ""}), "");
  EXPECT_EQ(complete({"run", "greet", "--"}), "");
  EXPECT_EQ(complete({"test", ""}), "check list ");
  EXPECT_EQ(complete({"run", "-x", "app:"}), "app:hello app:one ");
  EXPECT_EQ(complete({"run", "-x", "app:hello", ""}), "");
  EXPECT_EQ(complete({"run", "-x", "app:hello", "--ho"}), "--host ");
  EXPECT_EQ(complete({"run", "--host", ""}), "app:terminal ");
  EXPECT_EQ(complete({"run", "-o", "app:x:a=1", "gr"}), "greet ");
  EXPECT_EQ(complete({"registry", ""}), "list show ");
  EXPECT_EQ(complete({"registry", "show", "other"}), "other:worker ");
  EXPECT_EQ(complete({"registry", "list", "-k", "t"}), "terminal.host ");
  EXPECT_EQ(complete({"registry", "list", "--me"}), "--memory --meta ");
  EXPECT_EQ(complete({"completion", ""}), "bash fish zsh ");
  EXPECT_EQ(complete({"version", "--s"}), "--short ");
  EXPECT_EQ(call_anywhere({"complete", "--", "-C", "no/such/place", "run", ""}).code, 0);
}

TEST_F(Verbs, CompletionScripts) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Outcome outcome = call_anywhere({"completion", shell});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_NE(outcome.out.find("complete -- "), std::string::npos);
  }
  EXPECT_EQ(call_anywhere({"completion", "csh"}).err,
            "Error: expected bash, zsh or fish, got csh\nRun 'wippy completion --help' for usage.\n");
  EXPECT_EQ(call_anywhere({"completion"}).code, 1);
}

}  // namespace
}  // namespace wippy::cli
