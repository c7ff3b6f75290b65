// Tables of the hand and parameters of the controller. No defaults here: config/hand.yaml and
// config/controller.yaml are the one place for every number.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "inhand_control/types.hpp"

namespace inhand_control
{

// Truth points of one joint's Hall sensor, in any order.
struct CalibrationPoints
{
  std::vector<double> raw;    // ADC counts
  std::vector<double> angle;  // rad
};

// The hand as data, by name; resolved and checked by HandModel.
struct HandTables
{
  std::vector<std::string> joint_names;         // 24
  std::vector<std::string> actuator_names;      // 20
  std::vector<std::string> hall_channel_names;  // 26
  std::vector<std::string> hall_channel_joint;  // 26: the joint each channel measures
  std::vector<std::string> actuator_joint_1;    // 20: the driven joint
  std::vector<std::string> actuator_joint_2;    // 20: second joint of a coupled pair, "" for none
  std::vector<double> range_lower;              // 20: rad, actuated coordinate (the sum for a pair)
  std::vector<double> range_upper;              // 20
  std::vector<double> target_lower;             // 20: rad, as far as actions may move; in the range
  std::vector<double> target_upper;             // 20
  std::vector<double> kp;                       // 20: N m / rad
  std::vector<double> kd;                       // 20: N m s / rad
  std::vector<double> torque_limit;             // 20: N m, symmetric
  double hall_min;                              // the converter's rails: raw values outside are
  double hall_max;                              // refused, those on them not believed
  std::vector<CalibrationPoints> calibration;   // 24, in joint order
};

enum class RelativeTo : std::uint8_t { kJointPosition, kPreviousTarget };
enum class HoldTarget : std::uint8_t { kMeasuredPosition, kLastTarget };
enum class ActionLimits : std::uint8_t { kTargets, kRange };

struct ControllerConfig
{
  std::int64_t period_ns;           // control period
  std::int64_t action_timeout_ns;   // no new action for this long: hold
  std::int64_t sensors_timeout_ns;  // no sensors for this long: zero torque
  std::int64_t soft_start_ns;       // time for the torque limits to rise from zero; 0 = at once
  double velocity_filter_s;         // time constant of the velocity estimate; 0 = plain difference
  double torque_slew;               // largest change of torque, in torque limits per second
  double hall_margin;               // usable beyond the ends of a Hall table, share of its span
  double hall_disagreement;         // largest difference of a joint's two channels, share of it too
  double max_joint_speed;           // faster is not believed [rad/s]
  double stuck_torque;              // a channel that reads the same while the torque on its joint
  std::int64_t stuck_ns;            // changed by this many torque limits, this long ago, is stuck
  std::int64_t settle_ns;           // readings are believed again after agreeing for this long
  RelativeTo relative_to;           // what an action is a change of
  HoldTarget hold;                  // what is held when actions stop
  ActionLimits limits;              // how far actions may move the targets
};

// Raises std::invalid_argument that names the parameter and the choices.
void validate(const ControllerConfig & config);
RelativeTo relative_to_from_string(const std::string & name);
HoldTarget hold_target_from_string(const std::string & name);
ActionLimits action_limits_from_string(const std::string & name);

}  // namespace inhand_control
