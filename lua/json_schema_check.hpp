// The look at a schema before RapidJSON compiles it: refuses what would be ignored or never end, and says some things of later
// drafts in the words of draft 4. Changes the document.
#pragma once

#include "lua/rapidjson_assert.hpp"

#include <rapidjson/document.h>

#include <cstddef>

#include "lua/json_parts.hpp"

namespace wippy::lua {

using SchemaText = rapidjson::GenericDocument<rapidjson::UTF8<>, ThrowingAllocator, ThrowingAllocator>;
using SchemaValue = SchemaText::ValueType;

struct SchemaTraits {
  bool unique_items = false;  // compares every pair
};

// False: `fault` says why.
bool check_schema(SchemaText& document, SchemaTraits& traits, JsonFault& fault);

}  // namespace wippy::lua
