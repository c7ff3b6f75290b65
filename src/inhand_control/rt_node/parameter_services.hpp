// The parameter services that `ros2 param` calls; rcl alone brings none. All parameters are
// read-only: they are checked together at start-up.
#pragma once

#include <vector>

#include "parameters.hpp"
#include "rcl_wrap.hpp"

namespace inhand_control::node
{

class ParameterServices
{
public:
  ParameterServices(Node & node, ParameterMap parameters);

  std::vector<Service *> all();
  // Answers requests that wait, a few of each service at a time.
  void serve();

private:
  void serve_writes();

  ParameterMap parameters_;
  Service list_;
  Service get_;
  Service get_types_;
  Service describe_;
  Service set_;
  Service set_atomically_;
};

}  // namespace inhand_control::node
