// NodeApp as the process directory: machines of entries.
#include "cli/node_app.hpp"

#include "lua/machine.hpp"
#include "runtime/process/permission.hpp"

namespace wippy::cli {

// Empty: the entry may run on the host.
std::string NodeApp::capabilities_refusal(HostCore& host, std::string_view entry_id,
                                          const Programs::Definition& entry) const {
  const HostCapabilities* const c = host.capabilities();
  if (c == nullptr) return {};
  EntryTraits traits{entry_id, entry.kind, {}};
  if (entry.program != nullptr) lua::declared_modules(*entry.program, traits.modules);
  return c->refusal(host.id(), traits);
}

template <class Use>
auto NodeApp::with_factory(const Programs::Definition& entry, std::string_view arguments, uint64_t seed, Use use) {
  if (entry.native != nullptr) {
    NativeEntryFactory factory(*entry.native, arguments, entry.memory_bytes);
    return use(factory);
  }
  lua::LuaFactory factory(entry.program, hooks_, arguments, seed);
  return use(factory);
}

Status NodeApp::no_factory(std::string_view entry_id, std::string& error_text) const {
  const registry::EntryPtr e = registry_.state()->find(app::EntryId::parse(entry_id));
  error_text = e == nullptr ? "factory not found: process '" + std::string(entry_id) + "' does not exist"
                            : "factory not found: entry '" + std::string(entry_id) + "' has kind " + e->kind +
                                  " and cannot be spawned";
  return Status::error(ErrorKind::kNotFound, "factory not found");
}

// Random numbers do not begin anew.
Status NodeApp::make_machine(Context& self, std::string_view entry_id, std::string_view arguments, Machine*& machine,
                             std::string& error_text) {
  const Programs::DefinitionPtr found = programs_.find(entry_id);
  if (found == nullptr || !found->spawnable) return no_factory(entry_id, error_text);
  const Programs::Definition& entry = *found;
  if (self.host().capabilities() != nullptr) error_text = capabilities_refusal(self.host(), entry_id, entry);
  if (!error_text.empty()) return Status::error(ErrorKind::kPermissionDenied, "the host does not allow it");
  return with_factory(entry, arguments, runtime_.seed() + self.upgrades(),
                      [&](MachineFactory& factory) { return factory.create(self, machine, error_text); });
}

SpawnResult NodeApp::spawn(Context& self, std::string_view entry_id, std::string_view arguments, SpawnOptions options) {
  const Programs::DefinitionPtr found = programs_.find(entry_id);
  if (found == nullptr || !found->spawnable) {
    SpawnResult r;
    r.status = no_factory(entry_id, r.error_text);
    return r;
  }
  const Programs::Definition& entry = *found;
  HostCore& target = options.host != nullptr ? *options.host : self.host();
  if (target.capabilities() != nullptr) {
    SpawnResult r;
    r.error_text = capabilities_refusal(target, entry_id, entry);
    r.status = Status::error(ErrorKind::kPermissionDenied, "the host does not allow it");
    if (!r.error_text.empty()) return r;
  }
  if (entry.mail.bounded()) options.mail = &entry.mail;
  if (entry.native != nullptr) options.entry_id = entry_id;  // a coroutine does not know it
  if (options.host != nullptr && options.host->guest() != nullptr)
    options.frame = frame_on_host(*options.host, options.frame != nullptr ? options.frame : self.frame());
  return with_factory(entry, arguments, runtime_.seed(),
                      [&](MachineFactory& factory) { return self.spawn(factory, options); });
}

}  // namespace wippy::cli
