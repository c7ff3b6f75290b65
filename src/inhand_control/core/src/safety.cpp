#include "inhand_control/safety.hpp"

namespace inhand_control
{

bool accept_sequence(
  std::int64_t now_ns, std::uint64_t sequence, std::int64_t timeout_ns, StreamState & stream,
  StreamCounters & counters) noexcept
{
  if (stream.seen && sequence <= stream.sequence) {
    const bool restarted = now_ns - stream.arrival_ns >= timeout_ns;
    if (!restarted) {
      ++counters.refused_stale;
      return false;
    }
  } else if (stream.seen) {
    counters.lost += sequence - stream.sequence - 1;
  }
  stream = {true, sequence, now_ns};
  ++counters.accepted;
  return true;
}

bool request_enable(SafetyState & state) noexcept
{
  state.enabled = !state.stopped;
  return state.enabled;
}

// The mode changes here and not in the next cycle only, so that an enable that follows within the
// same cycle still goes through a soft start.
void request_disable(SafetyState & state) noexcept
{
  state.enabled = false;
  state.mode = state.stopped ? Mode::kStopped : Mode::kDisabled;
}

void request_stop(SafetyState & state) noexcept
{
  state.stopped = true;
  state.enabled = false;
  state.mode = Mode::kStopped;
}

void request_clear(SafetyState & state) noexcept { state.stopped = false; }

Transition update_safety(
  std::int64_t now_ns, bool sensors_fresh, bool new_action, const ControllerConfig & config,
  SafetyState & state, Counters & counters) noexcept
{
  const Mode before = state.mode;
  if (state.stopped || !state.enabled || !sensors_fresh) {
    state.mode = state.stopped    ? Mode::kStopped
                 : !state.enabled ? Mode::kDisabled
                                  : Mode::kZeroTorque;
    state.following = false;
    counters.zero_torques += state.mode == Mode::kZeroTorque && gives_torque(before);
    return Transition::kNone;
  }

  Transition transition = Transition::kNone;
  if (!gives_torque(before)) {
    transition = Transition::kStart;
    state.start_ns = now_ns;
    state.following = false;
  }
  if (new_action) {
    state.following = true;
    state.action_ns = now_ns;
  } else if (state.following && now_ns - state.action_ns >= config.action_timeout_ns) {
    state.following = false;
    transition = Transition::kHold;
  }

  if (now_ns - state.start_ns < config.soft_start_ns) {
    state.mode = Mode::kSoftStart;
  } else {
    state.mode = state.following ? Mode::kRunning : Mode::kHold;
  }
  counters.holds += state.mode == Mode::kHold && before != Mode::kHold;
  return transition;
}

double soft_start_scale(
  std::int64_t now_ns, const ControllerConfig & config, const SafetyState & state) noexcept
{
  if (now_ns - state.start_ns >= config.soft_start_ns) {
    return 1.0;
  }
  return static_cast<double>(now_ns - state.start_ns) / static_cast<double>(config.soft_start_ns);
}

}  // namespace inhand_control
