// The configuration blocks of the seeds, verbatim.
#include <gtest/gtest.h>

#include "tests/unit/runtime_app/project.hpp"

namespace wippy::app {
namespace {

using test::Project;
using test::Texts;

constexpr const char* kHost = R"(# src/_index.yaml
version: "1.0"
namespace: app

entries:
  - name: processes
    kind: process.host
    host:
      workers: 16
    lifecycle:
      auto_start: true
)";
constexpr const char* kSupervisor = R"(# src/supervisor/_index.yaml
version: "1.0"
namespace: app.supervisor

entries:
  - name: pool
    kind: process.lua
    source: file://pool.lua
    method: main
    modules:
      - time
    lifecycle:
      auto_start: true
)";
constexpr const char* kWorkers = R"(# src/workers/_index.yaml
version: "1.0"
namespace: app.workers

entries:
  - name: task_worker
    kind: process.lua
    source: file://task_worker.lua
    method: main
    modules:
      - time
)";

void write_seed_003(Project& project) {
  project.file("src/_index.yaml", kHost);
  project.file("src/supervisor/_index.yaml", kSupervisor);
  project.file("src/supervisor/pool.lua", "return { main = function() end }\n");
  project.file("src/workers/_index.yaml", kWorkers);
  project.file("src/workers/task_worker.lua", "-- worker\n");
}

TEST(Seed003, H001_H002_H003_H005_H172_Loads) {
  Project project;
  write_seed_003(project);
  const Application app = project.good();
  EXPECT_TRUE(app.warnings.empty());
  EXPECT_EQ(app.entries.size(), 3U);

  const Entry* host = app.find({"app", "processes"});
  ASSERT_NE(host, nullptr);
  EXPECT_EQ(host->config_as<ProcessHostConfig>()->workers, 16);
  EXPECT_TRUE(host->config_as<ProcessHostConfig>()->lifecycle.auto_start);

  const Entry* pool = app.find(EntryId::parse("app.supervisor:pool"));
  ASSERT_NE(pool, nullptr);
  const auto* lua = pool->config_as<ProcessLuaConfig>();
  ASSERT_NE(lua, nullptr);
  EXPECT_EQ(lua->source, "return { main = function() end }\n");
  EXPECT_EQ(lua->source_path, "src/supervisor/pool.lua");
  EXPECT_EQ(lua->source_line, 1);
  EXPECT_EQ(lua->method, "main");
  EXPECT_EQ(lua->modules, Texts{"time"});
  EXPECT_EQ(lua->max_memory_bytes, 256LL << 20);

  const ServicePlan& service = app.services.at(pool->id);
  EXPECT_EQ(service.type, ServiceType::kProcess);
  EXPECT_EQ(service.process, pool->id);
  EXPECT_EQ(service.host.text(), "app:processes");
  EXPECT_TRUE(service.input.empty());
  EXPECT_EQ(service.needs, (std::vector<EntryId>{{"app", "processes"}}));
  EXPECT_EQ(app.boot_order, (std::vector<EntryId>{{"app", "processes"}, {"app.supervisor", "pool"}}));
  EXPECT_FALSE(app.services.contains({"app.workers", "task_worker"}));
}

TEST(Seed003, HostBlockWithComment) {
  Project project;
  project.file("src/_index.yaml", R"(# src/_index.yaml
version: "1.0"
namespace: app

entries:
  - name: processes
    kind: process.host
    host:
      workers: 16  # OS 线程数
    lifecycle:
      auto_start: true
)");
  EXPECT_EQ(project.good().find({"app", "processes"})->config_as<ProcessHostConfig>()->workers, 16);
}

TEST(Seed000, H026_H143_ServiceWithRestart) {
  Project project;
  project.file("src/_index.yaml", kHost);
  project.file("src/workers/_index.yaml", R"(version: "1.0"
namespace: app.workers
entries:
  - name: handler
    kind: process.lua
    source: return function() end
  - name: worker.service
    kind: process.service
    process: app.workers:handler
    host: app:processes
    lifecycle:
      auto_start: true
      restart:
        max_attempts: 5
        delay: 1s
)");
  const Application app = project.good();
  EXPECT_TRUE(app.warnings.empty());
  const ServicePlan& service = app.services.at(EntryId::parse("app.workers:worker.service"));
  EXPECT_EQ(service.process.text(), "app.workers:handler");
  EXPECT_EQ(service.host.text(), "app:processes");
  EXPECT_EQ(service.lifecycle.restart.max_attempts, 5);
  EXPECT_EQ(service.lifecycle.restart.initial_delay_ns, kSecondNs);
  EXPECT_EQ(service.lifecycle.restart.max_delay_ns, 90 * kSecondNs);
  EXPECT_DOUBLE_EQ(service.lifecycle.restart.backoff_factor, 2.0);
  EXPECT_DOUBLE_EQ(service.lifecycle.restart.jitter, 0.1);
}

// Every problem of a broken copy of seed 003 is listed in one go, in the order of the files.
TEST(Seed003, AllProblemsAtOnce) {
  Project project;
  write_seed_003(project);
  project.file("src/_index.yaml",
               std::string(kHost) + "  - kind: process.lua\n  - name: broken\n    kind: proces.lua\n");
  project.file("src/workers/_index.yaml", "version: \"1.0\"\nnamespace: app.workers\nentries:\n\t- name: x\n");
  std::filesystem::remove(project.root() / "src/supervisor/pool.lua");
  EXPECT_EQ(
      project.errors(),
      (Texts{
          "src/_index.yaml:12:5: entry entries[1]: name: name is missing",
          "src/_index.yaml:14:11: entry app:broken: kind: unknown kind \"proces.lua\"; did you mean \"process.lua\"?",
          "src/supervisor/_index.yaml:8:13: entry app.supervisor:pool: source: file://pool.lua: "
          "src/supervisor/pool.lua does not exist",
          "src/workers/_index.yaml:4:2: YAML syntax: illegal block entry; indented with a tab, use spaces"}));
}

}  // namespace
}  // namespace wippy::app
