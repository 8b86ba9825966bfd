// Error objects (spec/process.md §5) and the ways in which host functions report failure.
//
// The object: kind and retryable in the userdata, message, details and stack as user values. Details are a private copy.
// The stack is text, one line a frame: "source:line: in function 'name'", and crosses process borders with the object.
#pragma once

#include <cstdint>
#include <string_view>

#include <lua5.4/lua.hpp>

#include "lua/user_type.hpp"
#include "mailbox/values.hpp"
#include "memory/status.hpp"

namespace wippy::lua {

struct ErrorObject {
  ErrorKind kind;
  Retryable retryable;
};

extern const UserType kErrorType;
inline constexpr int kErrorMessageSlot = 1;
inline constexpr int kErrorDetailsSlot = 2;  // a value or nil
inline constexpr int kErrorStackSlot = 3;    // a string

// The text that scripts see: "NotFound", …; "" for kUnknown. Static.
const char* kind_name(ErrorKind kind) noexcept;

// Pushes an error object without details. [-0, +1, m]
void push_error(lua_State* L, ErrorKind kind, Retryable retryable, std::string_view message, std::string_view stack);

// `return return_error(L, …)`: pushes nil and an error object with the present stack; 2. [-0, +2, m]
int return_error(lua_State* L, ErrorKind kind, std::string_view message, bool may_retry = false);
int return_errorf(lua_State* L, ErrorKind kind, const char* format, ...);  // format: lua_pushfstring
int return_status(lua_State* L, Status status);
// The same with `false` as first value.
int return_false_error(lua_State* L, ErrorKind kind, const char* format, ...);

// Pushes the text of the frames of L from `level` on, "" when there are none. [-0, +1, m]
void push_stack_text(lua_State* L, int level);

// The library. [-0, +1, e]
int open_errors(lua_State* L);

}  // namespace wippy::lua
