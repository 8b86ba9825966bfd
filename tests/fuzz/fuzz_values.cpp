// The codec against arbitrary bytes. The first byte chooses:
//   0 mod 3  the rest is read as one value          accepted bytes, written again, must be the same bytes;
//   1 mod 3  the rest is read as a message body     items and counts are bounded by the input, and so is the heap;
//   2 mod 3  the rest is a list of calls to the writer: what finish() accepts, the reader must accept
// libs: wippy_mailbox
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "mailbox/values.hpp"
#include "tests/unit/mailbox/values_relay.hpp"

namespace {

using namespace wippy;

std::size_t g_largest = 0;
void* measured(void* block, std::size_t bytes) {
  if (bytes > g_largest) g_largest = bytes;
  return std::realloc(block, bytes);
}

void check(bool condition) {
  if (!condition) std::abort();
}

void read_and_write_again(std::string_view bytes, bool body) {
  g_largest = 0;
  ValueReader reader(measured);
  ValueWriter writer;
  if (!body) {
    reader.open_value(bytes);
  } else if (reader.open_body(bytes).ok()) {
    writer.reset_body(reader.topic(), reader.payload_count());
  }
  const test::RelayResult result = test::relay(reader, writer);
  check(result.items <= 2 * bytes.size());
  check(result.promised <= bytes.size());
  check(g_largest <= 2 * 24 * (bytes.size() + 16));
  check(result.accepted == reader.status().ok());
  if (!result.accepted) return;
  check(writer.finish().ok());
  check(writer.view() == bytes);
}

class Calls {
 public:
  Calls(const std::uint8_t* data, std::size_t size) : data_(data), end_(data + size) {}
  bool done() const { return data_ == end_; }
  std::uint8_t byte() { return done() ? std::uint8_t{0} : *data_++; }
  std::uint64_t word() {
    std::uint64_t w = 0;
    for (int i = 0; i < 8; ++i) w = w << 8 | byte();
    return w;
  }
  std::string_view text() {
    std::size_t length = byte();
    if (length > static_cast<std::size_t>(end_ - data_)) length = static_cast<std::size_t>(end_ - data_);
    const std::string_view text(reinterpret_cast<const char*>(data_), length);
    data_ += length;
    return text;
  }

 private:
  const std::uint8_t* data_;
  const std::uint8_t* end_;
};

void one_call(Calls& calls, ValueWriter& writer) {
  switch (calls.byte() % 14) {
    case 0: writer.nil(); return;
    case 1: writer.boolean(calls.byte() % 2 == 1); return;
    case 2: writer.integer(static_cast<std::int64_t>(calls.word()) >> calls.byte() % 64); return;
    case 3: writer.integer(calls.byte()); return;
    case 4: {
      const std::uint64_t bits = calls.word();
      double number;
      std::memcpy(&number, &bits, sizeof number);
      writer.number(number);
      return;
    }
    case 5: {
      const std::string_view text = calls.text();
      writer.string(text.data(), text.size());
      return;
    }
    case 6: writer.pid(Pid{calls.word()}); return;
    case 7:
      writer.time({static_cast<std::int64_t>(calls.word()), static_cast<std::uint32_t>(calls.word() % 1'100'000'000),
                   static_cast<std::int32_t>(calls.byte()) - 128});
      return;
    case 8: writer.duration(static_cast<std::int64_t>(calls.word())); return;
    case 9: writer.begin_table(calls.byte() % 4); return;
    case 10: writer.end_table(); return;
    case 11: writer.table_ref(calls.byte() % 8); return;
    case 12: {
      const auto kind = static_cast<ErrorKind>(calls.byte() % 13);
      const auto retryable = static_cast<Retryable>(calls.byte() % 4);
      const std::string_view message = calls.text();
      writer.begin_error(kind, retryable, message, calls.text());
      return;
    }
    default: writer.end_error(); return;
  }
}

void write_and_read(const std::uint8_t* data, std::size_t size) {
  Calls calls(data, size);
  ValueWriter writer;
  const std::string_view topic = calls.text();
  writer.reset_body(topic, calls.byte() % 4);
  while (!calls.done() && writer.ok()) one_call(calls, writer);
  if (!writer.finish().ok()) return;
  ValueReader reader;
  check(reader.open_body(writer.view()).ok());
  check(reader.topic() == topic);
  ValueWriter again;
  again.reset_body(reader.topic(), reader.payload_count());
  check(test::relay(reader, again).accepted);
  check(again.finish().ok());
  check(again.view() == writer.view());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // A copy of exactly the rest, so that a read beyond it is seen.
  const std::vector<char> rest(data + 1, data + size);
  switch (data[0] % 3) {
    case 0: read_and_write_again({rest.data(), rest.size()}, false); return 0;
    case 1: read_and_write_again({rest.data(), rest.size()}, true); return 0;
    default: write_and_read(data + 1, size - 1); return 0;
  }
}
