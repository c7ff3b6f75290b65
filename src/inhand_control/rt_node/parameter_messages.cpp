#include "parameter_messages.hpp"

#include <rcl_interfaces/msg/parameter_type.h>
#include <rosidl_runtime_c/primitives_sequence_functions.h>
#include <rosidl_runtime_c/string_functions.h>

#include <algorithm>
#include <type_traits>

#include "messages.hpp"

namespace inhand_control::node
{

std::uint8_t type_of(const ParameterValue & value)
{
  constexpr std::uint8_t types[] = {
    rcl_interfaces__msg__ParameterType__PARAMETER_BOOL,
    rcl_interfaces__msg__ParameterType__PARAMETER_INTEGER,
    rcl_interfaces__msg__ParameterType__PARAMETER_DOUBLE,
    rcl_interfaces__msg__ParameterType__PARAMETER_STRING,
    rcl_interfaces__msg__ParameterType__PARAMETER_INTEGER_ARRAY,
    rcl_interfaces__msg__ParameterType__PARAMETER_DOUBLE_ARRAY,
    rcl_interfaces__msg__ParameterType__PARAMETER_STRING_ARRAY};
  static_assert(std::size(types) == std::variant_size_v<ParameterValue>);
  return types[value.index()];
}

void require(bool ok) { check(ok ? RCL_RET_OK : RCL_RET_BAD_ALLOC, "filling a message"); }

void assign_texts(
  rosidl_runtime_c__String__Sequence & sequence, const std::vector<std::string> & texts)
{
  require(rosidl_runtime_c__String__Sequence__init(&sequence, texts.size()));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    assign(sequence.data[i], texts[i]);
  }
}

void assign_value(rcl_interfaces__msg__ParameterValue & message, const ParameterValue & value)
{
  message.type = type_of(value);
  const auto fill = [&message](const auto & held) {
    using T = std::decay_t<decltype(held)>;
    if constexpr (std::is_same_v<T, bool>) {
      message.bool_value = held;
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      message.integer_value = held;
    } else if constexpr (std::is_same_v<T, double>) {
      message.double_value = held;
    } else if constexpr (std::is_same_v<T, std::string>) {
      assign(message.string_value, held);
    } else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) {
      require(rosidl_runtime_c__int64__Sequence__init(&message.integer_array_value, held.size()));
      std::copy(held.begin(), held.end(), message.integer_array_value.data);
    } else if constexpr (std::is_same_v<T, std::vector<double>>) {
      require(rosidl_runtime_c__double__Sequence__init(&message.double_array_value, held.size()));
      std::copy(held.begin(), held.end(), message.double_array_value.data);
    } else {
      assign_texts(message.string_array_value, held);
    }
  };
  std::visit(fill, value);
}

}  // namespace inhand_control::node
