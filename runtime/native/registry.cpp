#include "runtime/native/registry.hpp"

#include <new>

namespace wippy {

namespace {

const char* name_of(Token token) noexcept {
  switch (token) {
    case Token::kNil: return "nil";
    case Token::kFalse:
    case Token::kTrue: return "a boolean";
    case Token::kInteger: return "an integer";
    case Token::kNumber: return "a number";
    case Token::kString: return "a string";
    case Token::kTable: return "a table";
    case Token::kPid: return "a PID";
    case Token::kError: return "an error";
    case Token::kTime: return "a time";
    case Token::kDuration: return "a duration";
    case Token::kEnd: return "nothing";
    default: return "something unreadable";
  }
}

Status refused(ErrorKind kind, bool retryable, std::string_view what, std::string& error_text) {
  error_text = what;
  return Status::error(kind, "the native process was not started", retryable);
}

}  // namespace

namespace native_detail {

ArgumentReader::ArgumentReader(const NativeInput& in) : in_(in) {
  if (const Status s = reader_.open_body(in.arguments); !s.ok()) throw ProcessError(s.kind, s.message, s.retryable);
}

void ArgumentReader::refuse(const char* expected, Token found) const {
  std::string text = "argument " + std::to_string(number_) + ": expected " + expected;
  // The type is right and its content is not: too large an integer, a list with text keys.
  if (std::string_view(expected) != name_of(found)) text += std::string(", got ") + name_of(found);
  throw ProcessError(ErrorKind::kInvalid, std::move(text));
}

}  // namespace native_detail

bool NativeRegistry::add(std::string_view name, NativeStart start) {
  if (name.empty()) {
    problems_.emplace_back("a native factory has no name");
    return false;
  }
  const bool fresh = all_.emplace(name, start).second;
  if (!fresh) problems_.push_back("native factory \"" + std::string(name) + "\" is registered twice");
  return fresh;
}

const NativeStart* NativeRegistry::find(std::string_view name) const {
  const auto found = all_.find(name);
  return found == all_.end() ? nullptr : &found->second;
}

NativeRegistry& NativeRegistry::linked() {
  static NativeRegistry registry;
  return registry;
}

Status NativeEntryFactory::create(Context& child, Machine*& machine, std::string& error_text) {
  machine = nullptr;
  if (host_memory_limit == kAskChild) host_memory_limit = child.host().memory_limit();
  const bool host_is_smaller = host_memory_limit != 0 && (memory_bytes_ == 0 || host_memory_limit < memory_bytes_);
  try {
    const Behavior behavior = start_.start({child, arguments_, host_is_smaller ? host_memory_limit : memory_bytes_});
    if (behavior.handle) put_native_machine(child, behavior, machine);
  } catch (const ProcessError& e) {
    return refused(e.kind(), e.retryable(), e.message(), error_text);
  } catch (const std::bad_alloc&) {
    return Status::error(ErrorKind::kUnavailable, "out of memory", true);
  } catch (const std::exception& e) {
    return refused(ErrorKind::kInternal, false, e.what(), error_text);
  } catch (...) {
    return refused(ErrorKind::kInternal, false, "unknown exception", error_text);
  }
  return machine != nullptr ? Status::good() : Status::error(ErrorKind::kUnavailable, "out of memory", true);
}

}  // namespace wippy
