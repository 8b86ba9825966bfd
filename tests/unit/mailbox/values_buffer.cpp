// Buffer: contents, references, refusal of memory. Leaks and double frees are the address sanitizer's to find, unordered
// frees the thread sanitizer's.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "mailbox/signal.hpp"

namespace wippy {
namespace {

std::string_view view(const Buffer& buffer) { return {buffer.data(), buffer.size()}; }

TEST(Buffer, HoldsACopyUntilTheLastReference) {
  std::string text(5000, 'q');
  Buffer* buffer = Buffer::create(text.data(), text.size());
  ASSERT_NE(buffer, nullptr);
  buffer->retain();
  buffer->release();
  const std::string before = text;
  text.assign(text.size(), 'z');
  EXPECT_EQ(view(*buffer), before);
  buffer->release();
}

TEST(Buffer, MayBeEmpty) {
  Buffer* buffer = Buffer::create(nullptr, 0);
  ASSERT_NE(buffer, nullptr);
  EXPECT_EQ(buffer->size(), 0U);
  buffer->release();
}

TEST(Buffer, RefusedMemoryGivesNull) {
  const auto refuse = [](void*, std::size_t) -> void* { return nullptr; };
  EXPECT_EQ(Buffer::create("x", 1, refuse), nullptr);
  EXPECT_EQ(Buffer::create("x", std::numeric_limits<std::size_t>::max()), nullptr) << "the header must not wrap";
}

TEST(Buffer, SharedBetweenThreads) {
  const std::string text(9000, 'm');
  Buffer* buffer = Buffer::create(text.data(), text.size());
  ASSERT_NE(buffer, nullptr);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    buffer->retain();  // the thread's reference
    threads.emplace_back([buffer, &text] {
      for (int i = 0; i < 1000; ++i) {
        buffer->retain();
        if (i % 100 == 0) {
          EXPECT_EQ(view(*buffer), text);
        }
        buffer->release();
      }
      buffer->release();
    });
  }
  buffer->release();  // the threads keep it alive
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace wippy
