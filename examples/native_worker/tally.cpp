// tally(name): counts words. It registers itself as `name`, so that whoever knows the name can send to it:
//
//   add    word, count    counts
//   total  word           answers the sender: total  word, sum
//   primes limit          runs the Lua entry app:spread, which execs app:primes, and answers: primes  limit, result
//
// CANCEL ends it; its result is the table of all words. What it holds lies in its own arena, within
// limits.max_memory_bytes of its entry.
#include <cstdint>
#include <map>
#include <memory_resource>
#include <string>

#include "runtime/native/entries.hpp"
#include "runtime/native/registry.hpp"

namespace {

using namespace wippy;

using Words = std::pmr::map<std::pmr::string, std::int64_t>;

std::int64_t& count_of(Words& words, const std::string& word) {
  return words[std::pmr::string(word, words.get_allocator())];
}

void finish_with_words(Context& self, const Words& words) {
  std::map<std::string, std::int64_t> result;
  for (const auto& [word, count] : words) result.emplace(word, count);
  finish_with(self, result);
}

// A message that is none of ours, or has other payloads than it should, is dropped.
void handle(Context& self, const Message& m, Words& words) {
  std::string word;
  std::int64_t count = 0;
  if (m.topic() == "add" && read_payloads(self, m, word, count)) {
    count_of(words, word) += count;
  } else if (m.topic() == "total" && read_payloads(self, m, word)) {
    static_cast<void>(send_values(self, m.from(), "total", word, count_of(words, word)));  // gone: nobody to tell
  }
}

Behavior tally(Context& self, ProcessMemory memory, std::string name) {
  if (const Status s = self.register_name(name, self.pid()); !s.ok()) throw ProcessError(s.kind, s.message);
  Words words(&memory);
  for (;;) {
    const Message m = co_await receive(self);
    if (m.kind() == SignalKind::kCancel) break;
    if (m.kind() != SignalKind::kMessage) continue;
    std::int64_t limit = 0;
    if (m.topic() == "primes" && read_payloads(self, m, limit)) {
      const ExecResult spread = co_await exec_entry(self, "app:spread", "app:processes", limit);
      const std::int64_t found = spread.ok() ? value_of<std::int64_t>(self, spread.exit) : -1;
      static_cast<void>(send_values(self, m.from(), "primes", limit, found));
    } else {
      handle(self, m, words);
    }
  }
  finish_with_words(self, words);
}

const NativeRegistration kTally("example.tally", native_start<tally>);

}  // namespace
