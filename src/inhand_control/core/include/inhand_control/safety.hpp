// The controller's modes: who may give torque, and when.
#pragma once

#include <cstdint>

#include "inhand_control/config.hpp"
#include "inhand_control/types.hpp"

namespace inhand_control
{

// Watch over the sequence numbers of one input stream.
struct StreamState
{
  bool seen;                // anything accepted yet
  std::uint64_t sequence;   // last accepted
  std::int64_t arrival_ns;  // when it was accepted
};

// Accepts a sequence number newer than the last one and counts the gap; refuses others, and those
// further ahead than any loss can be. A stream silent for timeout_ns may start over at any number:
// its producer was restarted.
bool accept_sequence(
  std::int64_t now_ns, std::uint64_t sequence, std::int64_t timeout_ns, StreamState & stream,
  StreamCounters & counters) noexcept;

struct SafetyState
{
  Mode mode;
  bool enabled;
  bool stopped;
  bool following;          // an action applied since the start is still fresh
  bool doubting;           // the newest reading was not believed in the cycle before
  std::int64_t start_ns;   // when the soft start began
  std::int64_t ramp_ns;    // how long the soft start takes
  bool lost;               // torque ended for lack of sensors, and only for that
  std::int64_t lost_ns;    // when it ended
  std::int64_t action_ns;  // when the last action was applied
};

// What has to happen to the target in this cycle.
enum class Transition : std::uint8_t {
  kNone,
  kStart,  // torque begins: target := measured position
  kHold,   // actions stopped: hold target is taken
};

inline bool gives_torque(Mode mode) noexcept
{
  return mode == Mode::kSoftStart || mode == Mode::kRunning || mode == Mode::kHold;
}

// Requests; false when refused (a stopped controller cannot be enabled before it is cleared).
bool request_enable(SafetyState & state) noexcept;
void request_disable(SafetyState & state) noexcept;
void request_stop(SafetyState & state) noexcept;
void request_clear(SafetyState & state) noexcept;

// Advances the modes by one cycle.
struct Seen
{
  bool sensors_fresh;    // a reading was believed within the time-out
  bool sensors_trusted;  // and the newest one is: else nothing is followed
  bool new_action;       // one waits to be applied
};
Transition update_safety(
  std::int64_t now_ns, const Seen & seen, const ControllerConfig & config, SafetyState & state,
  Counters & counters) noexcept;

// Share of the torque limits that may be used now, 0 .. 1.
double soft_start_scale(std::int64_t now_ns, const SafetyState & state) noexcept;

}  // namespace inhand_control
