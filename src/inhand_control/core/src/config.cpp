#include "inhand_control/config.hpp"

#include <cmath>
#include <stdexcept>

namespace inhand_control
{
namespace
{

void require(bool ok, const std::string & message)
{
  if (!ok) {
    throw std::invalid_argument("control." + message);
  }
}

}  // namespace

void validate(const ControllerConfig & config)
{
  require(config.period_ns > 0, "period_s must be above 0");
  require(
    config.action_timeout_ns >= config.period_ns, "action_timeout_s must be at least period_s");
  require(
    config.sensors_timeout_ns >= config.period_ns, "sensors_timeout_s must be at least period_s");
  require(config.soft_start_ns >= 0, "soft_start_s must be 0 or more");
  require(
    std::isfinite(config.velocity_filter_s) && config.velocity_filter_s >= 0.0,
    "velocity_filter_s must be 0 or more");
  require(
    std::isfinite(config.torque_slew) && config.torque_slew > 0.0, "torque_slew must be above 0");
  require(
    std::isfinite(config.hall_margin) && config.hall_margin >= 0.0,
    "hall_margin must be 0 or more");
  require(
    std::isfinite(config.hall_disagreement) && config.hall_disagreement > 0.0,
    "hall_disagreement must be above 0");
  require(
    std::isfinite(config.max_joint_speed) && config.max_joint_speed > 0.0,
    "max_joint_speed must be above 0");
  require(
    config.stuck_torque > 0.0 && config.stuck_torque <= 2.0, "stuck_torque must be in (0, 2]");
  require(config.stuck_ns >= config.period_ns, "stuck_s must be at least period_s");
  require(config.settle_ns >= 0, "settle_s must be 0 or more");
}

RelativeTo relative_to_from_string(const std::string & name)
{
  if (name == "joint_position") {
    return RelativeTo::kJointPosition;
  }
  require(
    name == "previous_target",
    "relative_to: unknown '" + name + "'; known joint_position, previous_target");
  return RelativeTo::kPreviousTarget;
}

HoldTarget hold_target_from_string(const std::string & name)
{
  if (name == "measured_position") {
    return HoldTarget::kMeasuredPosition;
  }
  require(
    name == "last_target", "hold: unknown '" + name + "'; known measured_position, last_target");
  return HoldTarget::kLastTarget;
}

ActionLimits action_limits_from_string(const std::string & name)
{
  if (name == "targets") {
    return ActionLimits::kTargets;
  }
  require(name == "range", "limits: unknown '" + name + "'; known targets, range");
  return ActionLimits::kRange;
}

}  // namespace inhand_control
