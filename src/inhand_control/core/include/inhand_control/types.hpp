// Sizes, samples and outputs shared by every part of the controller.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace inhand_control
{

constexpr std::size_t kJoints = 24;        // Shadow hand joints, WRJ2 .. THJ1
constexpr std::size_t kActuators = 20;     // motors; four drive a coupled pair J0 = J1 + J2
constexpr std::size_t kHallChannels = 26;  // WRJ1 and THJ5 carry two sensors each

using JointArray = std::array<double, kJoints>;
using ActuatorArray = std::array<double, kActuators>;
using HallArray = std::array<double, kHallChannels>;

// One reading of the hand's bus.
struct SensorSample
{
  std::int64_t stamp_ns;   // acquisition time, in the time base of the sensors
  std::uint64_t sequence;  // rises by one with each reading
  std::uint32_t start;  // another number: the hand was set up again, positions before say nothing
  std::size_t size;     // values received; anything but kHallChannels is refused
  HallArray hall;       // raw ADC counts
};

// One relative action.
struct ActionSample
{
  std::int64_t stamp_ns;   // when it was decided, in the time base of the sensors
  std::uint64_t sequence;  // rises by one with each action
  std::size_t size;        // values received; anything but kActuators is refused
  ActuatorArray action;    // [-1, 1], fraction of half the actuator's range
};

// What the controller is doing. Values are those of inhand_interfaces/ControllerStatus.
enum class Mode : std::uint8_t {
  kDisabled = 0,    // zero torque until enabled
  kSoftStart = 1,   // enabled; torque limits rise linearly from zero
  kRunning = 2,     // following actions
  kHold = 3,        // no new action in time: holding still
  kZeroTorque = 4,  // enabled, but no sensors in time: zero torque
  kStopped = 5,     // zero torque, latched until cleared
};

// Why a reading is not believed.
enum class Doubt : std::uint8_t {
  kNone = 0,
  kBand = 1,          // outside the usable band of its calibration: a wire is open or shorted
  kDisagreement = 2,  // the two channels of a joint contradict each other
  kStuck = 3,         // the same to the count while the torque changed
  kSpeed = 4,         // a joint cannot move so fast
};
constexpr std::size_t kDoubts = 5;

// Result of one cycle.
struct ControllerOutput
{
  Mode mode;
  bool has_position;               // false until the first accepted reading
  std::int64_t sensors_stamp_ns;   // stamp of the reading used
  std::uint64_t sensors_sequence;  // sequence of the reading used
  ActuatorArray torque;            // N m; for a coupled pair, the torque on J1 + J2
  ActuatorArray target;            // rad, actuated coordinates
  JointArray position;             // rad
  JointArray velocity;             // rad/s, filtered
  JointArray effort;               // N m commanded on each joint
  Doubt doubt;                     // why the newest readings are not believed, or kNone
  std::uint8_t doubted_channel;    // what that is about, and what it read [ADC counts]
  double doubted_value;
};

// Inputs of one stream since construction.
struct StreamCounters
{
  std::uint64_t accepted;
  std::uint64_t refused_size;
  std::uint64_t refused_nan;
  std::uint64_t refused_range;
  std::uint64_t refused_stale;  // sequence not newer than the last accepted one, or far beyond it
  std::uint64_t refused_age;    // decided too long ago, or in the future (actions)
  std::uint64_t refused_doubt;  // not plausible, or not yet believed again (sensors)
  std::uint64_t lost;           // sequence numbers skipped over
};

struct Counters
{
  std::uint64_t cycles;
  StreamCounters sensors;
  StreamCounters actions;
  std::uint64_t holds;         // entries into kHold
  std::uint64_t zero_torques;  // entries into kZeroTorque from a mode that gives torque
  // Readings that were not plausible, by cause (Doubt) and joint.
  std::array<std::array<std::uint64_t, kJoints>, kDoubts> implausible;
};

}  // namespace inhand_control
