// The low-level controller of the hand: relative actions and raw sensors in, torques out.
#pragma once

#include <cstdint>
#include <type_traits>

#include "inhand_control/config.hpp"
#include "inhand_control/hand_model.hpp"
#include "inhand_control/plausibility.hpp"
#include "inhand_control/safety.hpp"
#include "inhand_control/types.hpp"
#include "inhand_control/velocity_filter.hpp"

namespace inhand_control
{

// Everything that changes from cycle to cycle; copy it to save and restore a controller.
struct ControllerState
{
  SafetyState safety;
  StreamState sensors;
  StreamState actions;
  Counters counters;
  VelocityState velocity;
  PlausibilityState plausibility;
  std::int64_t sensors_stamp_ns;    // of the reading used
  std::uint64_t sensors_sequence;   // of the reading used
  std::int64_t sensors_arrival_ns;  // of the reading used
  std::uint32_t start;
  bool has_position;
  bool set_anew;  // the hand was: the target becomes where it is now
  bool action_pending;
  ActuatorArray pending_action;
  ActuatorArray target;
  ActuatorArray torque;
};
static_assert(std::is_trivially_copyable_v<ControllerState>);

// Runs once a period. The caller owns time: every call takes integer nanoseconds of one monotonic
// time base, and equal calls give equal bits. After construction nothing allocates, throws or blocks.
//
//     controller.offer_sensors(now, sensors);   // zero or more times
//     controller.offer_action(now, action);     // zero or more times
//     controller.step(now, output);             // once
//
// Hold: when no new action came for the time-out, the target becomes the position measured at that
// moment (HoldTarget::kMeasuredPosition), so the hand stops where it is and what it was squeezing
// against is released; kLastTarget keeps the last target and with it the grip force.
class Controller
{
public:
  Controller(const HandModel & hand, const ControllerConfig & config);

  bool enable() noexcept
  {
    if (!state_.safety.enabled) {
      Plausibility::forget(state_.plausibility);
    }
    return request_enable(state_.safety);
  }
  void disable() noexcept { request_disable(state_.safety); }
  void stop() noexcept { request_stop(state_.safety); }
  void clear() noexcept { request_clear(state_.safety); }

  // True when accepted; refusals are counted by cause and change nothing else.
  bool offer_sensors(std::int64_t now_ns, const SensorSample & sample) noexcept;
  // The latest accepted action of a cycle is applied by the next step(), relative to the position
  // known then; while no torque is given it is dropped.
  // Its age is judged by the newest reading: both carry the time base of the sensors.
  bool offer_action(std::int64_t now_ns, const ActionSample & sample) noexcept;

  void step(std::int64_t now_ns, ControllerOutput & output) noexcept;

  // The output of the last step again.
  void output(ControllerOutput & output) const noexcept;

  Mode mode() const noexcept { return state_.safety.mode; }
  const Counters & counters() const noexcept { return state_.counters; }
  const HandModel & hand() const noexcept { return hand_; }
  const Plausibility & plausibility() const noexcept { return plausibility_; }
  const ControllerState & state() const noexcept { return state_; }
  void set_state(const ControllerState & state) noexcept { state_ = state; }
  void reset() noexcept { state_ = ControllerState{}; }

private:
  bool too_old(std::int64_t stamp_ns, std::int64_t now_ns) const noexcept;
  void update_target(Transition transition, const ActuatorArray & position) noexcept;
  void update_torque(
    double scale, const ActuatorArray & position, const ActuatorArray & velocity) noexcept;

  HandModel hand_;
  ControllerConfig config_;
  Plausibility plausibility_;
  ControllerState state_{};
};

}  // namespace inhand_control
