#include "inhand_control/safety.hpp"

#include <algorithm>

namespace inhand_control
{
namespace
{

// Numbers that a stream may skip: more than are lost in ten minutes of readings at 200 Hz. A forged
// or broken number beyond it is no loss.
constexpr std::uint64_t kMostLost = 120'000;

void end_torque(
  std::int64_t now_ns, bool trusted, SafetyState & state, Counters & counters) noexcept
{
  const Mode before = state.mode;
  state.mode = state.stopped    ? Mode::kStopped
               : !state.enabled ? Mode::kDisabled
                                : Mode::kZeroTorque;
  state.following = false;
  if (state.mode == Mode::kZeroTorque && gives_torque(before)) {
    ++counters.zero_torques;
    state.lost_ns = now_ns;
    state.lost = trusted;  // sensors that could not be believed cost a whole soft start
  } else if (state.mode != Mode::kZeroTorque) {
    state.lost = false;
  }
}

// After sensors were lost the torque comes back over as long as it was gone: a reading or two late
// on a busy machine must not cost a whole soft start.
void begin_torque(
  std::int64_t now_ns, const ControllerConfig & config, SafetyState & state) noexcept
{
  state.start_ns = now_ns;
  state.ramp_ns =
    state.lost ? std::min(now_ns - state.lost_ns, config.soft_start_ns) : config.soft_start_ns;
  state.lost = false;
  state.following = false;
}

}  // namespace

bool accept_sequence(
  std::int64_t now_ns, std::uint64_t sequence, std::int64_t timeout_ns, StreamState & stream,
  StreamCounters & counters) noexcept
{
  if (stream.seen) {
    const bool rises = sequence > stream.sequence && sequence - stream.sequence - 1 <= kMostLost;
    const bool restarted = now_ns - stream.arrival_ns >= timeout_ns;
    if (!rises && !restarted) {
      ++counters.refused_stale;
      return false;
    }
    counters.lost += rises ? sequence - stream.sequence - 1 : 0;
  }
  stream = {true, sequence, now_ns};
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
  state.lost = false;
  state.mode = state.stopped ? Mode::kStopped : Mode::kDisabled;
}

void request_stop(SafetyState & state) noexcept
{
  state.stopped = true;
  state.enabled = false;
  state.lost = false;
  state.mode = Mode::kStopped;
}

void request_clear(SafetyState & state) noexcept { state.stopped = false; }

Transition update_safety(
  std::int64_t now_ns, const Seen & seen, const ControllerConfig & config, SafetyState & state,
  Counters & counters) noexcept
{
  const Mode before = state.mode;
  const bool doubted_before = state.doubting;
  state.doubting = !seen.sensors_trusted;
  if (state.stopped || !state.enabled || !seen.sensors_fresh) {
    end_torque(now_ns, seen.sensors_trusted, state, counters);
    return Transition::kNone;
  }

  Transition transition = Transition::kNone;
  if (!gives_torque(before)) {
    transition = Transition::kStart;
    begin_torque(now_ns, config, state);
  }
  if (!seen.sensors_trusted) {  // holds where the hand was, as long as that is known
    state.following = false;
    transition = doubted_before ? transition : Transition::kHold;
  } else if (seen.new_action) {
    state.following = true;
    state.action_ns = now_ns;
  } else if (state.following && now_ns - state.action_ns >= config.action_timeout_ns) {
    state.following = false;
    transition = Transition::kHold;
  }

  if (now_ns - state.start_ns < state.ramp_ns) {
    state.mode = Mode::kSoftStart;
  } else {
    state.mode = state.following ? Mode::kRunning : Mode::kHold;
  }
  counters.holds += state.mode == Mode::kHold && before != Mode::kHold;
  return transition;
}

double soft_start_scale(std::int64_t now_ns, const SafetyState & state) noexcept
{
  const std::int64_t elapsed_ns = now_ns - state.start_ns;
  if (elapsed_ns >= state.ramp_ns) {
    return 1.0;
  }
  return static_cast<double>(elapsed_ns) / static_cast<double>(state.ramp_ns);
}

}  // namespace inhand_control
