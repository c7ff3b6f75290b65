// The hand's tables with names resolved to indices: calibration, coupling, ranges, gains.
#pragma once

#include <array>
#include <cstdint>

#include "inhand_control/calibration.hpp"
#include "inhand_control/config.hpp"
#include "inhand_control/types.hpp"

namespace inhand_control
{

// Absolute target of a relative action: position + action * half the range, clipped to [low, high].
// The one implementation, used on the robot and by the training simulator alike (paper, appendix
// B.4).
// position, half_range, low, high: actuated coordinate [rad]; action in [-1, 1].
double relative_target(
  double action, double position, double half_range, double low, double high) noexcept;

class HandModel
{
public:
  // Raises std::invalid_argument naming the table, the entry and what is allowed.
  explicit HandModel(const HandTables & tables);

  // Joint angles [rad] of raw Hall values [ADC counts]; channels of one joint are averaged first.
  void calibrate(const HallArray & hall, JointArray & position) const noexcept;
  // Raw Hall values at these joint angles: what a simulated hand's sensors read.
  void uncalibrate(const JointArray & position, HallArray & hall) const noexcept;

  // Actuated coordinates of joint values: the joint itself, or J1 + J2 of a coupled pair.
  void actuated(const JointArray & joint, ActuatorArray & actuator) const noexcept;
  // Torque on each joint: a tendon with coefficients (1, 1) loads both joints of a pair alike.
  void joint_effort(const ActuatorArray & torque, JointArray & effort) const noexcept;

  bool hall_in_range(double raw) const noexcept { return raw >= hall_min_ && raw <= hall_max_; }
  double hall_min() const noexcept { return hall_min_; }
  double hall_max() const noexcept { return hall_max_; }
  const CalibrationCurve & curve(std::size_t joint) const noexcept { return curves_[joint]; }
  // The joint that a Hall channel measures, and the actuator that drives a joint.
  std::size_t joint_of(std::size_t channel) const noexcept { return joint_of_[channel]; }
  std::size_t actuator_of(std::size_t joint) const noexcept { return actuator_of_[joint]; }

  const ActuatorArray & lower() const noexcept { return lower_; }
  const ActuatorArray & upper() const noexcept { return upper_; }
  const ActuatorArray & half_range() const noexcept { return half_range_; }
  const ActuatorArray & target_lower() const noexcept { return target_lower_; }
  const ActuatorArray & target_upper() const noexcept { return target_upper_; }
  const ActuatorArray & kp() const noexcept { return kp_; }
  const ActuatorArray & kd() const noexcept { return kd_; }
  const ActuatorArray & torque_limit() const noexcept { return torque_limit_; }

private:
  void resolve_channels(const HandTables & tables);
  void resolve_actuators(const HandTables & tables);

  static constexpr std::int32_t kNone = -1;
  struct Channels
  {
    std::int32_t first;
    std::int32_t second;
  };  // second: kNone unless doubled
  struct Driven
  {
    std::int32_t first;
    std::int32_t second;
  };  // second: kNone unless coupled

  std::array<CalibrationCurve, kJoints> curves_;
  std::array<Channels, kJoints> channels_;
  std::array<std::size_t, kHallChannels> joint_of_;
  std::array<std::size_t, kJoints> actuator_of_;
  std::array<Driven, kActuators> driven_;
  ActuatorArray lower_;
  ActuatorArray upper_;
  ActuatorArray target_lower_;
  ActuatorArray target_upper_;
  ActuatorArray half_range_;
  ActuatorArray kp_;
  ActuatorArray kd_;
  ActuatorArray torque_limit_;
  double hall_min_;
  double hall_max_;
};

}  // namespace inhand_control
