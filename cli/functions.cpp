#include "cli/functions.hpp"

#include <utility>

#include "runtime/process/host_core.hpp"

namespace wippy::cli {

Status Functions::find_function(std::string_view id, lua::CallTarget& out, std::string& error_text) {
  const Programs::DefinitionPtr found = programs_.find(id);
  const std::string name(id);
  if (found != nullptr && found->gate != nullptr) {
    out.gate = found->gate;
    out.program = found->program;
    return Status::good();
  }
  if (found != nullptr && found->spawnable && !found->default_host.empty()) {
    out.entry = name;
    out.host = found->default_host;
    return Status::good();
  }
  const registry::EntryPtr entry = registry_.state()->find(app::EntryId::parse(id));
  if (entry == nullptr) {
    error_text = "function '" + name + "' not found";
  } else if (found != nullptr && found->spawnable) {
    error_text = "function '" + name + "' not found: the process has no meta.default_host to be called on";
  } else {
    error_text = "function '" + name + "' not found: the entry has kind " + entry->kind;
  }
  return Status::error(ErrorKind::kNotFound, "function not found");
}

SpawnResult Functions::start_call(Context& self, const lua::CallTarget& target, std::string_view arguments,
                                  SpawnOptions options) {
  if (target.program == nullptr) {
    options.host = processes_.find_host(target.host);
    if (options.host != nullptr) return processes_.spawn(self, target.entry, arguments, std::move(options));
    SpawnResult r;
    r.status = Status::error(ErrorKind::kNotFound, "host not found");
    r.error_text = "host not found: " + target.host;
    return r;
  }
  options.host = host_;
  lua::LuaFactory factory(lua::seated_program(target), hooks_, arguments, seed_);
  return self.spawn(factory, options);
}

}  // namespace wippy::cli
