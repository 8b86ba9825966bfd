// The system module: the node and its operating system, as scripts see them (host.md §10.5, docs/system.md).
#include <limits.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "lua/error_object.hpp"
#include "lua/library.hpp"
#include "lua/modules/blocking_job.hpp"
#include "lua/permission.hpp"
#include "lua/process_args.hpp"
#include "lua/state.hpp"
#include "lua/system_service.hpp"
#include "lua/task.hpp"

namespace wippy::lua {

namespace {

// Null: nil and the error are pushed. [-0, +(0|2), m]
SystemService* service_of(lua_State* L) {
  SystemService* const s = root_of(L).hooks->system;
  if (s == nullptr) return_error(L, ErrorKind::kUnavailable, "no system service here");
  return s;
}

bool may_read(lua_State* L, const char* what) {
  return permitted(L, "system.read", what, "not allowed to read system ");
}

// system.exit(code?) -> true | nil, error. The shutdown begins; the caller is told to stop like all others. [-0, +(1|2), e]
int system_exit(lua_State* L) {
  lua_Integer code = 0;
  if (!lua_isnoneornil(L, 1)) {
    int whole = 0;
    code = lua_tointegerx(L, 1, &whole);
    if (whole == 0 || lua_type(L, 1) != LUA_TNUMBER || code < 0 || code > 255)
      return return_error(L, ErrorKind::kInvalid, "system.exit: a code from 0 to 255 is required");
  }
  if (!permitted(L, "system.exit", "", "not allowed to end the application")) return 2;
  SystemService* const service = service_of(L);
  if (service == nullptr) return 2;
  service->request_exit(static_cast<int>(code));
  lua_pushboolean(L, 1);
  return 1;
}

// Its own frame: names have destructors. [-0, +0, -]
std::size_t copy_modules(char* out, std::size_t room) noexcept {
  std::size_t used = 0;
  try {
    for (const std::string& name : module_names()) {
      if (used + name.size() + 1 > room) break;
      std::memcpy(out + used, name.c_str(), name.size() + 1);
      used += name.size() + 1;
    }
  } catch (...) {
  }
  return used;
}

// system.modules() -> list of names [-0, +(1|2), e]
int system_modules(lua_State* L) {
  if (!may_read(L, "modules")) return 2;
  char names[1024];
  const std::size_t used = copy_modules(names, sizeof names);
  lua_newtable(L);
  lua_Integer n = 0;
  for (std::size_t at = 0; at < used; at += std::strlen(names + at) + 1) {
    lua_pushstring(L, names + at);
    lua_rawseti(L, -2, ++n);
  }
  return 1;
}

// What a value of the service is asked for on the pool.
enum class Question : uint8_t { kHosts, kProcesses, kService, kServices, kMemory };
class AskJob final : public BlockingJob {
 public:
  AskJob(SystemService& service, Question question, std::string_view argument)
      : service_(service), question_(question), argument_(argument) {}
  void run(JobAnswer& answer) override {
    switch (question_) {
      case Question::kHosts: return service_.hosts(answer.ok(1));
      case Question::kProcesses: return service_.processes(argument_, answer.ok(1));
      case Question::kServices: return service_.services(answer.ok(1));
      case Question::kMemory: return service_.memory(answer.ok(1));
      case Question::kService: break;
    }
    if (!service_.service(argument_, answer.ok(1)))
      answer.fail(ErrorKind::kNotFound, "service not found: " + argument_);
  }

 private:
  SystemService& service_;
  const Question question_;
  const std::string argument_;
};

// Leaves the function. [-0, +?, e]
int ask(lua_State* L, Question question, std::string_view argument = {}) {
  SystemService* const service = service_of(L);
  if (service == nullptr) return 2;
  check_may_block(L);
  return call_blocking(L, new_job<AskJob>(*service, question, argument));
}

// system.hosts.list() -> list [-0, +(1|2), e]
int hosts_list(lua_State* L) { return may_read(L, "hosts") ? ask(L, Question::kHosts) : 2; }

// system.hosts.processes(host) -> list [-1, +(1|2), e]
int hosts_processes(lua_State* L) {
  std::string_view host;
  if (lua_type(L, 1) != LUA_TSTRING || !text_argument(L, 1, host) || host.empty())
    return return_error(L, ErrorKind::kInvalid, "system.hosts.processes: a host ID is required");
  return may_read(L, "hosts") ? ask(L, Question::kProcesses, host) : 2;
}

// system.supervisor.state(id) -> table | nil, NOT_FOUND [-1, +(1|2), e]
int supervisor_state(lua_State* L) {
  std::string_view id;
  if (lua_type(L, 1) != LUA_TSTRING || !text_argument(L, 1, id) || id.empty())
    return return_error(L, ErrorKind::kInvalid, "system.supervisor.state: a service ID is required");
  return may_read(L, "supervisor") ? ask(L, Question::kService, id) : 2;
}

int supervisor_states(lua_State* L) { return may_read(L, "supervisor") ? ask(L, Question::kServices) : 2; }

int memory_stats(lua_State* L) { return may_read(L, "memory") ? ask(L, Question::kMemory) : 2; }

// One number out of the table on top. [-1, +1, e]
template <int index>
int memory_field(lua_State* L, int, lua_KContext) {
  constexpr const char* kFields[] = {"alloc", "heap_objects"};
  if (lua_istable(L, -1)) lua_getfield(L, -1, kFields[index]);
  return 1;
}
template <int index>
int memory_number(lua_State* L) {
  if (!may_read(L, "memory")) return 2;
  SystemService* const service = service_of(L);
  if (service == nullptr) return 2;
  check_may_block(L);
  return call_blocking(L, new_job<AskJob>(*service, Question::kMemory, std::string_view()), memory_field<index>);
}

int memory_get_limit(lua_State* L) {
  if (!may_read(L, "memory_limit")) return 2;
  const SystemService* const service = service_of(L);
  if (service == nullptr) return 2;
  lua_pushinteger(L, static_cast<lua_Integer>(service->memory_limit()));
  return 1;
}

// The kernel's limit cannot be raised again once processes count on it: `wippy run -m` sets it at the start.
int memory_set_limit(lua_State* L) {
  if (!lua_isinteger(L, 1)) return return_error(L, ErrorKind::kInvalid, "system.memory.set_limit: bytes are required");
  if (!permitted(L, "system.control", "memory_limit", "not allowed to change system ")) return 2;
  return return_error(L, ErrorKind::kUnavailable, "the limit of memory is set at the start: wippy run -m");
}

// Of the caller's own heap. [-0, +(1|2), e]
int gc_collect(lua_State* L) {
  if (!permitted(L, "system.gc", "gc", "not allowed to change system ")) return 2;
  lua_gc(L, LUA_GCCOLLECT);
  lua_pushboolean(L, 1);
  return 1;
}

// Each heap has a pace of its own, which stays: a new percentage is taken note of and changes nothing. [-0, +(1|2), e]
int gc_get_percent(lua_State* L) {
  if (!may_read(L, "gc_percent")) return 2;
  lua_pushinteger(L, 100);
  return 1;
}
int gc_set_percent(lua_State* L) {
  if (!lua_isinteger(L, 1)) return return_error(L, ErrorKind::kInvalid, "system.gc.set_percent: a number is required");
  if (!permitted(L, "system.gc", "gc_percent", "not allowed to change system ")) return 2;
  lua_pushinteger(L, 100);  // what it was
  return 1;
}

template <class F>
int read_number(lua_State* L, const char* what, F number) {
  if (!may_read(L, what)) return 2;
  SystemService* const service = service_of(L);
  if (service == nullptr) return 2;
  lua_pushinteger(L, static_cast<lua_Integer>(number(*service)));
  return 1;
}
int runtime_goroutines(lua_State* L) {
  return read_number(L, "goroutines", [](SystemService& s) { return s.running_things(); });
}
int runtime_cpu_count(lua_State* L) {
  return read_number(L, "cpu", [](SystemService& s) { return s.usable_cores(); });
}
int runtime_max_procs(lua_State* L) {
  if (lua_isnoneornil(L, 1)) return read_number(L, "gomaxprocs", [](SystemService& s) { return s.usable_cores(); });
  if (!lua_isinteger(L, 1))
    return return_error(L, ErrorKind::kInvalid, "system.runtime.max_procs: a number is required");
  if (!permitted(L, "system.control", "gomaxprocs", "not allowed to change system ")) return 2;
  return return_error(L, ErrorKind::kUnavailable, "the number of cores is set at the start: wippy run --cores");
}

int process_pid(lua_State* L) {
  if (!may_read(L, "pid")) return 2;
  lua_pushinteger(L, ::getpid());
  return 1;
}
int process_hostname(lua_State* L) {
  if (!may_read(L, "hostname")) return 2;
  char name[HOST_NAME_MAX + 1] = {};
  if (::gethostname(name, sizeof name - 1) != 0) return return_error(L, ErrorKind::kUnavailable, "no host name");
  lua_pushstring(L, name);
  return 1;
}
int process_cwd(lua_State* L) {
  if (!may_read(L, "cwd")) return 2;
  char path[PATH_MAX];
  if (::getcwd(path, sizeof path) == nullptr) return return_error(L, ErrorKind::kUnavailable, "no working directory");
  lua_pushstring(L, path);
  return 1;
}

constexpr LibraryEntry kMemory[] = {
    {"stats", memory_stats},         {"allocated", memory_number<0>}, {"heap_objects", memory_number<1>},
    {"set_limit", memory_set_limit}, {"get_limit", memory_get_limit}, {nullptr, nullptr}};
constexpr LibraryEntry kGc[] = {
    {"collect", gc_collect}, {"set_percent", gc_set_percent}, {"get_percent", gc_get_percent}, {nullptr, nullptr}};
constexpr LibraryEntry kRuntime[] = {{"goroutines", runtime_goroutines},
                                     {"max_procs", runtime_max_procs},
                                     {"cpu_count", runtime_cpu_count},
                                     {nullptr, nullptr}};
constexpr LibraryEntry kProcess[] = {
    {"pid", process_pid}, {"hostname", process_hostname}, {"cwd", process_cwd}, {nullptr, nullptr}};
constexpr LibraryEntry kHosts[] = {{"list", hosts_list}, {"processes", hosts_processes}, {nullptr, nullptr}};
constexpr LibraryEntry kSupervisor[] = {{"state", supervisor_state}, {"states", supervisor_states}, {nullptr, nullptr}};

template <const LibraryEntry* entries>
int push_part(lua_State* L) {
  push_lazy_table(L, entries);
  push_read_only(L);
  return 1;
}

}  // namespace

constexpr LibraryEntry kSystemLibrary[] = {
    {"exit", system_exit},
    {"modules", system_modules},
    {"memory", push_part<kMemory>, true},
    {"gc", push_part<kGc>, true},
    {"runtime", push_part<kRuntime>, true},
    {"process", push_part<kProcess>, true},
    {"hosts", push_part<kHosts>, true},
    {"supervisor", push_part<kSupervisor>, true},
    {nullptr, nullptr},
};

}  // namespace wippy::lua
