#include "lua/json_schema.hpp"

#include "lua/rapidjson_assert.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "lua/json_schema_check.hpp"

namespace wippy::lua {

namespace {

constexpr unsigned kFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag;
constexpr uint64_t kMaxWork = uint64_t{1} << 32;
constexpr std::size_t kMaxUniqueBytes = std::size_t{64} << 10;
constexpr std::size_t kMaxAllocations = 1'000'000;
constexpr std::size_t kMaxLiveBytes = std::size_t{64} << 20;
constexpr int kMaxTextDepth = 128;

// What a validator holds. It cannot be destroyed halfway through an event, so when the bounds are passed it is left where it is
// and its memory goes with this.
class ValidatorHeap {
 public:
  ValidatorHeap() = default;
  ValidatorHeap(const ValidatorHeap&) = delete;
  ValidatorHeap& operator=(const ValidatorHeap&) = delete;
  ~ValidatorHeap() {
    while (head_.next != &head_) release(head_.next + 1);
  }
  void* allocate(std::size_t bytes) {
    if (++allocations_ > kMaxAllocations || bytes > kMaxLiveBytes - live_) throw std::bad_alloc();
    auto* b = static_cast<Block*>(ThrowingAllocator::checked(std::malloc(sizeof(Block) + bytes)));
    *b = Block{&head_, head_.previous, this, bytes};
    b->previous->next = b;
    head_.previous = b;
    live_ += bytes;
    return b + 1;
  }
  static void release(void* memory) noexcept {
    Block* const b = static_cast<Block*>(memory) - 1;
    b->previous->next = b->next;
    b->next->previous = b->previous;
    b->heap->live_ -= b->bytes;
    std::free(b);
  }
  static std::size_t bytes_of(void* memory) noexcept { return (static_cast<Block*>(memory) - 1)->bytes; }

 private:
  struct alignas(16) Block {
    Block* next;
    Block* previous;
    ValidatorHeap* heap;
    std::size_t bytes;
  };
  Block head_{&head_, &head_, this, 0};
  std::size_t live_ = 0;
  std::size_t allocations_ = 0;
};

struct ValidatorAllocator {
  static const bool kNeedFree = true;
  ValidatorHeap* heap = nullptr;
  void* Malloc(std::size_t bytes) { return bytes == 0 ? nullptr : heap->allocate(bytes); }
  void* Realloc(void* block, std::size_t, std::size_t bytes) {
    void* const next = Malloc(bytes);
    if (block != nullptr && next != nullptr) {
      const std::size_t old = ValidatorHeap::bytes_of(block);
      std::memcpy(next, block, old < bytes ? old : bytes);
    }
    Free(block);
    return next;
  }
  static void Free(void* block) noexcept {
    if (block != nullptr) ValidatorHeap::release(block);
  }
};

using Compiled = rapidjson::GenericSchemaDocument<SchemaValue, ThrowingAllocator>;
using Validator =
    rapidjson::GenericSchemaValidator<Compiled, rapidjson::BaseReaderHandler<rapidjson::UTF8<>>, ValidatorAllocator>;

// The reader's handler: a validator that does not go too deep.
class Gate {
 public:
  explicit Gate(Validator& v) noexcept : v_(v) {}
  bool Null() { return v_.Null(); }
  bool Bool(bool b) { return v_.Bool(b); }
  bool Int(int i) { return v_.Int(i); }
  bool Uint(unsigned i) { return v_.Uint(i); }
  bool Int64(int64_t i) { return v_.Int64(i); }
  bool Uint64(uint64_t i) { return v_.Uint64(i); }
  bool Double(double d) { return v_.Double(d); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }
  bool String(const char* s, rapidjson::SizeType n, bool copy) { return v_.String(s, n, copy); }
  bool Key(const char* s, rapidjson::SizeType n, bool copy) { return v_.Key(s, n, copy); }
  bool StartObject() { return enter() && v_.StartObject(); }
  bool EndObject(rapidjson::SizeType n) { return --depth_, v_.EndObject(n); }
  bool StartArray() { return enter() && v_.StartArray(); }
  bool EndArray(rapidjson::SizeType n) { return --depth_, v_.EndArray(n); }
  bool too_deep() const noexcept { return depth_ > kMaxTextDepth; }

 private:
  bool enter() noexcept { return ++depth_ <= kMaxTextDepth; }
  Validator& v_;
  int depth_ = 0;
};

bool refuse_syntax(const char* what, const rapidjson::ParseResult& result, JsonFault& fault) noexcept {
  const std::string_view why(rapidjson::GetParseError_En(result.Code()));  // ends with a full stop
  return fault.set(ErrorKind::kInvalid, "%s is not JSON: %.*s, at byte %zu", what, static_cast<int>(why.size() - 1),
                   why.data(), result.Offset() + 1);
}

bool read_schema(std::string_view text, SchemaText& document, JsonFault& fault) {
  if (text.size() > kMaxSchemaBytes)
    return fault.set(ErrorKind::kInvalid, "a schema of more than %zu KiB", kMaxSchemaBytes >> 10);
  rapidjson::MemoryStream in(text.data(), text.size());
  document.ParseStream<kFlags>(in);
  if (document.HasParseError())
    return refuse_syntax("the schema", {document.GetParseError(), document.GetErrorOffset()}, fault);
  return in.Tell() == text.size() || fault.set(ErrorKind::kInvalid, "the schema is followed by a NUL byte");
}

bool refuse_value(const Validator& v, JsonFault& fault) {
  using Text = rapidjson::GenericStringBuffer<rapidjson::UTF8<>, ThrowingAllocator>;
  Text at;
  Text rule;
  v.GetInvalidDocumentPointer().StringifyUriFragment(at);
  v.GetInvalidSchemaPointer().StringifyUriFragment(rule);
  const char* const keyword = v.GetInvalidSchemaKeyword();
  return fault.set(ErrorKind::kInvalid, "the value at %.60s does not fit %s of the schema at %.60s", at.GetString(),
                   keyword != nullptr ? keyword : "the rules", rule.GetString());
}

bool run(const Compiled& compiled, std::string_view text, JsonFault& fault) {
  ValidatorHeap heap;
  ValidatorAllocator allocator{&heap};
  alignas(Validator) unsigned char place[sizeof(Validator)];
  auto* const validator = new (place) Validator(compiled, &allocator);  // never destroyed: see ValidatorHeap
  Gate gate(*validator);
  ThrowingAllocator reader_allocator;
  rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, ThrowingAllocator> reader(&reader_allocator);
  rapidjson::MemoryStream in(text.data(), text.size());
  const rapidjson::ParseResult result = reader.Parse<kFlags>(in, gate);
  if (gate.too_deep()) return fault.set(ErrorKind::kInvalid, "the text is nested more than %d deep", kMaxTextDepth);
  if (!validator->IsValid()) return refuse_value(*validator, fault);
  if (result.IsError()) return refuse_syntax("the text", result, fault);
  return in.Tell() == text.size() || fault.set(ErrorKind::kInvalid, "the text is followed by a NUL byte");
}

}  // namespace

bool validate_json(std::string_view schema, std::string_view text, JsonFault& fault) noexcept {
  try {
    ThrowingAllocator allocator;
    SchemaText document(&allocator, 1024, &allocator);
    if (!read_schema(schema, document, fault)) return false;
    SchemaTraits traits;
    if (!check_schema(document, traits, fault)) return false;
    if (text.size() > kMaxJsonBytes || schema.size() * uint64_t{text.size()} > kMaxWork ||
        (traits.unique_items && text.size() > kMaxUniqueBytes))
      return fault.set(ErrorKind::kInvalid, "the text is too long to be validated by this schema");
    const Compiled compiled(document, nullptr, &allocator);
    return run(compiled, text, fault);
  } catch (const std::bad_alloc&) {
    return fault.set(ErrorKind::kInvalid, "the validation takes too much memory or too many steps");
  } catch (const RapidJsonRefused&) {
    return fault.set(ErrorKind::kInvalid, "the schema cannot be used");
  }
}

}  // namespace wippy::lua
