#include "messages.hpp"

#include <rosidl_runtime_c/primitives_sequence_functions.h>
#include <rosidl_runtime_c/string_functions.h>

#include <algorithm>

namespace inhand_control::node
{
namespace
{

constexpr std::int64_t kNanoseconds = 1'000'000'000;

void require(bool ok) { check(ok ? RCL_RET_OK : RCL_RET_BAD_ALLOC, "filling a message"); }

}  // namespace

SensorSample decode(const inhand_interfaces__msg__HandSensors & message) noexcept
{
  SensorSample sample;
  sample.stamp_ns = to_ns(message.header.stamp);
  sample.sequence = message.sequence;
  sample.start = message.start;
  sample.size = kHallChannels;  // the message type fixes it
  std::copy_n(message.hall, kHallChannels, sample.hall.begin());
  return sample;
}

ActionSample decode(const inhand_interfaces__msg__HandAction & message) noexcept
{
  ActionSample sample;
  sample.stamp_ns = message.header.stamp.sec * kNanoseconds + message.header.stamp.nanosec;
  sample.sequence = message.sequence;
  sample.size = kActuators;  // the message type fixes it
  std::copy_n(message.action, kActuators, sample.action.begin());
  return sample;
}

std::int64_t to_ns(const builtin_interfaces__msg__Time & stamp) noexcept
{
  return stamp.sec * kNanoseconds + stamp.nanosec;
}

builtin_interfaces__msg__Time to_stamp(std::int64_t time_ns) noexcept
{
  builtin_interfaces__msg__Time stamp;
  stamp.sec = static_cast<std::int32_t>(time_ns / kNanoseconds);
  stamp.nanosec = static_cast<std::uint32_t>(time_ns % kNanoseconds);
  return stamp;
}

void assign(rosidl_runtime_c__String & string, const std::string & text)
{
  require(rosidl_runtime_c__String__assignn(&string, text.data(), text.size()));
}

void prepare(const std::vector<std::string> & joint_names, sensor_msgs__msg__JointState & message)
{
  require(rosidl_runtime_c__String__Sequence__init(&message.name, joint_names.size()));
  for (std::size_t j = 0; j < joint_names.size(); ++j) {
    assign(message.name.data[j], joint_names[j]);
  }
  require(rosidl_runtime_c__double__Sequence__init(&message.position, kJoints));
  require(rosidl_runtime_c__double__Sequence__init(&message.velocity, kJoints));
  require(rosidl_runtime_c__double__Sequence__init(&message.effort, kJoints));
}

void prepare(
  const std::string & name, std::size_t values, diagnostic_msgs__msg__DiagnosticArray & message)
{
  require(diagnostic_msgs__msg__DiagnosticStatus__Sequence__init(&message.status, 1));
  diagnostic_msgs__msg__DiagnosticStatus & status = message.status.data[0];
  assign(status.name, name);
  assign(status.hardware_id, "hand");
  require(diagnostic_msgs__msg__KeyValue__Sequence__init(&status.values, values));
}

}  // namespace inhand_control::node
