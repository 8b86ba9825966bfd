// Good applications with one random fault: never a crash, never half an application; a refusal names file and line, and what is
// wrong with an entry names the entry.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "scheduler/random.hpp"
#include "tests/unit/runtime_app/project.hpp"

namespace wippy::app {
namespace {

constexpr const char* kEverything = R"(version: "1.0"
namespace: app
meta: {team: core}
entries:
  - {name: terminal, kind: terminal.host, hide_logs: true}
  - name: processes
    kind: process.host
    host: {workers: 2, max_processes: 100, queue_size: 64}
    mailbox: {max_messages: 100, policy: block, deadline: 1s}
    capabilities: {deny_modules: [env], kinds: [process.lua], spawn: true}
    security: {actor: {id: guest, meta: {trust: low}}, groups: [rules], default: deny}
    lifecycle: {auto_start: true, stop_timeout: 2s}
  - {name: allow, kind: security.policy, groups: [rules], policy: {actions: [process.send, "registry.*"], resources: "*", effect: allow}}
  - name: deny
    kind: security.policy
    groups: [rules]
    policy:
      actions: process.send
      resources: "{app:system|*"
      effect: deny
      conditions: [{field: actor.meta.trust, operator: in, value: [low, none]}]
  - {name: util, kind: library.lua, source: "return { twice = function(x) return 2 * x end }"}
  - name: worker
    kind: process.lua
    source: file://worker.lua
    method: main
    modules: [time, json]
    imports: {util: util}
    meta: {command: {name: work, short: Do some work}, type: job}
    limits: {max_memory: 64MiB}
  - name: service
    kind: process.service
    process: worker
    host: processes
    input: [1, two, {three: 3}]
    lifecycle:
      auto_start: true
      requires: [other]
      restart: {initial_delay: 100ms, max_delay: 1s, backoff_factor: 2, jitter: 0.1, max_attempts: 3}
  - {name: other, kind: process.service, process: worker, host: processes, lifecycle: {auto_start: true}}
  - {name: both, kind: service.group, strategy: rest_for_one, members: [other, service], intensity: {max_restarts: 2, window: 5s}}
  - {name: add, kind: function.lua, source: "return { main = function(a, b) return a + b end }", pool: {type: lazy, workers: 2}}
  - {name: memory, kind: env.storage.memory}
  - {name: setting, kind: env.variable, variable: SETTING, storage: memory, default: "5"}
  - {name: note, kind: registry.entry, meta: {tags: [a, b]}, any: {thing: [1, 2.5, null, true]}}
)";
constexpr const char* kSettings = R"(version: "1.0"
logger: {encoding: json, level: info}
shutdown: {timeout: 5s}
override: {"app:processes:host.workers": 3}
disable: {entries: ["app:nothing*"]}
security: {strict_mode: false}
vars: {name: value}
)";

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return random_.below(static_cast<uint32_t>(n)); }

  // One fault; `what` says which.
  std::string break_one(std::string text, std::string& what) {
    static const char* const kValues[] = {
        "",        "[]",   "{}",   "-1",   "true", "~",        "\"\"",     "1e999", "0x7fffffffffffffffff",
        "\"\\0\"", "*ref", "&a b", "!t x", "'",    "${env:X}", "\xff\xfe", "- -",   "? :"};
    const std::size_t kind = below(9);
    what = std::to_string(kind);
    if (text.empty()) return text;
    switch (kind) {
      case 0: return text.substr(0, below(text.size()));
      case 1: return text.erase(below(text.size()), 1 + below(3));
      case 2: text[below(text.size())] = static_cast<char>(below(256)); return text;
      case 3: return text.insert(below(text.size()), kValues[below(std::size(kValues))]);
      default: break;
    }
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    const std::size_t at = below(lines.size());
    switch (kind) {
      case 4: lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at)); break;
      case 5: lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), lines[below(lines.size())]); break;
      case 6: lines[at].insert(0, 1 + below(3), below(8) == 0 ? '\t' : ' '); break;
      case 7: swap(lines[at], lines[below(lines.size())]); break;
      default:  // the value of a key
        if (const std::size_t colon = lines[at].find(": "); colon != std::string::npos)
          lines[at] = lines[at].substr(0, colon + 2) + kValues[below(std::size(kValues))];
    }
    std::string out;
    for (const std::string& line : lines) out += line + "\n";
    return out;
  }

 private:
  Random random_;
};

void check(const std::vector<Problem>& problems, const std::string& context) {
  ASSERT_FALSE(problems.empty()) << context;
  for (const Problem& p : problems) {
    EXPECT_FALSE(p.file.empty()) << context << p.text();
    EXPECT_GT(p.position.line, 0) << context << p.text();
    EXPECT_FALSE(p.message.empty()) << context << p.text();
    EXPECT_EQ(p.text().find('\n'), std::string::npos) << context << p.text();
  }
}

TEST(Mutations, OneFaultIsLoadedOrRefusedWithItsPlace) {
  test::Project project;
  project.file("src/worker.lua", "return { main = function() end }\n");
  project.file("src/_index.yaml", kEverything);
  project.file(".wippy.yaml", kSettings);
  static_cast<void>(project.good());  // before it is broken
  std::size_t refused = 0;
  constexpr std::size_t kMutants = 2'000;
  for (std::size_t i = 0; i < kMutants; ++i) {
    Mutator mutator(i);
    const bool settings = i % 5 == 0;
    std::string what;
    const std::string text = mutator.break_one(settings ? kSettings : kEverything, what);
    project.file("src/_index.yaml", settings ? kEverything : text);
    project.file(".wippy.yaml", settings ? text : kSettings);
    const auto loaded = project.load();
    const auto* const failure = std::get_if<LoadFailure>(&loaded);
    if (failure == nullptr) continue;
    ++refused;
    check(failure->errors, "mutant " + std::to_string(i) + ", mutation " + what + ": ");
    if (HasFailure()) FAIL() << text;
  }
  EXPECT_GT(refused, kMutants / 4) << "faults that matter";
  EXPECT_LT(refused, kMutants) << "faults that do not";
}

}  // namespace
}  // namespace wippy::app
