// Whether a reading of the Hall sensors can be true: wires break, converters saturate, values freeze.
#pragma once

#include <array>
#include <cstdint>

#include "inhand_control/config.hpp"
#include "inhand_control/hand_model.hpp"
#include "inhand_control/types.hpp"

namespace inhand_control
{

// Everything a judge remembers. Times are arrivals.
struct PlausibilityState
{
  bool primed;                // `position` is set
  bool trusted;               // the last reading was plausible
  bool settling;              // torque has ended for lack of plausible readings
  std::int64_t plausible_ns;  // last plausible reading
  std::int64_t heard_ns;      // last reading
  std::int64_t settled_ns;    // since when readings have agreed with each other, while settling
  std::int64_t compared_ns;   // arrival of `position`
  JointArray position;        // what the next reading is compared with [rad]
  HallArray hall;             // last value of each channel
  HallArray torque_min;       // torque on the channel's joint while it has read the same,
  HallArray torque_max;       // in torque limits
  std::array<std::int64_t, kHallChannels> pushed_ns;  // since when that has changed enough; 0: not
  Doubt doubt;                                        // of the last reading that was not plausible
  std::uint8_t channel;                               // its channel
  double value;                                       // what that read [ADC counts]
};

// Judges readings against the calibration and against the readings before.
//
// A reading is implausible when a channel is outside the usable band of its calibration or on the
// converter's rails, when the two channels of a joint contradict each other, when a joint moves
// faster than it can, or when a channel stays the same to the count while the torque on its joint
// has changed a lot: more than friction can hold, and not against a stop. A hand at rest reads the
// same for as long as it rests; joints that one actuator drives take turns, so that both have to
// stay the same. While readings are doubted, only one that continues the last plausible
// position is believed again. Once they were doubted for the sensors' time-out (torque has ended
// then) they are believed again when they have agreed with each other for `settle_ns`, whatever
// they say; a channel that was stuck has to move first. A silence, a hand that was set up again and a
// person who enables the controller begin it all again.
class Plausibility
{
public:
  Plausibility(const HandModel & hand, const ControllerConfig & config);

  // True when the reading may be used. `torque` is what is commanded now, by actuator [N m].
  bool judge(
    std::int64_t now_ns, const HallArray & hall, const JointArray & position,
    const ActuatorArray & torque, PlausibilityState & state, Counters & counters) const noexcept;

  // Forgets what readings are compared with: the hand is another, or was set up again.
  static void forget(PlausibilityState & state) noexcept;

  // The usable band of a channel [ADC counts].
  double low(std::size_t channel) const noexcept { return low_[channel]; }
  double high(std::size_t channel) const noexcept { return high_[channel]; }

private:
  struct Found
  {
    Doubt doubt;
    std::size_t channel;
  };
  void watch(
    std::int64_t now_ns, const HallArray & hall, const JointArray & position,
    const ActuatorArray & torque, PlausibilityState & state) const noexcept;
  double push(
    std::size_t channel, const JointArray & position, const ActuatorArray & torque) const noexcept;
  Found find(
    std::int64_t now_ns, const HallArray & hall, const JointArray & position, double largest_change,
    const PlausibilityState & state) const noexcept;
  double largest_change(std::int64_t now_ns, const PlausibilityState & state) const noexcept;

  HallArray low_;
  HallArray high_;
  HallArray disagreement_;  // largest difference from the joint's other channel [ADC counts]
  HallArray push_lower_;    // actuated angles beyond which a torque outwards presses against a stop
  HallArray push_upper_;    // [rad]
  HallArray torque_limit_;  // of the actuator that drives the channel's joint [N m]
  std::array<std::size_t, kHallChannels> joint_;
  std::array<std::size_t, kHallChannels> other_;  // the joint's other channel, or the same
  std::array<std::size_t, kHallChannels> actuator_;
  std::array<std::size_t, kHallChannels>
    pair_;  // channel of the actuator's other joint, or the same
  double max_joint_speed_;
  double stuck_torque_;
  std::int64_t period_ns_;
  std::int64_t timeout_ns_;
  std::int64_t stuck_ns_;
  std::int64_t settle_ns_;
};

}  // namespace inhand_control
