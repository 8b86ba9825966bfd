#include "runtime/process/process_directory.hpp"

#include <string>

namespace wippy {

namespace {

class EntrySuccessor final : public Successor {
 public:
  EntrySuccessor(ProcessDirectory& directory, std::string_view entry, std::string_view arguments)
      : Successor(entry), directory_(directory), arguments_(arguments) {}
  Status create(Context& self, Machine*& machine, std::string& error_text) override {
    return directory_.make_machine(self, entry_id, arguments_, machine, error_text);
  }

 private:
  ProcessDirectory& directory_;
  const std::string arguments_;
};

}  // namespace

Status ProcessDirectory::no_host(std::string_view id, std::string& error_text) const {
  if (id.empty()) return Status::error(ErrorKind::kInvalid, "host id required");
  error_text = "host not found: " + std::string(id);
  if (id.find(':') == std::string_view::npos) error_text += " (ids look like ns:name)";
  return Status::error(ErrorKind::kNotFound, "host not found");
}

std::unique_ptr<Successor> entry_successor(ProcessDirectory& directory, std::string_view entry_id,
                                           std::string_view arguments) {
  return std::make_unique<EntrySuccessor>(directory, entry_id, arguments);
}

}  // namespace wippy
