#include "runtime/process/frame_context.hpp"

#include <cstring>

namespace wippy {

namespace {

constexpr std::size_t kLengths = 2 * sizeof(uint32_t);

void append(std::string& out, std::string_view key, std::string_view value) {
  const uint32_t lengths[2] = {static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value.size())};
  static_assert(sizeof lengths == kLengths);
  out.append(reinterpret_cast<const char*>(lengths), kLengths).append(key).append(value);
}

}  // namespace

bool FrameContext::take(std::string_view& rest, std::string_view& key, std::string_view& value) noexcept {
  if (rest.empty()) return false;
  uint32_t lengths[2];
  std::memcpy(lengths, rest.data(), kLengths);
  key = rest.substr(kLengths, lengths[0]);
  value = rest.substr(kLengths + lengths[0], lengths[1]);
  rest.remove_prefix(kLengths + key.size() + value.size());
  return true;
}

std::string_view FrameContext::find(std::string_view key) const noexcept {
  std::string_view rest = values_;
  for (std::string_view k, value; take(rest, k, value);) {
    if (k == key) return value;
  }
  return {};
}

FrameBuilder::FrameBuilder(const FramePtr& base) {
  if (base == nullptr) return;
  base->each([this](std::string_view key, std::string_view value) { values_.emplace(key, value); });
  actor_ = base->actor();
  scope_ = base->scope();
}

void FrameBuilder::set(std::string_view key, std::string_view encoded) {
  values_.insert_or_assign(std::string(key), std::string(encoded));
}

Status FrameBuilder::build(FramePtr& out) const {
  std::size_t bytes = 0;
  for (const auto& [key, value] : values_) bytes += kLengths + key.size() + value.size();
  if (bytes > FrameContext::kMostBytes)
    return Status::error(ErrorKind::kInvalid, "context values take more than 1 MiB");
  auto frame = std::make_shared<FrameContext>();
  frame->values_.reserve(bytes);
  for (const auto& [key, value] : values_) append(frame->values_, key, value);
  frame->actor_ = actor_;
  frame->scope_ = scope_;
  out = std::move(frame);
  return Status::good();
}

}  // namespace wippy
