// Runnables that are only ever queued, numbered for the reference models.
#pragma once

#include <cstdint>
#include <memory>

#include "scheduler/runnable.hpp"

namespace wippy {

struct Item final : Runnable {
  Outcome run(Worker&) noexcept override { return Outcome::kDone; }
  uint64_t id = 0;
};

inline uint64_t id_of(const Runnable* r) { return static_cast<const Item*>(r)->id; }

class Items {
 public:
  explicit Items(uint32_t n) : items_(std::make_unique<Item[]>(n)) {
    for (uint32_t i = 0; i < n; ++i) items_[i].id = i;
  }
  Runnable* operator[](uint64_t i) { return &items_[i]; }

 private:
  std::unique_ptr<Item[]> items_;
};

}  // namespace wippy
