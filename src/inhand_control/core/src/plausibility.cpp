#include "inhand_control/plausibility.hpp"

#include <algorithm>
#include <cmath>

namespace inhand_control
{

namespace
{

constexpr double kNearStop =
  0.1;  // rad; a joint so near to the end of its range may stand at its stop

}  // namespace

Plausibility::Plausibility(const HandModel & hand, const ControllerConfig & config)
: max_joint_speed_(config.max_joint_speed),
  stuck_torque_(config.stuck_torque),
  period_ns_(config.period_ns),
  timeout_ns_(config.sensors_timeout_ns),
  stuck_ns_(config.stuck_ns),
  settle_ns_(config.settle_ns)
{
  for (std::size_t c = 0; c < kHallChannels; ++c) {
    const std::size_t joint = hand.joint_of(c);
    const CalibrationCurve & curve = hand.curve(joint);
    const double span = curve.highest_raw() - curve.lowest_raw();
    const double margin = config.hall_margin * span;
    low_[c] = std::max(curve.lowest_raw() - margin, hand.hall_min() + 1.0);
    high_[c] = std::min(curve.highest_raw() + margin, hand.hall_max() - 1.0);
    disagreement_[c] = config.hall_disagreement * span;
    joint_[c] = joint;
    actuator_[c] = hand.actuator_of(joint);
    torque_limit_[c] = hand.torque_limit()[actuator_[c]];
    push_lower_[c] = hand.lower()[actuator_[c]] + kNearStop;
    push_upper_[c] = hand.upper()[actuator_[c]] - kNearStop;
    other_[c] = pair_[c] = c;
    for (std::size_t d = 0; d < kHallChannels; ++d) {
      if (d != c && hand.joint_of(d) == joint) {
        other_[c] = d;
      } else if (d != c && hand.actuator_of(hand.joint_of(d)) == actuator_[c]) {
        pair_[c] = d;
      }
    }
  }
}

bool Plausibility::judge(
  std::int64_t now_ns, const HallArray & hall, const JointArray & position,
  const ActuatorArray & torque, PlausibilityState & state, Counters & counters) const noexcept
{
  // After a silence in which torque has ended anyway, readings before it say nothing.
  if (now_ns - state.heard_ns >= timeout_ns_) {
    forget(state);
  }
  state.heard_ns = now_ns;
  watch(now_ns, hall, position, torque, state);
  if (!state.trusted && state.primed && !state.settling) {
    state.settling = now_ns - state.plausible_ns >= timeout_ns_;
    state.settled_ns = now_ns;
  }
  const Found found = find(now_ns, hall, position, largest_change(now_ns, state), state);
  // While settling, a leap is the way back, and says nothing new.
  if (found.doubt != Doubt::kNone && !(state.settling && found.doubt == Doubt::kSpeed)) {
    ++counters.implausible[static_cast<std::size_t>(found.doubt)][joint_[found.channel]];
    state.doubt = found.doubt;
    state.channel = static_cast<std::uint8_t>(found.channel);
    state.value = hall[found.channel];
  }
  const bool first = !state.primed;
  if (state.settling || first) {  // compare the next with this one: do they agree with each other?
    state.primed = true;
    state.position = position;
    state.compared_ns = now_ns;
    if (found.doubt != Doubt::kNone) {
      state.settling = true;
      state.trusted = false;
      state.settled_ns = now_ns;
    }
  }
  if (found.doubt != Doubt::kNone || (state.settling && now_ns - state.settled_ns < settle_ns_)) {
    state.trusted = false;
    return false;
  }
  state.trusted = true;
  state.settling = false;
  state.doubt = Doubt::kNone;
  state.position = position;
  state.compared_ns = now_ns;
  state.plausible_ns = now_ns;
  return true;
}

void Plausibility::forget(PlausibilityState & state) noexcept
{
  state.primed = false;
  state.settling = false;
}

void Plausibility::watch(
  std::int64_t now_ns, const HallArray & hall, const JointArray & position,
  const ActuatorArray & torque, PlausibilityState & state) const noexcept
{
  const auto moved = [&](std::size_t c) { return hall[c] != state.hall[c]; };
  for (std::size_t c = 0; c < kHallChannels; ++c) {
    const double share = push(c, position, torque);
    if (!state.primed || moved(c) || moved(pair_[c])) {
      state.torque_min[c] = state.torque_max[c] = share;
      state.pushed_ns[c] = 0;
      continue;
    }
    state.torque_min[c] = std::min(state.torque_min[c], share);
    state.torque_max[c] = std::max(state.torque_max[c], share);
    if (state.pushed_ns[c] == 0 && state.torque_max[c] - state.torque_min[c] >= stuck_torque_) {
      state.pushed_ns[c] = std::max<std::int64_t>(now_ns, 1);
    }
  }
  state.hall = hall;
}

// The torque on a channel's joint in torque limits; 0 where it presses the joint against its stop.
double Plausibility::push(
  std::size_t channel, const JointArray & position, const ActuatorArray & torque) const noexcept
{
  const double share = torque[actuator_[channel]] / torque_limit_[channel];
  double coordinate = position[joint_[channel]];
  if (pair_[channel] != channel) {
    coordinate += position[joint_[pair_[channel]]];
  }
  if (coordinate <= push_lower_[channel]) {
    return std::max(share, 0.0);
  }
  return coordinate >= push_upper_[channel] ? std::min(share, 0.0) : share;
}

// How far a joint may be from where it is compared with [rad].
double Plausibility::largest_change(
  std::int64_t now_ns, const PlausibilityState & state) const noexcept
{
  const bool continues = state.trusted || state.settling;
  const std::int64_t elapsed =
    continues ? std::clamp(now_ns - state.compared_ns, period_ns_, timeout_ns_) : period_ns_;
  return max_joint_speed_ * static_cast<double>(elapsed) * 1e-9;
}

Plausibility::Found Plausibility::find(
  std::int64_t now_ns, const HallArray & hall, const JointArray & position, double largest_change,
  const PlausibilityState & state) const noexcept
{
  for (std::size_t c = 0; c < kHallChannels; ++c) {
    if (hall[c] < low_[c] || hall[c] > high_[c]) {
      return {Doubt::kBand, c};
    }
    if (std::abs(hall[c] - hall[other_[c]]) > disagreement_[c]) {
      return {Doubt::kDisagreement, c};
    }
    if (state.pushed_ns[c] != 0 && now_ns - state.pushed_ns[c] >= stuck_ns_) {
      return {Doubt::kStuck, c};
    }
    const std::size_t joint = joint_[c];
    if (state.primed && std::abs(position[joint] - state.position[joint]) > largest_change) {
      return {Doubt::kSpeed, c};
    }
  }
  return {Doubt::kNone, 0};
}

}  // namespace inhand_control
