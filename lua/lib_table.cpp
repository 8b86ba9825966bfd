// The table library but sort. Loops are sliced; their whole state is the continuation's ctx (an index) and the Lua stack.
#include <climits>

#include "lua/slice.hpp"
#include "lua/stdlib.hpp"
#include "lua/table_args.hpp"
#include "lua/table_sort.hpp"
#include "lua/text_sink.hpp"

namespace wippy::lua {
namespace {

constexpr int64_t kStepsPerPoll = 2048;

// t[to] = t[from] [-0, +0, e]
void copy_element(lua_State* L, int from_table, lua_Integer from, int to_table, lua_Integer to) {
  lua_geti(L, from_table, from);
  lua_seti(L, to_table, to);
}

// ---- insert. Stack: 1 table, 2 position, 3 value. ctx: the free place, above the position.

int insert_loop(lua_State* L, int, lua_KContext ctx) {
  const lua_Integer position = lua_tointeger(L, 2);
  int64_t steps = kStepsPerPoll;
  for (lua_Integer i = ctx; i > position; --i) {
    if (--steps == 0) {
      steps = kStepsPerPoll;
      if (slice_must_yield(L)) return slice_yield(L, static_cast<lua_KContext>(i), insert_loop);
    }
    copy_element(L, 1, i - 1, 1, i);
  }
  lua_seti(L, 1, position);
  return 0;
}

int table_insert(lua_State* L) {
  const auto end = static_cast<lua_Integer>(static_cast<lua_Unsigned>(check_length(L, true)) + 1);
  switch (lua_gettop(L)) {
    case 2: lua_seti(L, 1, end); return 0;
    case 3: {
      const lua_Integer position = luaL_checkinteger(L, 2);
      const bool inside = static_cast<lua_Unsigned>(position) - 1u < static_cast<lua_Unsigned>(end);
      luaL_argcheck(L, inside, 2, "position out of bounds");
      lua_pushinteger(L, position);
      lua_replace(L, 2);
      return insert_loop(L, LUA_OK, static_cast<lua_KContext>(end));
    }
    default: return luaL_error(L, "wrong number of arguments to 'insert'");
  }
}

// ---- remove. Stack: 1 table, 2 length, 3 result. ctx: the free place.

int remove_loop(lua_State* L, int, lua_KContext ctx) {
  const lua_Integer length = lua_tointeger(L, 2);
  int64_t steps = kStepsPerPoll;
  lua_Integer i = ctx;
  for (; i < length; ++i) {
    if (--steps == 0) {
      steps = kStepsPerPoll;
      if (slice_must_yield(L)) return slice_yield(L, static_cast<lua_KContext>(i), remove_loop);
    }
    copy_element(L, 1, i + 1, 1, i);
  }
  lua_pushnil(L);
  lua_seti(L, 1, i);
  return 1;
}

int table_remove(lua_State* L) {
  const lua_Integer length = check_length(L, true);
  const lua_Integer position = luaL_optinteger(L, 2, length);
  if (position != length) {
    const bool inside = static_cast<lua_Unsigned>(position) - 1u <= static_cast<lua_Unsigned>(length);
    luaL_argcheck(L, inside, 1, "position out of bounds");
  }
  lua_settop(L, 1);
  lua_pushinteger(L, length);
  lua_geti(L, 1, position);
  return remove_loop(L, LUA_OK, static_cast<lua_KContext>(position));
}

// ---- move. Stack: 1 source, 2 first, 3 last, 4 target index, 5 target table. ctx: how many are moved,
// or its complement when moving downwards.

int move_loop(lua_State* L, int, lua_KContext ctx) {
  const lua_Integer first = lua_tointeger(L, 2);
  const lua_Integer last = lua_tointeger(L, 3);
  const lua_Integer target = lua_tointeger(L, 4);
  const bool upwards = ctx >= 0;
  const lua_Integer count = last - first + 1;
  int64_t steps = kStepsPerPoll;
  for (lua_Integer done = upwards ? ctx : ~ctx; done < count; ++done) {
    if (--steps == 0) {
      steps = kStepsPerPoll;
      if (slice_must_yield(L)) return slice_yield(L, upwards ? done : ~done, move_loop);
    }
    const lua_Integer i = upwards ? done : count - 1 - done;
    copy_element(L, 1, first + i, 5, target + i);
  }
  return 1;
}

int table_move(lua_State* L) {
  const lua_Integer first = luaL_checkinteger(L, 2);
  const lua_Integer last = luaL_checkinteger(L, 3);
  const lua_Integer target = luaL_checkinteger(L, 4);
  const int target_arg = lua_isnoneornil(L, 5) ? 1 : 5;
  check_table_like(L, 1, true, false, false);
  check_table_like(L, target_arg, false, true, false);
  if (last < first) {
    lua_pushvalue(L, target_arg);
    return 1;
  }
  luaL_argcheck(L, first > 0 || last < LUA_MAXINTEGER + first, 3, "too many elements to move");
  luaL_argcheck(L, target <= LUA_MAXINTEGER - (last - first + 1) + 1, 4, "destination wrap around");
  lua_settop(L, 5);
  if (target_arg == 1) {
    lua_pushvalue(L, 1);
    lua_replace(L, 5);
  }
  const lua_Integer numbers[] = {first, last, target};
  for (int i = 0; i < 3; ++i) {
    lua_pushinteger(L, numbers[i]);
    lua_replace(L, i + 2);
  }
  const bool upwards = target > last || target <= first || (target_arg != 1 && !lua_compare(L, 1, 5, LUA_OPEQ));
  return move_loop(L, LUA_OK, upwards ? 0 : ~0);
}

// ---- concat. Stack: 1 table, 2 separator, 3 last, 4 text sink.

struct ConcatState {
  lua_Integer next;
};

int resume_concat(lua_State* L, int, lua_KContext);

// Builds until done (true) or the slice is over. [-0, +(1|0), v]
[[gnu::noinline]] bool concat_run(lua_State* L, const ConcatState* first) {
  TextSink sink(L, 4);
  const lua_Integer last = lua_tointeger(L, 3);
  size_t separator_length;
  const char* separator = lua_tolstring(L, 2, &separator_length);
  int64_t steps = kStepsPerPoll;
  lua_Integer i = first != nullptr ? first->next : sink.parked<ConcatState>().next;
  for (; i <= last; ++i) {
    lua_geti(L, 1, i);
    if (!lua_isstring(L, -1)) {
      luaL_error(L, "invalid value (%s) at index %I in table for 'concat'", luaL_typename(L, -1),
                 static_cast<LUAI_UACINT>(i));
    }
    size_t length;
    const char* text = lua_tolstring(L, -1, &length);
    sink.append(text, length);
    lua_pop(L, 1);
    if (i == last) break;  // also keeps i from overflowing
    sink.append(separator, separator_length);
    steps -= 1 + static_cast<int64_t>((length + separator_length) >> 7);
    if (steps > 0) continue;
    steps = kStepsPerPoll;
    if (!slice_must_yield(L)) continue;
    sink.park(ConcatState{i + 1});
    return false;
  }
  sink.push_result();
  return true;
}

int resume_concat(lua_State* L, int, lua_KContext) {
  return concat_run(L, nullptr) ? 1 : slice_yield(L, 0, resume_concat);
}

int table_concat(lua_State* L) {
  const lua_Integer length = check_length(L, false);
  size_t separator_length;
  luaL_optlstring(L, 2, "", &separator_length);
  const ConcatState state{luaL_optinteger(L, 3, 1)};
  const lua_Integer last = luaL_optinteger(L, 4, length);
  lua_settop(L, 2);
  if (lua_isnil(L, 2)) {
    lua_pushliteral(L, "");
    lua_replace(L, 2);
  }
  lua_pushinteger(L, last);
  lua_pushnil(L);
  return concat_run(L, &state) ? 1 : slice_yield(L, 0, resume_concat);
}

// ---- pack, unpack, create

int table_pack(lua_State* L) {
  const int count = lua_gettop(L);
  lua_createtable(L, count, 1);
  lua_insert(L, 1);
  for (int i = count; i >= 1; --i) lua_seti(L, 1, i);
  lua_pushinteger(L, count);
  lua_setfield(L, 1, "n");
  return 1;
}

int table_unpack(lua_State* L) {
  const lua_Integer first = luaL_optinteger(L, 2, 1);
  const lua_Integer last = lua_isnoneornil(L, 3) ? luaL_len(L, 1) : luaL_checkinteger(L, 3);
  if (first > last) return 0;
  const lua_Unsigned more = static_cast<lua_Unsigned>(last) - static_cast<lua_Unsigned>(first);
  if (more >= INT_MAX || !lua_checkstack(L, static_cast<int>(more) + 1))
    return luaL_error(L, "too many results to unpack");
  for (lua_Unsigned i = 0; i <= more; ++i) lua_geti(L, 1, first + static_cast<lua_Integer>(i));
  return static_cast<int>(more) + 1;
}

int table_create(lua_State* L) {
  const lua_Integer elements = luaL_checkinteger(L, 1);
  const lua_Integer fields = luaL_optinteger(L, 2, 0);
  luaL_argcheck(L, 0 <= elements && elements <= INT_MAX, 1, "out of range");
  luaL_argcheck(L, 0 <= fields && fields <= INT_MAX, 2, "out of range");
  lua_createtable(L, static_cast<int>(elements), static_cast<int>(fields));
  return 1;
}

const luaL_Reg kTable[] = {
    {"concat", table_concat}, {"insert", table_insert}, {"remove", table_remove},
    {"move", table_move},     {"pack", table_pack},     {"unpack", table_unpack},
    {"sort", table_sort},     {"create", table_create}, {nullptr, nullptr},
};

}  // namespace

int open_table(lua_State* L) {
  luaL_newlib(L, kTable);
  return 1;
}

}  // namespace wippy::lua
