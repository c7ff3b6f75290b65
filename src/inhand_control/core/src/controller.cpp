#include "inhand_control/controller.hpp"

#include <algorithm>
#include <cmath>

namespace inhand_control
{
namespace
{

template <std::size_t N>
bool all_finite(const std::array<double, N> & values) noexcept
{
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

// Smoothed actions are sums of products: rounding may leave [-1, 1] by a few ulp.
constexpr double kActionBound = 1.0 + 1e-9;

}  // namespace

Controller::Controller(const HandModel & hand, const ControllerConfig & config)
: hand_(hand), config_(config), plausibility_(hand, config)
{
  validate(config);
}

bool Controller::offer_sensors(std::int64_t now_ns, const SensorSample & sample) noexcept
{
  StreamCounters & counters = state_.counters.sensors;
  if (sample.size != kHallChannels) {
    ++counters.refused_size;
    return false;
  }
  if (!all_finite(sample.hall)) {
    ++counters.refused_nan;
    return false;
  }
  const auto in_range = [this](double raw) { return hand_.hall_in_range(raw); };
  if (!std::all_of(sample.hall.begin(), sample.hall.end(), in_range)) {
    ++counters.refused_range;
    return false;
  }
  if (!accept_sequence(
        now_ns, sample.sequence, config_.sensors_timeout_ns, state_.sensors, counters)) {
    return false;
  }
  if (state_.has_position && sample.start != state_.start) {
    Plausibility::forget(state_.plausibility);
    state_.velocity.primed = false;
    state_.set_anew = true;
  }
  state_.start = sample.start;
  JointArray position;
  hand_.calibrate(sample.hall, position);
  if (!plausibility_.judge(
        now_ns, sample.hall, position, state_.torque, state_.plausibility, state_.counters)) {
    ++counters.refused_doubt;
    return false;
  }
  ++counters.accepted;
  update_velocity(
    position, sample.stamp_ns, config_.velocity_filter_s, config_.sensors_timeout_ns,
    state_.velocity);
  state_.sensors_stamp_ns = sample.stamp_ns;
  state_.sensors_sequence = sample.sequence;
  state_.sensors_arrival_ns = now_ns;
  state_.has_position = true;
  return true;
}

bool Controller::offer_action(std::int64_t now_ns, const ActionSample & sample) noexcept
{
  StreamCounters & counters = state_.counters.actions;
  if (sample.size != kActuators) {
    ++counters.refused_size;
    return false;
  }
  if (!all_finite(sample.action)) {
    ++counters.refused_nan;
    return false;
  }
  const auto in_range = [](double a) { return std::abs(a) <= kActionBound; };
  if (!std::all_of(sample.action.begin(), sample.action.end(), in_range)) {
    ++counters.refused_range;
    return false;
  }
  if (too_old(sample.stamp_ns, now_ns)) {
    ++counters.refused_age;
    return false;
  }
  if (!accept_sequence(
        now_ns, sample.sequence, config_.action_timeout_ns, state_.actions, counters)) {
    return false;
  }
  ++counters.accepted;
  state_.action_pending = true;
  state_.pending_action = sample.action;
  return true;
}

// Older than the time-out by the clock of the sensors, or as far in its future.
bool Controller::too_old(std::int64_t stamp_ns, std::int64_t now_ns) const noexcept
{
  if (!state_.has_position) {
    return false;  // nothing to judge it by, and nothing moves yet
  }
  const std::int64_t sensors_now = state_.sensors_stamp_ns + (now_ns - state_.sensors_arrival_ns);
  const auto age = static_cast<double>(sensors_now) - static_cast<double>(stamp_ns);
  return std::abs(age) >= static_cast<double>(config_.action_timeout_ns);
}

void Controller::step(std::int64_t now_ns, ControllerOutput & output) noexcept
{
  ++state_.counters.cycles;

  // Who may give torque now?
  const bool sensors_fresh =
    state_.has_position && now_ns - state_.sensors_arrival_ns < config_.sensors_timeout_ns;
  const bool trusted = state_.plausibility.trusted || !state_.sensors.seen;
  state_.action_pending = state_.action_pending && trusted;
  const Transition transition = update_safety(
    now_ns, {sensors_fresh, trusted, state_.action_pending}, config_, state_.safety,
    state_.counters);

  // Where should the joints go, and what torque drives them there?
  if (gives_torque(state_.safety.mode)) {
    ActuatorArray position;
    ActuatorArray velocity;
    hand_.actuated(state_.velocity.position, position);
    hand_.actuated(state_.velocity.velocity, velocity);
    update_target(transition, position);
    update_torque(soft_start_scale(now_ns, state_.safety), position, velocity);
  } else {
    state_.torque.fill(0.0);  // at once: a slew limit must not keep a blind motor running
  }
  state_.action_pending = false;
  state_.set_anew = false;

  this->output(output);
}

void Controller::update_target(Transition transition, const ActuatorArray & position) noexcept
{
  const bool take_measured =
    transition == Transition::kStart || state_.set_anew ||
    (transition == Transition::kHold && config_.hold == HoldTarget::kMeasuredPosition);
  const bool range = config_.limits == ActionLimits::kRange;
  const ActuatorArray & low = range ? hand_.lower() : hand_.target_lower();
  const ActuatorArray & high = range ? hand_.upper() : hand_.target_upper();
  for (std::size_t a = 0; a < kActuators; ++a) {
    if (take_measured) {  // where a joint stands is held, also beyond what actions may ask for
      state_.target[a] = std::min(std::max(position[a], hand_.lower()[a]), hand_.upper()[a]);
    }
    if (state_.action_pending) {
      const double origin =
        config_.relative_to == RelativeTo::kJointPosition ? position[a] : state_.target[a];
      state_.target[a] =
        relative_target(state_.pending_action[a], origin, hand_.half_range()[a], low[a], high[a]);
    }
  }
}

void Controller::update_torque(
  double scale, const ActuatorArray & position, const ActuatorArray & velocity) noexcept
{
  const double period_s = static_cast<double>(config_.period_ns) * 1e-9;
  for (std::size_t a = 0; a < kActuators; ++a) {
    const double limit = scale * hand_.torque_limit()[a];
    const double slew = config_.torque_slew * period_s * hand_.torque_limit()[a];
    double torque = hand_.kp()[a] * (state_.target[a] - position[a]) - hand_.kd()[a] * velocity[a];
    torque = std::clamp(torque, state_.torque[a] - slew, state_.torque[a] + slew);
    state_.torque[a] = std::clamp(torque, -limit, limit);
  }
}

void Controller::output(ControllerOutput & output) const noexcept
{
  output.mode = state_.safety.mode;
  output.has_position = state_.has_position;
  output.sensors_stamp_ns = state_.sensors_stamp_ns;
  output.sensors_sequence = state_.sensors_sequence;
  output.torque = state_.torque;
  output.target = state_.target;
  output.position = state_.velocity.position;
  output.velocity = state_.velocity.velocity;
  output.doubt = state_.plausibility.trusted ? Doubt::kNone : state_.plausibility.doubt;
  output.doubted_channel = state_.plausibility.channel;
  output.doubted_value = state_.plausibility.value;
  hand_.joint_effort(state_.torque, output.effort);
}

}  // namespace inhand_control
