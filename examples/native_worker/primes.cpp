// primes(limit [, step]): how many primes lie below `limit`. Much arithmetic and no waiting, so it gives up its turn after
// every `step` numbers: other processes of its worker go on.
#include <cstdint>
#include <optional>

#include "runtime/native/entries.hpp"
#include "runtime/native/registry.hpp"

namespace {

using namespace wippy;

constexpr std::int64_t kStep = 2'000;

bool is_prime(std::int64_t n) {
  if (n < 2) return false;
  for (std::int64_t d = 2; d * d <= n; ++d) {
    if (n % d == 0) return false;
  }
  return true;
}

Behavior primes(Context& self, std::int64_t limit, std::optional<std::int64_t> step) {
  if (limit < 0 || step.value_or(kStep) <= 0) {
    fail(self, ErrorKind::kInvalid, "primes: limit and step must not be negative");
    co_return;
  }
  std::int64_t found = 0;
  for (std::int64_t n = 0; n < limit; ++n) {
    found += is_prime(n) ? 1 : 0;
    if ((n + 1) % step.value_or(kStep) == 0) co_await yield(self);
  }
  finish_with(self, found);
}

const NativeRegistration kPrimes("example.primes", native_start<primes>);

}  // namespace
