// C++ values as message values (mailbox/values.hpp), for arguments, payloads and exit values of native processes:
//
//   bool · integers · float, double · std::string · Pid · TimeValue · std::chrono::nanoseconds (a duration)
//   std::optional<T>            nil or a T; in arguments and payloads also "missing"
//   std::vector<T>              a table with keys 1…n
//   std::map<std::string, T>    a table with text keys
//
// What is only written: string_view, text literals, nullptr (nil), ProcessError (an error value). A type of one's own gets a
// specialisation of ValueOf. Anything else is read and written with ValueReader and ValueWriter.
//
// Reading checks types, and integers for their range. As in Lua, a whole number such as 3.0 is an integer too, and a text that is a
// number is one: the arguments of a command are texts. A PID may come as its text.
// Errors: take() gives false and leaves `out` in any state; std::bad_alloc passes through. Thread-safety: inside a step.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "mailbox/values.hpp"
#include "runtime/process/coroutine.hpp"

namespace wippy {

// What a value is read from. `reader` stands behind `item`.
struct ValueInput {
  Context& self;
  ValueReader& reader;
};

// kName: what to call it in errors. put: exactly one value. take: all of the value that begins with `item`.
template <class T>
struct ValueOf;

template <>
struct ValueOf<bool> {
  static constexpr const char* kName = "true or false";
  static void put(ValueWriter& w, bool value) { w.boolean(value); }
  static bool take(ValueInput&, const ValueItem& item, bool& out) {
    out = item.token == Token::kTrue;
    return out || item.token == Token::kFalse;
  }
};

// An integer, a number without a fraction that fits, or the decimal text of one.
bool take_integer(const ValueItem& item, std::int64_t& out) noexcept;
bool take_number(const ValueItem& item, double& out) noexcept;

template <std::integral T>
struct ValueOf<T> {
  static_assert(sizeof(T) < sizeof(std::int64_t) || std::is_signed_v<T>, "integers of scripts have 64 bits with sign");
  static constexpr const char* kName = "an integer";
  static void put(ValueWriter& w, T value) { w.integer(static_cast<std::int64_t>(value)); }
  static bool take(ValueInput&, const ValueItem& item, T& out) {
    std::int64_t wide = 0;
    if (!take_integer(item, wide) || !std::in_range<T>(wide)) return false;
    out = static_cast<T>(wide);
    return true;
  }
};

template <std::floating_point T>
struct ValueOf<T> {
  static constexpr const char* kName = "a number";
  static void put(ValueWriter& w, T value) { w.number(static_cast<double>(value)); }
  static bool take(ValueInput&, const ValueItem& item, T& out) {
    double number = 0;
    if (!take_number(item, number)) return false;
    out = static_cast<T>(number);
    return true;
  }
};

template <>
struct ValueOf<std::string_view> {
  static void put(ValueWriter& w, std::string_view value) { w.string(value.data(), value.size()); }
};
template <>
struct ValueOf<const char*> : ValueOf<std::string_view> {};
template <>
struct ValueOf<char*> : ValueOf<std::string_view> {};

template <>
struct ValueOf<std::string> : ValueOf<std::string_view> {
  static constexpr const char* kName = "a string";
  static bool take(ValueInput&, const ValueItem& item, std::string& out) {
    if (item.token != Token::kString) return false;
    out = item.text;
    return true;
  }
};

template <>
struct ValueOf<std::nullptr_t> {
  static void put(ValueWriter& w, std::nullptr_t) { w.nil(); }
};

template <>
struct ValueOf<Pid> {
  static constexpr const char* kName = "a PID";
  static void put(ValueWriter& w, Pid value) { w.pid(value); }
  static bool take(ValueInput& in, const ValueItem& item, Pid& out);
};

template <>
struct ValueOf<TimeValue> {
  static constexpr const char* kName = "a time";
  static void put(ValueWriter& w, const TimeValue& value) { w.time(value); }
  static bool take(ValueInput&, const ValueItem& item, TimeValue& out) {
    out = item.time;
    return item.token == Token::kTime;
  }
};

template <>
struct ValueOf<std::chrono::nanoseconds> {
  static constexpr const char* kName = "a duration";
  static void put(ValueWriter& w, std::chrono::nanoseconds value) { w.duration(value.count()); }
  static bool take(ValueInput&, const ValueItem& item, std::chrono::nanoseconds& out) {
    out = std::chrono::nanoseconds(item.integer);
    return item.token == Token::kDuration;
  }
};

template <>
struct ValueOf<ProcessError> {
  static void put(ValueWriter& w, const ProcessError& e) {
    w.begin_error(e.kind(), e.retryable() ? Retryable::kYes : Retryable::kNo, e.message(), {});
    w.nil();
    w.end_error();
  }
};

template <class T>
struct ValueOf<std::optional<T>> {
  static constexpr const char* kName = ValueOf<T>::kName;
  static void put(ValueWriter& w, const std::optional<T>& value) {
    value ? ValueOf<T>::put(w, *value) : static_cast<void>(w.nil());
  }
  static bool take(ValueInput& in, const ValueItem& item, std::optional<T>& out) {
    out.reset();
    return item.token == Token::kNil || ValueOf<T>::take(in, item, out.emplace());
  }
};

template <class T>
struct ValueOf<std::vector<T>> {
  static constexpr const char* kName = "a list";
  static void put(ValueWriter& w, const std::vector<T>& values) {
    w.begin_table(static_cast<std::uint32_t>(values.size()));
    for (const T& value : values) ValueOf<T>::put(w, value);
    w.end_table();
  }
  static bool take(ValueInput& in, const ValueItem& item, std::vector<T>& out) {
    if (item.token != Token::kTable || item.pair_count != 0) return false;
    out.clear();
    const std::uint32_t count = item.array_count;  // at most the bytes there are
    out.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      T value{};
      if (!ValueOf<T>::take(in, in.reader.next(), value)) return false;
      out.push_back(std::move(value));
    }
    return in.reader.next().token == Token::kTableEnd;
  }
};

template <class T>
struct ValueOf<std::map<std::string, T>> {
  static constexpr const char* kName = "a table with text keys";
  static void put(ValueWriter& w, const std::map<std::string, T>& values) {
    w.begin_table(0);
    for (const auto& [key, value] : values) {
      w.string(key.data(), key.size());
      ValueOf<T>::put(w, value);
    }
    w.end_table();
  }
  static bool take(ValueInput& in, const ValueItem& item, std::map<std::string, T>& out) {
    if (item.token != Token::kTable || item.array_count != 0) return false;
    out.clear();
    for (;;) {
      const ValueItem& key = in.reader.next();
      if (key.token == Token::kTableEnd) return true;
      if (key.token != Token::kString) return false;
      std::string name(key.text);
      if (!ValueOf<T>::take(in, in.reader.next(), out[std::move(name)])) return false;
    }
  }
};

// --- writing

template <class T>
void put_value(ValueWriter& w, const T& value) {
  ValueOf<std::decay_t<T>>::put(w, value);
}
// A message body of these payloads. finish() tells whether all went well.
template <class... T>
void put_body(ValueWriter& w, std::string_view topic, const T&... values) {
  w.reset_body(topic, static_cast<std::uint32_t>(sizeof...(values)));
  (put_value(w, values), ...);
}

// --- reading

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

// The next payload. True with an empty optional when there is none.
template <class T>
bool take_payload(ValueInput& in, T& out) {
  const ValueItem& item = in.reader.next();
  if (item.token != Token::kEnd) return ValueOf<T>::take(in, item, out);
  if constexpr (kIsOptional<T>) out.reset();
  return kIsOptional<T>;
}

// The first payloads of a message. False: one is missing or of another type; `out` is then in any state. Further payloads
// are not looked at.
template <class... T>
bool read_payloads(Context& self, const Message& m, T&... out) {
  ValueReader reader;
  if (!reader.open_body(m.body()).ok()) return false;
  ValueInput in{self, reader};
  return (take_payload(in, out) && ...);
}

}  // namespace wippy
