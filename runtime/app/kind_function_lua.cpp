// function.lua (host.md §2.2).
#include "runtime/app/kinds.hpp"

namespace wippy::app {
namespace {

constexpr std::int64_t kMostCalls = 1'000'000;
constexpr std::int64_t kDefaultWorkers = 8;      // static
constexpr std::int64_t kDefaultInstances = 100;  // no pool section
constexpr std::int64_t kNamedInstances = 16;     // lazy or adaptive, named
constexpr std::int64_t kBufferPerWorker = 64;

PoolType type_of(FieldReader& pool, std::int64_t size, std::int64_t workers, bool limited) {
  const std::optional<std::string> word = pool.choice("type", {"inline", "lazy", "static", "adaptive"});
  if (word == "inline") return PoolType::kInline;
  if (word == "static") return PoolType::kStatic;
  if (word == "adaptive") return PoolType::kAdaptive;
  if (word == "lazy") return PoolType::kLazy;
  return size > 0 || (workers > 0 && !limited) ? PoolType::kStatic : PoolType::kLazy;
}

PoolConfig read_pool(FieldReader& data) {
  PoolConfig config;
  std::optional<FieldReader> pool = data.map("pool");
  if (!pool) return config;
  constexpr IntegerRange kCount{.low = 0, .high = kMostCalls};
  const std::int64_t size = pool->integer("size", kCount).value_or(0);
  const std::int64_t workers = pool->integer("workers", kCount).value_or(0);
  const std::int64_t max_size = pool->integer("max_size", kCount).value_or(0);
  const std::optional<std::int64_t> buffer = pool->integer("buffer", kCount);
  const bool named = pool->find("type") != nullptr;
  config.type = type_of(*pool, size, workers, max_size > 0);
  config.warm_start = pool->boolean("warm_start").value_or(false);
  switch (config.type) {
    case PoolType::kInline: config.workers = 0; break;
    case PoolType::kStatic: config.workers = workers > 0 ? workers : size > 0 ? size : kDefaultWorkers; break;
    case PoolType::kLazy:
    case PoolType::kAdaptive:
      config.workers = max_size > 0 ? max_size : workers > 0 ? workers : named ? kNamedInstances : kDefaultInstances;
      break;
  }
  config.buffer = buffer.value_or(config.workers * kBufferPerWorker);
  pool->finish(FieldReader::Unknown::kReject);
  return config;
}

}  // namespace

std::shared_ptr<const EntryConfig> parse_function_lua(FieldReader& data, KindContext& context) {
  auto config = std::make_shared<FunctionLuaConfig>();
  read_lua_code(data, context, *config);
  const std::string method = data.text("method").value_or("");
  if (!FieldReader::is_blank(method)) config->method = method;
  config->pool = read_pool(data);
  if (std::optional<FieldReader> limits = data.map("limits")) {
    config->max_memory_bytes = limits->size_bytes("max_memory_bytes").value_or(config->max_memory_bytes);
    limits->finish();
  }
  return config;
}

}  // namespace wippy::app
