// A small hand for tests: simple numbers that can be checked by hand.
#pragma once

#include <string>
#include <vector>

#include "inhand_control/config.hpp"
#include "inhand_control/types.hpp"

namespace inhand_control::test
{

constexpr std::int64_t kMs = 1'000'000;

// 24 joints j0 .. j23; j1 and j19 have two Hall channels; j0 .. j15 and j20 .. j23 are driven
// alone except the pairs (j4, j5), (j8, j9), (j12, j13), (j17, j18).
// 1 mrad a count about count 2000 for every joint.
inline HandTables hand_tables()
{
  HandTables hand{};
  const auto name = [](std::size_t j) { return "j" + std::to_string(j); };
  for (std::size_t j = 0; j < kJoints; ++j) {
    hand.joint_names.push_back(name(j));
    hand.calibration.push_back({{1000.0, 2000.0, 3000.0}, {-1.0, 0.0, 1.0}});
    const bool doubled = j == 1 || j == 19;
    for (const std::string & suffix :
         doubled ? std::vector<std::string>{"_A", "_B"} : std::vector<std::string>{""}) {
      hand.hall_channel_names.push_back(name(j) + suffix);
      hand.hall_channel_joint.push_back(name(j));
    }
    const bool second = j == 5 || j == 9 || j == 13 || j == 18;
    const bool first = j == 4 || j == 8 || j == 12 || j == 17;
    if (!second) {
      hand.actuator_names.push_back("a" + std::to_string(j));
      hand.actuator_joint_1.push_back(name(j));
      hand.actuator_joint_2.push_back(first ? name(j + 1) : "");
    }
  }
  hand.range_lower.assign(kActuators, -1.0);
  hand.range_upper.assign(kActuators, 2.0);
  hand.target_lower = hand.range_lower;
  hand.target_upper = hand.range_upper;
  hand.kp.assign(kActuators, 2.0);
  hand.kd.assign(kActuators, 0.0);
  hand.torque_limit.assign(kActuators, 1.0);
  hand.hall_min = 0.0;
  hand.hall_max = 4095.0;
  return hand;
}

inline ControllerConfig controller_config()
{
  ControllerConfig config{};
  config.period_ns = 5 * kMs;
  config.action_timeout_ns = 250 * kMs;
  config.sensors_timeout_ns = 20 * kMs;
  config.soft_start_ns = 0;
  config.velocity_filter_s = 0.0;
  config.torque_slew = 1e6;
  config.hall_margin = 0.25;
  config.hall_disagreement = 0.25;
  config.max_joint_speed = 1e6;  // tests let joints leap, and stand still whatever the torque
  config.stuck_torque = 2.0;
  config.stuck_ns = 1000 * kMs;
  config.settle_ns = 0;
  config.relative_to = RelativeTo::kJointPosition;
  config.hold = HoldTarget::kMeasuredPosition;
  config.limits = ActionLimits::kTargets;
  return config;
}

// A reading with every joint at `angle` [rad].
inline SensorSample reading(std::int64_t stamp_ns, std::uint64_t sequence, double angle)
{
  SensorSample sample{};
  sample.stamp_ns = stamp_ns;
  sample.sequence = sequence;
  sample.size = kHallChannels;
  sample.hall.fill(2000.0 + 1000.0 * angle);
  return sample;
}

inline ActionSample action(std::int64_t stamp_ns, std::uint64_t sequence, double value)
{
  ActionSample sample{};
  sample.stamp_ns = stamp_ns;
  sample.sequence = sequence;
  sample.size = kActuators;
  sample.action.fill(value);
  return sample;
}

}  // namespace inhand_control::test
