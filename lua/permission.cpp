#include "lua/permission.hpp"

#include "lua/error_object.hpp"
#include "lua/task.hpp"

namespace wippy::lua {

bool permitted(lua_State* L, std::string_view action, std::string_view resource, const char* what,
               const CheckAttributes& attributes) {
  if (check_permission(context_of(L), action, resource, attributes)) return true;
  lua_pushlstring(L, resource.data(), resource.size());
  return_errorf(L, ErrorKind::kPermissionDenied, "%s%s", what, lua_tostring(L, -1));
  lua_remove(L, -3);
  return false;
}

}  // namespace wippy::lua
