// table.sort: (1) the elements are copied into a snapshot table, (2) a permutation of them (or, when all are integers or all
// floats and there is no comparator, the numbers themselves) is sorted in a userdata, (3) the result is stored back. Each
// phase is sliced. The table keeps its old order until phase 3, whatever the comparator does or raises.
#include <climits>
#include <type_traits>

#include "lua/slice.hpp"
#include "lua/stdlib.hpp"
#include "lua/table_args.hpp"
#include "lua/table_sort.hpp"

namespace wippy::lua {
namespace {

// Stack: 1 table, 2 comparator or nil, 3 SortState, 4 snapshot, 5 items.
constexpr int kStateSlot = 3;
constexpr int kSnapshotSlot = 4;
constexpr int kItemsSlot = 5;
constexpr int64_t kStepsPerPoll = 4096;

enum class Keys : uint8_t { kPermutation, kIntegers, kFloats };
enum class Phase : uint8_t { kLoad, kFill, kSort, kStore };

struct SortState {
  size_t n;
  size_t i;  // elements done; not in kSort
  Phase phase;
  Keys keys;
  bool all_integers;
  bool all_floats;
  union {
    Merge<uint32_t> permutation;
    Merge<lua_Integer> integers;
    Merge<lua_Number> floats;
  };
};
static_assert(std::is_trivially_copyable_v<SortState>);

SortState& sort_state(lua_State* L) noexcept { return *static_cast<SortState*>(lua_touserdata(L, kStateSlot)); }

// Each phase function: true when the phase is done, false when the slice is over.

// [-0, +0, e]
bool load(lua_State* L, SortState& state, int64_t& steps) {
  while (state.i < state.n) {
    const auto index = static_cast<lua_Integer>(++state.i);
    lua_geti(L, 1, index);
    const bool is_number = lua_type(L, -1) == LUA_TNUMBER;
    const bool is_integer = is_number && lua_isinteger(L, -1);
    state.all_integers = state.all_integers && is_integer;
    state.all_floats = state.all_floats && is_number && !is_integer;
    lua_rawseti(L, kSnapshotSlot, index);
    if (--steps > 0) continue;
    steps = kStepsPerPoll;
    if (slice_must_yield(L)) return false;
  }
  return true;
}

// Chooses what to sort and makes room for it in the items slot. [-0, +0, m]
void make_items(lua_State* L, SortState& state) {
  const bool natural = lua_isnil(L, 2);
  state.keys = natural && state.all_integers ? Keys::kIntegers
               : natural && state.all_floats ? Keys::kFloats
                                             : Keys::kPermutation;
  const size_t item_size = state.keys == Keys::kPermutation ? sizeof(uint32_t) : sizeof(lua_Integer);
  lua_newuserdatauv(L, 2 * state.n * item_size, 0);
  lua_replace(L, kItemsSlot);
  switch (state.keys) {
    case Keys::kIntegers: state.integers.start(state.n); break;
    case Keys::kFloats: state.floats.start(state.n); break;
    case Keys::kPermutation: state.permutation.start(state.n); break;
  }
}

// [-0, +0, -]
void fill_item(lua_State* L, Keys keys, void* items, size_t i) {
  if (keys == Keys::kPermutation) {
    static_cast<uint32_t*>(items)[i] = static_cast<uint32_t>(i);
    return;
  }
  lua_rawgeti(L, kSnapshotSlot, static_cast<lua_Integer>(i) + 1);
  if (keys == Keys::kIntegers) {
    static_cast<lua_Integer*>(items)[i] = lua_tointeger(L, -1);
  } else {
    static_cast<lua_Number*>(items)[i] = lua_tonumber(L, -1);
  }
  lua_pop(L, 1);
}

// [-0, +0, v]
bool fill(lua_State* L, SortState& state, int64_t& steps) {
  void* items = lua_touserdata(L, kItemsSlot);
  while (state.i < state.n) {
    fill_item(L, state.keys, items, state.i++);
    if (--steps > 0) continue;
    steps = kStepsPerPoll;
    if (slice_must_yield(L)) return false;
  }
  return true;
}

template <class T>
bool sort_numbers(lua_State* L, Merge<T>& merge, int64_t& steps) {
  auto* items = static_cast<T*>(lua_touserdata(L, kItemsSlot));
  while (merge.next(items, steps)) {
    merge.take(items, merge.right(items) < merge.left(items));
    if (--steps > 0) continue;
    steps = 4 * kStepsPerPoll;
    if (slice_must_yield(L)) return false;
  }
  return true;
}

// Pushes the two elements in question, right first: the question is "right < left?". [-0, +2, -]
void push_pair(lua_State* L, const Merge<uint32_t>& merge, const uint32_t* items) {
  lua_rawgeti(L, kSnapshotSlot, lua_Integer{merge.right(items)} + 1);
  lua_rawgeti(L, kSnapshotSlot, lua_Integer{merge.left(items)} + 1);
}

// [-0, +0, e]
bool sort_natural(lua_State* L, Merge<uint32_t>& merge, int64_t& steps) {
  auto* items = static_cast<uint32_t*>(lua_touserdata(L, kItemsSlot));
  while (merge.next(items, steps)) {
    push_pair(L, merge, items);
    const bool right_first = lua_compare(L, -2, -1, LUA_OPLT) != 0;
    lua_pop(L, 2);
    merge.take(items, right_first);
    steps -= 8;
    if (steps > 0) continue;
    steps = kStepsPerPoll;
    if (slice_must_yield(L)) return false;
  }
  return true;
}

int sort_loop(lua_State* L, int, lua_KContext);
int after_comparison(lua_State* L, int, lua_KContext);

// Asks the comparator; a yield inside it goes on in after_comparison. [-0, +0, e]
bool sort_called(lua_State* L, Merge<uint32_t>& merge, int64_t& steps) {
  auto* items = static_cast<uint32_t*>(lua_touserdata(L, kItemsSlot));
  while (merge.next(items, steps)) {
    lua_pushvalue(L, 2);
    push_pair(L, merge, items);
    lua_callk(L, 2, 1, 0, after_comparison);
    merge.take(items, lua_toboolean(L, -1) != 0);
    lua_pop(L, 1);
    steps -= 16;
    if (steps > 0) continue;
    steps = kStepsPerPoll;
    if (slice_must_yield(L)) return false;
  }
  return true;
}

int after_comparison(lua_State* L, int, lua_KContext) {
  sort_state(L).permutation.take(static_cast<uint32_t*>(lua_touserdata(L, kItemsSlot)), lua_toboolean(L, -1) != 0);
  lua_pop(L, 1);
  return sort_loop(L, LUA_OK, 0);
}

// [-0, +0, e]
bool sort_phase(lua_State* L, SortState& state, int64_t& steps) {
  switch (state.keys) {
    case Keys::kIntegers: return sort_numbers(L, state.integers, steps);
    case Keys::kFloats: return sort_numbers(L, state.floats, steps);
    default: break;
  }
  return lua_isnil(L, 2) ? sort_natural(L, state.permutation, steps) : sort_called(L, state.permutation, steps);
}

// [-0, +0, e]
bool store(lua_State* L, SortState& state, int64_t& steps) {
  const void* items = lua_touserdata(L, kItemsSlot);
  while (state.i < state.n) {
    const size_t i = state.i++;
    switch (state.keys) {
      case Keys::kIntegers: lua_pushinteger(L, state.integers.source(static_cast<const lua_Integer*>(items))[i]); break;
      case Keys::kFloats: lua_pushnumber(L, state.floats.source(static_cast<const lua_Number*>(items))[i]); break;
      case Keys::kPermutation:
        lua_rawgeti(L, kSnapshotSlot,
                    lua_Integer{state.permutation.source(static_cast<const uint32_t*>(items))[i]} + 1);
        break;
    }
    lua_seti(L, 1, static_cast<lua_Integer>(i) + 1);
    if (--steps > 0) continue;
    steps = kStepsPerPoll;
    if (slice_must_yield(L)) return false;
  }
  return true;
}

int sort_loop(lua_State* L, int, lua_KContext) {
  SortState& state = sort_state(L);
  int64_t steps = kStepsPerPoll;
  if (state.phase == Phase::kLoad) {
    if (!load(L, state, steps)) return slice_yield(L, 0, sort_loop);
    make_items(L, state);
    state.phase = Phase::kFill;
    state.i = 0;
  }
  if (state.phase == Phase::kFill) {
    if (!fill(L, state, steps)) return slice_yield(L, 0, sort_loop);
    state.phase = Phase::kSort;
  }
  if (state.phase == Phase::kSort) {
    if (!sort_phase(L, state, steps)) return slice_yield(L, 0, sort_loop);
    state.phase = Phase::kStore;
    state.i = 0;
  }
  return store(L, state, steps) ? 0 : slice_yield(L, 0, sort_loop);
}

}  // namespace

int table_sort(lua_State* L) {
  const lua_Integer n = check_length(L, true);
  if (n <= 1) return 0;
  luaL_argcheck(L, n < INT_MAX, 1, "array too big");
  if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  auto* state = static_cast<SortState*>(lua_newuserdatauv(L, sizeof(SortState), 0));
  state->n = static_cast<size_t>(n);
  state->i = 0;
  state->phase = Phase::kLoad;
  state->all_integers = state->all_floats = true;
  constexpr lua_Integer kPreallocated = 1 << 16;  // __len may promise anything
  lua_createtable(L, static_cast<int>(n < kPreallocated ? n : kPreallocated), 0);
  lua_pushnil(L);
  return sort_loop(L, LUA_OK, 0);
}

}  // namespace wippy::lua
