#include "inhand_control/hand_model.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

namespace inhand_control
{
namespace
{

[[noreturn]] void fail(const std::string & what) { throw std::invalid_argument("hand." + what); }

template <typename T>
void require_size(const std::vector<T> & values, std::size_t size, const std::string & name)
{
  if (values.size() != size) {
    fail(
      name + ": " + std::to_string(values.size()) + " entries; " + std::to_string(size) +
      " are needed");
  }
}

std::string list(const std::vector<std::string> & names)
{
  std::string text;
  for (const auto & name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

void require_unique(std::vector<std::string> names, const std::string & table)
{
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) {
    fail(table + ": '" + *twice + "' appears twice");
  }
}

std::int32_t joint_index(const HandTables & tables, const std::string & joint, const char * table)
{
  const auto & names = tables.joint_names;
  const auto found = std::find(names.begin(), names.end(), joint);
  if (found == names.end()) {
    fail(std::string(table) + ": unknown joint '" + joint + "'; known " + list(names));
  }
  return static_cast<std::int32_t>(found - names.begin());
}

ActuatorArray numbers(
  const std::vector<double> & values, const char * name, bool positive, bool negative_allowed)
{
  require_size(values, kActuators, name);
  ActuatorArray result{};
  for (std::size_t i = 0; i < kActuators; ++i) {
    const bool ok = std::isfinite(values[i]) && (negative_allowed || values[i] >= 0.0) &&
                    (!positive || values[i] > 0.0);
    if (!ok) {
      fail(
        std::string(name) + "[" + std::to_string(i) + "] = " + std::to_string(values[i]) +
        (positive           ? " must be above 0"
         : negative_allowed ? " must be finite"
                            : " must be 0 or more"));
    }
    result[i] = values[i];
  }
  return result;
}

}  // namespace

double relative_target(
  double action, double position, double half_range, double low, double high) noexcept
{
  return std::min(std::max(position + action * half_range, low), high);
}

HandModel::HandModel(const HandTables & tables)
: lower_(numbers(tables.range_lower, "range_lower", false, true)),
  upper_(numbers(tables.range_upper, "range_upper", false, true)),
  target_lower_(numbers(tables.target_lower, "target_lower", false, true)),
  target_upper_(numbers(tables.target_upper, "target_upper", false, true)),
  kp_(numbers(tables.kp, "kp", true, false)),
  kd_(numbers(tables.kd, "kd", false, false)),
  torque_limit_(numbers(tables.torque_limit, "torque_limit", true, false)),
  hall_min_(tables.hall_min),
  hall_max_(tables.hall_max)
{
  require_size(tables.joint_names, kJoints, "joint_names");
  require_unique(tables.joint_names, "joint_names");
  require_size(tables.calibration, kJoints, "calibration");
  if (!(std::isfinite(hall_min_) && std::isfinite(hall_max_) && hall_min_ < hall_max_)) {
    fail("hall_min must be below hall_max");
  }
  for (std::size_t j = 0; j < kJoints; ++j) {
    curves_[j] = CalibrationCurve(tables.joint_names[j], tables.calibration[j]);
  }
  resolve_channels(tables);
  resolve_actuators(tables);
}

void HandModel::resolve_channels(const HandTables & tables)
{
  require_size(tables.hall_channel_names, kHallChannels, "hall_channel_names");
  require_unique(tables.hall_channel_names, "hall_channel_names");
  require_size(tables.hall_channel_joint, kHallChannels, "hall_channel_joint");
  channels_.fill({kNone, kNone});
  for (std::size_t c = 0; c < kHallChannels; ++c) {
    const std::string & joint = tables.hall_channel_joint[c];
    joint_of_[c] = static_cast<std::size_t>(joint_index(tables, joint, "hall_channel_joint"));
    auto & channels = channels_[joint_of_[c]];
    const auto channel = static_cast<std::int32_t>(c);
    if (channels.first == kNone) {
      channels.first = channel;
    } else if (channels.second == kNone) {
      channels.second = channel;
    } else {
      fail("hall_channel_joint: '" + joint + "' has more than two channels");
    }
  }
  for (std::size_t j = 0; j < kJoints; ++j) {
    if (channels_[j].first == kNone) {
      fail("hall_channel_joint: no channel for '" + tables.joint_names[j] + "'");
    }
  }
}

void HandModel::resolve_actuators(const HandTables & tables)
{
  require_size(tables.actuator_names, kActuators, "actuator_names");
  require_unique(tables.actuator_names, "actuator_names");
  require_size(tables.actuator_joint_1, kActuators, "actuator_joint_1");
  require_size(tables.actuator_joint_2, kActuators, "actuator_joint_2");
  std::array<bool, kJoints> driven{};
  const auto drive = [&](const std::string & joint, const char * table) {
    const std::int32_t index = joint_index(tables, joint, table);
    bool & taken = driven[static_cast<std::size_t>(index)];
    if (taken) {
      fail(std::string(table) + ": '" + joint + "' is driven twice");
    }
    taken = true;
    return index;
  };
  for (std::size_t a = 0; a < kActuators; ++a) {
    const std::string & second = tables.actuator_joint_2[a];
    driven_[a].first = drive(tables.actuator_joint_1[a], "actuator_joint_1");
    driven_[a].second = second.empty() ? kNone : drive(second, "actuator_joint_2");
    actuator_of_[static_cast<std::size_t>(driven_[a].first)] = a;
    if (driven_[a].second != kNone) {
      actuator_of_[static_cast<std::size_t>(driven_[a].second)] = a;
    }
    if (!(lower_[a] < upper_[a])) {
      fail("range_lower of '" + tables.actuator_names[a] + "' must be below its range_upper");
    }
    const bool within = lower_[a] <= target_lower_[a] && target_upper_[a] <= upper_[a];
    if (!(within && target_lower_[a] < target_upper_[a])) {
      fail(
        "target_lower of '" + tables.actuator_names[a] +
        "' must be below its target_upper, both within its range");
    }
    half_range_[a] = 0.5 * (upper_[a] - lower_[a]);
  }
  for (std::size_t j = 0; j < kJoints; ++j) {
    if (!driven[j]) {
      fail("actuator_joint_1: no actuator drives '" + tables.joint_names[j] + "'");
    }
  }
}

void HandModel::calibrate(const HallArray & hall, JointArray & position) const noexcept
{
  for (std::size_t j = 0; j < kJoints; ++j) {
    double raw = hall[static_cast<std::size_t>(channels_[j].first)];
    if (channels_[j].second != kNone) {
      raw = 0.5 * (raw + hall[static_cast<std::size_t>(channels_[j].second)]);
    }
    position[j] = curves_[j].angle(raw);
  }
}

void HandModel::uncalibrate(const JointArray & position, HallArray & hall) const noexcept
{
  for (std::size_t j = 0; j < kJoints; ++j) {
    const double raw = curves_[j].raw(position[j]);
    hall[static_cast<std::size_t>(channels_[j].first)] = raw;
    if (channels_[j].second != kNone) {
      hall[static_cast<std::size_t>(channels_[j].second)] = raw;
    }
  }
}

void HandModel::actuated(const JointArray & joint, ActuatorArray & actuator) const noexcept
{
  for (std::size_t a = 0; a < kActuators; ++a) {
    double value = joint[static_cast<std::size_t>(driven_[a].first)];
    if (driven_[a].second != kNone) {
      value += joint[static_cast<std::size_t>(driven_[a].second)];
    }
    actuator[a] = value;
  }
}

void HandModel::joint_effort(const ActuatorArray & torque, JointArray & effort) const noexcept
{
  for (std::size_t a = 0; a < kActuators; ++a) {
    effort[static_cast<std::size_t>(driven_[a].first)] = torque[a];
    if (driven_[a].second != kNone) {
      effort[static_cast<std::size_t>(driven_[a].second)] = torque[a];
    }
  }
}

}  // namespace inhand_control
