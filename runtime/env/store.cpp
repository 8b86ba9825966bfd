#include "runtime/env/store.hpp"

#include <unistd.h>

#include <functional>
#include <set>

#include "runtime/app/config_env.hpp"

namespace wippy::env {
namespace {

using app::EnvStorageConfig;
using app::EnvStorageType;

class StorageMaker {
 public:
  StorageMaker(const app::Application& app, std::map<std::string, std::string> os, app::Problems& problems)
      : app_(app), os_(std::move(os)), problems_(problems) {}

  // Null: no storage, or a router that leads to itself (reported). What is missing is reported with the references.
  std::shared_ptr<Storage> make(const app::EntryId& id) {
    const app::Entry* entry = app_.find(id);
    const auto* config = entry == nullptr ? nullptr : entry->config_as<EnvStorageConfig>();
    if (config == nullptr) return nullptr;
    if (const auto done = made_.find(id); done != made_.end()) return done->second;
    if (!open_.insert(id).second) {
      problem(*entry, "storages", "the router leads to itself");
      return nullptr;
    }
    std::shared_ptr<Storage> storage = make_new(*entry, *config);
    open_.erase(id);
    made_[id] = storage;
    return storage;
  }

 private:
  void problem(const app::Entry& entry, std::string key, std::string message) {
    problems_.error(
        {entry.origin.file, entry.origin.position, "entry " + entry.id.text(), std::move(key), std::move(message), ""});
  }

  std::shared_ptr<Storage> make_new(const app::Entry& entry, const EnvStorageConfig& config) {
    switch (config.type) {
      case EnvStorageType::kMemory: return std::make_shared<MapStorage>(std::map<std::string, std::string>{}, false);
      case EnvStorageType::kOs: return std::make_shared<MapStorage>(os_, true);
      case EnvStorageType::kStatic: return std::make_shared<MapStorage>(config.values, true);
      case EnvStorageType::kFile: return make_file(entry, config);
      case EnvStorageType::kRouter: break;
    }
    std::vector<std::shared_ptr<Storage>> parts;
    for (const app::EntryId& id : config.storages) {
      if (auto part = make(id)) parts.push_back(std::move(part));
    }
    return parts.empty() ? nullptr : std::make_shared<RouterStorage>(std::move(parts));
  }

  std::shared_ptr<Storage> make_file(const app::Entry& entry, const EnvStorageConfig& config) {
    if (config.file_path.empty()) return nullptr;
    FileStorage::Options options;
    options.path = (app_.root / config.file_path).lexically_normal().string();
    options.auto_create = config.auto_create;
    options.file_mode = config.file_mode;
    options.dir_mode = config.dir_mode;
    auto storage = std::make_shared<FileStorage>(options);
    std::string error;
    for (const BadLine& bad : storage->load(error))
      problem(entry, "file_path", options.path + ":" + std::to_string(bad.line) + ": " + bad.message);
    if (!error.empty()) problem(entry, "file_path", error);
    return storage;
  }

  const app::Application& app_;
  const std::map<std::string, std::string> os_;
  app::Problems& problems_;
  std::map<app::EntryId, std::shared_ptr<Storage>> made_;
  std::set<app::EntryId> open_;  // routers being made
};

}  // namespace

std::map<std::string, std::string> os_variables() {
  std::map<std::string, std::string> out;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view text = *at;
    const std::size_t equals = text.find('=', 1);
    if (equals != std::string_view::npos) out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

std::shared_ptr<Store> Store::make(const app::Application& app, std::map<std::string, std::string> os,
                                   app::Problems& problems) {
  auto store = std::make_shared<Store>();
  store->add_storages(app, std::move(os), problems);
  store->add_variables(app);
  return store;
}

void Store::add_storages(const app::Application& app, std::map<std::string, std::string> os, app::Problems& problems) {
  StorageMaker maker(app, std::move(os), problems);
  for (const auto& [id, entry] : app.entries) {
    if (auto storage = maker.make(id)) storages_.emplace(id.text(), std::move(storage));
  }
}

void Store::add_variables(const app::Application& app) {
  for (const auto& [id, entry] : app.entries) {
    const auto* config = entry.config_as<app::EnvVariableConfig>();
    if (config == nullptr) continue;
    Variable v;
    v.shown = config->variable.empty() ? id.text() : config->variable;
    v.key = config->variable.empty() ? id.name : config->variable;
    const auto storage = storages_.find(config->storage.text());
    if (storage != storages_.end()) v.storage = storage->second;
    v.default_value = config->default_value;
    v.read_only = config->read_only;
    const auto added = by_id_.emplace(id.text(), std::move(v)).first;
    if (!config->variable.empty()) by_public_name_.emplace(config->variable, &added->second);
  }
}

const Store::Variable* Store::find(std::string_view name, std::string_view space) const {
  if (const auto found = by_public_name_.find(name); found != by_public_name_.end()) return found->second;
  auto found = by_id_.find(std::string(name));
  if (found == by_id_.end() && name.find(':') == std::string_view::npos)
    found = by_id_.find(std::string(space) + ":" + std::string(name));
  return found == by_id_.end() ? nullptr : &found->second;
}

Found Store::get(std::string_view name, std::string_view space, std::string& value) const {
  const Variable* v = find(name, space);
  if (v == nullptr) return Found::kUndeclared;
  const std::optional<std::string> stored = v->storage == nullptr ? std::nullopt : v->storage->get(v->key);
  value = stored && !stored->empty() ? *stored : v->default_value;
  return value.empty() ? Found::kUnset : Found::kValue;
}

Status Store::set(std::string_view name, std::string_view space, std::string_view value) {
  const Variable* v = find(name, space);
  if (v == nullptr || v->storage == nullptr)
    return Status::error(ErrorKind::kNotFound, "environment variable not found");
  if (v->read_only) return Status::error(ErrorKind::kPermissionDenied, "the variable is read only");
  return v->storage->set(v->key, std::string(value));
}

bool Store::writes_file(std::string_view name, std::string_view space) const {
  const Variable* v = find(name, space);
  return v != nullptr && v->storage != nullptr && !v->read_only && v->storage->writes_file();
}

std::string_view Store::shown_name(std::string_view name, std::string_view space) const noexcept {
  const Variable* v = find(name, space);
  return v == nullptr ? name : std::string_view(v->shown);
}

std::map<std::string, std::string> Store::all() const {
  std::map<std::string, std::string> out;
  for (const auto& [id, v] : by_id_) {
    std::string value;
    if (get(id, "", value) == Found::kValue) out[v.shown] = std::move(value);
  }
  for (const auto& [id, storage] : storages_) {
    std::map<std::string, std::string> values = storage->all();
    std::erase_if(values, [](const auto& item) { return item.second.empty(); });
    out.merge(values);
  }
  return out;
}

}  // namespace wippy::env
