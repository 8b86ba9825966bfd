// What ends a run, and with which code: host.md §4.7, §8.6.
#include "cli/node_app.hpp"

#include <gtest/gtest.h>

#include "tests/unit/runtime_app/project.hpp"

namespace wippy::cli {
namespace {

using test::Project;

// The services of an application that waits, ended by `end`, on another thread.
int code_of_run(const std::function<void(NodeApp&)>& end) {
  Project project;
  project.file("src/_index.yaml",
               "namespace: app\nentries:\n"
               "  - {name: processes, kind: process.host, host: {workers: 1}, lifecycle: {auto_start: true}}\n"
               "  - {name: it, kind: process.lua, host: app:processes, lifecycle: {auto_start: true}, "
               "source: 'return {main = function() process.events():receive() end}'}\n");
  const app::Application app = project.good();
  RunOptions options;
  options.boot_order = app.boot_order;
  NodeApp node(app, options);
  std::string error;
  EXPECT_TRUE(node.start(error)) << error;
  struct Job {
    const std::function<void(NodeApp&)>& end;
    NodeApp& node;
  } job{end, node};
  Thread other;
  EXPECT_TRUE(other.start(
      "test/end", [](void* j) { static_cast<Job*>(j)->end(static_cast<Job*>(j)->node); }, &job));
  const int code = node.run_to_end();
  other.join();
  return code;
}

TEST(EndOfRun, AStopIsCodeZero) {
  EXPECT_EQ(code_of_run([](NodeApp& node) { node.request_stop(); }), 0);
}

TEST(EndOfRun, AnExitHasItsCode) {
  EXPECT_EQ(code_of_run([](NodeApp& node) { node.request_exit(3); }), 3);
  EXPECT_EQ(code_of_run([](NodeApp& node) { node.request_exit(0); }), 0);
  EXPECT_EQ(code_of_run([](NodeApp& node) { node.request_exit(-1); }), 255);
}

TEST(EndOfRun, TheFirstOneCounts) {
  EXPECT_EQ(code_of_run([](NodeApp& node) {
              node.request_exit(3);
              node.request_exit(4);
              node.request_stop();
            }),
            3);
  EXPECT_EQ(code_of_run([](NodeApp& node) {
              node.request_stop();
              node.request_exit(4);
            }),
            0);
}

}  // namespace
}  // namespace wippy::cli
