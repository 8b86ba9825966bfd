// The metrics module (host.md §10.2): what scripts count, shown at /metrics beside the runtime's own.
#include <string_view>

#include "lua/error_object.hpp"
#include "lua/library.hpp"
#include "lua/process_args.hpp"
#include "lua/state.hpp"
#include "lua/task.hpp"
#include "runtime/metrics/metrics.hpp"

namespace wippy::lua {

namespace {

using Change = Metrics::Change;

// The labels of the table at `index` as views into strings that stay on the stack. -1: nil and the error are pushed.
// [-0, +?, m]
int read_labels(lua_State* L, int index, const char* function, MetricLabel* out) {
  if (lua_isnoneornil(L, index)) return 0;
  if (!lua_istable(L, index)) return return_errorf(L, ErrorKind::kInvalid, "%s: labels must be a table", function), -1;
  luaL_checkstack(L, 2 * static_cast<int>(Metrics::kMostLabels) + LUA_MINSTACK, nullptr);
  int count = 0;
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    const int type = lua_type(L, -1);
    if (lua_type(L, -2) != LUA_TSTRING || (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN))
      return return_errorf(L, ErrorKind::kInvalid, "%s: labels are texts by name", function), -1;
    if (count == static_cast<int>(Metrics::kMostLabels))
      return return_errorf(L, ErrorKind::kInvalid, "%s: more than %d labels", function, count), -1;
    std::size_t bytes = 0;
    const char* const value = luaL_tolstring(L, -1, &bytes);
    out[count].value = {value, bytes};
    lua_remove(L, -2);  // the text instead of the value; it stays
    const char* const name = lua_tolstring(L, -2, &bytes);
    out[count].name = {name, bytes};
    ++count;
    lua_pushvalue(L, -2);  // the key, for lua_next
  }
  return count;
}

// name, value (unless it is given), labels? -> true | nil, error [-0, +(1|2), e]
int change(lua_State* L, const char* function, Change kind, bool takes_value, double value) {
  std::string_view name;
  if (lua_type(L, 1) != LUA_TSTRING || !text_argument(L, 1, name) || name.empty())
    return return_errorf(L, ErrorKind::kInvalid, "%s: a name is required", function);
  if (takes_value) {
    int is_number = 0;
    value = lua_tonumberx(L, 2, &is_number);
    if (is_number == 0 || lua_type(L, 2) != LUA_TNUMBER)
      return return_errorf(L, ErrorKind::kInvalid, "%s: a number is required", function);
  }
  MetricLabel labels[Metrics::kMostLabels];
  lua_settop(L, takes_value ? 3 : 2);
  const int count = read_labels(L, takes_value ? 3 : 2, function, labels);
  if (count < 0) return 2;
  Metrics* const metrics = root_of(L).hooks->metrics;
  if (metrics == nullptr) return return_error(L, ErrorKind::kUnavailable, "no metrics here");
  return return_done(L, metrics->change(kind, name, {labels, static_cast<std::size_t>(count)}, value));
}

int counter_inc(lua_State* L) { return change(L, "metrics.counter_inc", Change::kCount, false, 1); }
int counter_add(lua_State* L) { return change(L, "metrics.counter_add", Change::kCount, true, 0); }
int gauge_set(lua_State* L) { return change(L, "metrics.gauge_set", Change::kSet, true, 0); }
int gauge_inc(lua_State* L) { return change(L, "metrics.gauge_inc", Change::kAdd, false, 1); }
int gauge_dec(lua_State* L) { return change(L, "metrics.gauge_dec", Change::kAdd, false, -1); }
int histogram(lua_State* L) { return change(L, "metrics.histogram", Change::kObserve, true, 0); }

}  // namespace

constexpr LibraryEntry kMetricsLibrary[] = {
    {"counter_inc", counter_inc}, {"counter_add", counter_add}, {"gauge_set", gauge_set}, {"gauge_inc", gauge_inc},
    {"gauge_dec", gauge_dec},     {"histogram", histogram},     {nullptr, nullptr},
};

}  // namespace wippy::lua
