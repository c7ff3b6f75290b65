// The node's parameters, from --params-file and -p, all checked at start-up.
#pragma once

#include <rcl/arguments.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "inhand_control/config.hpp"

namespace inhand_control::node
{

using ParameterValue = std::variant<
  bool, std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<double>,
  std::vector<std::string>>;
using ParameterMap = std::map<std::string, ParameterValue>;

// How the real-time loop runs.
struct RtParameters
{
  int priority;     // SCHED_FIFO priority of the loop
  int io_priority;  // and of the threads that carry messages; 0 = the default scheduler
  int cpu;          // core to pin to; -1: the last one this process may use
  bool lock_memory;
};

struct NodeParameters
{
  ParameterMap given;  // as they came
  HandTables hand;
  ControllerConfig control;
  RtParameters rt;
  bool auto_enable;
  bool lockstep;
  bool simulated;  // use_sim_time
  std::int64_t silence_ns;
  std::int64_t action_period_ns;
  std::int64_t status_period_ns;
  std::int64_t diagnostics_period_ns;
  std::string claim;         // what commands are signed with; empty: a random number
  std::string state_folder;  // where a stop is kept; see rt::latch_path
};

// Whether a node name of a parameter file ("/**", "/ns/*", "controller") means this node.
bool names_node(const std::string & pattern, const std::string & fully_qualified_name);

// Parameters given to the node on its command line; later ones win. `shared` becomes the names of
// those that a section of a file gives to several nodes ("/**"), of which this need not be one.
ParameterMap read_parameters(
  const rcl_arguments_t & arguments, const std::string & fully_qualified_name,
  const std::vector<std::string> & command_line, std::set<std::string> & shared);

// Raises std::invalid_argument that names every missing and unknown parameter, or the one that is
// wrong and what is allowed; unknown ones in `shared` are left out.
NodeParameters parse_parameters(
  const ParameterMap & given, const std::set<std::string> & shared = {});

}  // namespace inhand_control::node
