// rt_node: the low-level controller as a ROS node on plain rcl (no rclcpp).
#include <rcutils/logging_macros.h>
#include <signal.h>

#include <cstdio>
#include <exception>

#include "parameters.hpp"
#include "rcl_wrap.hpp"
#include "run.hpp"

namespace inhand_control::node
{

std::atomic<bool> g_interrupted{false};

namespace
{

void interrupt(int) { g_interrupted = true; }

void catch_signals()
{
  struct sigaction action{};
  action.sa_handler = interrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

const char * mode_name(const NodeParameters & parameters)
{
  if (parameters.lockstep) {
    return "lockstep";
  }
  return parameters.simulated ? "simulated time" : "real time";
}

void run(int argc, char ** argv)
{
  Context context(argc, argv);
  Node node(context, "controller");
  const NodeParameters parameters =
    parse_parameters(read_parameters(context.arguments(), node.fully_qualified_name()));
  RCUTILS_LOG_INFO_NAMED(
    node.logger_name(), "%s, %.1f ms period, %s", mode_name(parameters),
    parameters.control.period_ns * 1e-6,
    parameters.auto_enable ? "enabled at start" : "disabled until controller/enable is called");
  if (parameters.lockstep) {
    run_lockstep(context, node, parameters);
  } else if (parameters.simulated) {
    run_simulated(context, node, parameters);
  } else {
    run_realtime(context, node, parameters);
  }
}

}  // namespace
}  // namespace inhand_control::node

int main(int argc, char ** argv)
{
  inhand_control::node::catch_signals();
  try {
    inhand_control::node::run(argc, argv);
  } catch (const std::exception & error) {
    std::fprintf(stderr, "rt_node: %s\n", error.what());
    return 1;
  }
  return 0;
}
