// Memory per state, in bytes of the arena (x86-64, Lua 5.4.4): bare 3,806 (stock Lua's 4,987 less what decision
// 015 says); with sandbox and string metatable 4,022. The first
// use of a library adds about: print 54, string 1,300, table 740, math 3,076, coroutine 546, channel 544, os 530; process and
// time 56, a table more from the second use on. The machine takes 592. Seed 002's task worker, waiting: 6,095 in chunks of
// 6,656. The cap is enforced in allocate() below, the only allocator of a script; test
// Spawn.BareStateIsSmall holds the bound.
#include "lua/state.hpp"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "lua/base.hpp"
#include "lua/fatal.hpp"
#include "lua/machine.hpp"
#include "lua/preempt.hpp"
#include "lua/stdlib.hpp"

namespace wippy::lua {

namespace {

void* refuse(ProcessRoot& root, void* block, std::size_t bytes) noexcept {
  if (root.refused_bytes == bytes && root.refused_block == block) {
    // Lua has collected in between and asks again: this is the end.
    mark_fatal(root, Fatal::kMemory);
  }
  root.refused_block = block;
  root.refused_bytes = bytes;
  return nullptr;
}

void* allocate(void* ud, void* block, std::size_t old_bytes, std::size_t bytes) noexcept {
  ProcessRoot& root = *static_cast<ProcessRoot*>(ud);
  Arena& arena = root.machine()->arena();
  if (bytes == 0) {
    if (block != nullptr) arena.deallocate(block, old_bytes);
    return nullptr;
  }
  if (block == nullptr) old_bytes = 0;  // Lua passes a type tag there
  if (bytes > old_bytes) {
    const std::size_t extra = bytes - old_bytes;
    if (root.memory_limit != 0 && arena.used_bytes() + extra > root.memory_limit) return refuse(root, block, bytes);
  }
  const bool overflow = is_stack_overflow(root, block, bytes);
  void* const p = block == nullptr ? arena.allocate(bytes) : arena.reallocate(block, old_bytes, bytes);
  if (p == nullptr) return refuse(root, block, bytes);
  if (overflow) mark_fatal(root, Fatal::kStack);
  if (root.refused_bytes == bytes && root.refused_block == block) {
    root.refused_bytes = 0;
    root.refused_block = nullptr;
  }
  return p;
}

// While lua_newstate runs. Its first block, lua_State with the global state, is of a size that only Lua knows and is never
// freed: what its class has more than that is spare.
struct Birth {
  ProcessRoot& root;
  SpareBytes& spare;
};
void* allocate_first(void* ud, void* block, std::size_t old_bytes, std::size_t bytes) noexcept {
  const Birth& birth = *static_cast<Birth*>(ud);
  if (bytes != 0 && 2 * bytes == old_bytes && block != nullptr) {  // the string table: half of the block, where it is
    birth.root.machine()->arena().deallocate(static_cast<char*>(block) + bytes, bytes);
    return block;
  }
  void* const p = allocate(&birth.root, block, old_bytes, bytes);
  if (birth.spare.begin == nullptr && p != nullptr && bytes <= Arena::kSmallMax) {
    const std::size_t used = (bytes + 15) / 16 * 16;
    birth.spare = {static_cast<char*>(p) + used, Arena::class_bytes(Arena::class_of(bytes)) - used};
  }
  return p;
}

// liblua's own last step of lua_newstate: the reserved words, 22 strings of which only the compiler makes use, and no process
// ever compiles. The archive is linked with --wrap=luaX_init, so that the step is ours (docs/decisions/015): a process's state
// gets none of the words and the string table that its few names need; every other state gets what it always got.
extern "C" {
void real_luax_init(lua_State* L) asm("__real_luaX_init");
void resize_string_table(lua_State* L, int entries) asm("luaS_resize");
void own_luax_init(lua_State* L) asm("__wrap_luaX_init");
}
constexpr int kFirstStrings = 64;  // half of liblua's; it doubles by itself

#if defined(__SANITIZE_THREAD__)
// liblua is a fortified build and leaves by the checked longjmp, which ThreadSanitizer does not watch: its shadow stack would keep
// the frames that were left, and overflow after some ten thousand errors and yields.
extern "C" [[noreturn]] void watched_longjmp(std::jmp_buf buffer, int value) asm("__longjmp_chk");
extern "C" void watched_longjmp(std::jmp_buf buffer, int value) { std::longjmp(buffer, value); }
#endif

// Nothing of ours runs Lua unprotected; liblua would abort silently.
int panic(lua_State* L) {
  const char* text = lua_tostring(L, -1);
  std::fprintf(stderr, "wippy: unprotected error in Lua: %s\n", text != nullptr ? text : "(not a string)");
  std::abort();
}

int setup(lua_State* L) {
  lua_pushglobaltable(L);
  push_lazy_metatable(L);
  lua_setmetatable(L, -2);
  const lua_CFunction loader = [](lua_State* state) { return push_global(state, "string") ? 1 : 0; };
  install_string_metatable(L, loader, 0);  // each program adds its operators when it is loaded
  return 0;
}

}  // namespace

// Lua calls it under its own protection. [-0, +0, m]
extern "C" void own_luax_init(lua_State* L) {
  if (lua_getallocf(L, nullptr) != allocate_first) return real_luax_init(L);
  resize_string_table(L, kFirstStrings);
}

lua_State* create_state(ProcessRoot& root, SpareBytes& spare) noexcept {
  Birth birth{root, spare};
  lua_State* const L = lua_newstate(allocate_first, &birth);
  if (L == nullptr) return nullptr;
  lua_setallocf(L, allocate, &root);
  set_state_root(L, &root);
  lua_atpanic(L, panic);
  lua_gc(L, LUA_GCSTOP);
  lua_pushcfunction(L, setup);  // a light value: cannot raise
  const bool ready = lua_pcall(L, 0, 0, 0) == LUA_OK;
  lua_gc(L, LUA_GCRESTART);
  // A debt of minus 8 KiB: processes that live short lives end before their first collection.
  lua_gc(L, LUA_GCSTEP, -8);
  return ready ? L : nullptr;
}

int raise_fatal(lua_State* L) {
  SliceState& slice = root_of(L).slice;
  slice.killed = true;
  // A task that is left and never resumed: unwinding through every pcall around here would walk the whole call chain for each.
  if (slice_may_yield(L)) {
    return slice_yield(L, 0, [](lua_State* state, int, lua_KContext) { return raise_fatal(state); });
  }
  lua_sethook(L, kill_hook, LUA_MASKCOUNT, 1);
  lua_pushlightuserdata(L, const_cast<char*>(&kKillToken));
  return lua_error(L);
}

bool is_fatal(lua_State* L, int status) noexcept {
  ProcessRoot& root = root_of(L);
  if (status == LUA_ERRMEM) {
    if (!root.slice.killed) root.slice.fatal = Fatal::kMemory;
    root.slice.killed = true;
  }
  return root.slice.killed;
}

void rethrow(lua_State* L, int status) {
  if (status == LUA_OK) return;
  if (is_fatal(L, status)) raise_fatal(L);
  lua_error(L);
}

}  // namespace wippy::lua
