#include "tests/numa_guest/lua_heap.hpp"

#include <set>
#include <stdexcept>
#include <string>

#include "lua/machine.hpp"

namespace wippy::guest {

namespace {

constexpr const char* kSource = R"(
local items, texts = {}, {}
for i = 1, 200 do
  items[i] = {name = "item " .. i, value = i, get = function() return i end}
end
for i = 1, 6 do texts[i] = string.rep("x", 5000 + i) end
local function keep() return #items, #texts end
local function ends() print(keep()) end
local function stays()
  process.listen("never"):receive()
  print(keep())
end
return { ends = ends, stays = stays }
)";

Atomic<Feast*> g_feast{nullptr};  // print has no argument of its own; set while no program runs

void count_end(Context&, std::string_view) noexcept {
  if (Feast* feast = g_feast.load_acquire()) feast->count();  // partner: ends_in
}

// Everything reachable from the registry and from the stacks of threads.
class Walk {
 public:
  Walk(lua_State* L, std::vector<const void*>& out) : l_(L), out_(out) {}
  void run() {
    lua_pushvalue(l_, LUA_REGISTRYINDEX);
    visit();
  }

 private:
  // Takes the value on top. [-1, +0]
  void visit() {
    const int type = lua_type(l_, -1);
    const void* p = lua_topointer(l_, -1);
    const bool collectable = type == LUA_TSTRING || type == LUA_TTABLE || type == LUA_TTHREAD ||
                             type == LUA_TUSERDATA || (type == LUA_TFUNCTION && lua_iscfunction(l_, -1) == 0);
    if (collectable && p != nullptr && seen_.insert(p).second && lua_checkstack(l_, 8) != 0) {
      out_.push_back(p);
      if (type == LUA_TTABLE) visit_table();
      if (type == LUA_TFUNCTION) visit_upvalues();
      if (type == LUA_TTHREAD) visit_stack(lua_tothread(l_, -1));
    }
    lua_pop(l_, 1);
  }
  void visit_table() {
    if (lua_getmetatable(l_, -1) != 0) visit();
    lua_pushnil(l_);
    while (lua_next(l_, -2) != 0) {
      visit();                // the value
      lua_pushvalue(l_, -1);  // the key stays for lua_next
      visit();
    }
  }
  void visit_upvalues() {
    for (int i = 1; lua_getupvalue(l_, -1, i) != nullptr; ++i) visit();
  }
  void visit_stack(lua_State* thread) {
    const int top = lua_gettop(thread);
    for (int i = 1; i <= top; ++i) {
      lua_pushvalue(thread, i);
      if (thread != l_) lua_xmove(thread, l_, 1);
      visit();
    }
  }

  lua_State* l_;
  std::vector<const void*>& out_;
  std::set<const void*> seen_;
};

class SeenFactory final : public MachineFactory {
 public:
  SeenFactory(MachineFactory& inner, std::vector<const void*>& objects) : inner_(inner), objects_(objects) {}
  Status create(Context& child, Machine*& machine, std::string& error_text) override {
    const Status s = inner_.create(child, machine, error_text);
    if (s.ok()) Walk(static_cast<lua::LuaMachine*>(machine)->main_state(), objects_).run();
    return s;
  }

 private:
  MachineFactory& inner_;
  std::vector<const void*>& objects_;
};

}  // namespace

LuaScript::LuaScript() : hooks_(*this) {
  for (const bool stays : {false, true}) {
    auto p = std::make_shared<lua::LuaProgram>();
    p->entry_id = "guest:heap";
    p->method = stays ? "stays" : "ends";
    std::string error;
    if (!lua::compile(kSource, p->entry_id, p->bytecode, error).ok()) throw std::runtime_error(error);
    (stays ? stays_ : ends_) = std::move(p);
  }
  hooks_.print = count_end;
  hooks_.push_arguments = [](lua_State*, std::string_view) { return 0; };
}

SpawnResult LuaScript::spawn_staying(Context& self, std::vector<const void*>& objects) {
  lua::LuaFactory factory(stays_, hooks_, {}, 1);
  SeenFactory seen(factory, objects);
  return self.spawn(seen, {});
}

SpawnResult LuaScript::spawn_ending(Context& self) {
  lua::LuaFactory factory(ends_, hooks_, {}, 1);
  return self.spawn(factory, {});
}

void LuaScript::ends_in(Feast* feast) { g_feast.store_release(feast); }  // partner: count_end

Status LuaScript::make_machine(Context&, std::string_view, std::string_view, Machine*&, std::string&) {
  return Status::error(ErrorKind::kNotFound, "no such entry");
}

SpawnResult LuaScript::spawn(Context&, std::string_view, std::string_view, SpawnOptions) {
  SpawnResult r;
  r.status = Status::error(ErrorKind::kNotFound, "no such entry");
  return r;
}

}  // namespace wippy::guest
