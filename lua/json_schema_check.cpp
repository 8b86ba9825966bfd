#include "lua/json_schema_check.hpp"

#include "lua/rapidjson_assert.hpp"

#include <rapidjson/internal/regex.h>
#include <rapidjson/pointer.h>

#include <cctype>
#include <cstring>
#include <string>
#include <string_view>

#include "lua/json_schema.hpp"

namespace wippy::lua {

namespace {

using Pointer = rapidjson::GenericPointer<SchemaValue, ThrowingAllocator>;

enum class Kind : uint8_t {
  kSchema,
  kSchemaOrFlag,
  kSchemas,     // an array of them
  kMap,         // an object of them
  kPatternMap,  // likewise, the names are patterns
  kItems,       // one schema or an array of them
  kDependencies,
  kPattern,
  kReference,
  kNumber,
  kCount,
  kFlag,
  kFlagOrNumber,
  kNames,
  kValues,
  kType,
  kUnsupported,
};
struct Keyword {
  const char* name;
  Kind kind;
};
constexpr Keyword kKeywords[] = {
    {"additionalItems", Kind::kSchemaOrFlag},
    {"additionalProperties", Kind::kSchemaOrFlag},
    {"allOf", Kind::kSchemas},
    {"anyOf", Kind::kSchemas},
    {"oneOf", Kind::kSchemas},
    {"not", Kind::kSchema},
    {"items", Kind::kItems},
    {"properties", Kind::kMap},
    {"definitions", Kind::kMap},
    {"$defs", Kind::kMap},
    {"patternProperties", Kind::kPatternMap},
    {"dependencies", Kind::kDependencies},
    {"pattern", Kind::kPattern},
    {"$ref", Kind::kReference},
    {"minimum", Kind::kNumber},
    {"maximum", Kind::kNumber},
    {"multipleOf", Kind::kNumber},
    {"exclusiveMinimum", Kind::kFlagOrNumber},
    {"exclusiveMaximum", Kind::kFlagOrNumber},
    {"minLength", Kind::kCount},
    {"maxLength", Kind::kCount},
    {"minItems", Kind::kCount},
    {"maxItems", Kind::kCount},
    {"minProperties", Kind::kCount},
    {"maxProperties", Kind::kCount},
    {"uniqueItems", Kind::kFlag},
    {"required", Kind::kNames},
    {"enum", Kind::kValues},
    {"type", Kind::kType},
    {"if", Kind::kUnsupported},
    {"then", Kind::kUnsupported},
    {"else", Kind::kUnsupported},
    {"contains", Kind::kUnsupported},
    {"minContains", Kind::kUnsupported},
    {"maxContains", Kind::kUnsupported},
    {"propertyNames", Kind::kUnsupported},
    {"prefixItems", Kind::kUnsupported},
    {"dependentRequired", Kind::kUnsupported},
    {"dependentSchemas", Kind::kUnsupported},
    {"unevaluatedItems", Kind::kUnsupported},
    {"unevaluatedProperties", Kind::kUnsupported},
    {"$dynamicRef", Kind::kUnsupported},
    {"$recursiveRef", Kind::kUnsupported},
};
constexpr const char* kTypes[] = {"null", "boolean", "object", "array", "string", "number", "integer"};

const Keyword* find_keyword(const char* name) noexcept {
  for (const Keyword& k : kKeywords) {
    if (std::strcmp(k.name, name) == 0) return &k;
  }
  return nullptr;
}

constexpr int kMaxDepth = 128;
constexpr int kMaxChain = 64;         // of references and combinations without going into the value
constexpr int kMaxChainSteps = 4096;  // tried while following them

class Check {
 public:
  Check(SchemaText& document, SchemaTraits& traits, JsonFault& fault)
      : document_(document), traits_(traits), fault_(fault) {}

  bool schema(SchemaValue& v, int depth) {
    if (depth > kMaxDepth) return refuse("the schema is nested too deeply");
    if (v.IsArray() && v.Empty()) v.SetObject();  // an empty Lua table
    if (v.IsBool()) {
      const bool anything = v.GetBool();
      v.SetObject();
      if (!anything) v.AddMember("not", SchemaValue(rapidjson::kObjectType), allocator());
    }
    if (!v.IsObject()) return refuse("a schema must be an object, true or false");
    if (!translate_const(v)) return false;
    for (auto m = v.MemberBegin(); m != v.MemberEnd();) {
      const Keyword* const k = find_keyword(m->name.GetString());
      if (k == nullptr) {  // RapidJSON would read objects in there as schemas, too
        m = v.EraseMember(m);
        continue;
      }
      if (!keyword(*k, m->value, depth + 1)) return false;
      ++m;
    }
    if (v.HasMember("$ref") && !ends(v, 0)) return false;
    return embrace_patterns(v) && translate_exclusive(v, "minimum", "exclusiveMinimum", false) &&
           translate_exclusive(v, "maximum", "exclusiveMaximum", true);
  }

 private:
  SchemaText::AllocatorType& allocator() { return document_.GetAllocator(); }
  bool refuse(const char* why, const char* what = "") noexcept {
    return fault_.set(ErrorKind::kInvalid, "%s%.80s", why, what);
  }
  bool need(bool condition, const Keyword& k) noexcept {
    return condition || refuse("the schema has a wrong value for ", k.name);
  }

  bool keyword(const Keyword& k, SchemaValue& v, int depth) {
    switch (k.kind) {
      case Kind::kSchema: return schema(v, depth);
      case Kind::kSchemaOrFlag: return v.IsBool() || schema(v, depth);
      case Kind::kSchemas: return need(v.IsArray() && !v.Empty(), k) && each(v, depth);
      case Kind::kItems: return v.IsArray() && !v.Empty() ? each(v, depth) : schema(v, depth);
      case Kind::kMap:
      case Kind::kPatternMap:
      case Kind::kDependencies: return map(k, v, depth);
      case Kind::kPattern: return need(v.IsString(), k) && pattern(v);
      case Kind::kReference: return need(v.IsString(), k) && reference(v);
      case Kind::kNumber: return need(v.IsNumber(), k);
      case Kind::kCount: return need(v.IsUint(), k);
      case Kind::kFlag:
        traits_.unique_items = traits_.unique_items || (v.IsBool() && v.GetBool());
        return need(v.IsBool(), k);
      case Kind::kFlagOrNumber: return need(v.IsBool() || v.IsNumber(), k);
      case Kind::kNames: return need(v.IsArray(), k) && need(all_strings(v), k);
      case Kind::kValues: return need(v.IsArray() && !v.Empty(), k) && plain(v, depth);
      case Kind::kType: return need(is_type(v), k);
      case Kind::kUnsupported: return refuse("the schema uses a keyword beyond draft 4: ", k.name);
    }
    return false;
  }

  bool each(SchemaValue& list, int depth) {
    for (auto* v = list.Begin(); v != list.End(); ++v) {
      if (!schema(*v, depth + 1)) return false;
    }
    return true;
  }

  bool map(const Keyword& k, SchemaValue& v, int depth) {
    if (v.IsArray() && v.Empty()) v.SetObject();
    if (!need(v.IsObject(), k)) return false;
    for (auto m = v.MemberBegin(); m != v.MemberEnd(); ++m) {
      if (k.kind == Kind::kPatternMap && !pattern(m->name)) return false;
      const bool names = k.kind == Kind::kDependencies && m->value.IsArray() && !m->value.Empty();
      if (names && std::strcmp(m->name.GetString(), "patternProperties") == 0) return need(false, k);
      if (names ? !need(all_strings(m->value), k) : !schema(m->value, depth + 1)) return false;
    }
    return true;
  }

  // RapidJSON compiles the objects among values, too, as if they were schemas: harmless without these members.
  bool plain(const SchemaValue& v, int depth) {
    if (depth > kMaxDepth) return refuse("the schema is nested too deeply");
    if (v.IsArray()) {
      for (auto* i = v.Begin(); i != v.End(); ++i) {
        if (!plain(*i, depth + 1)) return false;
      }
    }
    if (!v.IsObject()) return true;
    for (auto m = v.MemberBegin(); m != v.MemberEnd(); ++m) {
      for (const char* name : {"pattern", "patternProperties", "$ref"}) {
        if (std::strcmp(m->name.GetString(), name) == 0) return refuse("a value of enum has a member ", name);
      }
      if (!plain(m->value, depth + 1)) return false;
    }
    return true;
  }

  static bool all_strings(const SchemaValue& list) {
    for (auto* v = list.Begin(); v != list.End(); ++v) {
      if (!v->IsString()) return false;
    }
    return true;
  }

  static bool is_type(const SchemaValue& v) {
    if (v.IsArray()) {
      for (auto* t = v.Begin(); t != v.End(); ++t) {
        if (!t->IsString() || !is_type(*t)) return false;
      }
      return !v.Empty();
    }
    if (!v.IsString()) return false;
    for (const char* t : kTypes) {
      if (std::strcmp(t, v.GetString()) == 0) return true;
    }
    return false;
  }

  static bool can_be_read(const char* pattern) {
    try {
      return rapidjson::internal::GenericRegex<rapidjson::UTF8<>>(pattern).IsValid();
    } catch (const RapidJsonRefused&) {
      return false;
    }
  }

  bool pattern(SchemaValue& v) {
    char text[kMaxPatternBytes + 1];
    std::size_t length = 0;
    const char* why = "";
    if (!translate_pattern({v.GetString(), v.GetStringLength()}, text, length, why)) return refuse(why);
    text[length] = '\0';
    if (!can_be_read(text)) return refuse("a pattern cannot be read: ", v.GetString());
    v.SetString(text, static_cast<rapidjson::SizeType>(length), allocator());
    return true;
  }

  // As RapidJSON reads it: "$" and its like must be percent-encoded.
  static std::string encoded(const SchemaValue& reference) {
    constexpr const char* kDigits = "0123456789ABCDEF";
    std::string out;
    for (const char c : std::string_view(reference.GetString(), reference.GetStringLength())) {
      const auto byte = static_cast<unsigned char>(c);
      if (c != '\0' && (std::isalnum(byte) != 0 || std::strchr("#/%-._~", c) != nullptr)) {
        out += c;
      } else {
        out.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
      }
    }
    return out;
  }

  // A reference leads to a place in this document that the check comes by.
  bool reference(SchemaValue& v) {
    const std::string link = encoded(v);
    v.SetString(link.data(), static_cast<rapidjson::SizeType>(link.size()), allocator());
    const char* const text = v.GetString();
    if (*text != '#') return refuse("a reference must lead into the schema itself: ", text);
    const Pointer pointer(text, v.GetStringLength(), &pointer_allocator_);
    if (!pointer.IsValid() || pointer.Get(document_) == nullptr) return refuse("a reference leads nowhere: ", text);
    const Pointer::Token* const tokens = pointer.GetTokens();
    for (std::size_t i = 0; i < pointer.GetTokenCount(); ++i) {
      const Keyword* const k = find_keyword(tokens[i].name);
      const Kind kind = k != nullptr ? k->kind : Kind::kUnsupported;
      const bool many = kind == Kind::kSchemas || kind == Kind::kMap || kind == Kind::kDependencies ||
                        (kind == Kind::kItems && i + 1 < pointer.GetTokenCount() &&
                         tokens[i + 1].index != rapidjson::kPointerInvalidIndex);
      const bool one = kind == Kind::kSchema || kind == Kind::kSchemaOrFlag || kind == Kind::kItems;
      if (many) ++i;
      if ((!many && !one) || i >= pointer.GetTokenCount())
        return refuse("a reference does not lead to a schema: ", text);
    }
    return true;
  }

  // Follows everything that is asked of the same value. Schemas that come back to themselves so have no end.
  bool ends(const SchemaValue& v, int chain) {
    if (chain > kMaxChain || ++chain_steps_ > kMaxChainSteps)
      return refuse("the schema refers to itself without going into the value");
    if (!v.IsObject()) return true;
    if (const auto ref = v.FindMember("$ref"); ref != v.MemberEnd()) {
      if (!ref->value.IsString()) return true;
      const std::string link = encoded(ref->value);
      const Pointer pointer(link.data(), link.size(), &pointer_allocator_);
      const SchemaValue* const target = pointer.IsValid() ? pointer.Get(document_) : nullptr;
      if (target == nullptr || !(target->IsObject() || target->IsBool()))
        return refuse("a reference does not lead to a schema: ", ref->value.GetString());
      return ends(*target, chain + 1);
    }
    for (auto m = v.MemberBegin(); m != v.MemberEnd(); ++m) {
      const Keyword* const k = find_keyword(m->name.GetString());
      if (k == nullptr) continue;
      if (k->kind == Kind::kSchema && !ends(m->value, chain + 1)) return false;
      if (k->kind == Kind::kSchemas && m->value.IsArray()) {
        for (auto* s = m->value.Begin(); s != m->value.End(); ++s) {
          if (!ends(*s, chain + 1)) return false;
        }
      }
      if (k->kind == Kind::kDependencies && m->value.IsObject()) {
        for (auto d = m->value.MemberBegin(); d != m->value.MemberEnd(); ++d) {
          if (!ends(d->value, chain + 1)) return false;
        }
      }
    }
    return true;
  }

  // RapidJSON takes additionalProperties as another choice for members that a pattern names, and false it forgets to look at.
  // As `not {}` nothing but the pattern can be right.
  bool embrace_patterns(SchemaValue& v) {
    const auto a = v.FindMember("additionalProperties");
    if (a == v.MemberEnd() || !v.HasMember("patternProperties")) return true;
    if (!a->value.IsBool()) return refuse("the schema has patternProperties beside a schema for additionalProperties");
    if (a->value.GetBool()) return true;
    a->value.SetObject();
    a->value.AddMember("not", SchemaValue(rapidjson::kObjectType), allocator());
    return true;
  }

  // const v -> enum [v]
  bool translate_const(SchemaValue& v) {
    const auto c = v.FindMember("const");
    if (c == v.MemberEnd()) return true;
    if (v.HasMember("enum")) return refuse("the schema has both const and enum");
    SchemaValue values(rapidjson::kArrayType);
    values.PushBack(SchemaValue(c->value, allocator()), allocator());
    v.AddMember("enum", values, allocator());
    return true;
  }

  // exclusiveMinimum n -> minimum n, exclusiveMinimum true
  bool translate_exclusive(SchemaValue& v, const char* inclusive, const char* exclusive, bool smaller_wins) {
    const auto e = v.FindMember(exclusive);
    if (e == v.MemberEnd() || !e->value.IsNumber()) return true;
    SchemaValue limit(e->value, allocator());
    if (const auto i = v.FindMember(inclusive); i != v.MemberEnd()) {
      const double a = limit.GetDouble();
      const double b = i->value.GetDouble();
      const bool exclusive_wins = a == b || (a < b) == smaller_wins;
      e->value.SetBool(exclusive_wins);
      if (exclusive_wins) i->value = limit;
      return true;
    }
    e->value.SetBool(true);
    v.AddMember(SchemaValue(rapidjson::StringRef(inclusive)), limit, allocator());
    return true;
  }

  SchemaText& document_;
  SchemaTraits& traits_;
  JsonFault& fault_;
  ThrowingAllocator pointer_allocator_;
  int chain_steps_ = 0;
};

}  // namespace

bool check_schema(SchemaText& document, SchemaTraits& traits, JsonFault& fault) {
  return Check(document, traits, fault).schema(document, 0);
}

}  // namespace wippy::lua
