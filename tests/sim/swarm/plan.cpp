#include "plan.hpp"

#include <cstdlib>

#include "scheduler/random.hpp"

namespace wippy::swarm {

const std::array<PlanField, 20> kPlanFields{{{"nodes", &Plan::nodes, 1},
                                             {"hosts", &Plan::hosts, 1},
                                             {"workers", &Plan::workers, 1},
                                             {"actors", &Plan::actors, 1},
                                             {"ops", &Plan::ops, 1},
                                             {"mix", &Plan::mix, 0},
                                             {"children", &Plan::children, 0},
                                             {"fail", &Plan::fail_pm, 0},
                                             {"leave", &Plan::leave_pm, 0},
                                             {"stubborn", &Plan::stubborn_pm, 0},
                                             {"slow", &Plan::slow_pm, 0},
                                             {"big", &Plan::big_pm, 0},
                                             {"storm", &Plan::storm, 0},
                                             {"kills", &Plan::kills, 0},
                                             {"stop_us", &Plan::stop_us, 0},
                                             {"famine", &Plan::famine, 0},
                                             {"famine_from", &Plan::famine_from, 0},
                                             {"famine_calls", &Plan::famine_calls, 0},
                                             {"famine_pm", &Plan::famine_pm, 0},
                                             {"upgrade", &Plan::upgrade_pm, 0}}};

namespace {

// Sending and receiving always. In a third of the runs each of the others with one half; else one to three of them, so that
// two of a kind meet often.
uint32_t draw_mix(Random& r) {
  uint32_t mix = bit(Op::kSend) | bit(Op::kReceive);
  if (r.below(3) == 0) return mix | (static_cast<uint32_t>(r.next() >> 40) & ((1u << kOps) - 1));
  for (uint32_t left = 1 + r.below(3); left > 0; --left) mix |= 1u << r.below(kOps);
  return mix;
}

// One run in six: everybody ends soon, and all that happens besides is of one kind. That is where a request meets an exit.
void draw_short_lives(Random& r, Plan& p) {
  constexpr Op kKinds[] = {Op::kLink, Op::kMonitor, Op::kName, Op::kName};
  p.mix = bit(Op::kSend) | bit(Op::kReceive) | bit(Op::kSpawn) | bit(kKinds[r.below(4)]) | bit(kKinds[r.below(4)]);
  p.actors = 3 + r.below(5);
  p.ops = 4 + r.below(12);
  p.children = 4;
  p.leave_pm = 1000;
}

void draw_famine(Random& r, Plan& p) {
  constexpr uint32_t kStrengths[] = {1000, 1000, 300, 50};
  p.famine = 1 + r.below(3);
  p.famine_pm = kStrengths[r.below(4)];
  // Either the k-th request alone, or a stretch of them.
  p.famine_from = r.below(r.below(2) == 0 ? 20 : 100);
  p.famine_calls = r.below(3) == 0 ? 1 : 1 + r.below(200);
}

}  // namespace

Plan draw_plan(uint64_t seed) {
  Random r(seed ^ 0x5377'6172'6d00'0000u);
  Plan p;
  p.seed = seed;
  const auto sometimes = [&r](uint32_t one_in) { return r.below(one_in) == 0; };
  p.nodes = 1 + r.below(2);
  p.hosts = sometimes(3) ? 2 : 1;
  p.workers = 1 + r.below(4);
  p.actors = 2 + r.below(6);
  p.ops = 2 + r.below(sometimes(4) ? 30 : 10);
  p.mix = draw_mix(r);
  p.children = sometimes(2) ? 1 + r.below(4) : 0;
  if (p.children != 0) p.mix |= bit(Op::kSpawn);
  p.fail_pm = sometimes(3) ? 100 + r.below(700) : 0;
  p.leave_pm = sometimes(2) ? r.below(1000) : 0;
  p.stubborn_pm = sometimes(6) ? 300 : 0;
  p.slow_pm = sometimes(6) ? 500 : 0;
  p.big_pm = sometimes(4) ? 200 : 0;
  p.storm = sometimes(12) ? 20 + r.below(200) : 0;
  p.kills = sometimes(4) ? 1 + r.below(4) : 0;
  p.stop_us = sometimes(8) ? 1 + r.below(400) : 0;
  if (sometimes(6)) draw_short_lives(r, p);
  if (sometimes(3)) draw_famine(r, p);
  // The last draw: the other fields of a seed do not depend on it.
  p.upgrade_pm = sometimes(4) ? 20 + r.below(400) : 0;
  return p;
}

std::string plan_text(const Plan& plan) {
  std::string out = "seed=" + std::to_string(plan.seed);
  for (const PlanField& f : kPlanFields) {
    if (plan.*f.value != f.least) out += std::string(" ") + f.name + "=" + std::to_string(plan.*f.value);
  }
  return out;
}

bool parse_plan(std::string_view text, Plan& plan) {
  plan = Plan{};
  for (const PlanField& f : kPlanFields) plan.*f.value = f.least;
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    const std::string word(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) return false;
    const std::string name = word.substr(0, equals);
    const uint64_t value = std::strtoull(word.c_str() + equals + 1, nullptr, 10);
    bool known = name == "seed";
    if (known) plan.seed = value;
    for (const PlanField& f : kPlanFields) {
      if (name != f.name) continue;
      plan.*f.value = static_cast<uint32_t>(value);
      known = true;
    }
    if (!known) return false;
  }
  return true;
}

}  // namespace wippy::swarm
