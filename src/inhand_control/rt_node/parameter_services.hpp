// The parameter services that `ros2 param` calls; rcl alone brings none. All parameters are
// read-only: they are checked together at start-up.
#pragma once

#include <optional>
#include <vector>

#include "parameters.hpp"
#include "rcl_wrap.hpp"

namespace inhand_control::node
{

class ParameterServices
{
public:
  // With the parameters that every node has; the first reader of /parameter_events hears of all.
  ParameterServices(Node & node, const ParameterMap & parameters);

  std::vector<Service *> all();
  // Answers requests that wait, a few of each service at a time.
  void serve();

private:
  void serve_writes();
  void announce();

  Node & node_;
  ParameterMap parameters_;
  bool describes_types_;
  bool announced_ = false;
  Publisher events_;
  Service list_;
  Service get_;
  Service get_types_;
  Service describe_;
  Service set_;
  Service set_atomically_;
  std::optional<TypeDescriptionService> types_;
};

}  // namespace inhand_control::node
