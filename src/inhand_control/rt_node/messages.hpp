// Messages of the node's topics: what the middleware carries and what the controller takes.
#pragma once

#include <diagnostic_msgs/msg/diagnostic_array.h>
#include <diagnostic_msgs/msg/diagnostic_status.h>
#include <diagnostic_msgs/msg/key_value.h>
#include <inhand_interfaces/msg/controller_status.h>
#include <inhand_interfaces/msg/hand_action.h>
#include <inhand_interfaces/msg/hand_sensors.h>
#include <inhand_interfaces/msg/motor_commands.h>
#include <rosgraph_msgs/msg/clock.h>
#include <sensor_msgs/msg/joint_state.h>

#include <cstdint>
#include <string>
#include <vector>

#include "inhand_control/types.hpp"
#include "rcl_wrap.hpp"

namespace inhand_control::node
{

using SensorsMessage = Message<
  inhand_interfaces__msg__HandSensors, inhand_interfaces__msg__HandSensors__init,
  inhand_interfaces__msg__HandSensors__fini>;
using ActionMessage = Message<
  inhand_interfaces__msg__HandAction, inhand_interfaces__msg__HandAction__init,
  inhand_interfaces__msg__HandAction__fini>;
using ClockMessage = Message<
  rosgraph_msgs__msg__Clock, rosgraph_msgs__msg__Clock__init, rosgraph_msgs__msg__Clock__fini>;
using CommandsMessage = Message<
  inhand_interfaces__msg__MotorCommands, inhand_interfaces__msg__MotorCommands__init,
  inhand_interfaces__msg__MotorCommands__fini>;
using StatusMessage = Message<
  inhand_interfaces__msg__ControllerStatus, inhand_interfaces__msg__ControllerStatus__init,
  inhand_interfaces__msg__ControllerStatus__fini>;
using JointStateMessage = Message<
  sensor_msgs__msg__JointState, sensor_msgs__msg__JointState__init,
  sensor_msgs__msg__JointState__fini>;
using DiagnosticsMessage = Message<
  diagnostic_msgs__msg__DiagnosticArray, diagnostic_msgs__msg__DiagnosticArray__init,
  diagnostic_msgs__msg__DiagnosticArray__fini>;

SensorSample decode(const inhand_interfaces__msg__HandSensors & message) noexcept;
ActionSample decode(const inhand_interfaces__msg__HandAction & message) noexcept;
std::int64_t to_ns(const builtin_interfaces__msg__Time & stamp) noexcept;
builtin_interfaces__msg__Time to_stamp(std::int64_t time_ns) noexcept;

void assign(rosidl_runtime_c__String & string, const std::string & text);
// Gives a joint state its names and the room for its values, once.
void prepare(const std::vector<std::string> & joint_names, sensor_msgs__msg__JointState & message);
// Gives a diagnostics message one status with room for `values` pairs, once.
void prepare(
  const std::string & name, std::size_t values, diagnostic_msgs__msg__DiagnosticArray & message);

}  // namespace inhand_control::node
