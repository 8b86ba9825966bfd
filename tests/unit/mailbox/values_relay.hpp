// Reads an encoding to its end, or writes every item again: because a value has one encoding, that gives the same bytes.
#pragma once

#include <cstddef>
#include <string_view>

#include "mailbox/values.hpp"

namespace wippy::test {

inline void relay_item(const ValueItem& item, ValueWriter& writer) {
  switch (item.token) {
    case Token::kNil: writer.nil(); return;
    case Token::kFalse:
    case Token::kTrue: writer.boolean(item.token == Token::kTrue); return;
    case Token::kInteger: writer.integer(item.integer); return;
    case Token::kNumber: writer.number(item.number); return;
    case Token::kString: writer.string(item.text.data(), item.text.size()); return;
    case Token::kPid: writer.pid(item.pid); return;
    case Token::kTime: writer.time(item.time); return;
    case Token::kDuration: writer.duration(item.integer); return;
    case Token::kTable: writer.begin_table(item.array_count); return;
    case Token::kTableRef: writer.table_ref(item.ordinal); return;
    case Token::kTableEnd: writer.end_table(); return;
    case Token::kError: writer.begin_error(item.error_kind, item.retryable, item.text, item.stack); return;
    case Token::kErrorEnd: writer.end_error(); return;
    case Token::kWideInteger:  // never seen: read as kInteger
    case Token::kEnd:
    case Token::kInvalid: return;
  }
}

struct RelayResult {
  bool accepted = false;     // the reader reached kEnd
  std::size_t items = 0;     // tokens read
  std::size_t promised = 0;  // sum of all array and pair counts seen
};

// `reader` has been opened, `writer` reset to match.
inline RelayResult relay(ValueReader& reader, ValueWriter& writer) {
  RelayResult result;
  for (;;) {
    const ValueItem& item = reader.next();
    if (item.token == Token::kEnd || item.token == Token::kInvalid) {
      result.accepted = item.token == Token::kEnd;
      return result;
    }
    ++result.items;
    if (item.token == Token::kTable) result.promised += item.array_count + item.pair_count;
    relay_item(item, writer);
  }
}

// Reads everything and says whether it is one value (or one message body).
inline Status read_to_end(ValueReader& reader) {
  for (;;) {
    const Token token = reader.next().token;
    if (token == Token::kEnd || token == Token::kInvalid) return reader.status();
  }
}
inline Status validate_value(std::string_view bytes) {
  ValueReader reader;
  reader.open_value(bytes);
  return read_to_end(reader);
}
inline Status validate_body(std::string_view bytes) {
  ValueReader reader;
  const Status opened = reader.open_body(bytes);
  return opened.ok() ? read_to_end(reader) : opened;
}

}  // namespace wippy::test
