// Native factories by name: what `kind: process.native` entries run.
//
//   Behavior tally(Context& self, std::string name, std::optional<std::int64_t> first);
//   const NativeRegistration kTally("tally", native_start<tally>);       // in any file of a program or object library
//
// The parameters behind Context& are the arguments of the spawn, read as runtime/native/values.hpp says; ones too many are
// ignored, as Lua does. One that is missing or of another type makes the spawn fail with INVALID: there is no process then.
// Two kinds of parameter are no arguments: Arguments (all of them, undecoded) and ProcessMemory (runtime/native/memory.hpp).
//
// Thread-safety: a registry is filled by one thread (static registrations: before main), then only read, by any thread. Names
// and functions live as long as the registry, which outlives every runtime that uses it.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "runtime/native/memory.hpp"
#include "runtime/native/values.hpp"

namespace wippy {

// What a start function gets; all of it is valid during the call only.
struct NativeInput {
  Context& child;
  std::string_view arguments;    // a message body
  std::size_t memory_bytes = 0;  // the entry's limit
};

// Makes the coroutine of a new process, on the spawner's thread, before anybody sees the process: it must not block, send or
// spawn. Refuses by throwing, ProcessError for the kind and text of the spawn's error. An empty Behavior: out of memory.
struct NativeStart {
  Behavior (*start)(const NativeInput& in) = nullptr;
  bool limits_memory = false;  // its processes allocate from ProcessMemory, so a limit can hold
};

// All arguments as a message body of its own: for ValueReader::open_body.
struct Arguments {
  std::string body;
};

namespace native_detail {

// Counts arguments, for errors.
class ArgumentReader {
 public:
  explicit ArgumentReader(const NativeInput& in);  // throws ProcessError when `in` cannot be read
  template <class T>
  T take() {
    if constexpr (std::is_same_v<T, Arguments>) {
      return Arguments{std::string(in_.arguments)};
    } else if constexpr (std::is_same_v<T, ProcessMemory>) {
      return ProcessMemory(in_.child, in_.memory_bytes);
    } else {
      T out{};
      read(out);
      return out;
    }
  }

 private:
  // Not inline: g++ 12 warns of optional strings whose every path it sees.
  template <class T>
  [[gnu::noinline]] void read(T& out) {
    ++number_;
    const ValueItem& item = reader_.next();
    const Token token = item.token;
    ValueInput value{in_.child, reader_};
    if (token == Token::kEnd ? !kIsOptional<T> : !ValueOf<T>::take(value, item, out)) {
      refuse(ValueOf<T>::kName, token);
    }
  }
  [[noreturn]] void refuse(const char* expected, Token found) const;
  const NativeInput& in_;
  ValueReader reader_;
  int number_ = 0;
};

template <auto Fn>
struct Call;
template <class... P, Behavior (*Fn)(Context&, P...)>
struct Call<Fn> {
  static_assert(!(std::is_reference_v<P> || ...), "parameters live in the frame: a reference would dangle");
  static_assert(!(std::is_pointer_v<P> || ...) && !(std::is_same_v<P, std::string_view> || ...),
                "parameters own what they hold: take a std::string");
  static constexpr bool kLimitsMemory = (std::is_same_v<P, ProcessMemory> || ...);

  static Behavior start(const NativeInput& in) {
    [[maybe_unused]] ArgumentReader reader(in);
    std::tuple<P...> values{reader.take<P>()...};  // braces: from left to right
    return std::apply([&](P&... value) { return Fn(in.child, std::move(value)...); }, values);
  }
};

}  // namespace native_detail

template <auto Fn>
inline constexpr NativeStart native_start{&native_detail::Call<Fn>::start, native_detail::Call<Fn>::kLimitsMemory};

class NativeRegistry {
 public:
  // False: the name is empty or taken. Both come back from problems().
  bool add(std::string_view name, NativeStart start);
  // Null: no such factory.
  const NativeStart* find(std::string_view name) const;
  const std::map<std::string, NativeStart, std::less<>>& all() const noexcept { return all_; }
  const std::vector<std::string>& problems() const noexcept { return problems_; }
  // The one that NativeRegistration fills.
  static NativeRegistry& linked();

 private:
  std::map<std::string, NativeStart, std::less<>> all_;
  std::vector<std::string> problems_;
};

// Registers while the program starts. In a static library the linker leaves out files that nothing refers to: use an object
// library, or call NativeRegistry::linked().add from main.
class NativeRegistration {
 public:
  NativeRegistration(std::string_view name, NativeStart start) { NativeRegistry::linked().add(name, start); }
};

// For one spawn or upgrade, on the stack; `arguments` is borrowed.
class NativeEntryFactory final : public MachineFactory {
 public:
  NativeEntryFactory(const NativeStart& start, std::string_view arguments, std::size_t memory_bytes) noexcept
      : start_(start), arguments_(arguments), memory_bytes_(memory_bytes) {}
  Status create(Context& child, Machine*& machine, std::string& error_text) override;

 private:
  const NativeStart& start_;
  std::string_view arguments_;
  std::size_t memory_bytes_;
};

}  // namespace wippy
