// Randomness as a seam: every generator is seeded from the runtime's root seed, never from time or addresses.
// Algorithm: SplitMix64 for seeding (Steele, Lea, Flood 2014), xorshift64* for the stream (Vigna 2016).
#pragma once

#include <cstdint>

namespace wippy {

inline uint64_t split_mix64(uint64_t& state) noexcept {
  uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

// One owner thread. Never zero inside.
class Random {
 public:
  explicit Random(uint64_t seed = 1) noexcept : s_(split_mix64(seed)) {
    if (s_ == 0) s_ = 0x2545f4914f6cdd1du;
  }
  uint64_t next() noexcept {
    s_ ^= s_ >> 12;
    s_ ^= s_ << 25;
    s_ ^= s_ >> 27;
    return s_ * 0x2545f4914f6cdd1du;
  }
  // Uniform in [0, n), n > 0; multiply-shift (Lemire 2019), bias below 2^-32.
  uint32_t below(uint32_t n) noexcept { return static_cast<uint32_t>(((next() >> 32) * n) >> 32); }

 private:
  uint64_t s_;
};

}  // namespace wippy
