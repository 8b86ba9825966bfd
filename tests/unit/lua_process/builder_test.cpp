// libs: wippy_lua wippy_runtime wippy_cli
// Security actors and scopes on their way through SpawnBuilder. The library `sec` makes them and says what a process has, and who
// else holds them.
#include "lua/security_object.hpp"
#include "lua/state.hpp"
#include "lua/task.hpp"
#include "runtime/process/security.hpp"
#include "tests/unit/lua_process/lua_node.hpp"

namespace wippy {

namespace lua::test {
namespace {

std::shared_ptr<const Actor> g_actor;
std::shared_ptr<const Scope> g_scope;

int sec_actor(lua_State* L) { return push_actor(L, g_actor), 1; }
int sec_scope(lua_State* L) { return push_scope(L, g_scope), 1; }
int sec_uses(lua_State* L) { return lua_pushinteger(L, g_actor.use_count()), 1; }

// "actor scope" of the calling process, 0 for none
int sec_who(lua_State* L) {
  const FramePtr& frame = context_of(L).frame();
  const lua_Integer actor = frame != nullptr && frame->actor() == g_actor ? 7 : 0;
  const lua_Integer scope = frame != nullptr && frame->scope() == g_scope ? 8 : 0;
  lua_pushfstring(L, "%I %I", static_cast<LUAI_UACINT>(actor), static_cast<LUAI_UACINT>(scope));
  return 1;
}

constexpr LibraryEntry kSec[] = {
    {"actor", sec_actor}, {"scope", sec_scope}, {"uses", sec_uses}, {"who", sec_who}, {nullptr, nullptr},
};

// Lets those who act under it do what the tests do.
class AllowsAll final : public Policy {
 public:
  AllowsAll() : Policy("app:all", false) {}
  Decision evaluate(const Actor&, std::string_view, std::string_view, const Attributes&) const noexcept override {
    return Decision::kAllow;
  }
};

class Builder : public ::testing::Test {
 protected:
  Builder() {
    g_actor = std::make_shared<const Actor>("user:7", "");
    g_scope = std::make_shared<const Scope>(std::vector<PolicyPtr>{std::make_shared<const AllowsAll>()});
  }
  void add(const std::string& id, const std::string& source) {
    ScriptEntry e;
    e.id = id;
    e.source = source;
    EXPECT_EQ(node_->add(e), "");
  }
  // What the body of a main returns, in a runtime of its own.
  std::string run(const std::string& body) {
    node_.reset();
    node_ = std::make_unique<LuaNode>();
    node_->make_current();
    StandardHooks& hooks = node_->hooks();
    libraries_.assign(hooks.libraries, hooks.libraries + hooks.library_count);
    libraries_.push_back({"sec", nullptr, true, kSec});
    hooks.libraries = libraries_.data();
    hooks.library_count = libraries_.size();
    add("app:who", "return { main = function() return sec.who() end }");
    add("app:asks", R"(return { main = function() return process.exec("app:who", "app:processes") end })");
    add("app:adds", R"(return { main = function()
      process.with_context({ k = 1 }):spawn_monitored("app:who", "app:processes")
      return process.events():receive().value
    end })");
    add("app:main", R"(local function spawned(b, id)
      b:spawn_monitored(id, "app:processes")
      return process.events():receive().value
    end
    return { main = function() )" +
                        body + " end }");
    const LuaNode::Ending end = node_->run("app:main");
    return (end.abnormal ? "failed: " : "") + end.text;
  }
  std::vector<LuaLibrary> libraries_;
  std::unique_ptr<LuaNode> node_;
};

TEST_F(Builder, C217_C218_ActorAndScopeAreCarriedAndInherited) {
  EXPECT_EQ(run("return sec.who()"), "0 0");
  const std::string b = "local b = process.with_context({})\n";
  EXPECT_EQ(run(b + "return spawned(b, 'app:who')"), "0 0");
  EXPECT_EQ(run(b + "return spawned(b:with_actor(sec.actor()), 'app:who')"), "7 0");
  EXPECT_EQ(run(b + "return spawned(b:with_scope(sec.scope()), 'app:who')"), "0 8");
  const std::string both = b + "local both = b:with_actor(sec.actor()):with_scope(sec.scope())\n";
  EXPECT_EQ(run(both + "return spawned(both, 'app:who')"), "7 8");
  EXPECT_EQ(run(both + "return spawned(both:with_context({x = 1}):with_name('n'):with_message('t'), 'app:who')"),
            "7 8");
  EXPECT_EQ(run(both + "return spawned(both, 'app:asks')"), "7 8") << "exec";
  EXPECT_EQ(run(both + "return spawned(both, 'app:adds')"), "7 8") << "a builder of the child's own";
  EXPECT_EQ(run(both + "return spawned(b, 'app:who')"), "0 0") << "the first builder is unchanged";
  EXPECT_EQ(run(b + "return tostring(pcall(b.with_actor, b, sec.scope()))"), "false") << "a scope is no actor";
  EXPECT_EQ(run(b + "return tostring(pcall(b.with_scope, b, sec.actor()))"), "false");
}

// Neither a collected object nor a process that ends with some in its hands keeps a reference.
TEST_F(Builder, ObjectsLetGo) {
  EXPECT_EQ(run(R"(local kept = sec.actor()
    for _ = 1, 20000 do sec.actor() end
    collectgarbage() collectgarbage()
    return sec.uses())"),
            "2")
      << "the test's and the kept one's";
  run("for _ = 1, 10 do process.with_context({}):with_actor(sec.actor()):spawn('app:who', 'app:processes') end");
  ASSERT_TRUE(node_->node().empties());
  EXPECT_LE(node_->node().runtime().stop(0), 1u);  // blocks of the dead are freed by then, and with them their frames
  EXPECT_EQ(g_actor.use_count(), 1);
}

// Builders are of Lua's own memory: a loop that makes them does not grow.
TEST_F(Builder, ManyBuildersDoNotAddUp) {
  EXPECT_EQ(run(R"(local function some() for i = 1, 2000 do
        process.with_context({ k = i, deep = { i } }):with_name("n" .. i):with_message("t", i):with_message("u", i)
      end collectgarbage() collectgarbage() return collectgarbage("count") end
    local first = some()
    local second = some()
    return second < first + 16)"),
            "true");
}

}  // namespace
}  // namespace lua::test
}  // namespace wippy
