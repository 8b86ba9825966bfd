#include "runtime/native/entries.hpp"

#include "runtime/process/node_core.hpp"

namespace wippy {

void print(Context& self, std::string_view line) noexcept {
  if (const NodeCore::PrintLine show = self.node().print_line()) show(self, line);
}

ProcessError error_of(const Message& exit) {
  if (exit.body().empty()) return {ErrorKind::kInternal, "process failed"};  // there was no memory for the reason
  ValueReader reader;
  reader.open_value(exit.body());
  const ValueItem& item = reader.next();
  if (item.token != Token::kError) return {ErrorKind::kUnknown, "no error"};
  return {item.error_kind, std::string(item.text), item.retryable == Retryable::kYes};
}

SpawnResult spawn_entry_body(Context& self, SpawnOptions options, std::string_view entry, std::string_view host,
                             std::string_view arguments) {
  SpawnResult r;
  ProcessDirectory* const directory = self.node().directory();
  if (directory == nullptr) {
    r.status = Status::error(ErrorKind::kNotFound, "there are no entries");
    return r;
  }
  options.host = host.empty() ? &self.host() : directory->find_host(host);
  if (options.host == nullptr) {
    r.status = directory->no_host(host, r.error_text);
    return r;
  }
  return directory->spawn(self, entry, arguments, std::move(options));
}

UpgradeAwait become_entry_body(Context& self, std::string_view entry, std::string_view arguments) {
  ProcessDirectory* const directory = self.node().directory();
  if (directory == nullptr) throw ProcessError(ErrorKind::kNotFound, "there are no entries");
  return become(self, entry_successor(*directory, entry, arguments));
}

ExecAwait::~ExecAwait() {
  if (child_.status.ok() && signal_ == nullptr) static_cast<void>(self_.terminate(child_.pid));  // gone already: fine
}

bool ExecAwait::poll(Context& self, Verdict& verdict) noexcept {
  if (take()) return true;
  self.set_wait(reason());
  verdict = Verdict::kWait;
  return false;
}

}  // namespace wippy
