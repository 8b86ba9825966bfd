// mailbox/values.hpp: bodies as Lua sends them.
#include <string>

#include "bench/harness.hpp"
#include "mailbox/values.hpp"

namespace wippy::bench {

namespace {

using Fill = void (*)(ValueWriter&);

void hello(ValueWriter& w) { w.string("hello", 5); }
void small_integer(ValueWriter& w) { w.integer(42); }
// {1, 2, 3, name = "worker", ok = true, rate = 0.5}
void small_table(ValueWriter& w) {
  w.begin_table(3);
  for (int64_t i = 1; i <= 3; ++i) w.integer(i);
  w.string("name", 4);
  w.string("worker", 6);
  w.string("ok", 2);
  w.boolean(true);
  w.string("rate", 4);
  w.number(0.5);
  w.end_table();
}
void array_of_100(ValueWriter& w) {
  w.begin_table(100);
  for (int64_t i = 1; i <= 100; ++i) w.integer(i * 1000);
  w.end_table();
}

// 0: no message body.
uint64_t items_in(std::string_view body) {
  ValueReader r;
  static_cast<void>(r.open_body(body));
  for (uint64_t items = 0;; ++items) {
    const Token t = r.next().token;
    if (t == Token::kEnd || t == Token::kInvalid) return t == Token::kEnd ? items : 0;
  }
}

void write(benchmark::State& state, Fill fill) {
  ValueWriter w;
  for (auto _ : state) {
    w.reset_body("topic", 1);
    fill(w);
    if (!w.finish().ok()) {
      state.SkipWithError("the writer refused");
      break;
    }
    benchmark::DoNotOptimize(w.view().data());
  }
  if (items_in(w.view()) == 0) state.SkipWithError("what was written cannot be read");
}

void read(benchmark::State& state, Fill fill, uint64_t items) {
  ValueWriter w;
  w.reset_body("topic", 1);
  fill(w);
  const std::string body(w.view());
  uint64_t seen = 0;
  uint64_t rounds = 0;
  for (auto _ : state) {
    seen += items_in(body);
    ++rounds;
  }
  if (seen != rounds * items) state.SkipWithError("not every item was read");
}

const MicroCase kWriteInteger("micro/codec_write_integer", "body with a small integer", {"malloc_pair"}, 1'000'000,
                              [](benchmark::State& s) { write(s, small_integer); });
const MicroCase kWriteHello("micro/codec_write_hello", "body with \"hello\"", {"malloc_pair"}, 1'000'000,
                            [](benchmark::State& s) { write(s, hello); });
const MicroCase kWriteTable("micro/codec_write_table", "body with a table of 3 items and 3 pairs", {"malloc_pair"},
                            200'000, [](benchmark::State& s) { write(s, small_table); });
const MicroCase kWriteArray("micro/codec_write_array_100", "body with an array of 100 integers", {"malloc_pair"},
                            20'000, [](benchmark::State& s) { write(s, array_of_100); });
const MicroCase kReadInteger("micro/codec_read_integer", "body with a small integer", {"malloc_pair"}, 1'000'000,
                             [](benchmark::State& s) { read(s, small_integer, 1); });
const MicroCase kReadHello("micro/codec_read_hello", "body with \"hello\"", {"malloc_pair"}, 1'000'000,
                           [](benchmark::State& s) { read(s, hello, 1); });
const MicroCase kReadTable("micro/codec_read_table", "body with a table of 3 items and 3 pairs", {"malloc_pair"},
                           200'000, [](benchmark::State& s) { read(s, small_table, 11); });
const MicroCase kReadArray("micro/codec_read_array_100", "body with an array of 100 integers", {"malloc_pair"}, 20'000,
                           [](benchmark::State& s) { read(s, array_of_100, 102); });

}  // namespace

}  // namespace wippy::bench
