// Values of parameters as messages of rcl_interfaces.
#pragma once

#include <rcl_interfaces/msg/parameter_value.h>
#include <rosidl_runtime_c/string.h>

#include <cstdint>
#include <string>
#include <vector>

#include "parameters.hpp"

namespace inhand_control::node
{

// Raises std::runtime_error where a message could not be filled.
void require(bool ok);

// A value's type as rcl_interfaces/msg/ParameterType has it.
std::uint8_t type_of(const ParameterValue & value);

// Both fill messages that are empty yet.
void assign_texts(
  rosidl_runtime_c__String__Sequence & sequence, const std::vector<std::string> & texts);
void assign_value(rcl_interfaces__msg__ParameterValue & message, const ParameterValue & value);

}  // namespace inhand_control::node
