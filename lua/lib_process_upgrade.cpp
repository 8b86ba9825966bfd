// upgrade (spec/process.md §1.14, docs/internals/upgrade.md): the process goes on as another entry.
#include "lua/error_object.hpp"
#include "lua/lib_process.hpp"
#include "lua/library.hpp"
#include "lua/machine.hpp"
#include "lua/process_args.hpp"
#include "lua/program.hpp"
#include "lua/values_lua.hpp"

namespace wippy::lua {

namespace {

// Its own frame: strings and the writer have destructors and nothing in here raises. The arguments are those from 2 on.
// The machine is closed after the step, hence nothing of it may be referred to. [-0, +0, -]
EncodeResult ask_for(lua_State* L, std::string_view entry, int count) noexcept {
  ValueWriter w;
  w.reset_body({}, static_cast<uint32_t>(count));
  const EncodeResult r = encode_values(L, w, 2, count, Untransferable::kRefuse);
  if (!r.ok()) return r;
  if (!context_of(L).replace_machine(entry_successor(directory_of(L), entry, w.view()))) machine_of(L).main_ended();
  return r;
}

}  // namespace

// process.upgrade(id | nil, ...)
int process_upgrade(lua_State* L) {
  if (!check_published(L, "upgrade")) return 2;
  if (machine_of(L).program() != nullptr && machine_of(L).program()->is_function)
    return return_error(L, ErrorKind::kInvalid, "process.upgrade: a function call cannot become another process");
  std::string_view entry;
  if (lua_isnoneornil(L, 1)) {
    const LuaProgram* const program = machine_of(L).program();
    if (program == nullptr) return return_error(L, ErrorKind::kInvalid, "process.upgrade: no process");
    entry = program->entry_id;
  } else if (!text_argument(L, 1, entry)) {
    return return_error(L, ErrorKind::kInvalid, "process.upgrade: the entry must be a string or nil");
  }
  const int top = lua_gettop(L);
  const EncodeResult r = ask_for(L, entry, top > 1 ? top - 1 : 0);
  if (r.refused_type != nullptr)
    return return_errorf(L, ErrorKind::kInvalid, "cannot pass a %s to the new code", r.refused_type);
  if (!r.ok()) return return_status(L, r.status);
  return stop_here(L);
}

}  // namespace wippy::lua
