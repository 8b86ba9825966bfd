#include "numa/topology.hpp"

#include <ostream>

#include "cli/commands/commands.hpp"
#include "runtime/observe/placement_text.hpp"

namespace wippy::cli {

int topology(const TopologyArguments& arguments, const Streams& streams) {
  const Topology machine = Topology::discover();
  PlacementOptions options;
  options.budget = machine_budget(machine, arguments.cores);
  const std::uint32_t workers = arguments.workers != 0 ? arguments.workers : options.budget.usable_cores;
  const Placement placement = plan(machine, workers, options);
  streams.out << (arguments.json ? plan_json(machine, placement) : plan_text(machine, placement));
  return 0;
}

}  // namespace wippy::cli
