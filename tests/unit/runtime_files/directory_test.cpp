// libs: wippy_runtime_files
// Confinement, with openat2 and without it (host.md §2.8).
#include "runtime/files/directory.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace wippy::files {
namespace {

using Resolve = Directory::Resolve;

class Confined : public ::testing::TestWithParam<Resolve> {
 protected:
  void SetUp() override {
    base_ = ::testing::TempDir() + "wippy-files-XXXXXX";
    ASSERT_NE(mkdtemp(base_.data()), nullptr);
    std::filesystem::create_directories(base_ + "/fenced/in");
    std::ofstream(base_ + "/secret") << "secret";
    std::ofstream(base_ + "/fenced/in/x") << "x";
    std::filesystem::create_symlink("../secret", base_ + "/fenced/link");
    std::filesystem::create_symlink("..", base_ + "/fenced/up");
    std::filesystem::create_symlink(base_, base_ + "/fenced/far");
    int error = 0;
    directory_ = Directory::open(base_ + "/fenced", error, GetParam());
    ASSERT_NE(directory_, nullptr) << error;
  }
  void TearDown() override { std::filesystem::remove_all(base_); }

  std::string base_;
  std::shared_ptr<Directory> directory_;
};

TEST_P(Confined, H066_NothingLeadsOut) {
  for (const char* path :
       {"../secret", "/../secret", "in/../../secret", "link", "up/secret", "far/secret", "up/../secret"}) {
    std::string text;
    EXPECT_NE(directory_->read_file(path, text), 0) << path;
    EXPECT_EQ(text, "") << path;
    EXPECT_NE(directory_->write_file(path, "changed", Directory::Write::kReplace), 0) << path;
    EXPECT_NE(directory_->write_file(path, "changed", Directory::Write::kAppend), 0) << path;
  }
  for (const char* path : {"../secret", "up/secret", "far/secret", "..", "up/..", "/", "."}) {
    EXPECT_NE(directory_->remove(path), 0) << path;
    EXPECT_NE(directory_->remove_all(path), 0) << path;
    EXPECT_NE(directory_->rename(path, "stolen"), 0) << path;
    EXPECT_NE(directory_->rename("in/x", path), 0) << path;
    EXPECT_NE(directory_->write_file(path, "changed", Directory::Write::kAtomic), 0) << path;
  }
  for (const char* path : {"../new", "up/new", "far/new"}) EXPECT_NE(directory_->make(path, true), 0) << path;
  std::ifstream in(base_ + "/secret");
  std::string text;
  in >> text;
  EXPECT_EQ(text, "secret");
  EXPECT_FALSE(std::filesystem::exists(base_ + "/new"));
}

TEST_P(Confined, WorksInside) {
  std::string text;
  EXPECT_EQ(directory_->read_file("/in//./x", text), 0);
  EXPECT_EQ(text, "x");
  EXPECT_EQ(directory_->make("a/b/c", true), 0);
  EXPECT_EQ(directory_->make("a/b/c", true), 0);
  EXPECT_EQ(directory_->make("a/b/c", false), EEXIST);
  EXPECT_EQ(directory_->write_file("a/b/c/f", "12", Directory::Write::kAtomic), 0);
  EXPECT_EQ(directory_->write_file("a/b/c/f", "3", Directory::Write::kAppend), 0);
  Stat s;
  EXPECT_EQ(directory_->stat("a/b/c/f", s), 0);
  EXPECT_EQ(s.size_bytes, 3u);
  EXPECT_EQ(directory_->remove("a"), ENOTEMPTY);
  EXPECT_EQ(directory_->remove("link"), 0);  // the link, not what it names
  EXPECT_EQ(directory_->remove_all("up"), 0);
  EXPECT_EQ(directory_->remove_all("a"), 0);
  std::vector<DirectoryItem> items;
  EXPECT_EQ(directory_->list("", items), 0);
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].name, "far");
  EXPECT_EQ(items[1].name, "in");
  EXPECT_TRUE(items[1].is_directory);
  EXPECT_TRUE(std::filesystem::exists(base_ + "/secret"));
}

INSTANTIATE_TEST_SUITE_P(Ways, Confined, ::testing::Values(Resolve::kKernel, Resolve::kWalk));

}  // namespace
}  // namespace wippy::files
