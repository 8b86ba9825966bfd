// libs: wippy_lua wippy_runtime wippy_cli
// editor/luals against the tables and objects that a process really has: nothing undocumented, nothing invented.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <lua5.4/lua.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "runtime/events/event_bus.hpp"
#include "runtime/files/directory.hpp"
#include "tests/unit/lua_process/lua_node.hpp"
#include "tests/unit/lua_process/luals_names.hpp"

namespace wippy::lua::test {
namespace {

using Names = std::set<std::string>;

// Prints a line for each name that exists. Objects and plain tables of the same class are looked at together.
constexpr const char* kProbe = R"(
local seen = {}
local function found(name)
  if not seen[name] then print(name) end
  seen[name] = true
end
local function fields(prefix, t)
  for k, v in pairs(t) do
    if type(k) == "string" then
      found(prefix .. "." .. k)
      if type(v) == "table" then fields(prefix .. "." .. k, v) end
    end
  end
end
local function ending(entry)
  local pid = process.spawn_linked_monitored(entry, "app:processes")
  local events = process.events()
  local first = events:receive()
  return first, entry == "app.test:fails" and events:receive() or nil
end
return { main = function()
  for _, name in ipairs(candidates) do
    local v = _G[name]
    if name == "io" then v = require("io") end  -- no global
    if v ~= nil then
      found(name)
      if type(v) == "table" and v ~= _G then fields(name, v) end
    end
  end
  process.set_options({ trap_links = true })
  process.send(process.pid(), "topic", 1)
  local box, full = process.inbox(), channel.new(1)
  full:send(1)
  local objects = {
    Channel = box, Case = box:case_receive(), Error = errors.new("x"), Payload = payload.new(nil), Message = box:receive(),
    Duration = time.seconds(1), Time = time.now(), Timer = time.timer("1h"), Ticker = time.ticker("1h"), Location = time.utc,
    Logger = logger:named("x"), SpawnBuilder = process.with_context({ k = 1 }),
    Actor = security.new_actor("x"), Scope = security.new_scope(), Type = integer,
    Policy = security.policy("app.sec:everything"),
    Future = funcs.async("app.test:returns"), Executor = funcs.new(), Snapshot = registry.snapshot(),
    Changes = registry.snapshot():changes(), Version = registry.current_version(),
    EventSubscription = events.subscribe("x"), Filesystem = fs.get("app:fs"), File = fs.get("app:fs"):open("x", "w+"),
  }
  for class, object in pairs(objects) do
    for _, name in ipairs(candidates) do
      local ok, member = pcall(function() return object[name] end)
      if ok and member ~= nil and not (class == "Error" and string[name]) then found(class .. ":" .. name) end
    end
  end
  local subscription = events.subscribe("y")
  events.send("y", "k", "p", 1)
  local bus_event = subscription:channel():receive()
  local good = ending("app.test:returns")
  local bad, down = ending("app.test:fails")
  process.cancel(process.pid(), "60s")
  local cancel = process.events():receive()
  local plain = {
    Event = { good, bad, down, cancel }, Result = { good.result, bad.result }, Options = { process.get_options() },
    Selected = { channel.select({ full:case_receive() }), channel.select({ full:case_receive(), default = true }) },
    ErrorFrame = { errors.call_stack(errors.new("x")).frames[1] }, UuidFields = { uuid.parse(uuid.v1()) },
    Date = { os.date("*t") }, BusEvent = { bus_event },
    FileStat = { fs.get("app:fs"):stat("x") }, DirectoryItem = fs.get("app:fs"):list(),
  }
  for class, tables in pairs(plain) do
    for i = 1, 4 do
      for k in pairs(tables[i] or {}) do found(class .. "." .. k) end
    end
  end
  return true
end }
)";

std::string source_dir() {
  const char* root = std::getenv("WIPPY_SOURCE_DIR");
  return root != nullptr ? root : ".";
}

Names real_names() {
  LuaNode node;
  node.make_current();
  ScriptEntry e;
  e.id = "app.test:probe";
  e.modules = module_names();
  e.source = "local candidates = {";
  for (const std::string& n : quoted_names(source_dir() + "/lua")) e.source += "\"" + n + "\",";
  e.source += std::string("}\n") + kProbe;
  EXPECT_EQ(node.add(e), "");
  ScriptEntry worker;
  worker.id = "app.test:returns";
  worker.source = "return { main = function() return 1 end }";
  EXPECT_EQ(node.add(worker), "");
  worker.id = "app.test:fails";
  worker.source = "return { main = function() error('x') end }";
  EXPECT_EQ(node.add(worker), "");
  EventBus bus(node.node().runtime().node());
  files::FileSystems filesystems;
  std::string folder = ::testing::TempDir() + "wippy-luals-XXXXXX";
  int error = 0;
  EXPECT_NE(mkdtemp(folder.data()), nullptr);
  filesystems.add("app:fs", files::Directory::open(folder, error));
  node.hooks().events = &bus;
  node.hooks().files = &filesystems;
  const LuaNode::Ending end = node.run(e.id);
  std::filesystem::remove_all(folder);
  EXPECT_FALSE(end.abnormal) << end.text;
  EXPECT_EQ(end.text, "true");
  Names out;
  std::istringstream lines(LuaNode::lines());
  for (std::string line; std::getline(lines, line);) out.insert(line);
  return out;
}

// Of Lua's own libraries that the add-on leaves to LuaLS: "string", "string.format", ….
Names stock_names() {
  Names out;
  lua_State* L = luaL_newstate();
  luaL_openlibs(L);
  for (const char* library : {"string", "table", "math", "utf8", "coroutine"}) {
    out.insert(library);
    lua_getglobal(L, library);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
      out.insert(std::string(library) + "." + lua_tostring(L, -2));
  }
  lua_close(L);
  return out;
}

Names without(const Names& from, const Names& what) {
  Names out;
  std::set_difference(from.begin(), from.end(), what.begin(), what.end(), std::inserter(out, out.end()));
  return out;
}

TEST(LuaLs, DeclaresWhatExists) {
  const Names declared = DeclaredNames(source_dir() + "/editor/luals/library").names();
  const Names real = real_names();
  ASSERT_GT(real.size(), 150u);
  EXPECT_EQ(without(without(real, declared), stock_names()), Names{}) << "exist, but are not declared";
  EXPECT_EQ(without(declared, real), Names{}) << "are declared, but do not exist";
}

TEST(LuaLs, ReadsNamesOfEveryForm) {
  const Names declared = DeclaredNames(source_dir() + "/editor/luals/library").names();
  for (const char* n :
       {"assert", "_G", "os", "os.platform", "process.event.EXIT", "process.registry.lookup", "Timer:stop",
        "Event.deadline", "logger", "logger.info", "Logger:info", "coroutine.spawn", "payload.format.JSON"}) {
    EXPECT_TRUE(declared.contains(n)) << n;
  }
  const Names quoted = quoted_names(source_dir() + "/lua");
  for (const char* n : {"transcode", "nanosecond", "case_send", "_VERSION", "NOT_FOUND"}) {
    EXPECT_TRUE(quoted.contains(n)) << n;
  }
}

// The add-on's files are Lua, and its settings JSON that names no library twice.
TEST(LuaLs, FilesAreWellFormed) {
  const std::string folder = source_dir() + "/editor/luals";
  const auto config = nlohmann::json::parse(read_file(folder + "/config.json"));
  EXPECT_EQ(config["settings"]["Lua.runtime.version"], "Lua 5.4");
  for (const char* library : {"basic", "os"})
    EXPECT_EQ(config["settings"]["Lua.runtime.builtin"][library], "disable") << "declared by the add-on itself";
  lua_State* L = luaL_newstate();
  for (const std::string& path : sorted_files(folder + "/library", ".lua")) {
    EXPECT_EQ(luaL_loadfile(L, path.c_str()), LUA_OK) << lua_tostring(L, -1);
    EXPECT_EQ(read_file(path).rfind("---@meta", 0), 0u) << path;
    lua_pop(L, 1);
  }
  lua_close(L);
}

}  // namespace
}  // namespace wippy::lua::test
