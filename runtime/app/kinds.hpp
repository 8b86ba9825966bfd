// The table of entry kinds. A new kind is one file kind_<name>.cpp with a parse function, its line in this header and
// its row in kinds.cpp.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/app/config.hpp"
#include "runtime/app/entry.hpp"
#include "runtime/app/fields.hpp"

namespace wippy::app {

struct SyntaxError {
  int line = 0;  // within the source text, one-based
  std::string message;
  int column = 0;  // in bytes, one-based; 0: not known
};
// Compiles a source without running it; nothing when it is well-formed. Passed in, so that this folder needs no Lua.
using SyntaxCheck = std::function<std::optional<SyntaxError>(const Entry&, std::string_view source)>;

// A native factory of this program (runtime/native/registry.hpp), passed in as a name, so that this folder needs no processes.
struct NativeFactoryInfo {
  std::string name;
  bool limits_memory = false;  // a limit of memory can hold
};

// What a kind's parse function works with besides the fields.
struct KindContext {
  Entry& entry;  // receives the references
  Site site;
  const SyntaxCheck* syntax = nullptr;                        // may be null
  const std::vector<std::string>* modules = nullptr;          // built-in modules of this build; null: not known
  const std::vector<NativeFactoryInfo>* factories = nullptr;  // null: not known
  std::filesystem::path root;                                 // project root
};

// Reads the whole configuration, reporting problems; `data` holds the entry's data with placeholders filled in.
using ParseKind = std::shared_ptr<const EntryConfig> (*)(FieldReader& data, KindContext& context);

// Roles a kind can play in references.
enum Role : unsigned {
  kRoleNone = 0,
  kRoleProcess = 1,
  kRoleProcessHost = 2,
  kRoleTerminalHost = 4,
  kRoleService = 8,
  kRolePolicy = 16,
  kRoleLuaCode = 32,
  kRoleEnvStorage = 64
};

struct KindSpec {
  std::string_view name;
  unsigned roles;
  ParseKind parse;
};

std::span<const KindSpec> known_kinds();
// Null for kinds this build does not have.
const KindSpec* find_kind(std::string_view name);
// A kind of the specification that this build leaves out.
bool is_planned_kind(std::string_view name);
// Names of known and planned kinds, for "did you mean".
std::vector<std::string> all_kind_names();
// Roles of the entry's kind; kRoleNone for unknown ones.
unsigned roles_of(const Entry& entry);

std::shared_ptr<const EntryConfig> parse_function_lua(FieldReader& data, KindContext& context);
std::shared_ptr<const EntryConfig> parse_library_lua(FieldReader& data, KindContext& context);
std::shared_ptr<const EntryConfig> parse_registry_entry(FieldReader& data, KindContext& context);
std::shared_ptr<const EntryConfig> parse_env_storage_file(FieldReader& data, KindContext& context);
std::shared_ptr<const EntryConfig> parse_env_storage_memory(FieldReader& data, KindContext& context);
std::shared_ptr<const EntryConfig> parse_env_storage_os(FieldReader& data, KindContext& context);
std::shared_ptr<const EntryConfig> parse_env_storage_router(FieldReader& data, KindContext& context);
std::shared_ptr<const EntryConfig> parse_env_storage_static(FieldReader& data, KindContext& context);
std::shared_ptr<const EntryConfig> parse_env_variable(FieldReader& data, KindContext& context);
std::shared_ptr<const EntryConfig> parse_fs_directory(FieldReader& data, KindContext& context);
std::shared_ptr<const EntryConfig> parse_process_lua(FieldReader& data, KindContext& context);
std::shared_ptr<const EntryConfig> parse_process_native(FieldReader& data, KindContext& context);
std::shared_ptr<const EntryConfig> parse_process_host(FieldReader& data, KindContext& context);
std::shared_ptr<const EntryConfig> parse_security_policy(FieldReader& data, KindContext& context);
std::shared_ptr<const EntryConfig> parse_terminal_host(FieldReader& data, KindContext& context);
std::shared_ptr<const EntryConfig> parse_process_service(FieldReader& data, KindContext& context);
std::shared_ptr<const EntryConfig> parse_service_group(FieldReader& data, KindContext& context);

// Pieces that several kinds share (kind_common.cpp).
// Permissions, always octal, quoted or not (kind_env.cpp).
std::optional<unsigned> read_file_mode(FieldReader& data, std::string_view key);
LifecycleConfig read_lifecycle(FieldReader& data, KindContext& context);
void read_process_common(FieldReader& data, KindContext& context, ProcessConfig& config);
void read_host_common(FieldReader& data, KindContext& context, HostConfig& config);
// source, modules and imports (kind_library_lua.cpp).
void read_lua_code(FieldReader& data, KindContext& context, LuaCode& code);
// `key` of `parent`: {actor, policies, groups}, of a host also {default}. Nothing: not given. (kind_security_policy.cpp)
std::optional<SecurityConfig> read_security(FieldReader& parent, KindContext& context, std::string_view key,
                                            bool of_host);
// The IDs that `key` lists, or the one it is, as references; bare names belong to the entry's namespace.
std::vector<EntryId> read_references(FieldReader& fields, KindContext& context, std::string_view key, Expect expect,
                                     bool requirement = false);
// Records the reference in the entry; nothing when the node is no usable ID (reported).
std::optional<EntryId> add_reference(FieldReader& fields, KindContext& context, const Node& node, std::string key_path,
                                     Expect expect, bool fatal = true);

}  // namespace wippy::app
